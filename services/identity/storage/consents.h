// Table consent.
#ifndef TRELLIS_SERVICES_IDENTITY_STORAGE_CONSENTS_H_
#define TRELLIS_SERVICES_IDENTITY_STORAGE_CONSENTS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/db/session.h"
#include "services/identity/domain/consent_rules.h"

namespace trellis::identity::storage {

struct ConsentRow {
  Consent consent;
  int grantor = 0;
  std::optional<absl::CivilDay> sign_date;
  Id recorded_by;
  std::int64_t version = 1;
  absl::Time create_time;
  absl::Time update_time;
};

absl::Status InsertConsent(db::Session& tx, const Id& organization, const ConsentRow& row);
absl::StatusOr<std::optional<ConsentRow>> FindConsent(db::Session& session, const Id& organization, const Id& id);
// The same, locked until the end of the transaction.
absl::StatusOr<std::optional<ConsentRow>> LockConsent(db::Session& tx, const Id& organization, const Id& id);
// Writes revoke time, version and update time.
absl::Status RevokeConsent(db::Session& tx, const Id& organization, const ConsentRow& row);

// Behind `after`, in the order of ids.
absl::StatusOr<std::vector<ConsentRow>> ListConsents(db::Session& session, const Id& organization, const Id& person,
                                                     const Id& after, int limit);
// Those of a person for a recipient that are neither revoked nor over, the longest lasting first; at most 200.
absl::StatusOr<std::vector<Consent>> FindOpenConsents(db::Session& session, const Id& organization, const Id& person,
                                                      const Id& recipient, absl::Time now);

}  // namespace trellis::identity::storage

#endif  // TRELLIS_SERVICES_IDENTITY_STORAGE_CONSENTS_H_
