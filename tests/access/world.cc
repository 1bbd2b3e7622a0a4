#include "tests/access/world.h"

#include <cstdlib>
#include <iostream>
#include <set>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/base/random.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"
#include "common/rpc/channel.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/router.h"
#include "common/rpc/timestamps.h"
#include "common/runtime/runtime.h"
#include "common/testing/tables.h"
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
#include "trellis/directory/v1/capacities.grpc.pb.h"
#include "trellis/directory/v1/healthcare_services.grpc.pb.h"
#include "trellis/directory/v1/imports.grpc.pb.h"
#include "trellis/directory/v1/locations.grpc.pb.h"
#include "trellis/directory/v1/providers.grpc.pb.h"
#include "trellis/identity/v1/access_relations.grpc.pb.h"
#include "trellis/identity/v1/consents.grpc.pb.h"
#include "trellis/identity/v1/emergency_accesses.grpc.pb.h"
#include "trellis/identity/v1/organizations.grpc.pb.h"
#include "trellis/identity/v1/persons.grpc.pb.h"
#include "trellis/identity/v1/users.grpc.pb.h"
#include "trellis/referral/v1/referrals.grpc.pb.h"

namespace trellis::matrix {
namespace {

using access::RelationKey;
using access::RelationKind;
using testing::TestService;
using testing::TestUser;

constexpr int kPlaces = 1000;
constexpr absl::Duration kShort = absl::Seconds(2);  // what is over by the time of the first call

std::string NewUuid() {
  static IdGenerator& ids = *new IdGenerator(SystemClock(), SystemRandom());
  return ids.Next().ToString();
}

TestUser As(const TestUser& user, options::v1::Role role) {
  TestUser out = user;
  out.roles = {role};
  return out;
}

// The service, telling what it serves as soon as it is built.
runtime::Service Observed(runtime::Service service, std::vector<Rpc>* rpcs) {
  service.build = [build = service.build, name = service.name, rpcs](runtime::Runtime& runtime) {
    const absl::Status status = build(runtime);
    for (const rpc::Router::Method* method : runtime.router().methods()) rpcs->push_back({name, method->descriptor});
    return status;
  };
  return service;
}

std::string Seconds(absl::Time time) {
  if (time == absl::InfiniteFuture()) return "1e18";
  return absl::StrFormat("%.6f", absl::ToDoubleSeconds(time - absl::UnixEpoch()));
}

const char* KindName(RelationKind kind) {
  switch (kind) {
    case RelationKind::kCareTeam:
      return "care_team";
    case RelationKind::kMember:
      return "member";
    case RelationKind::kLead:
      return "lead";
    case RelationKind::kEmergency:
      return "emergency";
  }
  return "other";
}

}  // namespace

Id IdOf(const std::string& name) { return *Id::Parse(name.substr(name.find('/') + 1)); }

World::World() : past_(absl::Now() - absl::Hours(1)) {
  StartServices();
  MakeOrganizations();
  ImportServices();
  MakeCases();
  AwaitAlerts();
  absl::SleepFor(kShort);
  AwaitQuiet();
}

World::~World() {
  late_.reset();
  for (auto name = order_.rbegin(); name != order_.rend(); ++name) services_[*name].reset();
}

void World::StartServices() {
  const auto start = [this](runtime::Service service, const std::vector<std::string>& peers,
                            std::vector<std::string> flags = {}) {
    TestService::Options options;
    options.flags = std::move(flags);
    for (const std::string& peer : peers) options.peers[peer] = services_.at(peer).get();
    const std::string name = service.name;
    services_[name] = TestService::MustStart(Observed(std::move(service), &rpcs_), options);
    order_.push_back(name);
    const auto* const feed =
        google::protobuf::DescriptorPool::generated_pool()->FindMethodByName("trellis.events.v1.EventFeed.ReadEvents");
    bool known = false;
    for (const Rpc& rpc : rpcs_) known = known || (rpc.service == name && rpc.method == feed);
    if (!known) rpcs_.push_back({name, feed});  // the host adds it after the service was built
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
Response World::Must(const std::string& service, const TestUser& who,
                     grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                     const Request& request) {
  TestService& callee = *services_.at(service);
  Stub stub(callee.channel());
  Response response;
  const grpc::Status status = (stub.*method)(callee.As(who).get(), request, &response);
  if (!status.ok()) {
    std::cerr << "cannot furnish " << service << " with " << request.ShortDebugString() << ": " << rpc::FromGrpc(status)
              << std::endl;
    std::abort();
  }
  return response;
}

TestUser World::NewOrganization(const std::string& title, int kind) {
  identity::v1::CreateOrganizationRequest request;
  request.mutable_organization()->set_display_name(title);
  request.mutable_organization()->set_kind(static_cast<identity::v1::Organization::Kind>(kind));
  request.mutable_administrator()->set_login(absl::StrCat(NewUuid(), "@example.org"));
  request.mutable_administrator()->set_display_name("Office");
  request.set_administrator_password("a long enough passphrase");
  const auto made = Must("identity", TestUser::Make({options::v1::ROLE_PLATFORM_ADMINISTRATOR}),
                         &identity::v1::Organizations::Stub::CreateOrganization, request);
  TestUser out = TestUser::Make({options::v1::ROLE_ORGANIZATION_ADMINISTRATOR}, IdOf(made.organization().name()));
  out.user = IdOf(made.administrator().name());
  return out;
}

TestUser World::NewUser(const TestUser& administrator) {
  identity::v1::CreateUserRequest request;
  request.mutable_user()->set_login(absl::StrCat(NewUuid(), "@example.org"));
  request.mutable_user()->set_display_name("Somebody");
  request.mutable_user()->add_roles(options::v1::ROLE_COORDINATOR);
  request.set_password("a long enough passphrase");
  TestUser out = TestUser::Make({options::v1::ROLE_COORDINATOR}, administrator.organization);
  out.user = IdOf(Must("identity", administrator, &identity::v1::Users::Stub::CreateUser, request).user().name());
  return out;
}

std::string World::NewProgram(const TestUser& administrator) {
  identity::v1::CreateUserRequest request;
  request.mutable_user()->set_login(absl::StrCat(NewUuid(), "@example.org"));
  request.mutable_user()->set_display_name("Some program");
  request.mutable_user()->add_roles(options::v1::ROLE_SERVICE_ACCOUNT);
  return Must("identity", administrator, &identity::v1::Users::Stub::CreateUser, request).user().name();
}

void World::MakeOrganizations() {
  home_ = NewOrganization("Home", identity::v1::Organization::KIND_SCHOOL);
  away_ = NewOrganization("Away", identity::v1::Organization::KIND_SCHOOL);
  provider_ = NewOrganization("Provider", identity::v1::Organization::KIND_PROVIDER);
  other_provider_ = NewOrganization("Other provider", identity::v1::Organization::KIND_PROVIDER);
  owner_ = NewUser(home_);
  colleague_ = NewUser(home_);
  responder_ = NewUser(home_);
  staff_ = As(NewUser(provider_), options::v1::ROLE_PROVIDER_STAFF);
  other_staff_ = As(NewUser(other_provider_), options::v1::ROLE_PROVIDER_STAFF);
  everywhere_["recipient"] = rpc::MakeName("organizations", provider_.organization);
  everywhere_["stranger"] = rpc::MakeName("organizations", other_provider_.organization);
  everywhere_["owner"] = rpc::MakeName("users", owner_.user);
  everywhere_["colleague"] = rpc::MakeName("users", colleague_.user);
  everywhere_["program"] = NewProgram(home_);
  everywhere_["home"] = rpc::MakeName("organizations", home_.organization);
  std::string answers;
  for (int i = 1; i <= 5; ++i) absl::StrAppend(&answers, "answers { item: \"wsas-", i, "\" option: \"2\" } ");
  everywhere_["wsas"] = answers;
}

std::string World::ImportService(const std::string& title, const TestUser& manager) {
  const std::string package = absl::StrCat(
      R"({"id":")", NewUuid(), R"(","name":")", title, R"(","status":"active",)", R"("attributes":[{"id":")", NewUuid(),
      R"(","link_entity":"service","taxonomy_term":{"id":")", NewUuid(),
      R"(","taxonomy":"trellis-kinds","code":"counselling","name":"Counselling"}}],)", R"("organization":{"id":")",
      NewUuid(), R"(","name":"Provider of )", title, R"(","description":"x"},)", R"("service_at_locations":[{"id":")",
      NewUuid(), R"(","location":{"id":")", NewUuid(),
      R"(","location_type":"physical","name":"Room","latitude":51.501,"longitude":-0.121}}]})");
  const TestUser librarian = TestUser::Make({options::v1::ROLE_DIRECTORY_ADMINISTRATOR});
  const auto context = service("directory").As(librarian);
  directory::v1::Imports::Stub stub(service("directory").channel());
  directory::v1::ImportPackageResponse report;
  const auto writer = stub.ImportPackage(context.get(), &report);
  directory::v1::ImportPackageRequest part;
  part.mutable_options()->set_source("matrix");
  writer->Write(part);
  part.set_chunk(package);
  writer->Write(part);
  writer->WritesDone();
  if (!writer->Finish().ok()) std::abort();
  const auto all = Must("directory", librarian, &directory::v1::HealthcareServices::Stub::ListHealthcareServices,
                        directory::v1::ListHealthcareServicesRequest());
  for (const auto& listed : all.healthcare_services()) {
    if (listed.display_name() != title) continue;
    directory::v1::LinkProviderRequest link;
    link.set_name(listed.provider());
    link.set_organization(rpc::MakeName("organizations", manager.organization));
    Must("directory", librarian, &directory::v1::Providers::Stub::LinkProvider, link);
    everywhere_["provider"] = listed.provider();
    directory::v1::SetCapacityRequest places;
    places.set_healthcare_service(listed.name());
    places.set_maximum(kPlaces);
    places.set_available(kPlaces);
    Must("directory", manager, &directory::v1::Capacities::Stub::SetCapacity, places);
    return listed.name();
  }
  std::abort();
}

