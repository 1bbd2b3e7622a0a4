// What the desk knows of labelled records, and whom it tells what.
#include <algorithm>
#include <vector>

#include "common/base/status_macros.h"
#include "common/db/pool.h"
#include "tests/integration/caseload/caseload_fixture.h"
#include "trellis/audit/v1/audit_record.pb.h"

namespace trellis::caseload {
namespace {

using options::v1::SECURITY_LABEL_PSYCHIATRY;
using options::v1::SECURITY_LABEL_SUBSTANCE_USE;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using trellis::testing::ReasonOf;

class LabelsTest : public CaseloadTest {
 protected:
  void SetUp() override { cleared_.clearances.Add(SECURITY_LABEL_PSYCHIATRY); }

  assessment::v1::AssessmentRecorded Labelled(Recorded& recorded) {
    assessment::v1::AssessmentRecorded event = recorded.event();
    event.add_labels(SECURITY_LABEL_PSYCHIATRY);
    return event;
  }
  v1::ServiceNeed AddLabelled(const v1::Case& of) {
    v1::AddServiceNeedRequest request;
    request.mutable_service_need()->set_case_record(of.name());
    request.mutable_service_need()->mutable_need()->set_code("psychotherapy");
    request.mutable_service_need()->set_note("after the stay in hospital");
    request.mutable_service_need()->add_labels(SECURITY_LABEL_PSYCHIATRY);
    v1::AddServiceNeedResponse response;
    EXPECT_TRUE(plans_->AddServiceNeed(caseload().As(cleared_).get(), request, &response).ok());
    return response.service_need();
  }
  std::string Update(const TestUser& user, const v1::UpdateServiceNeedRequest& request) {
    v1::UpdateServiceNeedResponse response;
    return ReasonOf(plans_->UpdateServiceNeed(caseload().As(user).get(), request, &response));
  }
  static v1::UpdateServiceNeedRequest Changing(const v1::ServiceNeed& need, const std::vector<std::string>& fields) {
    v1::UpdateServiceNeedRequest request;
    request.set_name(need.name());
    for (const std::string& field : fields) request.mutable_update_mask()->add_paths(field);
    return request;
  }

