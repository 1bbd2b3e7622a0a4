#include "services/identity/api/organizations_api.h"

#include <optional>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/etag.h"
#include "common/rpc/id_page.h"
#include "common/rpc/resource_name.h"
#include "services/identity/api/accounts.h"
#include "services/identity/api/convert.h"
#include "services/identity/api/field_mask.h"
#include "services/identity/api/own_factor.h"
#include "services/identity/api/passkey_proofs.h"
#include "services/identity/storage/organizations.h"
#include "trellis/identity/v1/identity_events.pb.h"

namespace trellis::identity {
namespace {

constexpr absl::string_view kChangeable[] = {"display_name", "second_factor_required",
                                             "passkey_required_for_administrators"};

absl::Status Validate(const v1::Organization& organization) {
  TRELLIS_RETURN_IF_ERROR(RequireText(organization.display_name(), "organization.display_name"));
  const bool known = v1::Organization::Kind_IsValid(organization.kind()) &&
                     organization.kind() != v1::Organization::KIND_UNSPECIFIED &&
                     organization.kind() != v1::Organization::KIND_OPERATOR;
  return known ? absl::OkStatus() : InvalidField("organization.kind", "is not a kind that can be created");
}

}  // namespace

absl::StatusOr<v1::CreateOrganizationResponse> OrganizationsApi::CreateOrganization(
    rpc::CallContext& call, const v1::CreateOrganizationRequest& request) {
  TRELLIS_RETURN_IF_ERROR(Validate(request.organization()));
  if (request.organization().passkey_required_for_administrators()) TRELLIS_RETURN_IF_ERROR(RequirePasskeys(party_));
  TRELLIS_ASSIGN_OR_RETURN(const NewAccount administrator,
                           PrepareAccount(request.administrator(), {Role::kOrganizationAdministrator},
                                          request.organization().display_name(), request.administrator_password(),
                                          passwords_, call.deadline(), "administrator.", "administrator_password"));

  // The record of the request keeps a digest of it, from which a password could be guessed.
  v1::CreateOrganizationRequest record = request;
  record.clear_administrator_password();
  return runtime_.Write<v1::CreateOrganizationResponse>(
      call, record, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::CreateOrganizationResponse> {
        storage::OrganizationRow row;
        row.id = unit.NextId();
        row.display_name = request.organization().display_name();
        row.kind = request.organization().kind();
        row.second_factor_required = request.organization().second_factor_required();
        row.passkey_required_for_administrators = request.organization().passkey_required_for_administrators();
        row.create_time = unit.now;
        row.update_time = unit.now;
        TRELLIS_RETURN_IF_ERROR(storage::InsertOrganization(unit.db, row));

        v1::OrganizationCreated event;
        event.set_organization(rpc::MakeName(kOrganizations, row.id));
        event.set_kind(request.organization().kind());
        TRELLIS_RETURN_IF_ERROR(unit.PublishFor(row.id, event));
        TRELLIS_ASSIGN_OR_RETURN(const storage::UserRow user, CreateAccount(unit, row.id, administrator));

        v1::CreateOrganizationResponse response;
        *response.mutable_organization() = ToProto(row);
        *response.mutable_administrator() = ToProto(user);
        return response;
      });
}

absl::StatusOr<v1::GetOrganizationResponse> OrganizationsApi::GetOrganization(
    rpc::CallContext& call, const v1::GetOrganizationRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id id, rpc::ParseName(kOrganizations, request.name()));
  std::optional<storage::OrganizationRow> row;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(row, storage::FindOrganization(session, id));
    return absl::OkStatus();
  }));
  if (!row.has_value()) return NotFound(request.name());
  v1::GetOrganizationResponse response;
  *response.mutable_organization() = ToProto(*row);
  return response;
}

absl::StatusOr<v1::UpdateOrganizationResponse> OrganizationsApi::UpdateOrganization(
    rpc::CallContext& call, const v1::UpdateOrganizationRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id id,
                           rpc::ParseName(kOrganizations, request.organization().name(), "organization.name"));
  if (request.update_mask().paths().empty()) return InvalidField("update_mask", "is required");
  TRELLIS_ASSIGN_OR_RETURN(const std::vector<std::string> fields,
                           ResolveMask(request.update_mask(), kChangeable, request.organization()));
  return runtime_.Write<v1::UpdateOrganizationResponse>(
      call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::UpdateOrganizationResponse> {
        if (id != unit.organization) return NotFound(request.organization().name());
        TRELLIS_ASSIGN_OR_RETURN(auto row, storage::LockOrganization(unit.db, id));
        if (!row.has_value()) return NotFound(request.organization().name());
        TRELLIS_RETURN_IF_ERROR(rpc::CheckEtag(request.organization().etag(), row->version));
        v1::UpdateOrganizationResponse response;
        *response.mutable_organization() = ToProto(*row);
        if (CopyFields(fields, request.organization(), *response.mutable_organization()).empty()) return response;
        TRELLIS_RETURN_IF_ERROR(RequireText(response.organization().display_name(), "organization.display_name"));
        // Where nobody can have a passkey, nobody could turn it off again.
        const bool passkey_wanted = response.organization().passkey_required_for_administrators();
        const bool turned_on = passkey_wanted && !row->passkey_required_for_administrators;
        if (turned_on) TRELLIS_RETURN_IF_ERROR(RequirePasskeys(party_));
        const bool loosened = (row->second_factor_required && !response.organization().second_factor_required()) ||
                              (row->passkey_required_for_administrators && !passkey_wanted);
        if (loosened) TRELLIS_RETURN_IF_ERROR(RequireOwnFactor(unit, call.caller()));
        row->display_name = response.organization().display_name();
        row->second_factor_required = response.organization().second_factor_required();
        row->passkey_required_for_administrators = passkey_wanted;
        ++row->version;
        row->update_time = unit.now;
        TRELLIS_RETURN_IF_ERROR(storage::UpdateOrganization(unit.db, *row));
        *response.mutable_organization() = ToProto(*row);
        return response;
      });
}

absl::StatusOr<v1::ListOrganizationsResponse> OrganizationsApi::ListOrganizations(
    rpc::CallContext& call, const v1::ListOrganizationsRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const rpc::IdPage page, rpc::ReadIdPage(call, request));
  std::vector<storage::OrganizationRow> rows;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(rows, storage::ListOrganizations(session, page.last.value_or(Id()), page.size + 1));
    return absl::OkStatus();
  }));
  v1::ListOrganizationsResponse response;
  for (std::size_t i = 0; i < rows.size() && i < static_cast<std::size_t>(page.size); ++i) {
    *response.add_organizations() = ToProto(rows[i]);
  }
  if (rows.size() > static_cast<std::size_t>(page.size)) {
    response.set_next_page_token(page.TokenAfter(rows[static_cast<std::size_t>(page.size) - 1].id));
  }
  return response;
}

}  // namespace trellis::identity