void World::ImportServices() {
  other_service_ = ImportService("Elsewhere", other_staff_);
  service_ = ImportService("Counselling", staff_);
  everywhere_["service"] = service_;
  everywhere_["location"] =
      Must("directory", staff_, &directory::v1::Locations::Stub::ListLocations, directory::v1::ListLocationsRequest())
          .locations(0)
          .name();
}

void World::Grant(const RelationKey& key, absl::Time start, absl::Time end) {
  identity::v1::GrantRelationRequest request;
  auto& relation = *request.mutable_relation();
  relation.set_kind(static_cast<identity::v1::RelationKind>(key.kind));
  relation.set_resource(rpc::MakeName(key.kind == RelationKind::kLead ? "populations" : "persons", key.resource));
  relation.set_subject(rpc::MakeName(key.kind == RelationKind::kMember ? "populations" : "users", key.subject));
  if (start != absl::InfinitePast()) *relation.mutable_start_time() = rpc::ToTimestamp(start);
  if (end != absl::InfiniteFuture()) *relation.mutable_end_time() = rpc::ToTimestamp(end);
  Must("identity", owner_, &identity::v1::AccessRelations::Stub::GrantRelation, request);
  facts_.push_back({key, start == absl::InfinitePast() ? absl::UnixEpoch() : start, end});
}

