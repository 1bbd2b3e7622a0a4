#include "common/rpc/page.h"

#include <string>
#include <utility>

#include "common/base/error.h"
#include "common/rpc/id_page.h"
#include "gtest/gtest.h"
#include "trellis/rpctest/v1/rpctest.pb.h"

namespace trellis::rpc {
namespace {

using rpctest::v1::WhoAmIRequest;

constexpr char kOne[] = "0190c5a2-0000-7000-8000-000000000001";
constexpr char kTwo[] = "0190c5a2-0000-7000-8000-000000000002";

CallContext CallOf(const char* organization, const char* user, const char* method = "WhoAmI") {
  WhoAmIRequest::descriptor();  // links the contract
  CallContext::Parts parts;
  parts.method = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(
      std::string("trellis.rpctest.v1.Echo.") + method);
  parts.caller.organization = *Id::Parse(organization);
  parts.caller.user = *Id::Parse(user);
  return CallContext(std::move(parts));
}

WhoAmIRequest Request(const std::string& token, const std::string& filter = "a") {
  WhoAmIRequest request;
  request.set_filter(filter);
  request.set_page_token(token);
  return request;
}

void ExpectBadToken(const absl::Status& status, const std::string& what) {
  ASSERT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << what;
  ASSERT_EQ(DetailsOf(status)->fields.size(), 1u) << what;
  EXPECT_EQ(DetailsOf(status)->fields[0].field, "page_token") << what;
}

TEST(PageTest, TheFirstPageHasNoKey) {
  const CallContext call = CallOf(kOne, kOne);
  const Page page = ReadPage(call, Request("")).value();
  EXPECT_EQ(page.size, kDefaultPageSize);
  EXPECT_EQ(page.after, "");
  EXPECT_EQ(ReadIdPage(call, Request("")).value().last, std::nullopt);
}

TEST(PageTest, TheNextPageBeginsAfterTheKey) {
  const CallContext call = CallOf(kOne, kOne);
  const std::string token = ReadPage(call, Request("")).value().TokenAfter("the key");
  EXPECT_EQ(ReadPage(call, Request(token)).value().after, "the key");
}

TEST(PageTest, ASizeIsClampedAndANegativeOneRefused) {
  const CallContext call = CallOf(kOne, kOne);
  WhoAmIRequest request = Request("");
  request.set_page_size(1'000'000);
  EXPECT_EQ(ReadPage(call, request).value().size, kLargestPageSize);
  EXPECT_EQ(ReadIdPage(call, request, 5, 7).value().size, 7);
  request.set_page_size(0);
  EXPECT_EQ(ReadIdPage(call, request, 5, 7).value().size, 5);
  request.set_page_size(-1);
  EXPECT_EQ(DetailsOf(ReadIdPage(call, request).status())->fields.at(0).field, "page_size");
}

TEST(IdPageTest, TheNextPageBeginsAfterTheId) {
  const CallContext call = CallOf(kOne, kOne);
  const Id id = *Id::Parse(kTwo);
  const std::string token = ReadIdPage(call, Request("")).value().TokenAfter(id);
  const IdPage page = ReadIdPage(call, Request(token)).value();
  EXPECT_EQ(page.last, id);
  // The size may change from page to page.
  WhoAmIRequest request = Request(token);
  request.set_page_size(3);
  EXPECT_EQ(ReadIdPage(call, request).value().last, id);
}

TEST(IdPageTest, RefusesATokenOfAnotherList) {
  const CallContext call = CallOf(kOne, kOne);
  const std::string token = ReadIdPage(call, Request("")).value().TokenAfter(*Id::Parse(kTwo));
  ExpectBadToken(ReadIdPage(call, Request(token, "b")).status(), "another filter");
  ExpectBadToken(ReadIdPage(CallOf(kTwo, kOne), Request(token)).status(), "another organization");
  ExpectBadToken(ReadIdPage(CallOf(kOne, kTwo), Request(token)).status(), "another user");
  ExpectBadToken(ReadIdPage(CallOf(kOne, kOne, "WhichService"), Request(token)).status(), "another method");
}

TEST(IdPageTest, RefusesWhatIsNoIdAtAll) {
  const CallContext call = CallOf(kOne, kOne);
  const std::string filter = ReadIdPage(call, Request("")).value().filter;
  for (const std::string& key : {std::string("x"), std::string(15, '\0'), std::string(17, '\0')}) {
    ExpectBadToken(ReadIdPage(call, Request(EncodePageToken(key, filter))).status(), "a key of another length");
  }
  for (const char* token : {"x", "%%%", "AAAA", kTwo}) ExpectBadToken(ReadIdPage(call, Request(token)).status(), token);
}

}  // namespace
}  // namespace trellis::rpc
