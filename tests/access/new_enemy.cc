#include "tests/access/new_enemy.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/rpc/channel.h"
#include "common/rpc/resource_name.h"
#include "services/assessment/api/service.h"
#include "trellis/assessment/v1/assessments.grpc.pb.h"
#include "trellis/caseload/v1/care_plans.grpc.pb.h"
#include "trellis/identity/v1/access_relations.grpc.pb.h"

namespace trellis::matrix {
namespace {

template <class Stub, class Request, class Response>
bool Call(testing::TestService& service, const testing::TestUser& who,
          grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), const Request& request,
          Response* response) {
  Stub stub(service.channel());
  return (stub.*method)(service.As(who).get(), request, response).ok();
}

template <class Stub, class Request, class Response>
void Must(testing::TestService& service, const testing::TestUser& who,
          grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), const Request& request,
          Response* response) {
  Stub stub(service.channel());
  const grpc::Status status = (stub.*method)(service.As(who).get(), request, response);
  if (status.ok()) return;
  std::cerr << request.GetTypeName() << ": " << rpc::FromGrpc(status) << std::endl;
  std::abort();
}

template <class Work>
std::vector<absl::Duration> Time(int count, Work work) {
  std::vector<absl::Duration> out;
  for (int i = 0; i < count; ++i) {
    const absl::Time start = absl::Now();
    work();
    out.push_back(absl::Now() - start);
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

template <class Write, class ReadNew, class ReadOld>
NewEnemy::Figures NewEnemy::Run(int rounds, Write write, ReadNew read_new, ReadOld read_old) {
  Figures figures;
  figures.rounds = rounds;
  for (int i = 0; i < rounds; ++i) {
    Join();
    while (!read_old()) absl::SleepFor(absl::Milliseconds(1));
    Leave();
    const absl::Time left = absl::Now();
    const std::string written = write(i);
    if (read_new(written)) ++figures.read;
    while (read_old()) absl::SleepFor(absl::Milliseconds(1));
    figures.waits.push_back(absl::Now() - left);
  }
  std::sort(figures.waits.begin(), figures.waits.end());
  return figures;
}

NewEnemy::Figures NewEnemy::RunCaseload(int rounds) {
  const auto write = [this](int i) {
    const std::string note = absl::StrCat("written after round ", i);
    ChangeNote(note);
    return note;
  };
  return Run(
      rounds, write, [this](const std::string& note) { return ReadsNeed(note); }, [this] { return ReadsNeed(""); });
}

NewEnemy::Figures NewEnemy::RunAssessment(int rounds) {
  return Run(
      rounds, [this](int /*round*/) { return Record(world_.service("assessment")); },
      [this](const std::string& name) { return ReadsAssessment(name); },
      [this] { return ReadsAssessment(about().names.at("assessment")); });
}

std::vector<absl::Duration> NewEnemy::TimeRecording(int count) {
  return Time(count, [this] { Record(world_.service("assessment")); });
}

std::vector<absl::Duration> NewEnemy::TimeRecordingAlone(int count) {
  const auto alone = testing::TestService::MustStart(assessment::Describe());
  alone->AddCareTeam(owner().organization, IdOf(about().names.at("person")), owner().user);
  return Time(count, [&] { Record(*alone); });
}

void NewEnemy::Join() {
  identity::v1::GrantRelationRequest request;
  request.mutable_relation()->set_kind(identity::v1::RELATION_KIND_CARE_TEAM);
  request.mutable_relation()->set_resource(about().names.at("person"));
  request.mutable_relation()->set_subject(rpc::MakeName("users", about().caller.user));
  identity::v1::GrantRelationResponse response;
  Must(world_.service("identity"), owner(), &identity::v1::AccessRelations::Stub::GrantRelation, request, &response);
}

void NewEnemy::Leave() {
  identity::v1::RevokeRelationRequest request;
  request.set_kind(identity::v1::RELATION_KIND_CARE_TEAM);
  request.set_resource(about().names.at("person"));
  request.set_subject(rpc::MakeName("users", about().caller.user));
  identity::v1::RevokeRelationResponse response;
  Must(world_.service("identity"), owner(), &identity::v1::AccessRelations::Stub::RevokeRelation, request, &response);
}

void NewEnemy::ChangeNote(const std::string& note) {
  caseload::v1::UpdateServiceNeedRequest request;
  request.set_name(about().names.at("need"));
  request.set_note(note);
  caseload::v1::UpdateServiceNeedResponse response;
  Must(world_.service("caseload"), owner(), &caseload::v1::CarePlans::Stub::UpdateServiceNeed, request, &response);
}

bool NewEnemy::ReadsNeed(const std::string& note) {
  caseload::v1::GetServiceNeedRequest request;
  request.set_name(about().names.at("need"));
  caseload::v1::GetServiceNeedResponse response;
  const bool reads = Call(world_.service("caseload"), about().caller, &caseload::v1::CarePlans::Stub::GetServiceNeed,
                          request, &response);
  return reads && (note.empty() || response.service_need().note() == note);
}

std::string NewEnemy::Record(testing::TestService& service) {
  assessment::v1::RecordAssessmentRequest request;
  request.mutable_assessment()->set_person(about().names.at("person"));
  request.mutable_assessment()->set_instrument("instruments/phq-9");
  request.mutable_assessment()->set_method(assessment::v1::Assessment::METHOD_SELF_REPORT);
  for (const char* const item :
       {"44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8"}) {
    auto* const answer = request.mutable_assessment()->add_answers();
    answer->set_item(item);
    answer->set_option("not-at-all");
  }
  assessment::v1::RecordAssessmentResponse response;
  Must(service, owner(), &assessment::v1::Assessments::Stub::RecordAssessment, request, &response);
  return response.assessment().name();
}

bool NewEnemy::ReadsAssessment(const std::string& name) {
  assessment::v1::GetAssessmentRequest request;
  request.set_name(name);
  assessment::v1::GetAssessmentResponse response;
  return Call(world_.service("assessment"), about().caller, &assessment::v1::Assessments::Stub::GetAssessment, request,
              &response);
}

}  // namespace trellis::matrix
