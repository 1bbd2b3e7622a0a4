// Two services in one process: what one publishes the other applies once.
#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "common/db/pool.h"
#include "common/metrics/registry.h"
#include "common/runtime/runtime.h"
#include "common/testing/test_service.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/common/runtime/note_service.h"
#include "trellis/events/v1/events.grpc.pb.h"
#include "trellis/notetest/v1/notetest.grpc.pb.h"

namespace trellis::runtime {
namespace {

using notetest::v1::Notes;
using ::testing::HasSubstr;
using testing::TestService;
using testing::TestUser;

class FollowTest : public ::testing::Test {
 protected:
  void CreateNotes(int count) {
    for (int i = 0; i < count; ++i) {
      notetest::v1::CreateNoteRequest request;
      request.set_text("a");
      notetest::v1::CreateNoteResponse response;
      const grpc::Status status = stub_->CreateNote(notes_->As(user_).get(), request, &response);
      ASSERT_TRUE(status.ok()) << status.error_message();
    }
  }

  // Copies in the follower's table and events that it published of its own.
  std::pair<std::int64_t, std::int64_t> Copied() {
    std::pair<std::int64_t, std::int64_t> out;
    const absl::Status status =
        follower_->pool().Read(absl::Now() + absl::Seconds(10), [&](db::Session& session) -> absl::Status {
          TRELLIS_ASSIGN_OR_RETURN(const auto notes, session.QueryOne<std::int64_t>("SELECT COUNT(*) FROM note"));
          TRELLIS_ASSIGN_OR_RETURN(const auto events, session.QueryOne<std::int64_t>(
                                                          "SELECT COUNT(*) FROM event WHERE position IS NOT NULL"));
          out = {std::get<0>(*notes), std::get<0>(*events)};
          return absl::OkStatus();
        });
    EXPECT_TRUE(status.ok()) << status;
    return out;
  }

  void ExpectCopied(std::int64_t count) {
    const absl::Time limit = absl::Now() + absl::Seconds(20);
    while (Copied() != std::pair(count, count) && absl::Now() < limit) absl::SleepFor(absl::Milliseconds(5));
    EXPECT_EQ(Copied(), std::pair(count, count));
  }

  const std::unique_ptr<TestService> notes_ = TestService::MustStart(DescribeNotes());
  const std::unique_ptr<TestService> follower_ =
      TestService::MustStart(DescribeFollower(), {.peers = {{"notetest", notes_.get()}}});
  const std::unique_ptr<Notes::Stub> stub_ = Notes::NewStub(notes_->channel());
  const TestUser user_ = TestUser::Make({});
};

TEST_F(FollowTest, AppliesEveryEventOnceAndPublishesItsOwn) {
  CreateNotes(20);
  ExpectCopied(20);
  // The figure follows the commit.
  const std::string line = "trellis_feed_position{feed=\"notetest\"} 20";
  const absl::Time limit = absl::Now() + absl::Seconds(10);
  const auto text = [this] { return follower_->runtime().metrics().Text(); };
  while (!absl::StrContains(text(), line) && absl::Now() < limit) absl::SleepFor(absl::Milliseconds(5));
  EXPECT_THAT(text(), HasSubstr(line));
}

TEST_F(FollowTest, WhoWasDownMissesNothing) {
  CreateNotes(3);
  ExpectCopied(3);
  follower_->Stop();
  CreateNotes(5);
  follower_->Restart();
  ExpectCopied(8);
}

TEST_F(FollowTest, AFeedThatWasAwayIsFollowedAgain) {
  CreateNotes(2);
  ExpectCopied(2);
  notes_->Restart();
  CreateNotes(2);
  ExpectCopied(4);
}

TEST_F(FollowTest, OnlyItsFollowersReadTheFeed) {
  const auto read = [&](std::shared_ptr<grpc::Channel> channel, std::unique_ptr<grpc::ClientContext> context) {
    events::v1::ReadEventsResponse response;
    return events::v1::EventFeed::NewStub(channel)->ReadEvents(context.get(), events::v1::ReadEventsRequest(),
                                                               &response);
  };
  EXPECT_TRUE(read(notes_->ChannelOf("caseload"), TestService::AsNobody()).ok());
  EXPECT_FALSE(read(notes_->ChannelOf("referral"), TestService::AsNobody()).ok())
      << "follows other feeds, not this one";
  EXPECT_FALSE(read(notes_->ChannelOf("stranger"), TestService::AsNobody()).ok());
  EXPECT_FALSE(read(notes_->channel(), TestService::AsNobody()).ok());
  EXPECT_FALSE(read(notes_->channel(), notes_->As(user_)).ok());
}

}  // namespace
}  // namespace trellis::runtime
