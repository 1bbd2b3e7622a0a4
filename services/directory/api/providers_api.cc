#include "services/directory/api/providers_api.h"

#include <optional>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/page_token.h"
#include "common/rpc/resource_name.h"
#include "services/directory/api/convert.h"
#include "services/directory/api/cursor.h"
#include "services/directory/storage/entries.h"
#include "trellis/directory/v1/directory_events.pb.h"

namespace trellis::directory {
namespace {

// nil for an empty name.
absl::StatusOr<Id> OptionalOrganization(const std::string& name, absl::string_view field) {
  if (name.empty()) return Id();
  return rpc::ParseName(kOrganizations, name, field);
}

}  // namespace

absl::StatusOr<v1::GetProviderResponse> ProvidersApi::GetProvider(rpc::CallContext& call,
                                                                  const v1::GetProviderRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id id, rpc::ParseName(kProviders, request.name()));
  v1::GetProviderResponse response;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const std::optional<StoredProvider> stored, FindProvider(session, id));
    if (!stored.has_value()) return NotFound(request.name());
    *response.mutable_provider() = ToProto(*stored);
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::ListProvidersResponse> ProvidersApi::ListProviders(rpc::CallContext& call,
                                                                      const v1::ListProvidersRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const int page_size, rpc::ClampPageSize(request.page_size(), 50, 200));
  const std::string filter = rpc::PageFilter(call, request);
  TRELLIS_ASSIGN_OR_RETURN(const std::string key, rpc::DecodePageToken(request.page_token(), filter));
  TRELLIS_ASSIGN_OR_RETURN(const NameCursor after, DecodeNameCursor(key));
  TRELLIS_ASSIGN_OR_RETURN(const Id organization,
                           OptionalOrganization(request.managing_organization(), "managing_organization"));
  std::vector<StoredProvider> found;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(found, directory::ListProviders(session, organization, after, page_size + 1));
    return absl::OkStatus();
  }));
  v1::ListProvidersResponse response;
  if (static_cast<int>(found.size()) > page_size) {
    found.pop_back();
    const Provider& last = found.back().provider;
    response.set_next_page_token(rpc::EncodePageToken(EncodeCursor(NameCursor{last.display_name, last.id}), filter));
  }
  for (const StoredProvider& stored : found) *response.add_providers() = ToProto(stored);
  return response;
}

absl::StatusOr<v1::LinkProviderResponse> ProvidersApi::LinkProvider(rpc::CallContext& call,
                                                                    const v1::LinkProviderRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id id, rpc::ParseName(kProviders, request.name()));
  TRELLIS_ASSIGN_OR_RETURN(const Id organization, OptionalOrganization(request.organization(), "organization"));
  TRELLIS_ASSIGN_OR_RETURN(const std::optional<std::int64_t> version, VersionOf(request.etag()));
  return runtime_.Write<v1::LinkProviderResponse>(
      call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::LinkProviderResponse> {
        TRELLIS_ASSIGN_OR_RETURN(const bool matched,
                                 SetManagingOrganization(unit.db, id, organization, version.value_or(0), unit.now));
        TRELLIS_ASSIGN_OR_RETURN(const std::optional<StoredProvider> stored, FindProvider(unit.db, id));
        if (!stored.has_value()) return NotFound(request.name());
        if (!matched) return EtagMismatch();
        v1::ProviderLinked event;
        event.set_provider(request.name());
        event.set_organization(request.organization());
        TRELLIS_RETURN_IF_ERROR(unit.PublishFor(Id(), event));
        v1::LinkProviderResponse response;
        *response.mutable_provider() = ToProto(*stored);
        return response;
      });
}

}  // namespace trellis::directory
