// What followers are told.
#include "tests/integration/assessment/fixture.h"
#include "trellis/assessment/v1/assessment_events.pb.h"
#include "trellis/events/v1/events.grpc.pb.h"

namespace trellis::assessment {
namespace {

const absl::Time kDay0 = absl::FromCivil(absl::CivilSecond(2026, 1, 1, 9, 0, 0), absl::UTCTimeZone());

class EventTest : public AssessmentTest {
 protected:
  // The events of an organization, once there are `count` of them.
  std::vector<v1::AssessmentRecorded> Events(const Id& organization, std::size_t count) {
    auto stub = events::v1::EventFeed::NewStub(Service().ChannelOf("caseload"));
    const std::string name = absl::StrCat("organizations/", organization.ToString());
    std::vector<v1::AssessmentRecorded> found;
    events::v1::ReadEventsRequest request;
    request.mutable_wait()->set_seconds(2);
    while (found.size() < count) {
      events::v1::ReadEventsResponse response;
      const grpc::Status status = stub->ReadEvents(Service().AsNobody().get(), request, &response);
      EXPECT_TRUE(status.ok()) << status.error_message();
      if (!status.ok() || response.events_size() == 0) break;
      for (const events::v1::Event& event : response.events()) {
        request.set_after(event.position());
        if (event.organization() == name) event.payload().UnpackTo(&found.emplace_back());
      }
    }
    EXPECT_EQ(found.size(), count);
    return found;
  }
};

TEST_F(EventTest, TellsFollowersTheFacts) {
  const Id person = NewPerson(coordinator_);
  const v1::Assessment first = MustRecord(coordinator_, Phq9(person, 10, kDay0 + absl::Hours(24)));
  const v1::Assessment second = MustRecord(coordinator_, Phq9(person, 27, kDay0 + absl::Hours(48)));
  const v1::Assessment late_entry = MustRecord(coordinator_, Phq9(person, 2, kDay0));

  const std::vector<v1::AssessmentRecorded> events = Events(coordinator_.organization, 3);
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].assessment(), first.name());
  EXPECT_EQ(events[0].outcomes(0).change_from_baseline(), v1::CHANGE_LABEL_UNSPECIFIED);
  EXPECT_FALSE(events[0].outcomes(0).has_difference_from_baseline());

  const v1::AssessmentRecorded& event = events[1];
  EXPECT_EQ(event.assessment(), second.name());
  EXPECT_EQ(event.person(), second.person());
  EXPECT_EQ(event.instrument(), "instruments/phq-9");
  EXPECT_EQ(event.instrument_version(), 1);
  EXPECT_EQ(rpc::FromTimestamp(event.effective_time()), kDay0 + absl::Hours(48));
  EXPECT_TRUE(event.latest());
  const v1::RecordedOutcome& total = event.outcomes(0);
  EXPECT_EQ(total.code(), "total");
  EXPECT_EQ(total.number(), 27);
  EXPECT_EQ(total.band(), "severe");
  EXPECT_EQ(total.severity(), 4);
  EXPECT_EQ(total.max_severity(), 4);
  EXPECT_EQ(total.change_from_previous(), v1::CHANGE_LABEL_RELIABLY_WORSE);
  EXPECT_EQ(total.difference_from_previous(), 17);
  EXPECT_EQ(event.outcomes(1).stage(), "major");
  ASSERT_EQ(event.critical_answers_size(), 1);
  EXPECT_EQ(event.critical_answers(0).rule(), "self-harm-thoughts");

  EXPECT_EQ(events[2].assessment(), late_entry.name());
  EXPECT_FALSE(events[2].latest());
}

}  // namespace
}  // namespace trellis::assessment