void World::Revoke(const RelationKey& key) {
  identity::v1::RevokeRelationRequest request;
  request.set_kind(static_cast<identity::v1::RelationKind>(key.kind));
  request.set_resource(rpc::MakeName(key.kind == RelationKind::kLead ? "populations" : "persons", key.resource));
  request.set_subject(rpc::MakeName(key.kind == RelationKind::kMember ? "populations" : "users", key.subject));
  Must("identity", owner_, &identity::v1::AccessRelations::Stub::RevokeRelation, request);
  for (Fact& fact : facts_) {
    const RelationKey& a = fact.key;
    if (a.resource == key.resource && a.kind == key.kind && a.subject == key.subject) fact.revoked = true;
  }
}

std::string World::Consent(const Case& made, const std::string& recipient, absl::Time end) {
  identity::v1::RecordConsentRequest request;
  auto& consent = *request.mutable_consent();
  consent.set_person(made.names.at("person"));
  consent.set_recipient(recipient);
  consent.add_purposes(identity::v1::CONSENT_PURPOSE_TREATMENT);
  consent.add_categories(identity::v1::CONSENT_CATEGORY_DEMOGRAPHICS);
  consent.add_categories(identity::v1::CONSENT_CATEGORY_NEEDS);
  consent.set_grantor(identity::v1::Consent::GRANTOR_PERSON);
  if (end != absl::InfiniteFuture()) *consent.mutable_period()->mutable_end_time() = rpc::ToTimestamp(end);
  return Must("identity", owner_, &identity::v1::Consents::Stub::RecordConsent, request).consent().name();
}

