#include "services/directory/domain/document.h"

#include "gtest/gtest.h"

namespace trellis::directory {
namespace {

Id TestId(char last) { return *Id::FromBytes(std::string(15, 'x') + last); }

TEST(Document, HoldsEverythingOfAService) {
  HealthcareService service;
  service.id = TestId('1');
  service.provider = TestId('2');
  service.display_name = "Ärzte \"am\" Markt";
  service.state = ServiceState::kTemporarilyClosed;
  service.kinds = {"counselling", "other"};
  service.needs = {{"http://snomed.info/sct", "35489007", "Depressive disorder"}};
  service.minimum_age = 0;
  service.maximum_age = 17;
  service.languages = {"en", "ur-PK"};
  service.cost_options = {{"under 18", "GBP", 0.0, "", absl::CivilDay(2024, 1, 1), std::nullopt}};
  service.schedules = {{"WEEKLY", "MO,TU", 1, "09:00", "17:00", std::nullopt, std::nullopt, "closed at noon"}};
  service.locations = {TestId('3'), TestId('4')};
  service.assured_date = absl::CivilDay(2024, 2, 29);

  const std::string document = ToDocument(service);
  const absl::StatusOr<HealthcareService> read = ServiceFromDocument(service.id, document);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(ToDocument(*read), document);
  EXPECT_EQ(read->minimum_age, 0);  // zero is a value, not nothing
  EXPECT_EQ(read->cost_options[0].amount, 0.0);
  EXPECT_EQ(read->state, ServiceState::kTemporarilyClosed);
  EXPECT_EQ(read->locations, service.locations);
  EXPECT_EQ(read->assured_date, service.assured_date);
  EXPECT_EQ(read->display_name, service.display_name);
}

TEST(Document, HoldsEverythingOfALocationAndAProvider) {
  Location location;
  location.id = TestId('1');
  location.kind = LocationKind::kPhysical;
  location.position = Position{0.0, -0.1234567890123};
  location.address = Address{{"1 Mill Lane"}, "Ostham", "Marshire", "OS1 1AA", "GB"};
  location.accessibility = {"lift"};
  const absl::StatusOr<Location> read = LocationFromDocument(location.id, ToDocument(location));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->position, location.position);
  EXPECT_EQ(read->address->lines, location.address->lines);
  EXPECT_EQ(ToDocument(*read), ToDocument(location));

  Provider provider;
  provider.display_name = "P";
  provider.phones = {"0123"};
  const absl::StatusOr<Provider> same = ProviderFromDocument(TestId('9'), ToDocument(provider));
  ASSERT_TRUE(same.ok());
  EXPECT_EQ(same->phones, provider.phones);
  EXPECT_FALSE(same->id.is_nil());
}

TEST(Document, SkipsWhatItDoesNotKnowAndRefusesWhatItCannotRead) {
  EXPECT_TRUE(ProviderFromDocument(Id(), R"({"display_name":"x","later":{"a":1}})").ok());
  for (const char* bad : {"", "[]", "{", R"({"display_name":1})", R"({"phones":"x"})"}) {
    EXPECT_EQ(ProviderFromDocument(Id(), bad).status().code(), absl::StatusCode::kInternal) << bad;
  }
}

}  // namespace
}  // namespace trellis::directory
