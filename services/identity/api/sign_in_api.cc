#include "services/identity/api/sign_in_api.h"

#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/crypto/digest.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/timestamps.h"
#include "services/identity/api/convert.h"
#include "services/identity/api/device_tokens.h"
#include "services/identity/api/second_factor_codes.h"
#include "services/identity/domain/session_rules.h"
#include "services/identity/domain/text_forms.h"
#include "services/identity/storage/known_devices.h"
#include "services/identity/storage/passkeys.h"
#include "services/identity/storage/second_factors.h"
#include "services/identity/storage/service_keys.h"

namespace trellis::identity {
namespace {

// One answer for an unknown login, a wrong password or code, a disabled user and a rest: it tells nobody which.
absl::Status Refused() {
  return Error(absl::StatusCode::kUnauthenticated, "SIGN_IN_REFUSED", "Login name or password is wrong.");
}

absl::Status CodeRequired() {
  return Error(absl::StatusCode::kUnauthenticated, "CODE_REQUIRED",
               "Sign in again, with a code of your authenticator.");
}

// What both ways of signing in answer.
template <class Response>
void Fill(LiveSession live, access::IssuedToken token, Response& response) {
  response.set_access_token(std::move(token.token));
  *response.mutable_expire_time() = rpc::ToTimestamp(token.expire_time);
  *response.mutable_user() = ToProto(live.user);
  response.set_organization(rpc::MakeName(kOrganizations, live.user.organization));
  response.set_refresh_token(std::move(live.refresh_token));
  *response.mutable_session() = ToProto(live.session, live.session.id);
}

}  // namespace

absl::StatusOr<v1::SignInResponse> SignInApi::SignIn(rpc::CallContext& call, const v1::SignInRequest& request) {
  // Whoever may go first is found out below; of the others a crowd is turned away before it has cost a statement.
  if (request.device_token().empty()) TRELLIS_RETURN_IF_ERROR(passwords_.hasher().CheckRoom());
  TRELLIS_ASSIGN_OR_RETURN(const Found found, LookUp(call, request));
  bool entered = false;
  TRELLIS_ASSIGN_OR_RETURN(const bool right, PasswordIsRight(call, found, request.password(), entered));
  if (!right) {
    // A try during a rest was not looked at, so it does not make the rest longer.
    if (entered) TRELLIS_RETURN_IF_ERROR(gate_.Failed(found.attempt, call.deadline()));
    return Refused();
  }
  if (found.second_factor && !found.passkey && request.code().empty()) {
    TRELLIS_RETURN_IF_ERROR(gate_.TakeBack(found.attempt, call.deadline()));
    return CodeRequired();
  }
  absl::StatusOr<Begun> begun = Begin(call, found, request);
  if (!begun.ok()) {
    const bool refused = absl::IsUnauthenticated(begun.status());
    TRELLIS_RETURN_IF_ERROR(refused ? gate_.Failed(found.attempt, call.deadline())
                                    : gate_.TakeBack(found.attempt, call.deadline()));
    return begun.status();
  }
  if (begun->code_left_out) TRELLIS_RETURN_IF_ERROR(gate_.TakeBack(found.attempt, call.deadline()));
  TRELLIS_ASSIGN_OR_RETURN(access::IssuedToken token, tokens_.IssueAccess(begun->live, call.deadline()));
  v1::SignInResponse response;
  Fill(std::move(begun->live), std::move(token), response);
  response.set_device_token(std::move(begun->device_token));
  return response;
}

absl::StatusOr<SignInApi::Found> SignInApi::LookUp(rpc::CallContext& call, const v1::SignInRequest& request) {
  const std::string login = CanonicalLogin(request.login());
  Found found;
  found.attempt.attempt = {LoginKey(login), call.peer().address};
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(found.credentials, storage::FindCredentials(session, login));
    // Somebody who does not exist costs as many statements as somebody who does.
    const storage::UserRow user = found.credentials.has_value() ? found.credentials->user : storage::UserRow();
    TRELLIS_ASSIGN_OR_RETURN(const auto factor, storage::FindSecondFactor(session, user.organization, user.id));
    TRELLIS_ASSIGN_OR_RETURN(found.passkey, storage::HasPasskey(session, user.organization, user.id));
    found.second_factor = factor.has_value() && factor->active();
    found.attempt.known = found.credentials.has_value();
    if (request.device_token().empty()) return absl::OkStatus();
    const storage::DeviceKey device{user.organization, user.id, crypto::Sha256(request.device_token())};
    TRELLIS_ASSIGN_OR_RETURN(const auto known, storage::FindDevice(session, device));
    if (known.has_value()) found.attempt.device = device;
    return absl::OkStatus();
  }));
  return found;
}

