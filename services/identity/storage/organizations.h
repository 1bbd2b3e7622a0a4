// Table organization.
#ifndef TRELLIS_SERVICES_IDENTITY_STORAGE_ORGANIZATIONS_H_
#define TRELLIS_SERVICES_IDENTITY_STORAGE_ORGANIZATIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/db/session.h"

namespace trellis::identity::storage {

struct OrganizationRow {
  Id id;
  std::string display_name;
  int kind = 0;
  bool second_factor_required = false;
  bool passkey_required_for_administrators = false;
  std::int64_t version = 1;
  absl::Time create_time;
  absl::Time update_time;
};

absl::Status InsertOrganization(db::Session& tx, const OrganizationRow& row);
absl::StatusOr<std::optional<OrganizationRow>> FindOrganization(db::Session& session, const Id& id);
// Its display name; "" where there is none.
absl::StatusOr<std::string> OrganizationName(db::Session& session, const Id& id);
// The organization, locked until the end of the transaction.
absl::StatusOr<std::optional<OrganizationRow>> LockOrganization(db::Session& tx, const Id& id);
// Writes display name, which second factors are required, version and update time.
absl::Status UpdateOrganization(db::Session& tx, const OrganizationRow& row);
// Behind `after`, in the order of ids.
absl::StatusOr<std::vector<OrganizationRow>> ListOrganizations(db::Session& session, const Id& after, int limit);

}  // namespace trellis::identity::storage

#endif  // TRELLIS_SERVICES_IDENTITY_STORAGE_ORGANIZATIONS_H_