void World::RegisterPerson(const std::string& label, Case& made) {
  identity::v1::RegisterPersonRequest request;
  request.mutable_person()->set_given_names("Maya");
  request.mutable_person()->set_family_names(absl::StrCat("Canary-", label, "-"));
  made.names["canary"] = absl::StrCat("Canary-", label, "-");
  made.names["person"] =
      Must("identity", owner_, &identity::v1::Persons::Stub::RegisterPerson, request).person().name();
  const Id person = IdOf(made.names["person"]);
  Note({home_.organization, person, RelationKind::kCareTeam, owner_.user});
  Grant({home_.organization, person, RelationKind::kCareTeam, colleague_.user});
}

void World::MakePopulation(Case& made) {
  caseload::v1::CreatePopulationRequest population;
  population.mutable_population()->set_display_name("Year 12");
  population.mutable_population()->set_kind(caseload::v1::Population::KIND_SCHOOL);
  made.names["population"] =
      Must("caseload", owner_, &caseload::v1::Populations::Stub::CreatePopulation, population).population().name();
  caseload::v1::AddMemberRequest member;
  member.set_population(made.names["population"]);
  member.set_person(made.names["person"]);
  Must("caseload", owner_, &caseload::v1::Populations::Stub::AddMember, member);
  const Id id = IdOf(made.names["population"]);
  Note({home_.organization, id, RelationKind::kLead, owner_.user});
  Note({home_.organization, IdOf(made.names["person"]), RelationKind::kMember, id});
}

void World::MakeRecords(Case& made) {
  caseload::v1::OpenCaseRequest open;
  open.mutable_case_record()->set_person(made.names["person"]);
  made.names["case"] = Must("caseload", owner_, &caseload::v1::Cases::Stub::OpenCase, open).case_record().name();
  caseload::v1::AddServiceNeedRequest need;
  need.mutable_service_need()->set_case_record(made.names["case"]);
  need.mutable_service_need()->mutable_need()->set_code("counselling");
  for (const char* const name : {"need", "spare_need"}) {
    made.names[name] =
        Must("caseload", owner_, &caseload::v1::CarePlans::Stub::AddServiceNeed, need).service_need().name();
  }
  made.names["secret"] = absl::StrCat("Secret-", NewUuid());
  need.mutable_service_need()->set_note(made.names["secret"]);
  need.mutable_service_need()->add_labels(options::v1::SECURITY_LABEL_SUBSTANCE_USE);
  made.names["labelled_need"] =
      Must("caseload", owner_, &caseload::v1::CarePlans::Stub::AddServiceNeed, need).service_need().name();
  assessment::v1::RecordAssessmentRequest record;
  record.mutable_assessment()->set_person(made.names["person"]);
  record.mutable_assessment()->set_instrument("instruments/phq-9");
  record.mutable_assessment()->set_method(assessment::v1::Assessment::METHOD_SELF_REPORT);
  for (const char* const item :
       {"44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8"}) {
    auto* const answer = record.mutable_assessment()->add_answers();
    answer->set_item(item);
    answer->set_option("several-days");
  }
  made.names["assessment"] =
      Must("assessment", owner_, &assessment::v1::Assessments::Stub::RecordAssessment, record).assessment().name();
  directory::v1::HoldCapacityRequest hold;
  hold.set_healthcare_service(service_);
  made.names["hold"] = Must("directory", owner_, &directory::v1::Capacities::Stub::HoldCapacity, hold).hold().name();
  made.names["spare_consent"] = Consent(made, everywhere_["stranger"], absl::InfiniteFuture());
}

