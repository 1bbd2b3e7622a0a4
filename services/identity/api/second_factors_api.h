#ifndef TRELLIS_SERVICES_IDENTITY_API_SECOND_FACTORS_API_H_
#define TRELLIS_SERVICES_IDENTITY_API_SECOND_FACTORS_API_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "services/identity/api/passwords.h"
#include "services/identity/api/session_ends.h"
#include "services/identity/api/sign_in_gate.h"
#include "trellis/identity/v1/second_factors.pb.h"

namespace trellis::identity {

// Serves trellis.identity.v1.SecondFactors. Thread-safe.
class SecondFactorsApi {
 public:
  SecondFactorsApi(runtime::Runtime& runtime, Passwords& passwords, SignInGate& gate)
      : runtime_(runtime), passwords_(passwords), gate_(gate) {}

  absl::StatusOr<v1::GetSecondFactorResponse> GetSecondFactor(rpc::CallContext& call,
                                                              const v1::GetSecondFactorRequest& request);
  absl::StatusOr<v1::BeginSecondFactorResponse> BeginSecondFactor(rpc::CallContext& call,
                                                                  const v1::BeginSecondFactorRequest& request);
  absl::StatusOr<v1::ConfirmSecondFactorResponse> ConfirmSecondFactor(rpc::CallContext& call,
                                                                      const v1::ConfirmSecondFactorRequest& request);
  absl::StatusOr<v1::RemoveSecondFactorResponse> RemoveSecondFactor(rpc::CallContext& call,
                                                                    const v1::RemoveSecondFactorRequest& request);

 private:
  absl::Status Begin(runtime::WriteUnit& unit, const rpc::Caller& caller, absl::string_view password_hash);
  absl::StatusOr<Ended> Confirm(runtime::WriteUnit& unit, const rpc::Caller& caller, absl::string_view code,
                                const SignInTry& attempt);

  runtime::Runtime& runtime_;
  Passwords& passwords_;
  SignInGate& gate_;
};

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_SECOND_FACTORS_API_H_
