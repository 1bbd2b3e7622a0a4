// Users who really sign in, and calls with the tokens that they got.
#ifndef TRELLIS_TESTS_INTEGRATION_IDENTITY_SESSION_FIXTURE_H_
#define TRELLIS_TESTS_INTEGRATION_IDENTITY_SESSION_FIXTURE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"
#include "tests/integration/identity/fixture.h"

namespace trellis::identity {

class SessionTest : public IdentityTest {
 protected:
  struct Account {
    std::string login;
    std::string name;  // "users/{user}"
  };

  // Somebody of this test's organization, a coordinator unless said otherwise.
  Account NewAccount(std::vector<options::v1::Role> roles = {options::v1::ROLE_COORDINATOR}) {
    v1::CreateUserRequest request;
    request.mutable_user()->set_login(NewLogin());
    request.mutable_user()->set_display_name("Somebody");
    for (const options::v1::Role role : roles) request.mutable_user()->add_roles(role);
    request.set_password(kPassword);
    const auto created = Call(administrator_, *users_, &v1::Users::Stub::CreateUser, request);
    EXPECT_TRUE(created.ok()) << created.status.error_message();
    return {request.user().login(), created.value.user().name()};
  }

  v1::SignInResponse SignedIn(const Account& account) {
    const auto answer = SignIn(account.login, kPassword);
    EXPECT_TRUE(answer.ok()) << answer.status.error_message();
    return answer.value;
  }

  // As somebody behind `source` who says all that SignIn can be told.
  Answer<v1::SignInResponse> SignInFrom(const std::string& source, const v1::SignInRequest& request) {
    auto context = testing::TestService::AsNobody();
    context->AddMetadata("x-forwarded-for", source);
    Answer<v1::SignInResponse> answer;
    answer.status = sessions_->SignIn(context.get(), request, &answer.value);
    return answer;
  }
  static v1::SignInRequest Credentials(const Account& account, absl::string_view password = kPassword,
                                       absl::string_view device_token = "", absl::string_view code = "") {
    v1::SignInRequest request;
    request.set_login(account.login);
    request.set_password(std::string(password));
    request.set_device_token(std::string(device_token));
    request.set_code(std::string(code));
    return request;
  }

  // One number of identity's tables.
  int Count(const std::string& sql) {
    int count = -1;
    const absl::Status status =
        service().pool().Read(absl::Now() + absl::Seconds(10), [&](db::Session& session) -> absl::Status {
          TRELLIS_ASSIGN_OR_RETURN(const auto row, session.QueryOne<int>(sql));
          if (row.has_value()) count = std::get<0>(*row);
          return absl::OkStatus();
        });
    EXPECT_TRUE(status.ok()) << status;
    return count;
  }

  Answer<v1::RefreshSessionResponse> Refresh(const std::string& token) {
    v1::RefreshSessionRequest request;
    request.set_refresh_token(token);
    Answer<v1::RefreshSessionResponse> answer;
    answer.status = sessions_->RefreshSession(testing::TestService::AsNobody().get(), request, &answer.value);
    return answer;
  }

  static std::unique_ptr<grpc::ClientContext> With(const std::string& access_token) {
    auto context = testing::TestService::AsNobody();
    context->AddMetadata("authorization", absl::StrCat("Bearer ", access_token));
    return context;
  }

  template <class Stub, class Request, class Response>
  Answer<Response> CallWith(const std::string& access_token, Stub& stub,
                            grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                            const Request& request) {
    Answer<Response> answer;
    answer.status = (stub.*method)(With(access_token).get(), request, &answer.value);
    return answer;
  }

  Answer<v1::ListSessionsResponse> List(const std::string& access_token) {
    return CallWith(access_token, *sessions_, &v1::Sessions::Stub::ListSessions, v1::ListSessionsRequest());
  }
};

}  // namespace trellis::identity

#endif  // TRELLIS_TESTS_INTEGRATION_IDENTITY_SESSION_FIXTURE_H_