// By somebody who calls nothing else: nobody in the matrix has shown a second factor.
void World::TakeEmergencyAccess(Case& made) {
  identity::v1::RequestEmergencyAccessRequest request;
  request.set_person(made.names["person"]);
  request.set_reason(identity::v1::EmergencyAccess::REASON_RISK_TO_LIFE);
  request.set_explanation(made.names["canary"]);
  request.mutable_duration()->set_seconds(3600);
  identity::v1::EmergencyAccesses::Stub stub(service("identity").channel());
  identity::v1::RequestEmergencyAccessResponse response;
  const auto context = testing::WithToken(testing::TokenProvedBy(responder_, SystemClock()));
  if (!stub.RequestEmergencyAccess(context.get(), request, &response).ok()) std::abort();
  made.names["emergency"] = response.emergency_access().name();
}

// A draft, with a consent unless the case says that there is none.
void World::Refer(const std::string& label, Case& made, const TestUser& staff, const std::string& service) {
  made.recipient = rpc::MakeName("organizations", staff.organization);
  made.names["consent"] = made.names["spare_consent"];
  if (label != "unconsented") {
    made.consent_end = label == "consent-ended" ? absl::Now() + kShort : absl::InfiniteFuture();
    made.names["consent"] = Consent(made, made.recipient, made.consent_end);
  }
  referral::v1::CreateReferralRequest request;
  request.mutable_referral()->set_person(made.names["person"]);
  request.mutable_referral()->set_healthcare_service(service);
  request.mutable_referral()->mutable_need()->set_code("counselling");
  request.mutable_referral()->set_note(made.names["canary"]);
  made.names["referral"] =
      Must("referral", owner_, &referral::v1::Referrals::Stub::CreateReferral, request).referral().name();
  made.names["placement"] = absl::StrCat("placements/", NewUuid());
  made.state = "DRAFT";
}

void World::Send(Case& made, const TestUser& staff, bool accept) {
  referral::v1::RequestReferralRequest request;
  request.set_name(made.names["referral"]);
  Must("referral", owner_, &referral::v1::Referrals::Stub::RequestReferral, request);
  made.state = "REQUESTED";
  if (!accept) return;
  referral::v1::AcceptReferralRequest take;
  take.set_name(made.names["referral"]);
  made.names["placement"] =
      Must("referral", staff, &referral::v1::Referrals::Stub::AcceptReferral, take).placement().name();
  made.state = "ACCEPTED";
  made.placed = true;
}

Case& World::Begin(const std::string& label, const TestUser& caller) {
  Case& made = cases_[label];
  made.caller = caller;
  made.organization = home_.organization;
  RegisterPerson(label, made);
  MakePopulation(made);
  MakeRecords(made);
  TakeEmergencyAccess(made);
  made.names["yes"] = "\x08\x01";  // CheckAccessResponse.allowed
  return made;
}

