#include "common/feed/handlers.h"

#include "google/protobuf/duration.pb.h"
#include "google/protobuf/wrappers.pb.h"
#include "gtest/gtest.h"
#include "tests/unit/common/feed/feed_fixture.h"

namespace trellis::feed {
namespace {

class HandlersTest : public FeedTest {
 protected:
  absl::Status Apply(const Handlers& handlers, const events::v1::Event& event) {
    return pool().Transact(Soon(), [&](db::Session& tx) { return handlers(tx, event); });
  }
};

TEST_F(HandlersTest, EachTypeGoesToItsEffect) {
  std::int64_t number = 0;
  int durations = 0;
  Handlers handlers;
  handlers
      .On<google::protobuf::Int64Value>(
          [&](db::Session&, const events::v1::Event&, const google::protobuf::Int64Value& value) {
            number = value.value();
            return absl::OkStatus();
          })
      .On<google::protobuf::Duration>([&](db::Session&, const events::v1::Event&, const google::protobuf::Duration&) {
        ++durations;
        return absl::AbortedError("from the effect");
      });
  EXPECT_TRUE(Apply(handlers, NumberEvent(1, 42)).ok());
  EXPECT_EQ(number, 42);
  events::v1::Event event;
  event.mutable_payload()->PackFrom(google::protobuf::Duration());
  EXPECT_EQ(Apply(handlers, event).message(), "from the effect");
}

TEST_F(HandlersTest, UnknownTypesAreSkippedAndBrokenOnesAreNot) {
  Handlers handlers;
  handlers.On<google::protobuf::Int64Value>(
      [](db::Session&, const events::v1::Event&, const google::protobuf::Int64Value&) { return absl::OkStatus(); });
  events::v1::Event event;
  event.mutable_payload()->PackFrom(google::protobuf::Duration());
  EXPECT_TRUE(Apply(handlers, event).ok());
  event = NumberEvent(1, 1);
  event.mutable_payload()->set_value("\xff\xff\xff");
  EXPECT_EQ(Apply(handlers, event).code(), absl::StatusCode::kDataLoss);
}

TEST(OrganizationOf, ReadsTheName) {
  events::v1::Event event;
  EXPECT_TRUE(OrganizationOf(event)->is_nil());
  event.set_organization("organizations/0190c5a2-7f3e-7c11-9d55-0123456789ab");
  EXPECT_EQ(OrganizationOf(event)->ToString(), "0190c5a2-7f3e-7c11-9d55-0123456789ab");
  event.set_organization("users/0190c5a2-7f3e-7c11-9d55-0123456789ab");
  EXPECT_FALSE(OrganizationOf(event).ok());
}

}  // namespace
}  // namespace trellis::feed
