#include "services/identity/api/users_api.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "common/access/session_guard.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/etag.h"
#include "common/rpc/id_page.h"
#include "common/rpc/labels.h"
#include "common/rpc/resource_name.h"
#include "services/identity/api/accounts.h"
#include "services/identity/api/convert.h"
#include "services/identity/api/field_mask.h"
#include "services/identity/api/own_factor.h"
#include "services/identity/api/session_ends.h"
#include "services/identity/storage/organizations.h"
#include "services/identity/storage/users.h"
#include "trellis/identity/v1/identity_events.pb.h"

namespace trellis::identity {
namespace {

constexpr absl::string_view kChangeable[] = {"display_name", "roles", "disabled", "clearances"};

absl::Status OwnAccount() {
  return Error(absl::StatusCode::kFailedPrecondition, "OWN_ACCOUNT",
               "Nobody changes their own roles or clearances or disables themselves: ask another administrator.");
}

absl::Status KindFixed() {
  return Error(absl::StatusCode::kFailedPrecondition, "ACCOUNT_KIND_FIXED",
               "Nobody becomes a service account or stops being one: create another user.");
}

// The row with the values of `wanted`, where the caller may make it so.
absl::StatusOr<storage::UserRow> Apply(const storage::UserRow& before, const v1::User& wanted,
                                       const rpc::Caller& caller) {
  storage::UserRow after = before;
  TRELLIS_RETURN_IF_ERROR(RequireText(wanted.display_name(), "user.display_name"));
  TRELLIS_ASSIGN_OR_RETURN(after.roles, ParseRoles(Numbers(wanted.roles()), "user.roles"));
  if (after.roles.contains(Role::kServiceAccount) != before.roles.contains(Role::kServiceAccount)) return KindFixed();
  after.display_name = wanted.display_name();
  after.disabled = wanted.disabled();
  after.clearances = rpc::LabelsFrom(wanted.clearances());
  const bool other_clearances = after.clearances != before.clearances;
  const bool changes_rights = after.roles != before.roles || after.disabled != before.disabled || other_clearances;
  if (changes_rights && before.id == caller.user) return OwnAccount();
  TRELLIS_RETURN_IF_ERROR(MayGive(RolesOf(caller), Difference(before.roles, after.roles)));
  if (other_clearances) TRELLIS_RETURN_IF_ERROR(MayGiveClearances(RolesOf(caller)));
  // Whoever may not give somebody's roles may not lock them out either.
  if (after.disabled != before.disabled) TRELLIS_RETURN_IF_ERROR(MayGive(RolesOf(caller), before.roles));
  return after;
}

// The order of roles means nothing.
bool SameValues(const storage::UserRow& a, const storage::UserRow& b) {
  return a.display_name == b.display_name && a.roles == b.roles && a.clearances == b.clearances &&
         a.disabled == b.disabled;
}

v1::UserUpdated EventOf(const storage::UserRow& row) {
  v1::UserUpdated event;
  event.set_user(rpc::MakeName(kUsers, row.id));
  for (const Role role : row.roles) event.add_roles(static_cast<options::v1::Role>(role));
  event.set_disabled(row.disabled);
  return event;
}

// Tokens tell roles and clearances, so those that tell the old ones must go.
absl::StatusOr<Ended> EndSessionsAfter(runtime::WriteUnit& unit, const storage::UserRow& before,
                                       const storage::UserRow& after) {
  if (after.disabled && !before.disabled) return EndAllSessions(unit, after.id, EndReason::kUserDisabled);
  if (after.roles != before.roles || after.clearances != before.clearances) {
    return EndAllSessions(unit, after.id, EndReason::kRolesChanged);
  }
  return Ended();
}

// Changes the row as the request wants it.
absl::StatusOr<v1::UpdateUserResponse> Change(runtime::WriteUnit& unit, const Id& id,
                                              const v1::UpdateUserRequest& request,
                                              const std::vector<std::string>& fields, const rpc::Caller& caller,
                                              Ended& ended) {
  TRELLIS_ASSIGN_OR_RETURN(auto before, storage::LockUser(unit.db, unit.organization, id));
  if (!before.has_value()) return NotFound(request.user().name());
  TRELLIS_RETURN_IF_ERROR(rpc::CheckEtag(request.user().etag(), before->version));

  v1::UpdateUserResponse response;
  *response.mutable_user() = ToProto(*before);
  CopyFields(fields, request.user(), *response.mutable_user());
  TRELLIS_ASSIGN_OR_RETURN(storage::UserRow after, Apply(*before, response.user(), caller));
  if (SameValues(*before, after)) {
    *response.mutable_user() = ToProto(*before);
    return response;
  }
  const bool another_administrator = IsAdministrator(after.roles) && !IsAdministrator(before->roles);
  const bool cleared_for_more = !before->clearances.Covers(after.clearances);
  if (another_administrator || cleared_for_more) {
    TRELLIS_RETURN_IF_ERROR(RequireOwnFactor(unit, caller));
  }
  ++after.version;
  after.update_time = unit.now;
  TRELLIS_RETURN_IF_ERROR(storage::UpdateUser(unit.db, after));
  TRELLIS_RETURN_IF_ERROR(unit.Publish(EventOf(after)));
  TRELLIS_ASSIGN_OR_RETURN(ended, EndSessionsAfter(unit, *before, after));
  *response.mutable_user() = ToProto(after);
  return response;
}

}  // namespace

absl::StatusOr<v1::CreateUserResponse> UsersApi::CreateUser(rpc::CallContext& call,
                                                            const v1::CreateUserRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Roles roles, ParseRoles(Numbers(request.user().roles()), "user.roles"));
  TRELLIS_RETURN_IF_ERROR(MayGive(RolesOf(call.caller()), roles));
  const LabelSet clearances = rpc::LabelsFrom(request.user().clearances());
  if (!clearances.empty()) TRELLIS_RETURN_IF_ERROR(MayGiveClearances(RolesOf(call.caller())));
  std::string organization;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(organization, storage::OrganizationName(session, call.caller().organization));
    return absl::OkStatus();
  }));
  TRELLIS_ASSIGN_OR_RETURN(NewAccount account, PrepareAccount(request.user(), roles, organization, request.password(),
                                                              passwords_, call.deadline(), "user.", "password"));
  account.clearances = clearances;

  // The record of the request keeps a digest of it, from which a password could be guessed.
  v1::CreateUserRequest record = request;
  record.clear_password();
  return runtime_.Write<v1::CreateUserResponse>(
      call, record, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::CreateUserResponse> {
        if (IsAdministrator(roles) || !clearances.empty()) {
          TRELLIS_RETURN_IF_ERROR(RequireOwnFactor(unit, call.caller()));
        }
        TRELLIS_ASSIGN_OR_RETURN(const storage::UserRow row, CreateAccount(unit, unit.organization, account));
        v1::CreateUserResponse response;
        *response.mutable_user() = ToProto(row);
        return response;
      });
}

