#include "common/access/method_rules.h"

#include "common/base/error.h"
#include "tests/unit/common/access/access_fixture.h"
#include "trellis/events/v1/events.pb.h"

namespace trellis::access {
namespace {

using options::v1::MethodPolicy;

class MethodRulesTest : public RelationTest {
 protected:
  MethodPolicy ForUsers(std::vector<options::v1::Role> roles = {}) {
    MethodPolicy policy;
    policy.set_audience(options::v1::AUDIENCE_USER);
    for (const options::v1::Role role : roles) policy.add_roles(role);
    return policy;
  }
  // Any message with a text in a message will do as a request.
  std::string ReasonFor(const rpc::Caller& caller, const MethodPolicy& policy, const std::string& person = "") {
    events::v1::Event request;
    request.mutable_payload()->set_type_url(person);
    return Reason(caller, policy, request);
  }
  std::string Reason(const rpc::Caller& caller, const MethodPolicy& policy, const events::v1::Event& request) {
    TestCall call(caller, policy);
    const absl::Status status = rules_.Authorize(*call, request);
    return status.ok() ? "OK" : ReasonOf(status).empty() ? status.ToString() : ReasonOf(status);
  }
  rpc::Caller Service(const std::string& name) {
    rpc::Caller caller;
    caller.kind = rpc::Caller::Kind::kService;
    caller.service = name;
    return caller;
  }

