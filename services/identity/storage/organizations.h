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
  std::int64_t version = 1;
  absl::Time create_time;
  absl::Time update_time;
};

absl::Status InsertOrganization(db::Session& tx, const OrganizationRow& row);
absl::StatusOr<std::optional<OrganizationRow>> FindOrganization(db::Session& session, const Id& id);
// Behind `after`, in the order of ids.
absl::StatusOr<std::vector<OrganizationRow>> ListOrganizations(db::Session& session, const Id& after, int limit);

}  // namespace trellis::identity::storage

#endif  // TRELLIS_SERVICES_IDENTITY_STORAGE_ORGANIZATIONS_H_
