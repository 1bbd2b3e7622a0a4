// Populations, between the desk and identity, which decides who may see whom.
#include <mutex>
#include <set>
#include <tuple>

#include "common/access/key_set.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/router.h"
#include "common/runtime/runtime.h"
#include "common/runtime/write.h"
#include "services/caseload/api/service.h"
#include "tests/integration/caseload/caseload_fixture.h"
#include "trellis/identity/v1/access_relations.grpc.pb.h"
#include "trellis/identity/v1/identity_events.pb.h"

namespace trellis::caseload {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using trellis::testing::ReasonOf;

// What the fake identity has granted; outlives its restarts.
struct Granted {
  std::mutex mutex;
  std::set<std::tuple<std::string, std::string, int>> relations;
  std::set<std::string> request_ids;
  int grants = 0;
};

// Grants what it is asked for and tells it in its feed, as identity does; knows who leads what.
class FakeRelations {
 public:
  FakeRelations(runtime::Runtime& runtime, Granted& granted) : runtime_(runtime), granted_(granted) {}

  absl::StatusOr<identity::v1::GrantRelationResponse> GrantRelation(rpc::CallContext& call,
                                                                    const identity::v1::GrantRelationRequest& request) {
    const identity::v1::AccessRelation& wanted = request.relation();
    if (wanted.kind() == identity::v1::RELATION_KIND_MEMBER && !Leads(call, wanted.subject())) {
      return NotFound(wanted.subject());
    }
    identity::v1::RelationGranted event;
    event.set_resource(wanted.resource());
    event.set_subject(wanted.subject());
    event.set_kind(wanted.kind());
    event.mutable_start_time()->set_seconds(1);
    TRELLIS_RETURN_IF_ERROR(Tell(call, event));
    std::lock_guard lock(granted_.mutex);
    granted_.relations.emplace(wanted.resource(), wanted.subject(), wanted.kind());
    granted_.request_ids.insert(request.request_id());
    ++granted_.grants;
    identity::v1::GrantRelationResponse response;
    *response.mutable_relation() = wanted;
    return response;
  }

  absl::StatusOr<identity::v1::RevokeRelationResponse> RevokeRelation(
      rpc::CallContext& call, const identity::v1::RevokeRelationRequest& request) {
    {
      std::lock_guard lock(granted_.mutex);
      if (granted_.relations.erase({request.resource(), request.subject(), request.kind()}) == 0) {
        return NotFound(request.resource());
      }
    }
    identity::v1::RelationRevoked event;
    event.set_resource(request.resource());
    event.set_subject(request.subject());
    event.set_kind(request.kind());
    TRELLIS_RETURN_IF_ERROR(Tell(call, event));
    return identity::v1::RevokeRelationResponse();
  }

  // The leads of a population, for its leads and for administrators.
  absl::StatusOr<identity::v1::ListRelationsResponse> ListRelations(rpc::CallContext& call,
                                                                    const identity::v1::ListRelationsRequest& request) {
    const bool administers = call.caller().HasRole(options::v1::ROLE_ORGANIZATION_ADMINISTRATOR);
    if (!administers && !Leads(call, request.resource())) return NotFound(request.resource());
    identity::v1::ListRelationsResponse response;
    std::lock_guard lock(granted_.mutex);
    for (const auto& [resource, subject, kind] : granted_.relations) {
      if (resource != request.resource() || kind != request.kind()) continue;
      identity::v1::AccessRelation& relation = *response.add_relations();
      relation.set_subject(subject);
      relation.mutable_start_time()->set_seconds(1);
    }
    return response;
  }

  absl::StatusOr<identity::v1::CheckAccessResponse> CheckAccess(rpc::CallContext& call,
                                                                const identity::v1::CheckAccessRequest& request) {
    std::lock_guard lock(granted_.mutex);
    identity::v1::CheckAccessResponse response;
    response.set_allowed(granted_.relations.count({request.person(), MakeName("users", call.caller().user),
                                                   identity::v1::RELATION_KIND_CARE_TEAM}) > 0);
    return response;
  }

  // As if somebody had granted it in identity itself.
  void Grant(const Id& organization, const std::string& resource, const std::string& subject,
             identity::v1::RelationKind kind) {
    std::lock_guard lock(granted_.mutex);
    granted_.relations.emplace(resource, subject, kind);
    identity::v1::RelationGranted event;
    event.set_resource(resource);
    event.set_subject(subject);
    event.set_kind(kind);
    event.mutable_start_time()->set_seconds(1);
    ASSERT_TRUE(TellFor(organization, event).ok());
  }
  void Revoke(const Id& organization, const std::string& resource, const std::string& subject,
              identity::v1::RelationKind kind) {
    std::lock_guard lock(granted_.mutex);
    granted_.relations.erase({resource, subject, kind});
    identity::v1::RelationRevoked event;
    event.set_resource(resource);
    event.set_subject(subject);
    event.set_kind(kind);
    ASSERT_TRUE(TellFor(organization, event).ok());
  }