  TestUser cleared_ = coordinator_;
};

TEST_F(LabelsTest, AnAlertReachesEverybodyAndTellsItsContentToWhoIsCleared) {
  const Id person = NewPerson(coordinator_);
  Open(coordinator_, person);
  Tell(assessment(), organization_,
       Labelled(Recorded(person, clock().Now()).Total(25, "severe").Critical("self-harm", "phq9-9", true)));
  ASSERT_TRUE(Eventually([&] { return OpenAlerts(coordinator_, person).size() == 1; }));
  const v1::SafetyAlert bare = OpenAlerts(coordinator_, person).at(0);
  EXPECT_TRUE(bare.withheld());
  EXPECT_EQ(bare.person(), MakeName("persons", person));
  EXPECT_EQ(bare.level(), v1::SafetyAlert::LEVEL_URGENT);
  EXPECT_EQ(bare.state(), v1::SafetyAlert::STATE_OPEN);
  EXPECT_THAT(bare.labels(), ElementsAre(SECURITY_LABEL_PSYCHIATRY));
  EXPECT_EQ(bare.instrument() + bare.rule() + bare.item(), "");
  const v1::SafetyAlert whole = OpenAlerts(cleared_, person).at(0);
  EXPECT_FALSE(whole.withheld());
  EXPECT_EQ(whole.rule(), "self-harm");

  v1::AcknowledgeSafetyAlertRequest request;
  request.set_name(bare.name());
  request.set_action(v1::SafetyAlert::ACTION_SAFETY_PLAN_MADE);
  request.set_note("plan made");
  request.set_etag("anything");
  v1::AcknowledgeSafetyAlertResponse response;
  EXPECT_EQ(ReasonOf(alerts_->AcknowledgeSafetyAlert(caseload().As(coordinator_).get(), request, &response)),
            "LABEL_NOT_CLEARED");
  EXPECT_THAT(OpenAlerts(coordinator_, person), SizeIs(1));
  request.set_etag(whole.etag());
  EXPECT_TRUE(alerts_->AcknowledgeSafetyAlert(caseload().As(cleared_).get(), request, &response).ok());
}

TEST_F(LabelsTest, AWorklistLineSaysThatThereIsAReasonAndNotWhatTheRecordSays) {
  const Id person = NewPerson(coordinator_);
  const v1::Case record = Open(coordinator_, person);
  Tell(assessment(), organization_,
       Labelled(Recorded(person, clock().Now())
                    .Total(25, "severe")
                    .WorseThanPrevious()
                    .Critical("self-harm", "phq9-9", true)));
  AddLabelled(record);
  ASSERT_TRUE(Eventually([&] { return LineOf(coordinator_, person).reasons_size() == 3; }));
  const v1::WorklistEntry bare = LineOf(coordinator_, person);
  const v1::WorklistEntry whole = LineOf(cleared_, person);
  EXPECT_EQ(bare.priority(), 1);
  EXPECT_EQ(Codes(bare), Codes(whole));
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(bare.reasons(i).withheld());
    EXPECT_FALSE(whole.reasons(i).withheld());
    EXPECT_EQ(bare.reasons(i).record(), whole.reasons(i).record());
    for (const auto& value : bare.reasons(i).values()) EXPECT_EQ(value.value(), "") << value.key();
    EXPECT_NE(whole.reasons(i).values(1).value(), "");
  }
  EXPECT_TRUE(bare.last_assessment().withheld());
  EXPECT_EQ(bare.last_assessment().instrument(), "");
  EXPECT_FALSE(bare.last_assessment().has_number());
  EXPECT_EQ(bare.last_assessment().assessment(), whole.last_assessment().assessment());
  EXPECT_EQ(whole.last_assessment().number(), 25);
}

// The audit says which labels were touched, and whether their content was shown.
TEST_F(LabelsTest, TheAuditTellsWhatWasWithheld) {
  const Id person = NewPerson(coordinator_);
  const v1::ServiceNeed need = AddLabelled(Open(coordinator_, person));
  v1::GetServiceNeedRequest request;
  request.set_name(need.name());
  for (const TestUser& user : {coordinator_, cleared_}) {
    v1::GetServiceNeedResponse response;
    ASSERT_TRUE(plans_->GetServiceNeed(caseload().As(user).get(), request, &response).ok());
  }
  std::vector<audit::v1::AuditRecord> records;
  const absl::Status status =
      caseload().pool().Read(absl::Now() + absl::Seconds(10), [&](db::Session& session) -> absl::Status {
        TRELLIS_ASSIGN_OR_RETURN(const auto rows,
                                 session.Query<std::string>("(SELECT body FROM audit_journal LIMIT 1000) UNION ALL "
                                                            "(SELECT body FROM audit_record LIMIT 1000)"));
        for (const auto& [body] : rows) {
          audit::v1::AuditRecord record;
          if (!record.ParseFromString(body)) return absl::DataLossError("a record is no record");
          const auto& about = record.resources();
          if (std::find(about.begin(), about.end(), need.name()) != about.end()) records.push_back(record);
        }
        return absl::OkStatus();
      });
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_THAT(records, SizeIs(3)) << "added, and read twice";
  int withheld = 0;
  for (const audit::v1::AuditRecord& record : records) {
    EXPECT_THAT(record.labels(), ElementsAre(SECURITY_LABEL_PSYCHIATRY)) << record.method();
    withheld += record.withheld() ? 1 : 0;
  }
  EXPECT_EQ(withheld, 1) << "from who is not cleared";
}

TEST_F(LabelsTest, WhatIsComparedWithALabelledAssessmentIsWithheldLikeIt) {
  const Id person = NewPerson(coordinator_);
  Open(coordinator_, person);
  auto event = Recorded(person, clock().Now()).Total(18, "moderately-severe").WorseThanPrevious().event();
  event.mutable_outcomes(0)->add_change_labels(SECURITY_LABEL_PSYCHIATRY);
  Tell(assessment(), organization_, event);
  ASSERT_TRUE(Eventually([&] { return LineOf(coordinator_, person).priority() == 2; }));
  const v1::WorklistEntry line = LineOf(coordinator_, person);
  EXPECT_TRUE(line.reasons(0).withheld());
  EXPECT_EQ(line.last_assessment().number(), 18) << "its own value has no label";
  EXPECT_FALSE(LineOf(cleared_, person).reasons(0).withheld());
}

TEST_F(LabelsTest, ANeedIsChangedByWhoIsClearedForItAlone) {
  const Id person = NewPerson(coordinator_);
  const v1::ServiceNeed need = AddLabelled(Open(coordinator_, person));
  EXPECT_EQ(need.note(), "after the stay in hospital");
  const v1::ServiceNeed bare = GetNeed(coordinator_, need.name());
  EXPECT_TRUE(bare.withheld());
  EXPECT_FALSE(bare.has_need());
  EXPECT_EQ(bare.note(), "");
  EXPECT_EQ(bare.state(), v1::ServiceNeed::STATE_UNMET);

  v1::UpdateServiceNeedRequest lower = Changing(need, {"labels"});
  EXPECT_EQ(Update(coordinator_, lower), "LABEL_NOT_CLEARED");
  lower.add_labels(SECURITY_LABEL_SUBSTANCE_USE);
  EXPECT_EQ(Update(coordinator_, lower), "LABEL_NOT_CLEARED");
  lower.set_etag("\"4711\"");
  EXPECT_EQ(Update(coordinator_, lower), "LABEL_NOT_CLEARED") << "before anything else is said";
  EXPECT_EQ(Update(coordinator_, Changing(need, {})), "LABEL_NOT_CLEARED");
  v1::MeetServiceNeedRequest meet;
  meet.set_name(need.name());
  v1::MeetServiceNeedResponse met;
  EXPECT_EQ(ReasonOf(plans_->MeetServiceNeed(caseload().As(coordinator_).get(), meet, &met)), "LABEL_NOT_CLEARED");
  v1::DropServiceNeedRequest drop;
  drop.set_name(need.name());
  v1::DropServiceNeedResponse dropped;
  EXPECT_EQ(ReasonOf(plans_->DropServiceNeed(caseload().As(coordinator_).get(), drop, &dropped)), "LABEL_NOT_CLEARED");
  EXPECT_EQ(GetNeed(cleared_, need.name()).SerializeAsString(), need.SerializeAsString()) << "nothing changed";
}

TEST_F(LabelsTest, AnUpdateThatDoesNotNameLabelsLeavesThem) {
  const Id person = NewPerson(coordinator_);
  const v1::ServiceNeed need = AddLabelled(Open(coordinator_, person));
  v1::UpdateServiceNeedRequest request = Changing(need, {});
  request.set_note("weekly");
  EXPECT_EQ(Update(cleared_, request), "");
  EXPECT_THAT(GetNeed(cleared_, need.name()).labels(), ElementsAre(SECURITY_LABEL_PSYCHIATRY));
  EXPECT_EQ(GetNeed(cleared_, need.name()).note(), "weekly");

  EXPECT_EQ(Update(cleared_, Changing(need, {"labels"})), "");
  const v1::ServiceNeed open = GetNeed(coordinator_, need.name());
  EXPECT_THAT(open.labels(), IsEmpty());
  EXPECT_FALSE(open.withheld());
  EXPECT_EQ(open.note(), "weekly");
}

TEST_F(LabelsTest, RaisingALabelWithholdsFromWhoeverRaisedIt) {
  const Id person = NewPerson(coordinator_);
  const v1::Case record = Open(coordinator_, person);
  const v1::ServiceNeed need = AddNeed(coordinator_, record, "counselling");
  v1::UpdateServiceNeedRequest raise = Changing(need, {"labels"});
  raise.add_labels(SECURITY_LABEL_PSYCHIATRY);
  EXPECT_EQ(Update(coordinator_, raise), "");
  EXPECT_FALSE(GetNeed(coordinator_, need.name()).has_need());
  EXPECT_EQ(LineOf(coordinator_, person).reasons(0).values(1).value(), "") << "the worklist follows at once";
  EXPECT_EQ(Update(coordinator_, Changing(need, {"labels"})), "LABEL_NOT_CLEARED");
}

TEST_F(LabelsTest, ACaseKeepsItsClosingNoteFromWhoIsNotCleared) {
  const Id person = NewPerson(coordinator_);
  const v1::Case record = Open(coordinator_, person);
  v1::CloseCaseRequest request;
  request.set_name(record.name());
  request.set_reason(v1::Case::CLOSE_REASON_TRANSFERRED);
  request.set_note("to the ward");
  request.add_labels(SECURITY_LABEL_PSYCHIATRY);
  v1::CloseCaseResponse response;
  ASSERT_TRUE(cases_->CloseCase(caseload().As(cleared_).get(), request, &response).ok());
  EXPECT_EQ(response.case_record().close_note(), "to the ward");
  EXPECT_TRUE(GetCase(coordinator_, record.name()).withheld());
  EXPECT_EQ(GetCase(coordinator_, record.name()).close_note(), "");
  EXPECT_EQ(GetCase(cleared_, record.name()).close_note(), "to the ward");

  v1::OpenCaseRequest open;
  open.mutable_case_record()->set_person(MakeName("persons", person));
  open.mutable_case_record()->add_labels(SECURITY_LABEL_PSYCHIATRY);
  v1::OpenCaseResponse opened;
  ASSERT_TRUE(cases_->OpenCase(caseload().As(coordinator_).get(), open, &opened).ok());
  request.set_name(opened.case_record().name());
  EXPECT_EQ(ReasonOf(cases_->CloseCase(caseload().As(coordinator_).get(), request, &response)), "LABEL_NOT_CLEARED");
}

}  // namespace
}  // namespace trellis::caseload
