#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/rpc/channel.h"
#include "common/rpc/timestamps.h"
#include "gmock/gmock.h"
#include "tests/integration/identity/fixture.h"

namespace trellis::identity {
namespace {

using options::v1::ROLE_CLINICIAN;
using options::v1::ROLE_COORDINATOR;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;
using v1::RELATION_KIND_CARE_TEAM;
using v1::RELATION_KIND_LEAD;
using v1::RELATION_KIND_MEMBER;

class AccessRelationsTest : public IdentityTest {
 protected:
  static std::string Me(const testing::TestUser& who) { return NameOf("users", who.user); }
  static std::string NewPopulation() { return NameOf("populations", testing::TestUser::Make({}).user); }
  bool Allowed(const testing::TestUser& who, const std::string& person) {
    v1::CheckAccessRequest request;
    request.set_person(person);
    const auto answer = Call(who, *relations_, &v1::AccessRelations::Stub::CheckAccess, request);
    EXPECT_TRUE(answer.ok()) << answer.status.error_message();
    return answer.value.allowed();
  }
  Answer<v1::ListRelationsResponse> List(const testing::TestUser& who, const std::string& resource,
                                         const std::string& subject) {
    v1::ListRelationsRequest request;
    request.set_resource(resource);
    request.set_subject(subject);
    return Call(who, *relations_, &v1::AccessRelations::Stub::ListRelations, request);
  }

