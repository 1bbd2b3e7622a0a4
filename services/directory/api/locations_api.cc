#include "services/directory/api/locations_api.h"

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
  TRELLIS_ASSIGN_OR_RETURN(const int page_size, rpc::ClampPageSize(request.page_size(), 50, 200));
  const std::string filter = rpc::PageFilter(call, request);
  TRELLIS_ASSIGN_OR_RETURN(const std::string key, rpc::DecodePageToken(request.page_token(), filter));
  TRELLIS_ASSIGN_OR_RETURN(const NameCursor after, DecodeNameCursor(key));
  std::vector<StoredLocation> found;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(found, directory::ListLocations(session, after, page_size + 1));
    return absl::OkStatus();
  }));
  v1::ListLocationsResponse response;
  if (static_cast<int>(found.size()) > page_size) {
    found.pop_back();
    const Location& last = found.back().location;
    response.set_next_page_token(rpc::EncodePageToken(EncodeCursor(NameCursor{last.display_name, last.id}), filter));
  }
  for (const StoredLocation& stored : found) *response.add_locations() = ToProto(stored);
  return response;
}

}  // namespace trellis::directory