void World::MakeCases() {
  const auto at_home = [&](const std::string& label, const TestUser& caller) -> Case& {
    Case& made = Begin(label, caller);
    Refer(label, made, staff_, service_);
    Send(made, staff_, true);
    return made;
  };
  const auto team = [&](const Case& of) {
    return RelationKey{home_.organization, IdOf(of.names.at("person")), RelationKind::kCareTeam, of.caller.user};
  };
  const auto lead = [&](const Case& of) {
    return RelationKey{home_.organization, IdOf(of.names.at("population")), RelationKind::kLead, of.caller.user};
  };
  const auto member = [&](const Case& of) {
    return RelationKey{home_.organization, IdOf(of.names.at("person")), RelationKind::kMember,
                       IdOf(of.names.at("population"))};
  };
  at_home("own", owner_);
  Grant(team(at_home("team", NewUser(home_))));
  Grant(lead(at_home("lead", NewUser(home_))));
  at_home("none", NewUser(home_));
  TestUser cleared = NewUser(home_);
  cleared.clearances.Add(options::v1::SECURITY_LABEL_SUBSTANCE_USE);
  Grant(team(at_home("cleared", cleared)));
  cleared.user = NewUser(home_).user;
  at_home("cleared-none", cleared);
  TestUser otherwise = NewUser(home_);
  otherwise.clearances.Add(options::v1::SECURITY_LABEL_PSYCHIATRY);
  Grant(team(at_home("otherwise-cleared", otherwise)));
  Grant(team(at_home("expired", NewUser(home_))), absl::InfinitePast(), absl::Now() + kShort);
  Grant(team(at_home("future", NewUser(home_))), absl::Now() + absl::Hours(1));
  Case& revoked = at_home("revoked", NewUser(home_));
  Grant(team(revoked));
  Revoke(team(revoked));
  Case& not_leading = at_home("lead-revoked", NewUser(home_));
  Grant(lead(not_leading));
  Revoke(lead(not_leading));
  Case& removed = at_home("member-removed", NewUser(home_));
  Grant(lead(removed));
  Revoke(member(removed));
  at_home("foreign", NewUser(away_));
  // Rows that no service would write: what they open is a query that forgot whose data it reads.
  const Case& planted = at_home("planted", NewUser(away_));
  for (RelationKey key : {team(planted), lead(planted), member(planted)}) {
    key.organization = away_.organization;
    Revive(key);
    Note(key);
  }

  Refer("ready", Begin("ready", owner_), staff_, service_);
  Refer("unconsented", Begin("unconsented", owner_), staff_, service_);
  const auto received = [&](const std::string& label, bool send, bool accept) -> Case& {
    const TestUser caller = NewUser(provider_);
    Case& made = Begin(label, caller);
    const bool elsewhere = label == "elsewhere";
    Refer(label, made, elsewhere ? other_staff_ : staff_, elsewhere ? other_service_ : service_);
    if (send) Send(made, elsewhere ? other_staff_ : staff_, accept);
    return made;
  };
  received("draft", false, false);
  received("sent", true, false);
  received("accepted", true, true);
  received("elsewhere", true, true);
  received("consent-ended", true, false);
  Case& withdrawn = received("withdrawn", true, true);
  referral::v1::CancelReferralRequest cancel;
  cancel.set_name(withdrawn.names["referral"]);
  cancel.mutable_reason()->set_code("other");
  Must("referral", owner_, &referral::v1::Referrals::Stub::CancelReferral, cancel);
  withdrawn.state = "CANCELLED";
  Case& refused = received("consent-revoked", true, false);
  identity::v1::RevokeConsentRequest revoke;
  revoke.set_name(refused.names["consent"]);
  Must("identity", owner_, &identity::v1::Consents::Stub::RevokeConsent, revoke);
  refused.consent_end = absl::Now();
}

// Alerts come by caseload's own way, from the assessments' events.
void World::AwaitAlerts() {
  const absl::Time limit = absl::Now() + absl::Seconds(30);
  caseload::v1::ListSafetyAlertsRequest request;
  request.set_page_size(500);
  while (absl::Now() < limit) {
    const auto alerts = Must("caseload", owner_, &caseload::v1::SafetyAlerts::Stub::ListSafetyAlerts, request);
    std::size_t found = 0;
    for (auto& [label, made] : cases_) {
      for (const auto& alert : alerts.safety_alerts()) {
        if (alert.person() != made.names["person"]) continue;
        made.names["alert"] = alert.name();
        made.names["alert_etag"] = absl::CEscape(alert.etag());
        ++found;
      }
    }
    if (found == cases_.size()) return;
    absl::SleepFor(absl::Milliseconds(20));
  }
  std::cerr << "the alerts do not come" << std::endl;
  std::abort();
}

