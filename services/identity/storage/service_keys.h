// Table service_key: what service accounts sign in with.
#ifndef TRELLIS_SERVICES_IDENTITY_STORAGE_SERVICE_KEYS_H_
#define TRELLIS_SERVICES_IDENTITY_STORAGE_SERVICE_KEYS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/db/session.h"

namespace trellis::identity::storage {

struct ServiceKeyRow {
  Id organization;
  Id id;
  Id user;
  std::string key_hash;  // SHA-256
  std::string display_name;
  absl::Time create_time;
  absl::Time expire_time;
  std::optional<absl::Time> use_time;
  std::optional<absl::Time> revoke_time;

  bool GoodAt(absl::Time now) const { return !revoke_time.has_value() && now < expire_time; }
};

absl::Status InsertServiceKey(db::Session& tx, const ServiceKeyRow& row);
// The organization is not known before the key is.
absl::StatusOr<std::optional<ServiceKeyRow>> FindServiceKey(db::Session& session, absl::string_view key_hash);
// Locked until the end of the transaction.
absl::StatusOr<std::optional<ServiceKeyRow>> LockServiceKey(db::Session& tx, const Id& organization, const Id& id);
// Those of the user that are good at `now`, behind `after`, in the order of their ids.
absl::StatusOr<std::vector<ServiceKeyRow>> ListServiceKeys(db::Session& session, const Id& organization, const Id& user,
                                                           absl::Time now, const Id& after, int limit);
absl::Status UseServiceKey(db::Session& tx, const Id& organization, const Id& id, absl::Time now);
absl::Status RevokeServiceKey(db::Session& tx, const Id& organization, const Id& id, absl::Time now);

}  // namespace trellis::identity::storage

#endif  // TRELLIS_SERVICES_IDENTITY_STORAGE_SERVICE_KEYS_H_
