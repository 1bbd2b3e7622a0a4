#include "services/identity/api/passwords_api.h"

#include <optional>
#include <string>
#include <utility>

#include "common/access/session_guard.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/resource_name.h"
#include "services/identity/api/convert.h"
#include "services/identity/api/device_tokens.h"
#include "services/identity/api/own_factor.h"
#include "services/identity/api/own_password.h"
#include "services/identity/api/session_ends.h"
#include "services/identity/storage/known_devices.h"
#include "services/identity/storage/organizations.h"
#include "services/identity/storage/sign_in_accounts.h"
#include "services/identity/storage/users.h"

namespace trellis::identity {
namespace {

absl::Status OwnAccount() {
  return Error(absl::StatusCode::kFailedPrecondition, "OWN_ACCOUNT", "Change your own password with ChangePassword.");
}

absl::StatusOr<PasswordOwner> OwnerOf(db::Session& session, const storage::UserRow& user) {
  TRELLIS_ASSIGN_OR_RETURN(std::string organization, storage::OrganizationName(session, user.organization));
  return PasswordOwner{user.login, user.display_name, std::move(organization)};
}

}  // namespace

absl::StatusOr<v1::ChangePasswordResponse> PasswordsApi::ChangePassword(rpc::CallContext& call,
                                                                        const v1::ChangePasswordRequest& request) {
  const rpc::Caller& caller = call.caller();
  // Whether it is right is asked once more below: a repetition is answered although the old password is wrong by then.
  const absl::StatusOr<storage::Credentials> before =
      ShowOwnPassword(runtime_, passwords_, gate_, call, request.current_password());
  std::string hash;
  if (before.ok()) {
    PasswordOwner owner;
    TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
      TRELLIS_ASSIGN_OR_RETURN(owner, OwnerOf(session, before->user));
      return absl::OkStatus();
    }));
    TRELLIS_ASSIGN_OR_RETURN(hash, passwords_.Accept(request.new_password(), owner, "new_password", call.deadline()));
  }
  v1::ChangePasswordRequest record;  // without the passwords: it is kept as a digest that could be guessed from
  record.set_request_id(request.request_id());
  Ended ended;
  std::string device_token;  // stands in the answer alone: what is kept for repetitions holds no secret
  TRELLIS_ASSIGN_OR_RETURN(
      v1::ChangePasswordResponse response,
      runtime_.Write<v1::ChangePasswordResponse>(
          call, record, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::ChangePasswordResponse> {
            TRELLIS_RETURN_IF_ERROR(before.status());
            TRELLIS_ASSIGN_OR_RETURN(const auto now, storage::LockCredentials(unit.db, unit.organization, caller.user));
            if (!now.has_value() || now->password_hash != before->password_hash) return PasswordRefused();
            TRELLIS_RETURN_IF_ERROR(storage::SetPasswordHash(unit.db, unit.organization, caller.user, hash));
            TRELLIS_RETURN_IF_ERROR(storage::ForgetTries(unit.db, LoginKey(now->user.login)));
            TRELLIS_RETURN_IF_ERROR(storage::ForgetDevices(unit.db, unit.organization, caller.user));
            TRELLIS_ASSIGN_OR_RETURN(device_token, RecognizeDevice(runtime_, unit, caller.user));
            TRELLIS_ASSIGN_OR_RETURN(ended,
                                     EndAllSessions(unit, caller.user, EndReason::kCredentialChanged, caller.session));
            v1::ChangePasswordResponse done;
            done.set_ended_count(ended.sessions);
            return done;
          }));
  runtime_.sessions().Remember(ended.revocations);
  response.set_device_token(std::move(device_token));
  return response;
}

absl::StatusOr<v1::SetPasswordResponse> PasswordsApi::SetPassword(rpc::CallContext& call,
                                                                  const v1::SetPasswordRequest& request) {
  const rpc::Caller& caller = call.caller();
  TRELLIS_ASSIGN_OR_RETURN(const Id id, rpc::ParseName(kUsers, request.user(), "user"));
  std::optional<storage::UserRow> user;
  PasswordOwner owner;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(user, storage::FindUser(session, caller.organization, id));
    if (!user.has_value() || !MayGive(RolesOf(caller), user->roles).ok()) return NotFound(request.user());
    TRELLIS_ASSIGN_OR_RETURN(owner, OwnerOf(session, *user));
    return absl::OkStatus();
  }));
  if (id == caller.user) return OwnAccount();
  if (user->roles.contains(Role::kServiceAccount)) return IsServiceAccount();
  TRELLIS_ASSIGN_OR_RETURN(const std::string hash,
                           passwords_.Accept(request.new_password(), owner, "new_password", call.deadline()));
  v1::SetPasswordRequest record = request;
  record.clear_new_password();
  Ended ended;
  TRELLIS_ASSIGN_OR_RETURN(
      v1::SetPasswordResponse response,
      runtime_.Write<v1::SetPasswordResponse>(
          call, record, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::SetPasswordResponse> {
            TRELLIS_ASSIGN_OR_RETURN(const auto now, storage::LockUser(unit.db, unit.organization, id));
            if (!now.has_value() || !MayGive(RolesOf(caller), now->roles).ok()) return NotFound(request.user());
            TRELLIS_RETURN_IF_ERROR(RequireOwnFactor(unit, caller));
            TRELLIS_RETURN_IF_ERROR(storage::SetPasswordHash(unit.db, unit.organization, id, hash));
            TRELLIS_RETURN_IF_ERROR(storage::ForgetDevices(unit.db, unit.organization, id));
            TRELLIS_RETURN_IF_ERROR(storage::ForgetTries(unit.db, LoginKey(now->login)));
            TRELLIS_ASSIGN_OR_RETURN(ended, EndAllSessions(unit, id, EndReason::kCredentialChanged));
            v1::SetPasswordResponse done;
            done.set_ended_count(ended.sessions);
            return done;
          }));
  runtime_.sessions().Remember(ended.revocations);
  return response;
}

}  // namespace trellis::identity
