#include "tests/fault/bad_input_world.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"
#include "common/rpc/channel.h"
#include "common/rpc/router.h"
#include "common/runtime/runtime.h"
#include "common/testing/tables.h"
#include "google/protobuf/stubs/logging.h"
#include "services/assessment/api/service.h"
#include "services/caseload/api/service.h"
#include "services/directory/api/service.h"
#include "services/identity/api/service.h"
#include "services/referral/api/service.h"
#include "tests/support/fresh_factor.h"
#include "trellis/assessment/v1/assessments.grpc.pb.h"
#include "trellis/caseload/v1/care_plans.grpc.pb.h"
#include "trellis/caseload/v1/cases.grpc.pb.h"
#include "trellis/caseload/v1/populations.grpc.pb.h"
#include "trellis/caseload/v1/safety_alerts.grpc.pb.h"
#include "trellis/identity/v1/persons.grpc.pb.h"

namespace trellis::fault {
namespace {

using google::protobuf::MessageFactory;
using testing::TestService;
using testing::TestUser;

constexpr options::v1::Role kAllRoles[] = {options::v1::ROLE_PLATFORM_ADMINISTRATOR,
                                           options::v1::ROLE_ORGANIZATION_ADMINISTRATOR,
                                           options::v1::ROLE_COORDINATOR,
                                           options::v1::ROLE_CLINICIAN,
                                           options::v1::ROLE_PROVIDER_STAFF,
                                           options::v1::ROLE_ANALYST,
                                           options::v1::ROLE_PRIVACY_OFFICER,
                                           options::v1::ROLE_DIRECTORY_ADMINISTRATOR,
                                           options::v1::ROLE_SERVICE_ACCOUNT};

Method Describe(const std::string& service, const google::protobuf::MethodDescriptor& descriptor) {
  return {service, &descriptor, descriptor.options().GetExtension(options::v1::method),
          absl::StrCat("/", descriptor.service()->full_name(), "/", descriptor.name())};
}

// The service, telling what it serves as soon as it is built.
runtime::Service Observed(runtime::Service service, std::vector<Method>* methods) {
  service.build = [build = service.build, name = service.name, methods](runtime::Runtime& runtime) {
    const absl::Status status = build(runtime);
    for (const rpc::Router::Method* method : runtime.router().methods()) {
      if (method->descriptor->file()->package() == "trellis.events.v1") continue;
      methods->push_back(Describe(name, *method->descriptor));
    }
    return status;
  };
  return service;
}

}  // namespace

const google::protobuf::Message& Method::prototype() const {
  return *MessageFactory::generated_factory()->GetPrototype(descriptor->input_type());
}

bool Method::IsRead() const {
  return descriptor->options().idempotency_level() == google::protobuf::MethodOptions::NO_SIDE_EFFECTS;
}

BadInputWorld::BadInputWorld()
    : past_(absl::Now() - absl::Hours(1)),
      native_(TestUser::Make({options::v1::ROLE_COORDINATOR})),
      foreigner_(TestUser::Make({options::v1::ROLE_COORDINATOR})) {
  google::protobuf::SetLogHandler(nullptr);  // it has something to say about each text that is not UTF-8
  Start();
  Furnish();
}

BadInputWorld::~BadInputWorld() {
  channels_.clear();
  late_.reset();
  for (auto name = order_.rbegin(); name != order_.rend(); ++name) services_[*name].reset();
}

void BadInputWorld::Start() {
  const auto start = [this](runtime::Service service, const std::vector<std::string>& peers,
                            std::vector<std::string> flags = {}) {
    TestService::Options options;
    options.flags = std::move(flags);
    for (const std::string& peer : peers) options.peers[peer] = services_.at(peer).get();
    const std::string name = service.name;
    const std::vector<std::string> followers = service.followers;
    services_[name] = TestService::MustStart(Observed(std::move(service), &methods_), options);
    order_.push_back(name);
    const auto* const feed =
        google::protobuf::DescriptorPool::generated_pool()->FindMethodByName("trellis.events.v1.EventFeed.ReadEvents");
    if (followers.empty()) return;  // nobody may read it
    methods_.push_back(Describe(name, *feed));
    methods_.back().policy.mutable_services()->Assign(followers.begin(), followers.end());
  };
  start(identity::Describe(), {}, {"--password-memory-kib=19456", "--password-passes=2"});
  start(directory::Describe(), {"identity"});
  start(assessment::Describe(), {"identity"});
  start(referral::Describe(), {"identity", "directory"});
  start(caseload::Describe(), {"identity", "assessment", "referral"});
  TestService::Options options;
  options.clock = &past_;
  late_ = TestService::MustStart(assessment::Describe(), options);
}

template <class Stub, class Request, class Response>
Response BadInputWorld::Must(const std::string& service,
                             grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                             const Request& request) {
  TestService& callee = *services_.at(service);
  Stub stub(callee.channel());
  Response response;
  const grpc::Status status = (stub.*method)(callee.As(native_).get(), request, &response);
  if (!status.ok()) {
    std::cerr << "cannot furnish " << service << ": " << rpc::FromGrpc(status) << std::endl;
    std::abort();
  }
  return response;
}

void BadInputWorld::Furnish() {
  names_["organizations"] = absl::StrCat("organizations/", native_.organization.ToString());
  names_["users"] = absl::StrCat("users/", native_.user.ToString());
  identity::v1::RegisterPersonRequest person;
  person.mutable_person()->set_given_names("Maya");
  person.mutable_person()->set_family_names("Okafor");
  names_["persons"] = Must("identity", &identity::v1::Persons::Stub::RegisterPerson, person).person().name();

  caseload::v1::CreatePopulationRequest population;
  population.mutable_population()->set_display_name("Year 12");
  population.mutable_population()->set_kind(caseload::v1::Population::KIND_SCHOOL);
  names_["populations"] =
      Must("caseload", &caseload::v1::Populations::Stub::CreatePopulation, population).population().name();
  caseload::v1::OpenCaseRequest open;
  open.mutable_case_record()->set_person(names_["persons"]);
  names_["cases"] = Must("caseload", &caseload::v1::Cases::Stub::OpenCase, open).case_record().name();

  assessment::v1::RecordAssessmentRequest record;
  record.mutable_assessment()->set_person(names_["persons"]);
  record.mutable_assessment()->set_instrument("instruments/phq-9");
  record.mutable_assessment()->set_method(assessment::v1::Assessment::METHOD_SELF_REPORT);
  for (const char* const item :
       {"44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8"}) {
    auto* const answer = record.mutable_assessment()->add_answers();
    answer->set_item(item);
    answer->set_option("several-days");
  }
  names_["assessments"] =
      Must("assessment", &assessment::v1::Assessments::Stub::RecordAssessment, record).assessment().name();
  const absl::Time limit = absl::Now() + absl::Seconds(20);
  caseload::v1::ListSafetyAlertsResponse alerts;
  while (alerts.safety_alerts().empty() && absl::Now() < limit) {
    alerts =
        Must("caseload", &caseload::v1::SafetyAlerts::Stub::ListSafetyAlerts, caseload::v1::ListSafetyAlertsRequest());
    absl::SleepFor(absl::Milliseconds(20));
  }
  if (!alerts.safety_alerts().empty()) names_["safetyAlerts"] = alerts.safety_alerts(0).name();
}

// A user with the roles that the method asks for.
TestUser BadInputWorld::UserFor(const Method& method, const TestUser& somebody) const {
  TestUser user = somebody;
  user.roles.clear();
  for (const int role : method.policy.roles()) user.roles.push_back(static_cast<options::v1::Role>(role));
  if (user.roles.empty()) user.roles.push_back(options::v1::ROLE_COORDINATOR);
  return user;
}

std::unique_ptr<grpc::ClientContext> BadInputWorld::Context(const std::string& token) const {
  auto context = TestService::AsNobody();
  if (!token.empty()) context->AddMetadata("authorization", absl::StrCat("Bearer ", token));
  for (const auto& [name, value] : metadata_) context->AddMetadata(name, value);
  if (!trace_id_.empty()) context->AddMetadata("traceparent", absl::StrCat("00-", trace_id_, "-00f067aa0ba902b7-01"));
  return context;
}

RawAnswer BadInputWorld::Call(const Method& method, const std::string& bytes) {
  if (method.IsForServices()) return CallAsService(method, bytes, method.policy.services(0));
  return CallWithToken(method, bytes, method.IsPublic() ? "" : GoodToken(method));
}

RawAnswer BadInputWorld::CallAsForeigner(const Method& method, const std::string& bytes) {
  return CallWithToken(method, bytes, testing::TokenProvedBy(UserFor(method, foreigner_), SystemClock()));
}

RawAnswer BadInputWorld::CallWithToken(const Method& method, const std::string& bytes, const std::string& token) {
  if (token.empty()) return CallWithAuthorization(method, bytes, {});
  return CallWithAuthorization(method, bytes, {absl::StrCat("Bearer ", token)});
}

RawAnswer BadInputWorld::CallWithAuthorization(const Method& method, const std::string& bytes,
                                               const std::vector<std::string>& values) {
  const auto context = Context("");
  for (const std::string& value : values) context->AddMetadata("authorization", value);
  const auto channel = method.policy.only_passed_on() ? ChannelOf(method.policy.passed_on_by(0), method.service)
                                                      : services_.at(method.service)->channel();
  return RawCall(channel, method.path, bytes, *context);
}

RawAnswer BadInputWorld::CallAsService(const Method& method, const std::string& bytes, const std::string& service) {
  return RawCall(ChannelOf(service, method.service), method.path, bytes, *Context(""));
}

std::shared_ptr<grpc::Channel> BadInputWorld::ChannelOf(const std::string& caller, const std::string& callee) {
  std::shared_ptr<grpc::Channel>& channel = channels_[absl::StrCat(caller, ">", callee)];
  if (channel == nullptr) channel = services_.at(callee)->ChannelOf(caller);
  return channel;
}

std::string BadInputWorld::GoodToken(const Method& method) {
  return testing::TokenProvedBy(UserFor(method, native_), SystemClock());
}

std::string BadInputWorld::ExpiredToken(const Method& method) { return late_->TokenFor(UserFor(method, native_)); }

std::string BadInputWorld::TokenWithoutRole(const Method& method) {
  if (method.policy.roles().empty()) return "";
  TestUser user = native_;
  user.roles.clear();
  for (const options::v1::Role role : kAllRoles) {
    const auto& allowed = method.policy.roles();
    if (std::find(allowed.begin(), allowed.end(), role) == allowed.end()) user.roles.push_back(role);
  }
  return services_.at(method.service)->TokenFor(user);
}

std::map<std::string, std::int64_t> BadInputWorld::Rows() {
  std::map<std::string, std::int64_t> rows;
  for (const std::string& service : order_) {
    const absl::Status status = testing::ForEachStillTable(
        services_.at(service)->pool(), [&](db::Session& session, const std::string& table) -> absl::Status {
          TRELLIS_ASSIGN_OR_RETURN(const auto count,
                                   session.QueryOne<std::int64_t>(absl::StrCat("SELECT COUNT(*) FROM `", table, "`")));
          rows[absl::StrCat(service, ".", table)] = std::get<0>(*count);
          return absl::OkStatus();
        });
    if (!status.ok()) {
      std::cerr << "cannot count the rows of " << service << ": " << status << std::endl;
      std::abort();
    }
  }
  return rows;
}

}  // namespace trellis::fault