absl::StatusOr<v1::GetUserResponse> UsersApi::GetUser(rpc::CallContext& call, const v1::GetUserRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id id, rpc::ParseName(kUsers, request.name()));
  std::optional<storage::UserRow> row;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(row, storage::FindUser(session, call.caller().organization, id));
    return absl::OkStatus();
  }));
  if (!row.has_value()) return NotFound(request.name());
  v1::GetUserResponse response;
  *response.mutable_user() = ToProto(*row);
  return response;
}

absl::StatusOr<v1::ListUsersResponse> UsersApi::ListUsers(rpc::CallContext& call, const v1::ListUsersRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const rpc::IdPage page, rpc::ReadIdPage(call, request));
  storage::UserFilter filter{std::nullopt, request.show_disabled()};
  if (request.role() != options::v1::ROLE_UNSPECIFIED) {
    TRELLIS_ASSIGN_OR_RETURN(const Roles roles, ParseRoles({request.role()}, "role"));
    filter.role = *roles.begin();
  }
  std::vector<storage::UserRow> rows;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(
        rows, storage::ListUsers(session, call.caller().organization, filter, page.last.value_or(Id()), page.size + 1));
    return absl::OkStatus();
  }));
  v1::ListUsersResponse response;
  const std::size_t shown = std::min(rows.size(), static_cast<std::size_t>(page.size));
  for (std::size_t i = 0; i < shown; ++i) *response.add_users() = ToProto(rows[i]);
  if (rows.size() > shown) response.set_next_page_token(page.TokenAfter(rows[shown - 1].id));
  return response;
}

absl::StatusOr<v1::UpdateUserResponse> UsersApi::UpdateUser(rpc::CallContext& call,
                                                            const v1::UpdateUserRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id id, rpc::ParseName(kUsers, request.user().name(), "user.name"));
  if (request.update_mask().paths().empty()) return InvalidField("update_mask", "is required");
  TRELLIS_ASSIGN_OR_RETURN(const std::vector<std::string> fields,
                           ResolveMask(request.update_mask(), kChangeable, request.user()));
  Ended ended;
  TRELLIS_ASSIGN_OR_RETURN(v1::UpdateUserResponse response,
                           runtime_.Write<v1::UpdateUserResponse>(
                               call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::UpdateUserResponse> {
                                 return Change(unit, id, request, fields, call.caller(), ended);
                               }));
  runtime_.sessions().Remember(ended.revocations);
  return response;
}

}  // namespace trellis::identity
