// From what is stored to what is sent.
#ifndef TRELLIS_SERVICES_DIRECTORY_API_CONVERT_H_
#define TRELLIS_SERVICES_DIRECTORY_API_CONVERT_H_

#include <optional>

#include "absl/time/time.h"
#include "services/directory/storage/capacities.h"
#include "services/directory/storage/entries.h"
#include "services/directory/storage/healthcare_services.h"
#include "services/directory/storage/holds.h"
#include "trellis/directory/v1/capacity.pb.h"
#include "trellis/directory/v1/healthcare_service.pb.h"
#include "trellis/directory/v1/location.pb.h"
#include "trellis/directory/v1/provider.pb.h"

namespace trellis::directory {

inline constexpr char kProviders[] = "providers";
inline constexpr char kLocations[] = "locations";
inline constexpr char kServices[] = "healthcareServices";
inline constexpr char kHolds[] = "holds";
inline constexpr char kOrganizations[] = "organizations";

v1::Provider ToProto(const StoredProvider& stored);
v1::Location ToProto(const StoredLocation& stored);
v1::HealthcareService ToProto(const StoredService& stored);
// Nothing: state UNKNOWN.
v1::Capacity ToProto(const Id& service, const std::optional<StoredCapacity>& stored);
// As it is seen at `now`.
v1::Hold ToProto(const StoredHold& stored, absl::Time now);

}  // namespace trellis::directory

#endif  // TRELLIS_SERVICES_DIRECTORY_API_CONVERT_H_
