#include "common/audit/names.h"

#include "absl/strings/str_cat.h"
#include "common/audit/record.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "trellis/audit/v1/audit_record.pb.h"
#include "trellis/events/v1/events.pb.h"

namespace trellis::audit {
namespace {

using ::testing::ElementsAre;

constexpr char kUuid[] = "0190c5a2-7a31-7cc0-8d5e-0123456789ab";

TEST(ResourceName, IsACollectionAndAnIdAndNothingElse) {
  EXPECT_TRUE(IsResourceName(absl::StrCat("persons/", kUuid)));
  EXPECT_TRUE(IsResourceName(absl::StrCat("healthcareServices/", kUuid)));
  for (const std::string& text :
       {std::string(), std::string(kUuid), absl::StrCat("/", kUuid), absl::StrCat("Persons/", kUuid),
        absl::StrCat("persons/", kUuid, "x"), absl::StrCat("maya okafor/", kUuid), absl::StrCat("a/b/", kUuid),
        absl::StrCat("persons/", std::string(36, 'a')), absl::StrCat("persons/0190C5A2", std::string(kUuid).substr(8)),
        absl::StrCat(std::string(41, 'a'), "/", kUuid)}) {
    EXPECT_FALSE(IsResourceName(text)) << text;
  }
}

TEST(NameCollector, FindsNamesWhereverAMessageHoldsThem) {
  events::v1::ReadEventsResponse response;
  response.add_events()->set_organization(absl::StrCat("organizations/", kUuid));
  response.add_events()->set_organization("no name");
  NameCollector collector;
  Mentioned mentioned;
  collector.Collect(response, &mentioned);
  EXPECT_THAT(mentioned.names, ElementsAre(absl::StrCat("organizations/", kUuid)));
}

TEST(SetNames, SortsPersonsApartAndCountsWhatIsTooMuch) {
  std::vector<std::string> names;
  for (int i = 0; i < 250; ++i) names.push_back(absl::StrCat("cases/", std::string(kUuid).substr(0, 33), 100 + i));
  names.push_back(absl::StrCat("persons/", kUuid));
  names.push_back(absl::StrCat("persons/", kUuid));
  v1::AuditRecord record;
  SetNames(std::move(names), &record);
  EXPECT_THAT(record.persons(), ElementsAre(absl::StrCat("persons/", kUuid)));
  EXPECT_EQ(record.resources_size(), 200);
  EXPECT_EQ(record.omitted_count(), 50);
}

}  // namespace
}  // namespace trellis::audit
