// The assessment service on a real database, called through its stubs.
#ifndef TRELLIS_TESTS_INTEGRATION_ASSESSMENT_FIXTURE_H_
#define TRELLIS_TESTS_INTEGRATION_ASSESSMENT_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/id.h"
#include "common/base/random.h"
#include "common/db/pool.h"
#include "common/rpc/channel.h"
#include "common/rpc/timestamps.h"
#include "common/testing/test_service.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/assessment/api/service.h"
#include "trellis/assessment/v1/assessments.grpc.pb.h"
#include "trellis/assessment/v1/instruments.grpc.pb.h"
#include "trellis/assessment/v1/trajectories.grpc.pb.h"

namespace trellis::assessment {

using ::trellis::testing::TestService;
using ::trellis::testing::TestUser;

inline Id NewId() {
  static IdGenerator ids(SystemClock(), SystemRandom());
  return ids.Next();
}

// The nine scored items of the PHQ-9.
inline const std::vector<std::string>& Phq9Items() {
  static const auto* const items = new std::vector<std::string>{"44250-9", "44255-8", "44259-0", "44254-1", "44251-7",
                                                                "44258-2", "44252-5", "44253-3", "44260-8"};
  return *items;
}

class AssessmentTest : public ::testing::Test {
 protected:
  // One service for all tests of this program: each works with persons and organizations of its own.
  static TestService& Service() {
    static TestService* const service = TestService::MustStart(Describe()).release();
    return *service;
  }

  Id NewPerson(const TestUser& user) {
    const Id person = NewId();
    Service().AddCareTeam(user.organization, person, user.user);
    return person;
  }

  // A PHQ-9 with the total given: the first items as high as they go, so item 9 is critical from 25 on.
  static v1::Assessment Phq9(const Id& person, int total, absl::Time time = absl::InfiniteFuture()) {
    static const char* const options[] = {"not-at-all", "several-days", "more-than-half", "nearly-every-day"};
    v1::Assessment assessment;
    assessment.set_person(absl::StrCat("persons/", person.ToString()));
    assessment.set_instrument("instruments/phq-9");
    assessment.set_method(v1::Assessment::METHOD_SELF_REPORT);
    if (time != absl::InfiniteFuture()) *assessment.mutable_effective_time() = rpc::ToTimestamp(time);
    for (const std::string& item : Phq9Items()) {
      const int weight = std::min(total, 3);
      total -= weight;
      v1::Answer* answer = assessment.add_answers();
      answer->set_item(item);
      answer->set_option(options[weight]);
    }
    return assessment;
  }

  static v1::Assessment With(const Id& person, const std::string& instrument,
                             const std::vector<std::pair<std::string, std::string>>& options) {
    v1::Assessment assessment;
    assessment.set_person(absl::StrCat("persons/", person.ToString()));
    assessment.set_instrument(instrument);
    assessment.set_method(v1::Assessment::METHOD_CLINICIAN);
    for (const auto& [item, option] : options) {
      v1::Answer* answer = assessment.add_answers();
      answer->set_item(item);
      answer->set_option(option);
    }
    return assessment;
  }

  grpc::Status Record(const TestUser& user, const v1::RecordAssessmentRequest& request,
                      v1::RecordAssessmentResponse* response) {
    return assessments_->RecordAssessment(Service().As(user).get(), request, response);
  }

  grpc::Status Record(const TestUser& user, const v1::Assessment& assessment,
                      v1::RecordAssessmentResponse* response = nullptr) {
    v1::RecordAssessmentRequest request;
    *request.mutable_assessment() = assessment;
    v1::RecordAssessmentResponse unused;
    return Record(user, request, response == nullptr ? &unused : response);
  }

  v1::Assessment MustRecord(const TestUser& user, const v1::Assessment& assessment) {
    v1::RecordAssessmentResponse response;
    const grpc::Status status = Record(user, assessment, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.assessment();
  }

  grpc::Status Get(const TestUser& user, const std::string& name, v1::Assessment* out = nullptr) {
    v1::GetAssessmentRequest request;
    request.set_name(name);
    v1::GetAssessmentResponse response;
    const grpc::Status status = assessments_->GetAssessment(Service().As(user).get(), request, &response);
    if (out != nullptr) *out = response.assessment();
    return status;
  }

  grpc::Status List(const TestUser& user, const v1::ListAssessmentsRequest& request,
                    v1::ListAssessmentsResponse* response) {
    return assessments_->ListAssessments(Service().As(user).get(), request, response);
  }

  grpc::Status Trajectory(const TestUser& user, const v1::GetTrajectoryRequest& request,
                          v1::GetTrajectoryResponse* response) {
    return trajectories_->GetTrajectory(Service().As(user).get(), request, response);
  }

  static std::vector<FieldError> Violations(const grpc::Status& status) {
    const auto details = DetailsOf(rpc::FromGrpc(status));
    return details.has_value() ? details->fields : std::vector<FieldError>();
  }

  // How many rows a table holds for an organization.
  std::int64_t Rows(const std::string& table, const Id& organization) {
    std::int64_t rows = -1;
    const absl::Status status = Service().pool().Read(absl::Now() + absl::Seconds(5), [&](db::Session& session) {
      auto row = session.QueryOne<std::int64_t>(
          absl::StrCat("SELECT COUNT(*) FROM ", table, " WHERE organization_id = ?"), organization);
      if (row.ok()) rows = std::get<0>(**row);
      return row.status();
    });
    EXPECT_TRUE(status.ok()) << status;
    return rows;
  }

  TestUser coordinator_ = TestUser::Make({options::v1::ROLE_COORDINATOR});
  std::unique_ptr<v1::Assessments::Stub> assessments_ = v1::Assessments::NewStub(Service().channel());
  std::unique_ptr<v1::Instruments::Stub> instruments_ = v1::Instruments::NewStub(Service().channel());
  std::unique_ptr<v1::Trajectories::Stub> trajectories_ = v1::Trajectories::NewStub(Service().channel());
};

inline const v1::Outcome& OutcomeOf(const v1::Assessment& assessment, const std::string& code) {
  for (const v1::Outcome& outcome : assessment.outcomes()) {
    if (outcome.code() == code) return outcome;
  }
  return v1::Outcome::default_instance();
}

MATCHER_P(EqualsProto, expected, "equals " + expected.ShortDebugString()) {
  *result_listener << arg.ShortDebugString();
  return google::protobuf::util::MessageDifferencer::Equals(arg, expected);
}

}  // namespace trellis::assessment

#endif  // TRELLIS_TESTS_INTEGRATION_ASSESSMENT_FIXTURE_H_
