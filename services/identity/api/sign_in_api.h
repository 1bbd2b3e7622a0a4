#ifndef TRELLIS_SERVICES_IDENTITY_API_SIGN_IN_API_H_
#define TRELLIS_SERVICES_IDENTITY_API_SIGN_IN_API_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "services/identity/api/passwords.h"
#include "services/identity/api/session_tokens.h"
#include "services/identity/api/sign_in_gate.h"
#include "services/identity/storage/users.h"
#include "trellis/identity/v1/sessions.pb.h"

namespace trellis::identity {

// The part of trellis.identity.v1.Sessions that begins sessions. Thread-safe.
class SignInApi {
 public:
  SignInApi(runtime::Runtime& runtime, Passwords& passwords, SessionTokens& tokens, SignInGate& gate)
      : runtime_(runtime), passwords_(passwords), tokens_(tokens), gate_(gate) {}

  absl::StatusOr<v1::SignInResponse> SignIn(rpc::CallContext& call, const v1::SignInRequest& request);
  absl::StatusOr<v1::SignInServiceResponse> SignInService(rpc::CallContext& call,
                                                          const v1::SignInServiceRequest& request);

 private:
  struct Found {
    std::optional<storage::Credentials> credentials;
    bool second_factor = false;  // a code
    bool passkey = false;
    SignInTry attempt;
  };
  struct Begun {
    LiveSession live;
    std::string device_token;  // "": the device is known, or the code was left out
    bool code_left_out = false;
  };

  absl::StatusOr<Found> LookUp(rpc::CallContext& call, const v1::SignInRequest& request);
  // `entered`: whether the try was looked at.
  absl::StatusOr<bool> PasswordIsRight(rpc::CallContext& call, const Found& found, const std::string& password,
                                       bool& entered);
  // Begins the session, unless the account changed since the password was found right or the code is wrong.
  absl::StatusOr<Begun> Begin(rpc::CallContext& call, const Found& found, const v1::SignInRequest& request);
  // Whether the code was left out, which only whoever has a passkey may do: the session has no roles until it is shown.
  absl::StatusOr<bool> CheckCode(runtime::WriteUnit& unit, const Id& user, const std::string& code,
                                 std::vector<std::string>& methods);

  runtime::Runtime& runtime_;
  Passwords& passwords_;
  SessionTokens& tokens_;
  SignInGate& gate_;
};

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_SIGN_IN_API_H_
