#include "services/identity/api/passkeys_api.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/access/session_guard.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/db/errors.h"
#include "common/rpc/id_page.h"
#include "common/rpc/resource_name.h"
#include "services/identity/api/convert.h"
#include "services/identity/api/own_factor.h"
#include "services/identity/api/own_password.h"
#include "services/identity/api/passkey_proofs.h"
#include "services/identity/api/session_tokens.h"
#include "services/identity/storage/users.h"

namespace trellis::identity {
namespace {

constexpr int kMostPasskeys = 10;  // of one user

absl::Status NoPasskey() {
  return Error(absl::StatusCode::kFailedPrecondition, "NO_PASSKEY",
               "Make a passkey first (Passkeys.BeginPasskeyRegistration).");
}

}  // namespace

template <class Response>
absl::StatusOr<Response> PasskeysApi::Challenge(runtime::WriteUnit& unit, const storage::ChallengeKey& key) {
  Response response;
  response.set_challenge(runtime_.random().Bytes(webauthn::kChallengeBytes));
  response.set_relying_party_id(party_.id);
  response.mutable_timeout()->set_seconds(absl::ToInt64Seconds(kChallengeLife));
  TRELLIS_ASSIGN_OR_RETURN(const auto rows,
                           storage::ListPasskeys(unit.db, unit.organization, key.user, Id(), kMostPasskeys));
  for (const storage::PasskeyRow& row : rows) response.add_credential_ids(row.credential_id);
  TRELLIS_RETURN_IF_ERROR(storage::PutChallenge(unit.db, key, response.challenge(), unit.now + kChallengeLife));
  return response;
}

absl::StatusOr<v1::BeginPasskeyRegistrationResponse> PasskeysApi::BeginPasskeyRegistration(
    rpc::CallContext& call, const v1::BeginPasskeyRegistrationRequest& request) {
  using Response = v1::BeginPasskeyRegistrationResponse;
  TRELLIS_RETURN_IF_ERROR(RequirePasskeys(party_));
  TRELLIS_ASSIGN_OR_RETURN(const storage::Credentials shown,
                           ShowOwnPassword(runtime_, passwords_, gate_, call, request.password()));
  v1::BeginPasskeyRegistrationRequest record = request;
  record.clear_password();
  TRELLIS_ASSIGN_OR_RETURN(
      Response response,
      runtime_.Write<Response>(call, record, [&](runtime::WriteUnit& unit) -> absl::StatusOr<Response> {
        TRELLIS_ASSIGN_OR_RETURN(const auto now, storage::LockCredentials(unit.db, unit.organization, shown.user.id));
        if (!now.has_value() || now->password_hash != shown.password_hash) return PasswordRefused();
        TRELLIS_RETURN_IF_ERROR(RequireOwnFactor(unit, call.caller()));
        return Challenge<Response>(unit, ChallengeOf(call.caller(), storage::ChallengePurpose::kMaking));
      }));
  response.set_user_handle(shown.user.id.bytes());
  response.set_user_name(shown.user.login);
  return response;
}

absl::StatusOr<v1::FinishPasskeyRegistrationResponse> PasskeysApi::FinishPasskeyRegistration(
    rpc::CallContext& call, const v1::FinishPasskeyRegistrationRequest& request) {
  using Response = v1::FinishPasskeyRegistrationResponse;
  TRELLIS_RETURN_IF_ERROR(RequirePasskeys(party_));
  TRELLIS_RETURN_IF_ERROR(RequireText(request.display_name(), "display_name"));
  const SignInTry attempt = TryWithin(call.caller());
  TRELLIS_ASSIGN_OR_RETURN(const bool entered, gate_.Enter(attempt, call.deadline()));
  if (!entered) return webauthn::PasskeyRefused("it was tried too often");
  Ended ended;
  bool kept = false;
  absl::StatusOr<Response> response =
      runtime_.Write<Response>(call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<Response> {
        TRELLIS_ASSIGN_OR_RETURN(const storage::PasskeyRow row, Keep(unit, call.caller(), request));
        TRELLIS_RETURN_IF_ERROR(gate_.Succeeded(unit.db, attempt));
        TRELLIS_ASSIGN_OR_RETURN(ended,
                                 EndAllSessions(unit, row.user, EndReason::kCredentialChanged, call.caller().session));
        kept = true;
        Response done;
        *done.mutable_passkey() = ToProto(row);
        done.set_ended_count(ended.sessions);
        return done;
      });
  TRELLIS_RETURN_IF_ERROR(gate_.Settle(attempt, kept, response.status(), call.deadline()));
  if (response.ok()) runtime_.sessions().Remember(ended.revocations);
  return response;
}

absl::StatusOr<storage::PasskeyRow> PasskeysApi::Keep(runtime::WriteUnit& unit, const rpc::Caller& caller,
                                                      const v1::FinishPasskeyRegistrationRequest& request) {
  // Whoever ends the sessions of a user locks the row, too: a session that was ended keeps nothing.
  TRELLIS_ASSIGN_OR_RETURN(const auto user, storage::LockUser(unit.db, unit.organization, caller.user));
  if (!user.has_value() || user->disabled) return SessionEnded();
  TRELLIS_RETURN_IF_ERROR(LockOwnSession(unit, caller).status());
  TRELLIS_RETURN_IF_ERROR(RequireOwnFactor(unit, caller));
  const storage::ChallengeKey key = ChallengeOf(caller, storage::ChallengePurpose::kMaking);
  TRELLIS_ASSIGN_OR_RETURN(const std::string challenge, OpenChallenge(unit, key));
  TRELLIS_ASSIGN_OR_RETURN(
      webauthn::NewPasskey made,
      webauthn::CheckRegistration(party_, challenge, {request.client_data_json(), request.attestation_object()}));
  TRELLIS_ASSIGN_OR_RETURN(const bool used, storage::UseChallenge(unit.db, key, challenge));
  if (!used) return webauthn::PasskeyRefused("the challenge was used before");
  TRELLIS_ASSIGN_OR_RETURN(const auto others,
                           storage::ListPasskeys(unit.db, unit.organization, caller.user, Id(), kMostPasskeys));
  if (others.size() >= kMostPasskeys) {
    return Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_PASSKEYS", "Remove another passkey first.");
  }
  storage::PasskeyRow row;
  row.organization = unit.organization;
  row.id = unit.NextId();
  row.user = caller.user;
  row.credential_id = std::move(made.credential_id);
  row.public_key = std::move(made.public_key);
  row.sign_count = made.sign_count;
  row.display_name = request.display_name();
  row.create_time = unit.now;
  const absl::Status inserted = storage::InsertPasskey(unit.db, row);
  if (db::IsDuplicateKey(inserted)) {
    return Error(absl::StatusCode::kAlreadyExists, "PASSKEY_TAKEN", "This passkey is registered already.");
  }
  TRELLIS_RETURN_IF_ERROR(inserted);
  return row;
}

absl::StatusOr<v1::BeginPasskeyChallengeResponse> PasskeysApi::BeginPasskeyChallenge(
    rpc::CallContext& call, const v1::BeginPasskeyChallengeRequest& request) {
  using Response = v1::BeginPasskeyChallengeResponse;
  TRELLIS_RETURN_IF_ERROR(RequirePasskeys(party_));
  return runtime_.Write<Response>(call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<Response> {
    TRELLIS_ASSIGN_OR_RETURN(
        Response response, Challenge<Response>(unit, ChallengeOf(call.caller(), storage::ChallengePurpose::kShowing)));
    if (response.credential_ids().empty()) return NoPasskey();
    return response;
  });
}

absl::StatusOr<v1::ListPasskeysResponse> PasskeysApi::ListPasskeys(rpc::CallContext& call,
                                                                   const v1::ListPasskeysRequest& request) {
  const rpc::Caller& caller = call.caller();
  TRELLIS_ASSIGN_OR_RETURN(const Id user, rpc::ParseName(kUsers, request.user(), "user"));
  TRELLIS_ASSIGN_OR_RETURN(const rpc::IdPage page, rpc::ReadIdPage(call, request));
  std::vector<storage::PasskeyRow> rows;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const auto owner, storage::FindUser(session, caller.organization, user));
    const bool may = owner.has_value() && (user == caller.user || MayGive(RolesOf(caller), owner->roles).ok());
    if (!may) return NotFound(request.user());
    TRELLIS_ASSIGN_OR_RETURN(
        rows, storage::ListPasskeys(session, caller.organization, user, page.last.value_or(Id()), page.size + 1));
    return absl::OkStatus();
  }));
  v1::ListPasskeysResponse response;
  const std::size_t shown = std::min(rows.size(), static_cast<std::size_t>(page.size));
  for (std::size_t i = 0; i < shown; ++i) *response.add_passkeys() = ToProto(rows[i]);
  if (rows.size() > shown) response.set_next_page_token(page.TokenAfter(rows[shown - 1].id));
  return response;
}

