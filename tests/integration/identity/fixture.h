// One identity service for all tests of this program, with a clock that the tests move; each test makes an organization
// of its own.
#ifndef TRELLIS_TESTS_INTEGRATION_IDENTITY_FIXTURE_H_
#define TRELLIS_TESTS_INTEGRATION_IDENTITY_FIXTURE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/base/clock.h"
#include "common/testing/test_service.h"
#include "gtest/gtest.h"
#include "trellis/identity/v1/access_relations.grpc.pb.h"
#include "trellis/identity/v1/consents.grpc.pb.h"
#include "trellis/identity/v1/identity_events.pb.h"
#include "trellis/identity/v1/keys.grpc.pb.h"
#include "trellis/identity/v1/organizations.grpc.pb.h"
#include "trellis/identity/v1/persons.grpc.pb.h"
#include "trellis/identity/v1/sessions.grpc.pb.h"
#include "trellis/identity/v1/users.grpc.pb.h"

namespace trellis::identity {

inline constexpr char kPassword[] = "correct horse battery staple";

template <class Response>
struct Answer {
  grpc::Status status;
  Response value;

  bool ok() const { return status.ok(); }
  std::string reason() const { return testing::ReasonOf(status); }
  grpc::StatusCode code() const { return status.error_code(); }
};

class IdentityTest : public ::testing::Test {
 protected:
  IdentityTest();

  static testing::TestService& service();
  static ManualClock& clock();

  template <class Stub, class Request, class Response>
  Answer<Response> Call(const testing::TestUser& who, Stub& stub,
                        grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                        const Request& request) {
    Answer<Response> answer;
    answer.status = (stub.*method)(service().As(who).get(), request, &answer.value);
    return answer;
  }

  // Somebody of this test's organization who exists in the tables, too.
  testing::TestUser NewUser(std::vector<options::v1::Role> roles);
  // The same in an organization of its own.
  testing::TestUser NewOrganization(std::string* name = nullptr);
  std::string NewLogin();
  static std::string NewRequestId();

  // Calls that many tests make.
  Answer<v1::RegisterPersonResponse> Register(const testing::TestUser& who, const v1::Person& person);
  std::string Registered(const testing::TestUser& who, absl::string_view given, absl::string_view family);
  Answer<v1::GetPersonResponse> Get(const testing::TestUser& who, const std::string& person);
  Answer<v1::GrantRelationResponse> Grant(const testing::TestUser& who, v1::RelationKind kind,
                                          const std::string& resource, const std::string& subject);
  Answer<v1::RevokeRelationResponse> Revoke(const testing::TestUser& who, v1::RelationKind kind,
                                            const std::string& resource, const std::string& subject);
  Answer<v1::SignInResponse> SignIn(const std::string& login, const std::string& password);

  static std::string NameOf(absl::string_view collection, const Id& id);
  static Id IdOf(absl::string_view name);

  std::unique_ptr<v1::Organizations::Stub> organizations_;
  std::unique_ptr<v1::Users::Stub> users_;
  std::unique_ptr<v1::Sessions::Stub> sessions_;
  std::unique_ptr<v1::Keys::Stub> keys_;
  std::unique_ptr<v1::Persons::Stub> persons_;
  std::unique_ptr<v1::AccessRelations::Stub> relations_;
  std::unique_ptr<v1::Consents::Stub> consents_;

  testing::TestUser platform_;
  testing::TestUser administrator_;  // of this test's organization
};

// Whether two refusals differ in nothing but the name that was asked for.
::testing::AssertionResult SameRefusal(const grpc::Status& a, const std::string& name_a, const grpc::Status& b,
                                       const std::string& name_b);
// The fields that an error names.
std::vector<std::string> WrongFields(const grpc::Status& status);

}  // namespace trellis::identity

#endif  // TRELLIS_TESTS_INTEGRATION_IDENTITY_FIXTURE_H_