  testing::TestUser coordinator_ = NewUser({ROLE_COORDINATOR});
  testing::TestUser clinician_ = NewUser({ROLE_CLINICIAN});
  std::string person_ = Registered(coordinator_, "Anna", "Kowalska");
};

TEST_F(AccessRelationsTest, OpensAndClosesARecordAtOnce) {
  EXPECT_FALSE(Get(clinician_, person_).ok());
  EXPECT_FALSE(Allowed(clinician_, person_));
  const auto granted = Grant(coordinator_, RELATION_KIND_CARE_TEAM, person_, Me(clinician_));
  ASSERT_TRUE(granted.ok()) << granted.status.error_message();
  EXPECT_TRUE(granted.value.relation().has_start_time());
  EXPECT_TRUE(Get(clinician_, person_).ok());
  EXPECT_TRUE(Allowed(clinician_, person_));

  const auto revoked = Revoke(coordinator_, RELATION_KIND_CARE_TEAM, person_, Me(clinician_));
  ASSERT_TRUE(revoked.ok()) << revoked.status.error_message();
  EXPECT_TRUE(revoked.value.relation().has_end_time());
  EXPECT_EQ(Get(clinician_, person_).code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_FALSE(Allowed(clinician_, person_));
  EXPECT_EQ(Revoke(coordinator_, RELATION_KIND_CARE_TEAM, person_, Me(clinician_)).code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_TRUE(Grant(coordinator_, RELATION_KIND_CARE_TEAM, person_, Me(clinician_)).ok()) << "and open again";
  EXPECT_TRUE(Get(clinician_, person_).ok());
}

TEST_F(AccessRelationsTest, CanBeGivenUpByTheirHolder) {
  ASSERT_TRUE(Revoke(coordinator_, RELATION_KIND_CARE_TEAM, person_, Me(coordinator_)).ok());
  EXPECT_FALSE(Get(coordinator_, person_).ok());
}

TEST_F(AccessRelationsTest, AreNotForThoseWithoutARelation) {
  const testing::TestUser colleague = NewUser({ROLE_COORDINATOR});
  const std::string unknown = "persons/01890000-0000-7000-8000-000000000000";
  EXPECT_TRUE(SameRefusal(Grant(colleague, RELATION_KIND_CARE_TEAM, person_, Me(colleague)).status, person_,
                          Grant(colleague, RELATION_KIND_CARE_TEAM, unknown, Me(colleague)).status, unknown));
  EXPECT_EQ(Revoke(colleague, RELATION_KIND_CARE_TEAM, person_, Me(coordinator_)).code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Grant(administrator_, RELATION_KIND_CARE_TEAM, person_, Me(clinician_)).code(),
            grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(List(colleague, person_, "").code(), grpc::StatusCode::NOT_FOUND);
  testing::TestUser analyst = coordinator_;
  analyst.roles = {options::v1::ROLE_ANALYST};
  EXPECT_EQ(Grant(analyst, RELATION_KIND_CARE_TEAM, person_, Me(clinician_)).code(),
            grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(AccessRelationsTest, AreGivenToColleaguesWhoCanUseThem) {
  const std::string unknown = "users/01890000-0000-7000-8000-000000000000";
  testing::TestUser elsewhere = testing::TestUser::Make({ROLE_COORDINATOR});
  const testing::TestUser foreign = NewOrganization();
  EXPECT_TRUE(SameRefusal(Grant(coordinator_, RELATION_KIND_CARE_TEAM, person_, Me(foreign)).status, Me(foreign),
                          Grant(coordinator_, RELATION_KIND_CARE_TEAM, person_, unknown).status, unknown));
  const testing::TestUser analyst = NewUser({options::v1::ROLE_ANALYST});
  EXPECT_EQ(Grant(coordinator_, RELATION_KIND_CARE_TEAM, person_, Me(analyst)).reason(), "SUBJECT_UNFIT");
}

TEST_F(AccessRelationsTest, ReachThroughAPopulationFromMemberToLead) {
  const std::string population = NewPopulation();
  ASSERT_TRUE(Grant(coordinator_, RELATION_KIND_LEAD, population, Me(coordinator_)).ok())
      << "a new one is its founder's";
  ASSERT_TRUE(Grant(coordinator_, RELATION_KIND_MEMBER, person_, population).ok());
  const testing::TestUser other = NewUser({ROLE_COORDINATOR});
  EXPECT_EQ(Grant(other, RELATION_KIND_LEAD, population, Me(other)).code(), grpc::StatusCode::NOT_FOUND)
      << "nobody takes a population that others lead";
  EXPECT_FALSE(Get(other, person_).ok());
  ASSERT_TRUE(Grant(administrator_, RELATION_KIND_LEAD, population, Me(other)).ok());
  EXPECT_TRUE(Get(other, person_).ok());
  ASSERT_TRUE(Revoke(administrator_, RELATION_KIND_LEAD, population, Me(other)).ok());
  EXPECT_FALSE(Get(other, person_).ok());

  ASSERT_TRUE(Grant(coordinator_, RELATION_KIND_LEAD, population, Me(other)).ok()) << "a lead names another";
  EXPECT_TRUE(Get(other, person_).ok());
  ASSERT_TRUE(Revoke(coordinator_, RELATION_KIND_MEMBER, person_, population).ok());
  EXPECT_FALSE(Get(other, person_).ok());
  EXPECT_TRUE(Get(coordinator_, person_).ok()) << "still in the care team";
  // A member of a population that one does not lead.
  EXPECT_EQ(Grant(coordinator_, RELATION_KIND_MEMBER, person_, NewPopulation()).code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(AccessRelationsTest, HoldForTheirPeriod) {
  v1::GrantRelationRequest request;
  request.mutable_relation()->set_kind(RELATION_KIND_CARE_TEAM);
  request.mutable_relation()->set_resource(person_);
  request.mutable_relation()->set_subject(Me(clinician_));
  const std::int64_t now = absl::ToUnixSeconds(clock().Now());
  request.mutable_relation()->mutable_start_time()->set_seconds(now + 60);
  request.mutable_relation()->mutable_end_time()->set_seconds(now + 120);
  ASSERT_TRUE(Call(coordinator_, *relations_, &v1::AccessRelations::Stub::GrantRelation, request).ok());
  EXPECT_FALSE(Get(clinician_, person_).ok()) << "not yet";
  clock().Advance(absl::Seconds(61));
  EXPECT_TRUE(Get(clinician_, person_).ok());
  clock().Advance(absl::Seconds(60));
  EXPECT_FALSE(Get(clinician_, person_).ok()) << "no more";

  EXPECT_THAT(WrongFields(Call(coordinator_, *relations_, &v1::AccessRelations::Stub::GrantRelation, request).status),
              ElementsAre("relation.end_time"));
  request.mutable_relation()->mutable_end_time()->set_seconds(std::int64_t{1} << 60);
  EXPECT_THAT(WrongFields(Call(coordinator_, *relations_, &v1::AccessRelations::Stub::GrantRelation, request).status),
              ElementsAre("relation.end_time"));
}

TEST_F(AccessRelationsTest, AreGrantedOnceForOneRequestId) {
  v1::GrantRelationRequest request;
  request.mutable_relation()->set_kind(RELATION_KIND_CARE_TEAM);
  request.mutable_relation()->set_resource(person_);
  request.mutable_relation()->set_subject(Me(clinician_));
  request.set_request_id(NewRequestId());
  ASSERT_TRUE(Call(coordinator_, *relations_, &v1::AccessRelations::Stub::GrantRelation, request).ok());
  ASSERT_TRUE(Revoke(coordinator_, RELATION_KIND_CARE_TEAM, person_, Me(clinician_)).ok());
  ASSERT_TRUE(Call(coordinator_, *relations_, &v1::AccessRelations::Stub::GrantRelation, request).ok());
  EXPECT_FALSE(Get(clinician_, person_).ok()) << "a repeated request does not undo the revocation";
}

TEST_F(AccessRelationsTest, AreListedFromBothEnds) {
  const std::string population = NewPopulation();
  ASSERT_TRUE(Grant(coordinator_, RELATION_KIND_LEAD, population, Me(coordinator_)).ok());
  ASSERT_TRUE(Grant(coordinator_, RELATION_KIND_MEMBER, person_, population).ok());
  ASSERT_TRUE(Grant(coordinator_, RELATION_KIND_CARE_TEAM, person_, Me(clinician_)).ok());
  const auto subjects = [](const v1::ListRelationsResponse& list) {
    std::vector<std::string> out;
    for (const auto& relation : list.relations()) out.push_back(relation.subject());
    return out;
  };
  EXPECT_THAT(subjects(List(clinician_, person_, "").value),
              UnorderedElementsAre(Me(coordinator_), Me(clinician_), population));
  EXPECT_THAT(subjects(List(administrator_, population, "").value), ElementsAre(Me(coordinator_)));
  EXPECT_EQ(List(coordinator_, "", population).value.relations_size(), 1);
  EXPECT_EQ(List(administrator_, "", population).code(), grpc::StatusCode::NOT_FOUND) << "who the members are";
  EXPECT_EQ(List(coordinator_, "", Me(coordinator_)).value.relations_size(), 2);
  EXPECT_EQ(List(administrator_, "", Me(clinician_)).value.relations_size(), 1);
  EXPECT_EQ(List(clinician_, "", Me(coordinator_)).code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(List(coordinator_, person_, population).code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(List(coordinator_, "", "").code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(List(coordinator_, "nonsense", "").code(), grpc::StatusCode::INVALID_ARGUMENT);

  v1::ListRelationsRequest request;
  request.set_resource(person_);
  request.set_page_size(1);
  std::vector<std::string> all;
  do {
    const auto page = Call(coordinator_, *relations_, &v1::AccessRelations::Stub::ListRelations, request);
    ASSERT_TRUE(page.ok()) << page.status.error_message();
    for (const auto& relation : page.value.relations()) all.push_back(relation.subject());
    request.set_page_token(page.value.next_page_token());
  } while (!request.page_token().empty() && all.size() < 10);
  EXPECT_THAT(all, UnorderedElementsAre(Me(coordinator_), Me(clinician_), population));
}

TEST_F(AccessRelationsTest, AreCheckedWithoutTellingWhoExists) {
  EXPECT_TRUE(Allowed(coordinator_, person_));
  EXPECT_FALSE(Allowed(coordinator_, "persons/01890000-0000-7000-8000-000000000000"));
  testing::TestUser elsewhere = coordinator_;
  elsewhere.organization = testing::TestUser::Make({}).organization;
  EXPECT_FALSE(Allowed(elsewhere, person_));
}

// Somebody who may see the person, or lead the population, for a while only.
class TemporaryAccessTest : public AccessRelationsTest {
 protected:
  static constexpr absl::Duration kWhile = absl::Seconds(8);

  Answer<v1::GrantRelationResponse> GrantFor(const testing::TestUser& who, v1::RelationKind kind,
                                             const std::string& resource, const std::string& subject,
                                             absl::Duration length) {
    v1::GrantRelationRequest request;
    request.mutable_relation()->set_kind(kind);
    request.mutable_relation()->set_resource(resource);
    request.mutable_relation()->set_subject(subject);
    *request.mutable_relation()->mutable_end_time() = rpc::ToTimestamp(clock().Now() + length);
    return Call(who, *relations_, &v1::AccessRelations::Stub::GrantRelation, request);
  }

  Answer<v1::GrantRelationResponse> GrantLater(const testing::TestUser& who, v1::RelationKind kind,
                                               const std::string& resource, const std::string& subject) {
    v1::GrantRelationRequest request;
    request.mutable_relation()->set_kind(kind);
    request.mutable_relation()->set_resource(resource);
    request.mutable_relation()->set_subject(subject);
    *request.mutable_relation()->mutable_start_time() = rpc::ToTimestamp(clock().Now() + absl::Hours(1));
    return Call(who, *relations_, &v1::AccessRelations::Stub::GrantRelation, request);
  }

  std::string PopulationOf(const testing::TestUser& founder) {
    const std::string population = NewPopulation();
    EXPECT_TRUE(Grant(founder, RELATION_KIND_LEAD, population, Me(founder)).ok());
    return population;
  }

  // The latest end that a refusal offers; nothing for an answer that is another.
  static std::optional<absl::Time> Offered(const Answer<v1::GrantRelationResponse>& answer) {
    const auto details = DetailsOf(rpc::FromGrpc(answer.status));
    if (!details.has_value() || details->reason != "GRANT_OUTLASTS_GRANTER") return std::nullopt;
    for (const auto& [key, value] : details->metadata) {
      absl::Time time;
      std::string error;
      if (key == "latest_end_time" && absl::ParseTime(absl::RFC3339_full, value, &time, &error)) return time;
    }
    return std::nullopt;
  }

  testing::TestUser guest_ = NewUser({ROLE_COORDINATOR});
};

TEST_F(TemporaryAccessTest, OfACareTeamStaysTemporary) {
  ASSERT_TRUE(GrantFor(coordinator_, RELATION_KIND_CARE_TEAM, person_, Me(guest_), kWhile).ok());
  const absl::Time end = absl::FromUnixMicros(absl::ToUnixMicros(clock().Now() + kWhile));
  const std::string population = PopulationOf(guest_);

  EXPECT_EQ(Offered(Grant(guest_, RELATION_KIND_CARE_TEAM, person_, Me(guest_))), end);
  EXPECT_EQ(Offered(Grant(guest_, RELATION_KIND_CARE_TEAM, person_, Me(clinician_))), end);
  EXPECT_EQ(Offered(Grant(guest_, RELATION_KIND_MEMBER, person_, population)), end);
  EXPECT_EQ(Offered(GrantFor(guest_, RELATION_KIND_MEMBER, person_, population, kWhile * 2)), end);
  EXPECT_EQ(GrantFor(guest_, RELATION_KIND_CARE_TEAM, person_, Me(guest_), kWhile / 2).reason(), "OWN_RELATION");

  EXPECT_TRUE(GrantFor(guest_, RELATION_KIND_MEMBER, person_, population, kWhile).ok());
  EXPECT_TRUE(GrantFor(guest_, RELATION_KIND_CARE_TEAM, person_, Me(clinician_), kWhile).ok());
  EXPECT_EQ(Offered(Grant(clinician_, RELATION_KIND_CARE_TEAM, person_, Me(guest_))), end) << "nor in two steps";
  EXPECT_TRUE(Get(guest_, person_).ok());
  clock().Advance(kWhile);
  EXPECT_FALSE(Get(guest_, person_).ok());
  EXPECT_FALSE(Get(clinician_, person_).ok());
  EXPECT_EQ(Grant(guest_, RELATION_KIND_CARE_TEAM, person_, Me(guest_)).code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_TRUE(Grant(coordinator_, RELATION_KIND_CARE_TEAM, person_, Me(guest_)).ok()) << "a colleague renews it";
  EXPECT_TRUE(Get(guest_, person_).ok());
}

TEST_F(TemporaryAccessTest, OfALeadStaysTemporary) {
  const std::string population = PopulationOf(coordinator_);
  ASSERT_TRUE(Grant(coordinator_, RELATION_KIND_MEMBER, person_, population).ok());
  ASSERT_TRUE(GrantFor(administrator_, RELATION_KIND_LEAD, population, Me(guest_), kWhile).ok());
  const absl::Time end = absl::FromUnixMicros(absl::ToUnixMicros(clock().Now() + kWhile));
  const testing::TestUser other = NewUser({ROLE_COORDINATOR});

  EXPECT_EQ(Offered(Grant(guest_, RELATION_KIND_LEAD, population, Me(guest_))), end);
  EXPECT_EQ(Offered(Grant(guest_, RELATION_KIND_LEAD, population, Me(other))), end);
  EXPECT_EQ(Offered(Grant(guest_, RELATION_KIND_CARE_TEAM, person_, Me(guest_))), end);
  EXPECT_EQ(Offered(Grant(guest_, RELATION_KIND_MEMBER, person_, PopulationOf(guest_))), end);
  EXPECT_TRUE(GrantFor(guest_, RELATION_KIND_LEAD, population, Me(other), kWhile).ok());
  EXPECT_TRUE(Get(other, person_).ok());
  clock().Advance(kWhile);
  EXPECT_FALSE(Get(guest_, person_).ok());
  EXPECT_FALSE(Get(other, person_).ok());
  EXPECT_TRUE(Grant(administrator_, RELATION_KIND_LEAD, population, Me(guest_)).ok()) << "administrators have no end";
  EXPECT_TRUE(Get(guest_, person_).ok());
}

TEST_F(TemporaryAccessTest, OfSeveralWaysCountsTheLongest) {
  const std::string population = PopulationOf(coordinator_);
  ASSERT_TRUE(GrantFor(coordinator_, RELATION_KIND_MEMBER, person_, population, absl::Minutes(3)).ok());
  ASSERT_TRUE(GrantFor(coordinator_, RELATION_KIND_LEAD, population, Me(guest_), absl::Minutes(5)).ok());
  ASSERT_TRUE(GrantFor(coordinator_, RELATION_KIND_CARE_TEAM, person_, Me(guest_), absl::Minutes(1)).ok());
  EXPECT_TRUE(GrantFor(guest_, RELATION_KIND_CARE_TEAM, person_, Me(clinician_), absl::Minutes(3)).ok());
  EXPECT_EQ(Offered(GrantFor(guest_, RELATION_KIND_CARE_TEAM, person_, Me(clinician_), absl::Minutes(4))),
            absl::FromUnixMicros(absl::ToUnixMicros(clock().Now() + absl::Minutes(3))))
      << "the membership ends before the lead";

  const std::string open = PopulationOf(coordinator_);
  ASSERT_TRUE(Grant(coordinator_, RELATION_KIND_MEMBER, person_, open).ok());
  ASSERT_TRUE(GrantFor(coordinator_, RELATION_KIND_LEAD, open, Me(guest_), absl::Minutes(4)).ok());
  EXPECT_TRUE(GrantFor(guest_, RELATION_KIND_CARE_TEAM, person_, Me(clinician_), absl::Minutes(4)).ok());
  EXPECT_FALSE(GrantFor(guest_, RELATION_KIND_CARE_TEAM, person_, Me(clinician_), absl::Minutes(5)).ok());
  ASSERT_TRUE(Grant(coordinator_, RELATION_KIND_LEAD, open, Me(guest_)).ok());
  EXPECT_TRUE(Grant(guest_, RELATION_KIND_CARE_TEAM, person_, Me(clinician_)).ok());
}

TEST_F(TemporaryAccessTest, AndAnyOtherOfOnesOwnIsChangedByOthersOnly) {
  EXPECT_EQ(Grant(coordinator_, RELATION_KIND_CARE_TEAM, person_, Me(coordinator_)).reason(), "OWN_RELATION");
  const std::string population = PopulationOf(coordinator_);
  EXPECT_EQ(Grant(coordinator_, RELATION_KIND_LEAD, population, Me(coordinator_)).reason(), "OWN_RELATION");
  ASSERT_TRUE(Grant(coordinator_, RELATION_KIND_MEMBER, person_, population).ok());
  ASSERT_TRUE(Revoke(coordinator_, RELATION_KIND_CARE_TEAM, person_, Me(coordinator_)).ok());
  EXPECT_EQ(Grant(coordinator_, RELATION_KIND_CARE_TEAM, person_, Me(coordinator_)).reason(), "OWN_RELATION")
      << "what was revoked is not revived by its holder";
  testing::TestUser both = coordinator_;
  both.roles.push_back(options::v1::ROLE_ORGANIZATION_ADMINISTRATOR);
  EXPECT_TRUE(GrantFor(both, RELATION_KIND_LEAD, population, Me(both), kWhile).ok());
  EXPECT_TRUE(Grant(both, RELATION_KIND_LEAD, population, Me(both)).ok());
}

TEST_F(TemporaryAccessTest, IsNotMadeOfLiveAccessByALaterStart) {
  ASSERT_TRUE(Grant(coordinator_, RELATION_KIND_CARE_TEAM, person_, Me(clinician_)).ok());
  EXPECT_EQ(GrantLater(coordinator_, RELATION_KIND_CARE_TEAM, person_, Me(clinician_)).reason(), "RELATION_LIVE");
  EXPECT_TRUE(Get(clinician_, person_).ok());
  const std::string population = PopulationOf(coordinator_);
  EXPECT_EQ(GrantLater(administrator_, RELATION_KIND_LEAD, population, Me(coordinator_)).reason(), "RELATION_LIVE");
  ASSERT_TRUE(Revoke(coordinator_, RELATION_KIND_CARE_TEAM, person_, Me(clinician_)).ok());
  EXPECT_TRUE(GrantLater(coordinator_, RELATION_KIND_CARE_TEAM, person_, Me(clinician_)).ok());
  EXPECT_FALSE(Get(clinician_, person_).ok());
}

}  // namespace
}  // namespace trellis::identity