absl::StatusOr<v1::RemovePasskeyResponse> PasskeysApi::RemovePasskey(rpc::CallContext& call,
                                                                     const v1::RemovePasskeyRequest& request) {
  using Response = v1::RemovePasskeyResponse;
  const rpc::Caller& caller = call.caller();
  TRELLIS_ASSIGN_OR_RETURN(const Id id, rpc::ParseName(kPasskeys, request.name()));
  Ended ended;
  TRELLIS_ASSIGN_OR_RETURN(
      Response response,
      runtime_.Write<Response>(call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<Response> {
        TRELLIS_ASSIGN_OR_RETURN(const auto passkey, storage::LockPasskey(unit.db, unit.organization, id));
        if (!passkey.has_value()) return NotFound(request.name());
        TRELLIS_ASSIGN_OR_RETURN(const auto owner, storage::LockUser(unit.db, unit.organization, passkey->user));
        const bool own = passkey->user == caller.user;
        const bool may = owner.has_value() && (own || MayGive(RolesOf(caller), owner->roles).ok());
        if (!may) return NotFound(request.name());
        TRELLIS_RETURN_IF_ERROR(RequireOwnFactor(unit, caller));
        TRELLIS_RETURN_IF_ERROR(storage::DeletePasskey(unit.db, unit.organization, id));
        TRELLIS_ASSIGN_OR_RETURN(ended, EndAllSessions(unit, passkey->user, EndReason::kCredentialChanged));
        Response done;
        done.set_ended_count(ended.sessions);
        return done;
      }));
  runtime_.sessions().Remember(ended.revocations);
  return response;
}

}  // namespace trellis::identity
