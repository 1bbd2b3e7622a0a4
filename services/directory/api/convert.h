// From what is stored to what is sent.
#ifndef TRELLIS_SERVICES_DIRECTORY_API_CONVERT_H_
#define TRELLIS_SERVICES_DIRECTORY_API_CONVERT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
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

google::protobuf::Timestamp ToTimestamp(absl::Time time);

v1::Provider ToProto(const StoredProvider& stored);
v1::Location ToProto(const StoredLocation& stored);
v1::HealthcareService ToProto(const StoredService& stored);
// Nothing: state UNKNOWN.
v1::Capacity ToProto(const Id& service, const std::optional<StoredCapacity>& stored);
// As it is seen at `now`.
v1::Hold ToProto(const StoredHold& stored, absl::Time now);

// Etags are version numbers.
std::string ToEtag(std::int64_t version);
// Nothing for an empty etag. Error: ABORTED ETAG_MISMATCH for what was never an etag of ours.
absl::StatusOr<std::optional<std::int64_t>> VersionOf(absl::string_view etag);
absl::Status EtagMismatch();

}  // namespace trellis::directory

#endif  // TRELLIS_SERVICES_DIRECTORY_API_CONVERT_H_
