// Table known_device: devices that users have signed in from.
#ifndef TRELLIS_SERVICES_IDENTITY_STORAGE_KNOWN_DEVICES_H_
#define TRELLIS_SERVICES_IDENTITY_STORAGE_KNOWN_DEVICES_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/db/session.h"

namespace trellis::identity::storage {

struct DeviceKey {
  Id organization;
  Id user;
  std::string token_hash;  // SHA-256
};

struct DeviceRow {
  int failures = 0;  // in a row
  absl::Time rest_until;
};

absl::StatusOr<std::optional<DeviceRow>> FindDevice(db::Session& session, const DeviceKey& key);
// One more device of the user; those beyond `most` that were used longest ago are forgotten.
absl::Status InsertDevice(db::Session& tx, const DeviceKey& key, absl::Time now, int most);
// It signed in: no failures, used now.
absl::Status UseDevice(db::Session& tx, const DeviceKey& key, absl::Time now);
// Counts a failure and returns how many there are in a row; 0 where the device is not known any more.
absl::StatusOr<int> CountDeviceFailure(db::Session& tx, const DeviceKey& key);
absl::Status RestDevice(db::Session& tx, const DeviceKey& key, absl::Time rest_until);
absl::Status ForgetDevice(db::Session& tx, const DeviceKey& key);
absl::Status ForgetDevices(db::Session& tx, const Id& organization, const Id& user);
// Deletes devices that were not used since `before`; at most 1,000.
absl::Status PurgeDevices(db::Session& tx, absl::Time before);

}  // namespace trellis::identity::storage

#endif  // TRELLIS_SERVICES_IDENTITY_STORAGE_KNOWN_DEVICES_H_