 private:
  bool Leads(rpc::CallContext& call, const std::string& population) {
    std::lock_guard lock(granted_.mutex);
    return granted_.relations.count(
               {population, MakeName("users", call.caller().user), identity::v1::RELATION_KIND_LEAD}) > 0;
  }
  absl::Status Tell(rpc::CallContext& call, const google::protobuf::Message& event) {
    return TellFor(call.caller().organization, event);
  }
  absl::Status TellFor(const Id& organization, const google::protobuf::Message& event) {
    return runtime_.WriteAs({.organization = organization,
                             .purpose = "test.tell",
                             .operation = Id(),
                             .deadline = absl::Now() + absl::Seconds(5)},
                            [&](runtime::WriteUnit& unit) { return unit.Publish(event); });
  }

  runtime::Runtime& runtime_;
  Granted& granted_;
};

runtime::Service FakeIdentity(Granted* granted, FakeRelations** relations) {
  runtime::Service service = FakePeer("identity");
  service.build = [granted, relations](runtime::Runtime& runtime) {
    *relations = runtime.Make<FakeRelations>(runtime, *granted);
    runtime.UseKeys([] { return std::vector<access::VerificationKey>(); });
    rpc::Router& router = runtime.router();
    router.Unary("trellis.identity.v1.AccessRelations.GrantRelation", *relations, &FakeRelations::GrantRelation);
    router.Unary("trellis.identity.v1.AccessRelations.RevokeRelation", *relations, &FakeRelations::RevokeRelation);
    router.Unary("trellis.identity.v1.AccessRelations.ListRelations", *relations, &FakeRelations::ListRelations);
    router.Unary("trellis.identity.v1.AccessRelations.CheckAccess", *relations, &FakeRelations::CheckAccess);
    return absl::OkStatus();
  };
  return service;
}

class PopulationsTest : public ::testing::Test {
 protected:
  // Lists are refused until identity's feed has been heard for the first time.
  void SetUp() override {
    ASSERT_TRUE(Eventually([&] {
      v1::ListPopulationsResponse response;
      return stub_->ListPopulations(caseload_->As(lead_).get(), {}, &response).ok();
    }));
  }
  Id NewPerson(const TestUser& user) {
    const Id person = NewId();
    relations_->Grant(user.organization, MakeName("persons", person), MakeName("users", user.user),
                      identity::v1::RELATION_KIND_CARE_TEAM);
    return person;
  }
  v1::CreatePopulationRequest Wanted(const std::string& name, const std::string& request_id = "") {
    v1::CreatePopulationRequest request;
    request.mutable_population()->set_display_name(name);
    request.mutable_population()->set_kind(v1::Population::KIND_SCHOOL);
    request.set_request_id(request_id);
    return request;
  }
  v1::Population Create(const TestUser& user, const std::string& name) {
    v1::CreatePopulationResponse response;
    const grpc::Status status = stub_->CreatePopulation(caseload_->As(user).get(), Wanted(name), &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.population();
  }
  grpc::Status Add(const TestUser& user, const std::string& population, const Id& person) {
    v1::AddMemberRequest request;
    request.set_population(population);
    request.set_person(MakeName("persons", person));
    v1::AddMemberResponse response;
    return stub_->AddMember(caseload_->As(user).get(), request, &response);
  }
  grpc::Status Remove(const TestUser& user, const std::string& population, const Id& person) {
    v1::RemoveMemberRequest request;
    request.set_population(population);
    request.set_person(MakeName("persons", person));
    v1::RemoveMemberResponse response;
    return stub_->RemoveMember(caseload_->As(user).get(), request, &response);
  }
  grpc::Status Get(const TestUser& user, const std::string& name, v1::Population* population) {
    v1::GetPopulationRequest request;
    request.set_name(name);
    v1::GetPopulationResponse response;
    const grpc::Status status = stub_->GetPopulation(caseload_->As(user).get(), request, &response);
    *population = response.population();
    return status;
  }
  std::vector<std::string> Listed(const TestUser& user) {
    v1::ListPopulationsResponse response;
    EXPECT_TRUE(stub_->ListPopulations(caseload_->As(user).get(), {}, &response).ok());
    std::vector<std::string> names;
    for (const auto& population : response.populations()) names.push_back(population.name());
    return names;
  }
  std::vector<std::string> Worklist(const TestUser& user) {
    v1::ListWorklistResponse response;
    const grpc::Status status =
        v1::Worklist::NewStub(caseload_->channel())->ListWorklist(caseload_->As(user).get(), {}, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    std::vector<std::string> persons;
    for (const auto& entry : response.entries()) persons.push_back(entry.person());
    return persons;
  }
  void Open(const TestUser& user, const Id& person) {
    v1::OpenCaseRequest request;
    request.mutable_case_record()->set_person(MakeName("persons", person));
    v1::OpenCaseResponse response;
    const grpc::Status status =
        v1::Cases::NewStub(caseload_->channel())->OpenCase(caseload_->As(user).get(), request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
  }
  static bool Eventually(const std::function<bool()>& holds) {
    const absl::Time limit = absl::Now() + absl::Seconds(10);
    while (!holds()) {
      if (absl::Now() > limit) return false;
      absl::SleepFor(absl::Milliseconds(10));
    }
    return true;
  }

  Granted granted_;
  FakeRelations* relations_ = nullptr;
  std::unique_ptr<TestService> identity_ = TestService::MustStart(FakeIdentity(&granted_, &relations_));
  std::unique_ptr<TestService> caseload_ =
      TestService::MustStart(Describe(), {.peers = {{"identity", identity_.get()}}});
  std::unique_ptr<v1::Populations::Stub> stub_ = v1::Populations::NewStub(caseload_->channel());
  TestUser lead_ = TestUser::Make({options::v1::ROLE_COORDINATOR});
  TestUser colleague_ = TestUser::Make({options::v1::ROLE_COORDINATOR}, lead_.organization);
};

TEST_F(PopulationsTest, ItsMakerLeadsItAndNobodyElseKnowsIt) {
  const v1::Population population = Create(lead_, "Year 11");
  v1::Population seen;
  ASSERT_TRUE(Get(lead_, population.name(), &seen).ok()) << "at once, before identity's feed has come";
  EXPECT_EQ(seen.SerializeAsString(), population.SerializeAsString());
  EXPECT_EQ(Get(colleague_, population.name(), &seen).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Get(lead_, MakeName("populations", NewId()), &seen).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_TRUE(Eventually([&] { return Listed(lead_) == std::vector<std::string>{population.name()}; }));
  EXPECT_THAT(Listed(colleague_), IsEmpty());
}

TEST_F(PopulationsTest, AnAdministratorWhoAlsoCoordinatesLeadsNothingByThat) {
  const v1::Population population = Create(lead_, "Year 11");
  const TestUser both =
      TestUser::Make({options::v1::ROLE_COORDINATOR, options::v1::ROLE_ORGANIZATION_ADMINISTRATOR}, lead_.organization);
  v1::Population seen;
  EXPECT_EQ(Get(both, population.name(), &seen).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(PopulationsTest, ARepeatedRequestMakesNoSecondOneAndNoSecondGrant) {
  const std::string request_id = NewId().ToString();
  v1::CreatePopulationResponse first, again;
  ASSERT_TRUE(stub_->CreatePopulation(caseload_->As(lead_).get(), Wanted("A", request_id), &first).ok());
  ASSERT_TRUE(stub_->CreatePopulation(caseload_->As(lead_).get(), Wanted("A", request_id), &again).ok());
  EXPECT_EQ(first.SerializeAsString(), again.SerializeAsString());
  EXPECT_EQ(granted_.request_ids.size(), 1u) << "the same request id went to identity both times";
  ASSERT_TRUE(stub_->CreatePopulation(caseload_->As(colleague_).get(), Wanted("A", request_id), &again).ok());
  EXPECT_NE(first.population().name(), again.population().name()) << "another user's request is another request";
}

TEST_F(PopulationsTest, MembersBecomeVisibleToItsLeadsAndVanishAgain) {
  const v1::Population population = Create(lead_, "Year 11");
  relations_->Grant(lead_.organization, population.name(), MakeName("users", colleague_.user),
                    identity::v1::RELATION_KIND_LEAD);
  const Id person = NewPerson(lead_);
  Open(lead_, person);
  EXPECT_TRUE(Eventually([&] { return Worklist(lead_).size() == 1; }))
      << "the relation came after the case or before it";
  EXPECT_THAT(Worklist(colleague_), IsEmpty());

  ASSERT_TRUE(Add(lead_, population.name(), person).ok());
  ASSERT_TRUE(Add(lead_, population.name(), person).ok()) << "a member stays one";
  EXPECT_TRUE(Eventually([&] { return Worklist(colleague_).size() == 1; }));
  v1::Population seen;
  ASSERT_TRUE(Get(colleague_, population.name(), &seen).ok());
  EXPECT_EQ(seen.member_count(), 1);
  v1::ListMembersRequest list;
  list.set_population(population.name());
  v1::ListMembersResponse members;
  ASSERT_TRUE(stub_->ListMembers(caseload_->As(colleague_).get(), list, &members).ok());
  ASSERT_THAT(members.members(), SizeIs(1));
  EXPECT_EQ(members.members(0).person(), MakeName("persons", person));

  ASSERT_TRUE(Remove(lead_, population.name(), person).ok());
  ASSERT_TRUE(Remove(lead_, population.name(), person).ok()) << "nothing to end is no error";
  EXPECT_TRUE(Eventually([&] { return Worklist(colleague_).empty(); }));
  EXPECT_TRUE(Eventually([&] { return Get(lead_, population.name(), &seen).ok() && seen.member_count() == 0; }));
  EXPECT_THAT(Worklist(lead_), SizeIs(1)) << "the care team still sees the person";
}

TEST_F(PopulationsTest, AnEmergencyPutsNobodyOnAWorklistAndTakesNobodyOff) {
  const Id person = NewPerson(lead_);
  const Id marker = NewPerson(lead_);
  Open(lead_, person);
  Open(lead_, marker);
  ASSERT_TRUE(Eventually([&] { return Worklist(lead_).size() == 2; }));
  for (const TestUser& user : {lead_, colleague_}) {
    relations_->Grant(user.organization, MakeName("persons", person), MakeName("users", user.user),
                      identity::v1::RELATION_KIND_EMERGENCY);
  }
  // The lead came into the care team during an emergency of her own; now that ends.
  relations_->Revoke(lead_.organization, MakeName("persons", person), MakeName("users", lead_.user),
                     identity::v1::RELATION_KIND_EMERGENCY);
  relations_->Grant(lead_.organization, MakeName("persons", marker), MakeName("users", colleague_.user),
                    identity::v1::RELATION_KIND_CARE_TEAM);
  EXPECT_TRUE(Eventually([&] { return !Worklist(colleague_).empty(); }));
  EXPECT_THAT(Worklist(colleague_), ElementsAre(MakeName("persons", marker)));
  EXPECT_THAT(Worklist(lead_), SizeIs(2));
}

TEST_F(PopulationsTest, OnlyALeadWhoSeesThePersonAddsMembers) {
  const v1::Population population = Create(lead_, "Wing B");
  const Id person = NewPerson(lead_);
  const Id foreign = NewPerson(colleague_);
  EXPECT_EQ(Add(lead_, population.name(), foreign).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Add(colleague_, population.name(), foreign).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Remove(colleague_, population.name(), person).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_TRUE(Add(lead_, population.name(), person).ok());
}

TEST_F(PopulationsTest, WithoutIdentityOnlyWhatNeedsItFailsAndSaysSo) {
  const v1::Population population = Create(lead_, "Clinic");
  const Id person = NewPerson(lead_);
  Open(lead_, person);
  ASSERT_TRUE(Eventually([&] { return Worklist(lead_).size() == 1 && Listed(lead_).size() == 1; }));
  identity_->Stop();
  v1::CreatePopulationResponse response;
  const grpc::Status status = stub_->CreatePopulation(caseload_->As(lead_).get(), Wanted("B"), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(status), "PEER_UNAVAILABLE");
  EXPECT_EQ(ReasonOf(Add(lead_, population.name(), person)), "PEER_UNAVAILABLE");
  EXPECT_THAT(Worklist(lead_), SizeIs(1)) << "the worklist goes on while the copy of the relations is fresh";
  identity_->Restart();
  EXPECT_TRUE(Eventually([&] { return Add(lead_, population.name(), person).ok(); }));
}

TEST_F(PopulationsTest, BadRequestsAreRefused) {
  v1::CreatePopulationResponse response;
  v1::CreatePopulationRequest request = Wanted("");
  EXPECT_EQ(stub_->CreatePopulation(caseload_->As(lead_).get(), request, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  request = Wanted("x");
  request.mutable_population()->clear_kind();
  EXPECT_EQ(stub_->CreatePopulation(caseload_->As(lead_).get(), request, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  request = Wanted("x", "no-uuid");
  EXPECT_EQ(stub_->CreatePopulation(caseload_->As(lead_).get(), request, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(granted_.grants, 0) << "nothing was granted for a request that is refused";
}

}  // namespace
}  // namespace trellis::caseload
