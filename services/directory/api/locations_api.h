// trellis.directory.v1.Locations
#ifndef TRELLIS_SERVICES_DIRECTORY_API_LOCATIONS_API_H_
#define TRELLIS_SERVICES_DIRECTORY_API_LOCATIONS_API_H_

#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "trellis/directory/v1/locations.pb.h"

namespace trellis::directory {

// Thread-safe.
class LocationsApi {
 public:
  explicit LocationsApi(runtime::Runtime& runtime) : runtime_(runtime) {}

  absl::StatusOr<v1::GetLocationResponse> GetLocation(rpc::CallContext& call, const v1::GetLocationRequest& request);
  absl::StatusOr<v1::ListLocationsResponse> ListLocations(rpc::CallContext& call,
                                                          const v1::ListLocationsRequest& request);

 private:
  runtime::Runtime& runtime_;
};

}  // namespace trellis::directory

#endif  // TRELLIS_SERVICES_DIRECTORY_API_LOCATIONS_API_H_
