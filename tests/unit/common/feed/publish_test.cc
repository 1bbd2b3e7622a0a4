#include "common/feed/publish.h"

#include "google/protobuf/wrappers.pb.h"
#include "tests/unit/common/feed/feed_fixture.h"

namespace trellis::feed {
namespace {

class PublishTest : public FeedTest {};

TEST_F(PublishTest, ARollbackLeavesNoEvent) {
  const absl::Status status = pool().Transact(Soon(), [&](db::Session& tx) -> absl::Status {
    const absl::Status published = PublishIn(tx, 1);
    return published.ok() ? absl::FailedPreconditionError("changed my mind") : published;
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM event"), 0);
}

TEST_F(PublishTest, APayloadBeyondTheBoundIsRefused) {
  google::protobuf::BytesValue payload;
  payload.set_value(std::string(kMaxPayloadBytes, 'x'));
  const absl::Status status = pool().Transact(Soon(), [&](db::Session& tx) {
    return Publish(
        tx, {.id = NewId(), .organization = Id(), .payload = payload, .occur_time = absl::Now(), .trace_id = ""});
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM event"), 0);
}

}  // namespace
}  // namespace trellis::feed
