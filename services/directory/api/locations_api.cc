#include "services/directory/api/locations_api.h"

#include <optional>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/page.h"
#include "common/rpc/resource_name.h"
#include "services/directory/api/convert.h"
#include "services/directory/api/cursor.h"
#include "services/directory/storage/entries.h"

namespace trellis::directory {

absl::StatusOr<v1::GetLocationResponse> LocationsApi::GetLocation(rpc::CallContext& call,
                                                                  const v1::GetLocationRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id id, rpc::ParseName(kLocations, request.name()));
  v1::GetLocationResponse response;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const std::optional<StoredLocation> stored, FindLocation(session, id));
    if (!stored.has_value()) return NotFound(request.name());
    *response.mutable_location() = ToProto(*stored);
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::ListLocationsResponse> LocationsApi::ListLocations(rpc::CallContext& call,
                                                                      const v1::ListLocationsRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const rpc::Page page, rpc::ReadPage(call, request, 50, 200));
  TRELLIS_ASSIGN_OR_RETURN(const NameCursor after, DecodeNameCursor(page.after));
  std::vector<StoredLocation> found;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(found, directory::ListLocations(session, after, page.size + 1));
    return absl::OkStatus();
  }));
  v1::ListLocationsResponse response;
  if (static_cast<int>(found.size()) > page.size) {
    found.pop_back();
    const Location& last = found.back().location;
    response.set_next_page_token(page.TokenAfter(EncodeCursor(NameCursor{last.display_name, last.id})));
  }
  for (const StoredLocation& stored : found) *response.add_locations() = ToProto(stored);
  return response;
}

}  // namespace trellis::directory
