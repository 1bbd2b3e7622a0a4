#include "tests/integration/identity/fixture.h"

#include <atomic>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/rpc/channel.h"
#include "services/identity/api/bootstrap.h"
#include "services/identity/api/service.h"

namespace trellis::identity {
namespace {

using testing::TestService;
using testing::TestUser;

ManualClock& SharedClock() {
  static auto& clock = *new ManualClock(absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now())));
  return clock;
}

std::unique_ptr<TestService>& Slot() {
  static auto& slot = *new std::unique_ptr<TestService>();
  return slot;
}

// Ends the service before the process does, so that its database is dropped.
class StopAtEnd : public ::testing::Environment {
 public:
  void TearDown() override { Slot().reset(); }
};
const auto* const kStopAtEnd = ::testing::AddGlobalTestEnvironment(new StopAtEnd);

}  // namespace

TestService& IdentityTest::service() {
  if (Slot() == nullptr) {
    TestService::Options options;
    options.flags = {"--password-memory-kib=19456", "--password-passes=2", "--passkey-rp-id=example.org",
                     "--passkey-origins=https://app.example.org"};
    options.clock = &SharedClock();
    Slot() = TestService::MustStart(Describe(), options);
  }
  return *Slot();
}

ManualClock& IdentityTest::clock() { return SharedClock(); }

IdentityTest::IdentityTest()
    : organizations_(v1::Organizations::NewStub(service().channel())),
      users_(v1::Users::NewStub(service().channel())),
      sessions_(v1::Sessions::NewStub(service().channel())),
      keys_(v1::Keys::NewStub(service().channel())),
      persons_(v1::Persons::NewStub(service().channel())),
      relations_(v1::AccessRelations::NewStub(service().channel())),
      consents_(v1::Consents::NewStub(service().channel())),
      platform_(TestUser::Make({options::v1::ROLE_PLATFORM_ADMINISTRATOR}, OperatorOrganization())) {
  clock().Advance(absl::Seconds(1));  // ids of one test sort behind those of the test before
  administrator_ = NewOrganization();
}

std::string IdentityTest::NewLogin() {
  static std::atomic<int> count = 0;
  return absl::StrCat("user", ++count, "@example.org");
}

std::string IdentityTest::NewRequestId() {
  static IdGenerator& ids = *new IdGenerator(SystemClock(), SystemRandom());
  return ids.Next().ToString();
}

TestUser IdentityTest::NewOrganization(std::string* name) {
  v1::CreateOrganizationRequest request;
  request.mutable_organization()->set_display_name("Northside Wellbeing");
  request.mutable_organization()->set_kind(v1::Organization::KIND_CHARITY);
  request.mutable_administrator()->set_login(NewLogin());
  request.mutable_administrator()->set_display_name("Ada Administrator");
  request.set_administrator_password(kPassword);
  const auto created = Call(platform_, *organizations_, &v1::Organizations::Stub::CreateOrganization, request);
  EXPECT_TRUE(created.ok()) << created.status.error_message();
  if (name != nullptr) *name = created.value.organization().name();
  TestUser user = TestUser::Make({options::v1::ROLE_ORGANIZATION_ADMINISTRATOR});
  user.organization = IdOf(created.value.organization().name());
  user.user = IdOf(created.value.administrator().name());
  return user;
}

TestUser IdentityTest::NewUser(std::vector<options::v1::Role> roles) {
  v1::CreateUserRequest request;
  request.mutable_user()->set_login(NewLogin());
  request.mutable_user()->set_display_name("Carl Colleague");
  for (const options::v1::Role role : roles) request.mutable_user()->add_roles(role);
  request.set_password(kPassword);
  const auto created = Call(administrator_, *users_, &v1::Users::Stub::CreateUser, request);
  EXPECT_TRUE(created.ok()) << created.status.error_message();
  TestUser user = TestUser::Make(std::move(roles), administrator_.organization);
  user.user = IdOf(created.value.user().name());
  return user;
}

Answer<v1::RegisterPersonResponse> IdentityTest::Register(const TestUser& who, const v1::Person& person) {
  v1::RegisterPersonRequest request;
  *request.mutable_person() = person;
  return Call(who, *persons_, &v1::Persons::Stub::RegisterPerson, request);
}

std::string IdentityTest::Registered(const TestUser& who, absl::string_view given, absl::string_view family) {
  v1::Person person;
  person.set_given_names(std::string(given));
  person.set_family_names(std::string(family));
  const auto answer = Register(who, person);
  EXPECT_TRUE(answer.ok()) << answer.status.error_message();
  clock().Advance(absl::Milliseconds(2));
  return answer.value.person().name();
}

Answer<v1::GetPersonResponse> IdentityTest::Get(const TestUser& who, const std::string& person) {
  v1::GetPersonRequest request;
  request.set_name(person);
  return Call(who, *persons_, &v1::Persons::Stub::GetPerson, request);
}

Answer<v1::GrantRelationResponse> IdentityTest::Grant(const TestUser& who, v1::RelationKind kind,
                                                      const std::string& resource, const std::string& subject) {
  v1::GrantRelationRequest request;
  request.mutable_relation()->set_kind(kind);
  request.mutable_relation()->set_resource(resource);
  request.mutable_relation()->set_subject(subject);
  return Call(who, *relations_, &v1::AccessRelations::Stub::GrantRelation, request);
}

Answer<v1::RevokeRelationResponse> IdentityTest::Revoke(const TestUser& who, v1::RelationKind kind,
                                                        const std::string& resource, const std::string& subject) {
  v1::RevokeRelationRequest request;
  request.set_kind(kind);
  request.set_resource(resource);
  request.set_subject(subject);
  return Call(who, *relations_, &v1::AccessRelations::Stub::RevokeRelation, request);
}

Answer<v1::SignInResponse> IdentityTest::SignIn(const std::string& login, const std::string& password) {
  v1::SignInRequest request;
  request.set_login(login);
  request.set_password(password);
  Answer<v1::SignInResponse> answer;
  answer.status = sessions_->SignIn(TestService::AsNobody().get(), request, &answer.value);
  return answer;
}

std::string IdentityTest::NameOf(absl::string_view collection, const Id& id) {
  return absl::StrCat(collection, "/", id.ToString());
}

Id IdentityTest::IdOf(absl::string_view name) {
  const auto id = Id::Parse(name.substr(name.find('/') + 1));
  EXPECT_TRUE(id.ok()) << name;
  return id.value_or(Id());
}

::testing::AssertionResult SameRefusal(const grpc::Status& a, const std::string& name_a, const grpc::Status& b,
                                       const std::string& name_b) {
  const auto without_name = [](const std::string& text, const std::string& name) {
    return absl::StrReplaceAll(text, {{name, "<name>"}});
  };
  if (a.ok() || b.ok()) return ::testing::AssertionFailure() << "not refused";
  if (a.error_code() != b.error_code() ||
      without_name(a.error_message(), name_a) != without_name(b.error_message(), name_b) ||
      without_name(a.error_details(), name_a) != without_name(b.error_details(), name_b)) {
    return ::testing::AssertionFailure() << a.error_message() << " / " << b.error_message();
  }
  return ::testing::AssertionSuccess();
}

std::vector<std::string> WrongFields(const grpc::Status& status) {
  std::vector<std::string> fields;
  const auto details = DetailsOf(rpc::FromGrpc(status));
  if (!details.has_value()) return fields;
  for (const FieldError& error : details->fields) fields.push_back(error.field);
  return fields;
}

}  // namespace trellis::identity
