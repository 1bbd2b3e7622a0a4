#include "common/rpc/page_token.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/rpc/resource_name.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "trellis/rpctest/v1/rpctest.pb.h"

namespace trellis::rpc {
namespace {

const google::protobuf::MethodDescriptor* WhoAmI() {
  return google::protobuf::DescriptorPool::generated_pool()->FindMethodByName("trellis.rpctest.v1.Echo.WhoAmI");
}

std::string FilterOf(const std::string& organization_text, const rpctest::v1::WhoAmIRequest& request) {
  rpctest::v1::WhoAmIRequest::descriptor();
  CallContext::Parts parts;
  parts.method = WhoAmI();
  parts.caller.organization = *Id::Parse(organization_text);
  return PageFilter(CallContext(std::move(parts)), request);
}

constexpr char kOne[] = "0190c5a2-0000-7000-8000-000000000001";
constexpr char kTwo[] = "0190c5a2-0000-7000-8000-000000000002";

TEST(PageTokenTest, CarriesTheKey) {
  const std::string key("\x00\xff/key", 6);
  const std::string token = EncodePageToken(key, "filter");
  EXPECT_EQ(token.find_first_of("+/="), std::string::npos);
  EXPECT_EQ(DecodePageToken(token, "filter").value(), key);
  EXPECT_EQ(DecodePageToken("", "filter").value(), "");
}

TEST(PageTokenTest, RefusesAnotherFilterAndAnythingMadeUp) {
  const std::string token = EncodePageToken("key", "filter");
  std::string changed = token;
  changed.back() = changed.back() == 'A' ? 'B' : 'A';
  const std::vector<std::string> bad = {token + "AAAA", changed, "x", "%%%", std::string(5000, 'A'), "AA"};
  for (const std::string& text : bad) {
    const absl::Status status = DecodePageToken(text, "filter").status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_EQ(DetailsOf(status)->fields.at(0).field, "page_token");
  }
  EXPECT_FALSE(DecodePageToken(token, "other").ok());
}

TEST(PageTokenTest, TheFilterIsTheTenantAndTheRequestWithoutItsPage) {
  rpctest::v1::WhoAmIRequest request;
  request.set_filter("a");
  const std::string filter = FilterOf(kOne, request);
  request.set_page_size(7);
  request.set_page_token("anything");
  EXPECT_EQ(FilterOf(kOne, request), filter);
  EXPECT_NE(FilterOf(kTwo, request), filter);
  request.set_filter("b");
  EXPECT_NE(FilterOf(kOne, request), filter);
}

TEST(PageSizeTest, IsClamped) {
  EXPECT_EQ(ClampPageSize(0, 50, 1000).value(), 50);
  EXPECT_EQ(ClampPageSize(7, 50, 1000).value(), 7);
  EXPECT_EQ(ClampPageSize(1000000, 50, 1000).value(), 1000);
  const absl::Status status = ClampPageSize(-1, 50, 1000).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(DetailsOf(status)->fields.at(0).field, "page_size");
}

TEST(ResourceNameTest, ReadsAndMakesNames) {
  const Id id = *Id::Parse(kOne);
  EXPECT_EQ(MakeName("persons", id), absl::StrCat("persons/", kOne));
  EXPECT_EQ(ParseName("persons", MakeName("persons", id)).value(), id);
  for (const char* bad : {"", "persons", "persons/", "persons/x", "users/0190c5a2-0000-7000-8000-000000000001",
                          "persons/0190c5a2-0000-7000-8000-000000000001/x"}) {
    const absl::Status status = ParseName("persons", bad, "referral.person").status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad;
    EXPECT_EQ(DetailsOf(status)->fields.at(0).field, "referral.person");
  }
}

TEST(RequestIdTest, IsTheCallersOrTheOther) {
  const Id otherwise = *Id::Parse(kTwo);
  EXPECT_EQ(RequestIdOr("", otherwise).value(), otherwise);
  EXPECT_EQ(RequestIdOr(kOne, otherwise).value(), *Id::Parse(kOne));
  EXPECT_FALSE(RequestIdOr("no", otherwise).ok());
  EXPECT_FALSE(RequestIdOr("00000000-0000-0000-0000-000000000000", otherwise).ok());
}

}  // namespace
}  // namespace trellis::rpc
