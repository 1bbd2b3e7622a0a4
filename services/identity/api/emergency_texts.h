// What is written about a person in an emergency: sealed with the person's key on its way into a row, opened on its way
// into a message, here and nowhere else.
#ifndef TRELLIS_SERVICES_IDENTITY_API_EMERGENCY_TEXTS_H_
#define TRELLIS_SERVICES_IDENTITY_API_EMERGENCY_TEXTS_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/db/session.h"
#include "common/seal/sealer.h"
#include "services/identity/storage/emergency_accesses.h"
#include "trellis/identity/v1/emergency_access.pb.h"

namespace trellis::identity {

// Set the row's field; its access is set already.
absl::Status SealExplanation(seal::Sealer& sealer, db::Session& tx, const Id& organization, absl::string_view text,
                             storage::EmergencyAccessRow& row);
// Of a person who was erased nothing is kept: the note stays empty, the verdict stands.
absl::Status SealReviewNote(seal::Sealer& sealer, db::Session& tx, const Id& organization, absl::string_view text,
                            storage::EmergencyAccessRow& row);

// The message with the row's texts in it; of a person who was erased, without them.
absl::StatusOr<v1::EmergencyAccess> ToProto(seal::Sealer& sealer, db::Session& session, const Id& organization,
                                            const storage::EmergencyAccessRow& row, absl::Time now);

// Opens the keys of all persons of a page at once. At most 1,000 rows.
absl::Status OpenKeysOf(seal::Sealer& sealer, db::Session& session, const Id& organization,
                        const std::vector<storage::EmergencyAccessRow>& rows);

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_EMERGENCY_TEXTS_H_
