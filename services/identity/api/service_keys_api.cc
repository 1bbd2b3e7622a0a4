#include "services/identity/api/service_keys_api.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/access/session_guard.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/crypto/base64url.h"
#include "common/crypto/digest.h"
#include "common/rpc/id_page.h"
#include "common/rpc/resource_name.h"
#include "services/identity/api/convert.h"
#include "services/identity/api/own_factor.h"
#include "services/identity/api/session_ends.h"
#include "services/identity/storage/service_keys.h"
#include "services/identity/storage/users.h"

namespace trellis::identity {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr int kMostKeys = 5;
constexpr absl::Duration kLongestLife = absl::Hours(24 * 366);
// So that a key is known for what it is where it should not stand: in a repository, in a log.
constexpr absl::string_view kKeyPrefix = "trellis_";

// A service account whose keys the caller may make and revoke.
absl::Status CheckAccount(const std::optional<storage::UserRow>& user, const rpc::Caller& caller,
                          absl::string_view name) {
  const bool may =
      user.has_value() && user->roles.contains(Role::kServiceAccount) && MayGive(RolesOf(caller), user->roles).ok();
  return may ? absl::OkStatus() : NotFound(name);
}

absl::Status CheckLife(absl::Time expire_time, absl::Time now) {
  if (expire_time <= now) return InvalidField("service_key.expire_time", "must lie in the future");
  if (expire_time > now + kLongestLife) {
    return InvalidField("service_key.expire_time", "must not be more than a year away");
  }
  return absl::OkStatus();
}

absl::StatusOr<storage::ServiceKeyRow> MakeRow(runtime::WriteUnit& unit, const v1::ServiceKey& wanted, const Id& user,
                                               absl::Time expire_time, absl::string_view key) {
  TRELLIS_ASSIGN_OR_RETURN(const auto others,
                           storage::ListServiceKeys(unit.db, unit.organization, user, unit.now, Id(), kMostKeys));
  if (others.size() >= kMostKeys) {
    return Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_KEYS",
                 "The account has five keys that are good: revoke one first.");
  }
  storage::ServiceKeyRow row;
  row.organization = unit.organization;
  row.id = unit.NextId();
  row.user = user;
  row.key_hash = crypto::Sha256(key);
  row.display_name = wanted.display_name();
  row.create_time = unit.now;
  row.expire_time = expire_time;
  return row;
}

}  // namespace

absl::StatusOr<v1::CreateServiceKeyResponse> ServiceKeysApi::CreateServiceKey(
    rpc::CallContext& call, const v1::CreateServiceKeyRequest& request) {
  const v1::ServiceKey& wanted = request.service_key();
  TRELLIS_ASSIGN_OR_RETURN(const Id user, rpc::ParseName(kUsers, wanted.user(), "service_key.user"));
  TRELLIS_ASSIGN_OR_RETURN(const absl::Time expire_time, ToTime(wanted.expire_time(), "service_key.expire_time"));
  std::string key;
  TRELLIS_ASSIGN_OR_RETURN(
      v1::CreateServiceKeyResponse response,
      runtime_.Write<v1::CreateServiceKeyResponse>(
          call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::CreateServiceKeyResponse> {
            TRELLIS_ASSIGN_OR_RETURN(const auto account, storage::LockUser(unit.db, unit.organization, user));
            TRELLIS_RETURN_IF_ERROR(CheckAccount(account, call.caller(), wanted.user()));
            TRELLIS_RETURN_IF_ERROR(RequireOwnFactor(unit, call.caller()));
            TRELLIS_RETURN_IF_ERROR(CheckLife(expire_time, unit.now));
            key = absl::StrCat(kKeyPrefix, crypto::Base64UrlEncode(runtime_.random().Bytes(kKeyBytes)));
            TRELLIS_ASSIGN_OR_RETURN(const storage::ServiceKeyRow row, MakeRow(unit, wanted, user, expire_time, key));
            TRELLIS_RETURN_IF_ERROR(storage::InsertServiceKey(unit.db, row));
            v1::CreateServiceKeyResponse done;
            *done.mutable_service_key() = ToProto(row);
            return done;
          }));
  // Not part of what is kept for repetitions.
  response.set_key(std::move(key));
  return response;
}

absl::StatusOr<v1::ListServiceKeysResponse> ServiceKeysApi::ListServiceKeys(rpc::CallContext& call,
                                                                            const v1::ListServiceKeysRequest& request) {
  const rpc::Caller& caller = call.caller();
  TRELLIS_ASSIGN_OR_RETURN(const Id user, rpc::ParseName(kUsers, request.user(), "user"));
  TRELLIS_ASSIGN_OR_RETURN(const rpc::IdPage page, rpc::ReadIdPage(call, request));
  std::vector<storage::ServiceKeyRow> rows;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const auto account, storage::FindUser(session, caller.organization, user));
    TRELLIS_RETURN_IF_ERROR(CheckAccount(account, caller, request.user()));
    TRELLIS_ASSIGN_OR_RETURN(rows, storage::ListServiceKeys(session, caller.organization, user, runtime_.clock().Now(),
                                                            page.last.value_or(Id()), page.size + 1));
    return absl::OkStatus();
  }));
  v1::ListServiceKeysResponse response;
  const std::size_t shown = std::min(rows.size(), static_cast<std::size_t>(page.size));
  for (std::size_t i = 0; i < shown; ++i) *response.add_service_keys() = ToProto(rows[i]);
  if (rows.size() > shown) response.set_next_page_token(page.TokenAfter(rows[shown - 1].id));
  return response;
}

absl::StatusOr<v1::RevokeServiceKeyResponse> ServiceKeysApi::RevokeServiceKey(
    rpc::CallContext& call, const v1::RevokeServiceKeyRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id id, rpc::ParseName(kServiceKeys, request.name()));
  Ended ended;
  TRELLIS_ASSIGN_OR_RETURN(
      v1::RevokeServiceKeyResponse response,
      runtime_.Write<v1::RevokeServiceKeyResponse>(
          call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::RevokeServiceKeyResponse> {
            TRELLIS_ASSIGN_OR_RETURN(const auto key, storage::LockServiceKey(unit.db, unit.organization, id));
            if (!key.has_value() || !key->GoodAt(unit.now)) return NotFound(request.name());
            TRELLIS_ASSIGN_OR_RETURN(const auto account, storage::LockUser(unit.db, unit.organization, key->user));
            TRELLIS_RETURN_IF_ERROR(CheckAccount(account, call.caller(), request.name()));
            TRELLIS_RETURN_IF_ERROR(storage::RevokeServiceKey(unit.db, unit.organization, id, unit.now));
            TRELLIS_ASSIGN_OR_RETURN(ended, EndAllSessions(unit, key->user, EndReason::kCredentialChanged));
            v1::RevokeServiceKeyResponse done;
            done.set_ended_count(ended.sessions);
            return done;
          }));
  runtime_.sessions().Remember(ended.revocations);
  return response;
}

}  // namespace trellis::identity