  Access access_{&pool(), &clock_};
  absl::Status session_status_;  // what identity says where it is asked
  int asked_ = 0;
  SessionGuard sessions_{&pool(), &clock_, [this](rpc::CallContext&) {
                           ++asked_;
                           return session_status_;
                         }};
  MethodRules rules_{&access_, &clock_, &sessions_};
};

TEST_F(MethodRulesTest, PublicMethodsAreForEverybody) {
  MethodPolicy policy;
  policy.set_audience(options::v1::AUDIENCE_PUBLIC);
  EXPECT_EQ(ReasonFor(rpc::Caller(), policy), "OK");
}

TEST_F(MethodRulesTest, WhatDeclaresNothingIsForNobody) {
  EXPECT_NE(ReasonFor(UserOf(organization_, user_), MethodPolicy()), "OK");
  EXPECT_NE(ReasonFor(Service("identity"), MethodPolicy()), "OK");
}

TEST_F(MethodRulesTest, UsersNeedATokenAndACertificateIsNone) {
  EXPECT_EQ(ReasonFor(rpc::Caller(), ForUsers()), "TOKEN_MISSING");
  EXPECT_EQ(ReasonFor(Service("caseload"), ForUsers()), "TOKEN_MISSING");
  EXPECT_EQ(ReasonFor(UserOf(organization_, user_), ForUsers()), "OK");
}

// Every role against every method that names one role, and against a method that names two.
TEST_F(MethodRulesTest, OneOfTheRolesIsEnoughAndNothingLess) {
  int checks = 0;
  for (int held = 0; options::v1::Role_IsValid(held); ++held) {
    for (int wanted = 1; options::v1::Role_IsValid(wanted); ++wanted) {
      const auto caller = UserOf(organization_, user_, {static_cast<options::v1::Role>(held)});
      const auto role = static_cast<options::v1::Role>(wanted);
      EXPECT_EQ(ReasonFor(caller, ForUsers({role})), held == wanted ? "OK" : "ROLE_MISSING");
      EXPECT_EQ(ReasonFor(caller, ForUsers({role, options::v1::ROLE_CLINICIAN})),
                held == wanted || held == options::v1::ROLE_CLINICIAN ? "OK" : "ROLE_MISSING");
      ++checks;
    }
  }
  EXPECT_GE(checks, 90);
  EXPECT_EQ(ReasonFor(UserOf(organization_, user_), ForUsers({options::v1::ROLE_COORDINATOR})), "ROLE_MISSING");
}

TEST_F(MethodRulesTest, ServicesAreKnownByTheirCertificate) {
  MethodPolicy policy;
  policy.set_audience(options::v1::AUDIENCE_SERVICE);
  policy.add_services("caseload");
  policy.add_services("referral");
  EXPECT_EQ(ReasonFor(Service("caseload"), policy), "OK");
  EXPECT_EQ(ReasonFor(Service("referral"), policy), "OK");
  EXPECT_EQ(ReasonFor(Service("directory"), policy), "SERVICE_NOT_ALLOWED");
  EXPECT_EQ(ReasonFor(Service(""), policy), "SERVICE_NOT_ALLOWED");
  EXPECT_EQ(ReasonFor(rpc::Caller(), policy), "SERVICE_NOT_ALLOWED");
  EXPECT_EQ(ReasonFor(UserOf(organization_, user_, {options::v1::ROLE_SERVICE_ACCOUNT}), policy),
            "SERVICE_NOT_ALLOWED");
  rpc::Caller on_behalf = UserOf(organization_, user_);
  on_behalf.service = "caseload";
  EXPECT_EQ(ReasonFor(on_behalf, policy), "OK");
  policy.clear_services();
  EXPECT_EQ(ReasonFor(Service("caseload"), policy), "SERVICE_NOT_ALLOWED");
}

TEST_F(MethodRulesTest, AServicePassesAUsersCallOnOnlyWhereThatIsDeclared) {
  MethodPolicy policy = ForUsers({options::v1::ROLE_COORDINATOR});
  rpc::Caller on_behalf = UserOf(organization_, user_, {options::v1::ROLE_COORDINATOR});
  EXPECT_EQ(ReasonFor(on_behalf, policy), "OK");
  on_behalf.service = "referral";
  EXPECT_EQ(ReasonFor(on_behalf, policy), "SERVICE_NOT_ALLOWED");
  policy.add_passed_on_by("caseload");
  EXPECT_EQ(ReasonFor(on_behalf, policy), "SERVICE_NOT_ALLOWED");
  policy.add_passed_on_by("referral");
  EXPECT_EQ(ReasonFor(on_behalf, policy), "OK");
  // The user's rights decide, not the service's.
  on_behalf.roles = {options::v1::ROLE_ANALYST};
  EXPECT_EQ(ReasonFor(on_behalf, policy), "ROLE_MISSING");
  EXPECT_EQ(ReasonFor(Service("referral"), policy), "TOKEN_MISSING");
}

TEST_F(MethodRulesTest, WhatIsOnlyPassedOnNoUserCalls) {
  MethodPolicy policy = ForUsers({options::v1::ROLE_ANALYST});
  policy.set_only_passed_on(true);
  policy.add_passed_on_by("caseload");
  rpc::Caller caller = UserOf(organization_, user_, {options::v1::ROLE_ANALYST});
  EXPECT_EQ(ReasonFor(caller, policy), "SERVICE_NOT_ALLOWED");
  caller.service = "referral";
  EXPECT_EQ(ReasonFor(caller, policy), "SERVICE_NOT_ALLOWED");
  caller.service = "caseload";
  EXPECT_EQ(ReasonFor(caller, policy), "OK");
  caller.roles = {options::v1::ROLE_CLINICIAN};
  EXPECT_EQ(ReasonFor(caller, policy), "ROLE_MISSING");
  EXPECT_EQ(ReasonFor(Service("caseload"), policy), "TOKEN_MISSING");
}

TEST_F(MethodRulesTest, ThePersonInTheRequestMustBeOneOfTheCallers) {
  MethodPolicy policy = ForUsers({options::v1::ROLE_COORDINATOR});
  policy.set_person_field("payload.type_url");
  const rpc::Caller caller = UserOf(organization_, user_, {options::v1::ROLE_COORDINATOR});
  const std::string name = "persons/" + person_.ToString();
  EXPECT_EQ(ReasonFor(caller, policy, name), "NOT_FOUND");
  Put(RelationKind::kCareTeam, person_, user_);
  EXPECT_EQ(ReasonFor(caller, policy, name), "OK");
  EXPECT_EQ(ReasonFor(caller, policy, "persons/" + NewId().ToString()), "NOT_FOUND");
  EXPECT_EQ(ReasonFor(UserOf(NewId(), user_, {options::v1::ROLE_COORDINATOR}), policy, name), "NOT_FOUND");
  EXPECT_EQ(ReasonFor(UserOf(organization_, NewId(), {options::v1::ROLE_COORDINATOR}), policy, name), "NOT_FOUND");
  // The role comes first: whoever lacks it learns nothing about persons.
  EXPECT_EQ(ReasonFor(UserOf(organization_, user_, {options::v1::ROLE_ANALYST}), policy, name), "ROLE_MISSING");
  ASSERT_TRUE(Revoke(RelationKind::kCareTeam, person_, user_));
  EXPECT_EQ(ReasonFor(caller, policy, name), "NOT_FOUND");
}

TEST_F(MethodRulesTest, UnknownAndForbiddenLookTheSame) {
  MethodPolicy policy = ForUsers();
  policy.set_person_field("payload.type_url");
  Put(RelationKind::kCareTeam, person_, NewId());  // exists, is somebody else's
  events::v1::Event forbidden, unknown;
  const std::string forbidden_name = "persons/" + person_.ToString(), unknown_name = "persons/" + NewId().ToString();
  forbidden.mutable_payload()->set_type_url(forbidden_name);
  unknown.mutable_payload()->set_type_url(unknown_name);
  TestCall call(UserOf(organization_, user_), policy);
  EXPECT_EQ(rules_.Authorize(*call, forbidden), NotFound(forbidden_name));
  EXPECT_EQ(rules_.Authorize(*call, unknown), NotFound(unknown_name));
}

TEST_F(MethodRulesTest, WhatIsNoPersonsNameIsBadInput) {
  MethodPolicy policy = ForUsers();
  policy.set_person_field("payload.type_url");
  const rpc::Caller caller = UserOf(organization_, user_);
  for (const char* name : {"", "persons/", "persons/1", "users/0190c5a2-7f3e-7c11-9d55-0123456789ab",
                           "persons/0190c5a2-7f3e-7c11-9d55-0123456789ab/x", "0190c5a2-7f3e-7c11-9d55-0123456789ab"}) {
    TestCall call(caller, policy);
    events::v1::Event request;
    request.mutable_payload()->set_type_url(name);
    EXPECT_EQ(rules_.Authorize(*call, request).code(), absl::StatusCode::kInvalidArgument) << name;
  }
  TestCall call(caller, policy);
  EXPECT_EQ(rules_.Authorize(*call, events::v1::Event()).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(MethodRulesTest, APersonFieldThatDoesNotExistLetsNobodyThrough) {
  Put(RelationKind::kCareTeam, person_, user_);
  for (const char* path : {"nothing", "payload", "payload.nothing", "position", "payload.type_url.more", "."}) {
    MethodPolicy policy = ForUsers();
    policy.set_person_field(path);
    EXPECT_NE(ReasonFor(UserOf(organization_, user_), policy, "persons/" + person_.ToString()), "OK") << path;
  }
  MethodPolicy policy = ForUsers();
  policy.set_person_field("payload.type_url");
  MethodRules without_relations(nullptr, &clock_);
  TestCall call(UserOf(organization_, user_), policy);
  EXPECT_FALSE(without_relations.Authorize(*call, events::v1::Event()).ok());
}

TEST_F(MethodRulesTest, AFreshFactorIsOneShownWithinFiveMinutes) {
  MethodPolicy policy = ForUsers();
  policy.set_step_up(true);
  rpc::Caller caller = UserOf(organization_, user_);
  EXPECT_EQ(ReasonFor(caller, policy), "SECOND_FACTOR_REQUIRED");
  caller.auth_time = clock_.Now();
  caller.methods = {"pwd"};
  EXPECT_EQ(ReasonFor(caller, policy), "SECOND_FACTOR_REQUIRED");  // fresh, but no second factor
  caller.methods = {"pwd", "hwk"};
  EXPECT_EQ(ReasonFor(caller, policy), "OK");
  caller.methods = {"pwd", "otp"};
  EXPECT_EQ(ReasonFor(caller, policy), "OK");
  clock_.Advance(kFreshFactor);
  EXPECT_EQ(ReasonFor(caller, policy), "OK");
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(ReasonFor(caller, policy), "SECOND_FACTOR_REQUIRED");
  policy.set_step_up(false);
  EXPECT_EQ(ReasonFor(caller, policy), "OK");
}

TEST_F(MethodRulesTest, ASessionIsCheckedWhereTheMethodSaysSoAndNowhereElse) {
  MethodPolicy policy = ForUsers();
  policy.set_check_session(true);
  const rpc::Caller caller = UserOf(organization_, user_);
  ASSERT_TRUE(sessions_.Refresh(Soon()).ok());
  EXPECT_EQ(ReasonFor(caller, policy), "OK");
  session_status_ = Error(absl::StatusCode::kUnauthenticated, "SESSION_ENDED", "over");
  EXPECT_EQ(ReasonFor(caller, policy), "SESSION_ENDED");
  session_status_ = absl::UnavailableError("identity is away");
  EXPECT_EQ(ReasonFor(caller, policy), "SESSION_UNKNOWN");
  EXPECT_EQ(asked_, 3);
  EXPECT_EQ(ReasonFor(caller, ForUsers()), "OK");
  EXPECT_EQ(asked_, 3);
  MethodRules cannot_check(&access_, &clock_);
  TestCall call(caller, policy);
  EXPECT_FALSE(cannot_check.Authorize(*call, events::v1::Event()).ok());
}

}  // namespace
}  // namespace trellis::access
