#include "services/identity/api/second_factors_api.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/access/session_guard.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/crypto/base32.h"
#include "common/crypto/totp.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/timestamps.h"
#include "services/identity/api/convert.h"
#include "services/identity/api/own_factor.h"
#include "services/identity/api/own_password.h"
#include "services/identity/api/passkey_proofs.h"
#include "services/identity/api/second_factor_codes.h"
#include "services/identity/api/session_tokens.h"
#include "services/identity/storage/organizations.h"
#include "services/identity/storage/second_factors.h"
#include "services/identity/storage/sessions.h"
#include "services/identity/storage/users.h"

namespace trellis::identity {
namespace {

constexpr absl::Duration kTimeToConfirm = absl::Minutes(10);

absl::Status NothingBegun() {
  return Error(absl::StatusCode::kFailedPrecondition, "NOTHING_BEGUN",
               "There is no seed to confirm: begin once more, and confirm within ten minutes.");
}

absl::Status NoFactor() {
  return Error(absl::StatusCode::kFailedPrecondition, "NO_SECOND_FACTOR", "The user has no second factor.");
}

// The key URI that authenticator apps read. A login name is ASCII without spaces; what means something in a URI is '%',
// '?', '#' and '/'.
std::string UriOf(absl::string_view login, absl::string_view secret) {
  std::string account;
  for (const char c : login) {
    if (absl::string_view("%?#/&").find(c) == absl::string_view::npos) {
      account.push_back(c);
    } else {
      absl::StrAppend(&account, "%", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    }
  }
  return absl::StrCat("otpauth://totp/Trellis:", account, "?secret=", secret,
                      "&issuer=Trellis&algorithm=SHA1&digits=6&period=30");
}

}  // namespace

absl::StatusOr<v1::GetSecondFactorResponse> SecondFactorsApi::GetSecondFactor(rpc::CallContext& call,
                                                                              const v1::GetSecondFactorRequest&) {
  const rpc::Caller& caller = call.caller();
  v1::GetSecondFactorResponse response;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const auto factor, storage::FindSecondFactor(session, caller.organization, caller.user));
    TRELLIS_ASSIGN_OR_RETURN(const auto organization, storage::FindOrganization(session, caller.organization));
    response.set_active(factor.has_value() && factor->active());
    if (response.active() && factor->confirm_time.has_value()) {
      *response.mutable_confirm_time() = rpc::ToTimestamp(*factor->confirm_time);
    }
    response.set_required(organization.has_value() && organization->second_factor_required);
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::BeginSecondFactorResponse> SecondFactorsApi::BeginSecondFactor(
    rpc::CallContext& call, const v1::BeginSecondFactorRequest& request) {
  const rpc::Caller& caller = call.caller();
  TRELLIS_ASSIGN_OR_RETURN(const storage::Credentials shown,
                           ShowOwnPassword(runtime_, passwords_, gate_, call, request.password()));
  v1::BeginSecondFactorRequest record = request;
  record.clear_password();
  TRELLIS_RETURN_IF_ERROR(
      runtime_
          .Write<v1::BeginSecondFactorResponse>(
              call, record,
              [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::BeginSecondFactorResponse> {
                TRELLIS_RETURN_IF_ERROR(Begin(unit, caller, shown.password_hash));
                return v1::BeginSecondFactorResponse();  // what is kept for repetitions holds no secret
              })
          .status());

  v1::BeginSecondFactorResponse response;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const auto factor, storage::FindSecondFactor(session, caller.organization, caller.user));
    if (!factor.has_value() || !factor->next_seed.has_value()) return NothingBegun();
    TRELLIS_ASSIGN_OR_RETURN(const std::string seed, OpenSeed(runtime_.seal(), session, *factor, SeedPlace::kNext));
    response.set_secret(crypto::Base32Encode(seed));
    return absl::OkStatus();
  }));
  response.set_uri(UriOf(shown.user.login, response.secret()));
  return response;
}

absl::Status SecondFactorsApi::Begin(runtime::WriteUnit& unit, const rpc::Caller& caller,
                                     absl::string_view password_hash) {
  const Id& user = caller.user;
  // The user's row is the lock: there may be no other yet.
  TRELLIS_ASSIGN_OR_RETURN(const auto now, storage::LockCredentials(unit.db, unit.organization, user));
  if (!now.has_value() || now->password_hash != password_hash) return PasswordRefused();
  TRELLIS_ASSIGN_OR_RETURN(auto found, storage::LockSecondFactor(unit.db, unit.organization, user));
  // Whoever has the password and not the device must not put another device in its place.
  if (found.has_value() && found->active()) TRELLIS_RETURN_IF_ERROR(RequireFreshFactor(caller, unit.now));
  storage::SecondFactorRow row =
      std::move(found).value_or(storage::SecondFactorRow{.organization = unit.organization, .user = user});
  TRELLIS_ASSIGN_OR_RETURN(row.next_seed, SealSeed(runtime_.seal(), unit.db, row, SeedPlace::kNext,
                                                   runtime_.random().Bytes(crypto::kTotpSeedBytes)));
  row.next_time = unit.now;
  return storage::PutSecondFactor(unit.db, row);
}