absl::StatusOr<bool> SignInApi::PasswordIsRight(rpc::CallContext& call, const Found& found, const std::string& password,
                                                bool& entered) {
  PasswordHasher& hasher = passwords_.hasher();
  // First the turn, then the try: whoever is told to come again has not tried.
  const auto& device = found.attempt.device;
  TRELLIS_ASSIGN_OR_RETURN(const PasswordHasher::Slot slot,
                           hasher.Enter(call.deadline(), device.has_value() ? device->token_hash : std::string()));
  TRELLIS_ASSIGN_OR_RETURN(entered, gate_.Enter(found.attempt, call.deadline()));
  const bool has_password = found.credentials.has_value() && !found.credentials->password_hash.empty();
  if (!has_password || !entered) {
    hasher.VerifyNothing(slot, password);
    return false;
  }
  return hasher.Verify(slot, found.credentials->password_hash, password) && !found.credentials->user.disabled;
}

absl::StatusOr<SignInApi::Begun> SignInApi::Begin(rpc::CallContext& call, const Found& found,
                                                  const v1::SignInRequest& request) {
  const storage::Credentials& credentials = *found.credentials;
  std::string stronger;
  if (passwords_.hasher().NeedsRehash(credentials.password_hash)) {
    TRELLIS_ASSIGN_OR_RETURN(stronger, passwords_.hasher().Hash(request.password(), call.deadline()));
  }
  runtime::BackgroundWork work;
  work.organization = credentials.user.organization;
  work.purpose = "identity.begin_session";
  work.deadline = call.deadline();
  Begun begun;
  TRELLIS_RETURN_IF_ERROR(runtime_.WriteAs(work, [&](runtime::WriteUnit& unit) -> absl::Status {
    const Id& user = credentials.user.id;
    TRELLIS_ASSIGN_OR_RETURN(const auto now, storage::LockCredentials(unit.db, unit.organization, user));
    if (!now.has_value() || now->user.disabled || now->password_hash != credentials.password_hash) return Refused();
    std::vector<std::string> methods = {kPasswordMethod};
    TRELLIS_ASSIGN_OR_RETURN(begun.code_left_out, CheckCode(unit, user, request.code(), methods));
    if (!stronger.empty()) {
      TRELLIS_RETURN_IF_ERROR(
          storage::ReplacePasswordHash(unit.db, unit.organization, user, credentials.password_hash, stronger));
    }
    begun.device_token.clear();
    // Leaving the code out must not wipe out the tries at guessing it, nor earn a device that has its own.
    if (!begun.code_left_out) TRELLIS_RETURN_IF_ERROR(gate_.Succeeded(unit.db, found.attempt));
    if (!begun.code_left_out && !found.attempt.device.has_value()) {
      TRELLIS_ASSIGN_OR_RETURN(begun.device_token, RecognizeDevice(runtime_, unit, user));
    }
    TRELLIS_ASSIGN_OR_RETURN(begun.live, tokens_.Begin(unit, now->user, methods));
    return absl::OkStatus();
  }));
  return begun;
}

absl::StatusOr<bool> SignInApi::CheckCode(runtime::WriteUnit& unit, const Id& user, const std::string& code,
                                          std::vector<std::string>& methods) {
  TRELLIS_ASSIGN_OR_RETURN(const auto factor, storage::LockSecondFactor(unit.db, unit.organization, user));
  if (!factor.has_value() || !factor->active()) return false;
  if (code.empty()) {
    TRELLIS_ASSIGN_OR_RETURN(const bool passkey, storage::HasPasskey(unit.db, unit.organization, user));
    if (!passkey) return Refused();
    return true;
  }
  TRELLIS_ASSIGN_OR_RETURN(const bool right, UseCode(runtime_.seal(), unit.db, *factor, code, runtime_.clock().Now()));
  if (!right) return Refused();
  methods.push_back(kOneTimeCode);
  return false;
}

absl::StatusOr<v1::SignInServiceResponse> SignInApi::SignInService(rpc::CallContext& call,
                                                                   const v1::SignInServiceRequest& request) {
  const std::string key_hash = crypto::Sha256(request.key());
  std::optional<storage::ServiceKeyRow> key;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(key, storage::FindServiceKey(session, key_hash));
    return absl::OkStatus();
  }));
  if (!key.has_value()) return Refused();
  runtime::BackgroundWork work;
  work.organization = key->organization;
  work.purpose = "identity.begin_service_session";
  work.deadline = call.deadline();
  LiveSession live;
  TRELLIS_RETURN_IF_ERROR(runtime_.WriteAs(work, [&](runtime::WriteUnit& unit) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const auto now, storage::LockServiceKey(unit.db, unit.organization, key->id));
    TRELLIS_ASSIGN_OR_RETURN(const auto user, storage::LockUser(unit.db, unit.organization, key->user));
    const bool good = now.has_value() && now->GoodAt(unit.now) && user.has_value() && !user->disabled &&
                      user->roles.contains(Role::kServiceAccount);
    if (!good) return Refused();
    TRELLIS_RETURN_IF_ERROR(storage::UseServiceKey(unit.db, unit.organization, key->id, unit.now));
    TRELLIS_ASSIGN_OR_RETURN(live, tokens_.Begin(unit, *user, {kServiceKeyMethod}, now->expire_time));
    return absl::OkStatus();
  }));
  TRELLIS_ASSIGN_OR_RETURN(access::IssuedToken token, tokens_.IssueAccess(live, call.deadline()));
  v1::SignInServiceResponse response;
  Fill(std::move(live), std::move(token), response);
  return response;
}

}  // namespace trellis::identity
