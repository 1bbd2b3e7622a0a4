#include "services/directory/api/providers_api.h"

#include <optional>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/etag.h"
#include "common/rpc/page.h"
#include "common/rpc/resource_name.h"
#include "services/directory/api/convert.h"
#include "services/directory/api/cursor.h"
#include "services/directory/storage/entries.h"
#include "trellis/directory/v1/directory_events.pb.h"

namespace trellis::directory {
namespace {

// nil for an empty name.
constexpr std::int64_t kAnyVersion = 0;

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
  TRELLIS_ASSIGN_OR_RETURN(const rpc::Page page, rpc::ReadPage(call, request, 50, 200));
  TRELLIS_ASSIGN_OR_RETURN(const NameCursor after, DecodeNameCursor(page.after));
  TRELLIS_ASSIGN_OR_RETURN(const Id organization,
                           OptionalOrganization(request.managing_organization(), "managing_organization"));
  std::vector<StoredProvider> found;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(found, directory::ListProviders(session, organization, after, page.size + 1));
    return absl::OkStatus();
  }));
  v1::ListProvidersResponse response;
  if (static_cast<int>(found.size()) > page.size) {
    found.pop_back();
    const Provider& last = found.back().provider;
    response.set_next_page_token(page.TokenAfter(EncodeCursor(NameCursor{last.display_name, last.id})));
  }
  for (const StoredProvider& stored : found) *response.add_providers() = ToProto(stored);
  return response;
}

absl::StatusOr<v1::LinkProviderResponse> ProvidersApi::LinkProvider(rpc::CallContext& call,
                                                                    const v1::LinkProviderRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id id, rpc::ParseName(kProviders, request.name()));
  TRELLIS_ASSIGN_OR_RETURN(const Id organization, OptionalOrganization(request.organization(), "organization"));
  return runtime_.Write<v1::LinkProviderResponse>(
      call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::LinkProviderResponse> {
        TRELLIS_ASSIGN_OR_RETURN(const std::optional<StoredProvider> seen, FindProvider(unit.db, id));
        if (!seen.has_value()) return NotFound(request.name());
        TRELLIS_RETURN_IF_ERROR(rpc::CheckEtag(request.etag(), seen->stamp.version));
        const std::int64_t version = request.etag().empty() ? kAnyVersion : seen->stamp.version;
        TRELLIS_ASSIGN_OR_RETURN(const bool matched,
                                 SetManagingOrganization(unit.db, id, organization, version, unit.now));
        if (!matched) return rpc::EtagMismatch();
        TRELLIS_ASSIGN_OR_RETURN(const std::optional<StoredProvider> stored, FindProvider(unit.db, id));
        if (!stored.has_value()) return NotFound(request.name());
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