absl::StatusOr<v1::ConfirmSecondFactorResponse> SecondFactorsApi::ConfirmSecondFactor(
    rpc::CallContext& call, const v1::ConfirmSecondFactorRequest& request) {
  const SignInTry attempt = TryWithin(call.caller());
  TRELLIS_ASSIGN_OR_RETURN(const bool entered, gate_.Enter(attempt, call.deadline()));
  if (!entered) return CodeRefused();
  v1::ConfirmSecondFactorRequest record = request;
  record.clear_code();
  Ended ended;
  bool confirmed = false;
  absl::StatusOr<v1::ConfirmSecondFactorResponse> response = runtime_.Write<v1::ConfirmSecondFactorResponse>(
      call, record, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::ConfirmSecondFactorResponse> {
        TRELLIS_ASSIGN_OR_RETURN(ended, Confirm(unit, call.caller(), request.code(), attempt));
        confirmed = true;
        v1::ConfirmSecondFactorResponse done;
        done.set_ended_count(ended.sessions);
        return done;
      });
  TRELLIS_RETURN_IF_ERROR(gate_.Settle(attempt, confirmed, response.status(), call.deadline()));
  if (response.ok()) runtime_.sessions().Remember(ended.revocations);
  return response;
}

absl::StatusOr<Ended> SecondFactorsApi::Confirm(runtime::WriteUnit& unit, const rpc::Caller& caller,
                                                absl::string_view code, const SignInTry& attempt) {
  TRELLIS_RETURN_IF_ERROR(storage::LockUser(unit.db, unit.organization, caller.user).status());
  TRELLIS_ASSIGN_OR_RETURN(auto row, storage::LockSecondFactor(unit.db, unit.organization, caller.user));
  TRELLIS_RETURN_IF_ERROR(RequireFactorOfPasskeyHolder(unit.db, caller, unit.now));
  if (row.has_value() && row->active()) TRELLIS_RETURN_IF_ERROR(RequireFreshFactor(caller, unit.now));
  const bool begun = row.has_value() && row->next_seed.has_value() && unit.now - *row->next_time < kTimeToConfirm;
  if (!begun) return NothingBegun();
  TRELLIS_ASSIGN_OR_RETURN(const std::string seed, OpenSeed(runtime_.seal(), unit.db, *row, SeedPlace::kNext));
  const auto step = crypto::MatchTotp(seed, code, runtime_.clock().Now(), /*last_step=*/0);
  if (!step.has_value()) return CodeRefused();
  TRELLIS_RETURN_IF_ERROR(gate_.Succeeded(unit.db, attempt));
  TRELLIS_ASSIGN_OR_RETURN(row->seed, SealSeed(runtime_.seal(), unit.db, *row, SeedPlace::kInForce, seed));
  row->last_step = *step;
  row->confirm_time = unit.now;
  row->next_seed.reset();
  row->next_time.reset();
  TRELLIS_RETURN_IF_ERROR(storage::PutSecondFactor(unit.db, *row));
  TRELLIS_ASSIGN_OR_RETURN(storage::SessionRow session, LockOwnSession(unit, caller));
  session.ShowedFactor(unit.now, kOneTimeCode);
  TRELLIS_RETURN_IF_ERROR(storage::UpdateSession(unit.db, session));
  return EndAllSessions(unit, caller.user, EndReason::kCredentialChanged, caller.session);
}

absl::StatusOr<v1::RemoveSecondFactorResponse> SecondFactorsApi::RemoveSecondFactor(
    rpc::CallContext& call, const v1::RemoveSecondFactorRequest& request) {
  const rpc::Caller& caller = call.caller();
  TRELLIS_ASSIGN_OR_RETURN(const Id user, rpc::ParseName(kUsers, request.user(), "user"));
  const bool own = user == caller.user;
  if (own) TRELLIS_RETURN_IF_ERROR(RequireFreshFactor(caller, runtime_.clock().Now()));
  Ended ended;
  TRELLIS_ASSIGN_OR_RETURN(
      v1::RemoveSecondFactorResponse response,
      runtime_.Write<v1::RemoveSecondFactorResponse>(
          call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::RemoveSecondFactorResponse> {
            TRELLIS_ASSIGN_OR_RETURN(const auto row, storage::LockUser(unit.db, unit.organization, user));
            const bool may = row.has_value() && (own || MayGive(RolesOf(caller), row->roles).ok());
            if (!may) return NotFound(request.user());
            TRELLIS_RETURN_IF_ERROR(RequireOwnFactor(unit, caller));
            TRELLIS_ASSIGN_OR_RETURN(const auto factor, storage::LockSecondFactor(unit.db, unit.organization, user));
            if (!factor.has_value() || !factor->active()) return NoFactor();
            TRELLIS_RETURN_IF_ERROR(storage::DeleteSecondFactor(unit.db, unit.organization, user));
            TRELLIS_ASSIGN_OR_RETURN(ended, EndAllSessions(unit, user, EndReason::kCredentialChanged));
            v1::RemoveSecondFactorResponse done;
            done.set_ended_count(ended.sessions);
            return done;
          }));
  runtime_.sessions().Remember(ended.revocations);
  return response;
}

}  // namespace trellis::identity