std::map<std::string, std::int64_t> World::Contents() {
  std::map<std::string, std::int64_t> contents;
  for (const std::string& name : order_) {
    const absl::Status status = testing::ForEachStillTable(
        services_.at(name)->pool(), [&](db::Session& session, const std::string& table) -> absl::Status {
          TRELLIS_ASSIGN_OR_RETURN(
              const auto sum,
              (session.QueryOne<std::string, std::int64_t>(absl::StrCat("CHECKSUM TABLE `", table, "`"))));
          contents[absl::StrCat(name, ".", table)] = std::get<1>(*sum);
          return absl::OkStatus();
        });
    if (!status.ok()) {
      std::cerr << "cannot look into the tables of " << name << ": " << status << std::endl;
      std::abort();
    }
  }
  return contents;
}

void World::AwaitQuiet() {
  auto before = Contents();
  for (int still = 0; still < 3;) {
    absl::SleepFor(absl::Milliseconds(300));
    auto now = Contents();
    still = now == before ? still + 1 : 0;
    before = std::move(now);
  }
}

void World::Revive(const RelationKey& key) {
  for (const char* const name : {"identity", "assessment", "referral", "caseload"}) {
    const absl::Status status = service(name).pool().Transact(absl::Now() + absl::Seconds(10), [&](db::Session& tx) {
      access::Relation relation;
      relation.key = key;
      return access::PutRelation(tx, relation);
    });
    if (!status.ok()) std::abort();
  }
}

void World::SetReferralState(const Case& of, int state) {
  const absl::Status status =
      service("referral").pool().Transact(absl::Now() + absl::Seconds(10), [&](db::Session& tx) -> absl::Status {
        return tx
            .Execute("UPDATE referral SET state = ? WHERE organization_id = ? AND id = ?", state, of.organization,
                     IdOf(of.names.at("referral")))
            .status();
      });
  if (!status.ok()) std::abort();
}

std::string World::Facts() const {
  std::string out = absl::StrCat("now\t", Seconds(absl::Now()), "\n");
  const auto add = [&](const std::vector<std::string>& words) {
    absl::StrAppend(&out, absl::StrJoin(words, "\t"), "\n");
  };
  for (const Rpc& rpc : rpcs_) {
    const bool reads = rpc.method->options().idempotency_level() == google::protobuf::MethodOptions::NO_SIDE_EFFECTS;
    add({"rpc", rpc.service, rpc.method->full_name(), reads ? "read" : "write"});
  }
  const auto name = [](const char* collection, const Id& id) { return rpc::MakeName(collection, id); };
  for (const Fact& fact : facts_) {
    const RelationKind kind = fact.key.kind;
    add({"relation", name("organizations", fact.key.organization), KindName(kind),
         name(kind == RelationKind::kLead ? "populations" : "persons", fact.key.resource),
         name(kind == RelationKind::kMember ? "populations" : "users", fact.key.subject), Seconds(fact.start),
         fact.end == absl::InfiniteFuture() ? "-" : Seconds(fact.end), fact.revoked ? "revoked" : "-"});
  }
  for (const auto& [placeholder, text] : everywhere_) add({"name", "*", placeholder, text});
  const std::string manager = name("organizations", provider_.organization);
  for (const auto& [label, made] : cases_) {
    add({"case", label, name("users", made.caller.user), name("organizations", made.caller.organization),
         name("organizations", made.organization)});
    if (made.caller.clearances.Has(options::v1::SECURITY_LABEL_SUBSTANCE_USE)) add({"cleared", label});
    add({"referral", label, made.recipient, manager, made.state, made.placed ? "placed" : "-",
         made.consent_end == absl::InfinitePast() ? "-" : Seconds(made.consent_end)});
    for (const auto& [placeholder, text] : made.names) add({"name", label, placeholder, text});
    add({"name", label, "colleague", everywhere_.at("colleague")});
    add({"name", label, "owner", everywhere_.at("owner")});
  }
  return out;
}

}  // namespace trellis::matrix
