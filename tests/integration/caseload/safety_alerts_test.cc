// Critical answers and what is done about them.
#include "common/db/errors.h"
#include "common/db/pool.h"
#include "tests/integration/caseload/caseload_fixture.h"

namespace trellis::caseload {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Alert = v1::SafetyAlert;
using trellis::testing::ReasonOf;

class SafetyAlertsTest : public CaseloadTest {
 protected:
  Alert OpenOne(const Id& person) {
    Tell(assessment(), organization_, Recorded(person, clock().Now()).Critical("self-harm", "phq9-9", true).event());
    EXPECT_TRUE(Eventually([&] { return OpenAlerts(coordinator_, person).size() == 1; }));
    return OpenAlerts(coordinator_, person).at(0);
  }
  v1::AcknowledgeSafetyAlertRequest Ack(const Alert& alert) {
    v1::AcknowledgeSafetyAlertRequest request;
    request.set_name(alert.name());
    request.set_action(Alert::ACTION_SAFETY_PLAN_MADE);
    request.set_note("plan made with the person");
    request.set_etag(alert.etag());
    return request;
  }
  grpc::Status Send(const TestUser& user, const v1::AcknowledgeSafetyAlertRequest& request,
                    v1::AcknowledgeSafetyAlertResponse* response) {
    return alerts_->AcknowledgeSafetyAlert(caseload().As(user).get(), request, response);
  }
  v1::AcknowledgeSafetyAlertResponse response_;
};

TEST_F(SafetyAlertsTest, OpensAlsoForAPersonWithoutACase) {
  const Id person = NewPerson(coordinator_);
  const Alert alert = OpenOne(person);
  EXPECT_EQ(alert.state(), Alert::STATE_OPEN);
  EXPECT_EQ(alert.person(), MakeName("persons", person));
  EXPECT_EQ(alert.case_record(), "");
  EXPECT_EQ(alert.rule(), "self-harm");
  EXPECT_EQ(alert.item(), "phq9-9");
  EXPECT_EQ(alert.level(), Alert::LEVEL_URGENT);
  const v1::Case record = Open(coordinator_, person);
  EXPECT_EQ(OpenAlerts(coordinator_, person).at(0).case_record(), record.name());
}

TEST_F(SafetyAlertsTest, OneAlertForEachRuleOfAnAssessment) {
  const Id person = NewPerson(coordinator_);
  Tell(assessment(), organization_,
       Recorded(person, clock().Now())
           .Critical("ideation", "q1")
           .Critical("intent", "q4", true)
           .Critical("ideation", "q2")
           .event());
  ASSERT_TRUE(Eventually([&] { return OpenAlerts(coordinator_, person).size() == 2; }));
}

TEST_F(SafetyAlertsTest, IsAcknowledgedOnceWithAnActionByWhoSawIt) {
  const Id person = NewPerson(coordinator_);
  const Alert alert = OpenOne(person);
  v1::AcknowledgeSafetyAlertRequest request = Ack(alert);
  request.set_request_id(NewId().ToString());
  ASSERT_TRUE(Send(coordinator_, request, &response_).ok());
  EXPECT_EQ(response_.safety_alert().state(), Alert::STATE_ACKNOWLEDGED);
  EXPECT_EQ(response_.safety_alert().acknowledged_by(), MakeName("users", coordinator_.user));
  EXPECT_EQ(response_.safety_alert().action(), Alert::ACTION_SAFETY_PLAN_MADE);
  EXPECT_EQ(response_.safety_alert().action_note(), "plan made with the person");
  EXPECT_THAT(OpenAlerts(coordinator_, person), IsEmpty());

  v1::AcknowledgeSafetyAlertResponse again;
  ASSERT_TRUE(Send(coordinator_, request, &again).ok()) << "the same request once more";
  EXPECT_EQ(again.SerializeAsString(), response_.SerializeAsString());
  request.set_request_id("");
  EXPECT_EQ(ReasonOf(Send(coordinator_, request, &again)), "STATE_FORBIDS");
}

TEST_F(SafetyAlertsTest, NeedsActionNoteAndTheEtagThatWasSeen) {
  const Alert alert = OpenOne(NewPerson(coordinator_));
  v1::AcknowledgeSafetyAlertRequest request = Ack(alert);
  request.clear_action();
  EXPECT_EQ(Send(coordinator_, request, &response_).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request.set_action(static_cast<Alert::Action>(77));
  EXPECT_EQ(Send(coordinator_, request, &response_).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request = Ack(alert);
  request.clear_note();
  EXPECT_EQ(Send(coordinator_, request, &response_).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request = Ack(alert);
  request.clear_etag();
  EXPECT_EQ(Send(coordinator_, request, &response_).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request.set_etag("\"2\"");
  EXPECT_EQ(ReasonOf(Send(coordinator_, request, &response_)), "ETAG_MISMATCH");
}

TEST_F(SafetyAlertsTest, OnlyThoseWithARelationSeeIt) {
  const Alert alert = OpenOne(NewPerson(coordinator_));
  v1::GetSafetyAlertRequest get;
  get.set_name(alert.name());
  v1::GetSafetyAlertResponse got;
  for (const TestUser& other : {colleague_, stranger_}) {
    EXPECT_THAT(OpenAlerts(other), IsEmpty());
    EXPECT_EQ(Send(other, Ack(alert), &response_).error_code(), grpc::StatusCode::NOT_FOUND);
    EXPECT_EQ(alerts_->GetSafetyAlert(caseload().As(other).get(), get, &got).error_code(), grpc::StatusCode::NOT_FOUND);
  }
  ASSERT_TRUE(alerts_->GetSafetyAlert(caseload().As(coordinator_).get(), get, &got).ok());
  EXPECT_EQ(got.safety_alert().SerializeAsString(), alert.SerializeAsString());
}

TEST_F(SafetyAlertsTest, ListsOldestFirstOverPages) {
  std::vector<std::string> names;
  for (int i = 0; i < 3; ++i) {
    names.push_back(OpenOne(NewPerson(coordinator_)).name());
    clock().Advance(absl::Seconds(1));
  }
  v1::ListSafetyAlertsRequest request;
  request.set_page_size(2);
  v1::ListSafetyAlertsResponse page;
  ASSERT_TRUE(alerts_->ListSafetyAlerts(caseload().As(coordinator_).get(), request, &page).ok());
  ASSERT_THAT(page.safety_alerts(), SizeIs(2));
  EXPECT_EQ(page.safety_alerts(0).name(), names[0]);
  EXPECT_EQ(page.safety_alerts(1).name(), names[1]);
  request.set_page_token(page.next_page_token());
  ASSERT_TRUE(alerts_->ListSafetyAlerts(caseload().As(coordinator_).get(), request, &page).ok());
  ASSERT_THAT(page.safety_alerts(), SizeIs(1));
  EXPECT_EQ(page.safety_alerts(0).name(), names[2]);
}

TEST_F(SafetyAlertsTest, TheDatabaseHoldsThePromiseToo) {
  const Alert alert = OpenOne(NewPerson(coordinator_));
  const absl::Status twice = caseload().pool().Transact(absl::Now() + absl::Seconds(5), [&](db::Session& tx) {
    return tx
        .Execute(
            "INSERT INTO safety_alert (organization_id, id, person_id, assessment_id, instrument, rule, item, level,"
            " state, open_time, action, action_note, version) SELECT organization_id, ?, person_id, assessment_id,"
            " instrument, rule, item, level, state, open_time, action, action_note, version FROM safety_alert"
            " WHERE organization_id = ?",
            NewId(), organization_)
        .status();
  });
  EXPECT_TRUE(db::IsDuplicateKey(twice, "safety_alert_once")) << twice;
}

}  // namespace
}  // namespace trellis::caseload
