// Free text about the person who is referred: sealed with the person's key on its way into a row, opened on its way
// into a message, here and nowhere else. In between, rows carry it as it is stored.
#ifndef TRELLIS_SERVICES_REFERRAL_API_SEALED_TEXTS_H_
#define TRELLIS_SERVICES_REFERRAL_API_SEALED_TEXTS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/db/session.h"
#include "common/seal/sealer.h"
#include "services/referral/storage/referrals.h"
#include "trellis/referral/v1/referral.pb.h"

namespace trellis::referral {

// Set the row's fields; organization, id and person are set already.
absl::Status SealNeedAndNote(seal::Sealer& sealer, db::Session& tx, const v1::Referral& wanted, ReferralRow& row);
absl::Status SealReason(seal::Sealer& sealer, db::Session& tx, absl::string_view text, ReferralRow& row);

// The message with the row's texts in it; of a person who was erased, without them.
absl::StatusOr<v1::Referral> WithTexts(seal::Sealer& sealer, db::Session& session, const ReferralRow& row,
                                       v1::Referral message);

}  // namespace trellis::referral

#endif  // TRELLIS_SERVICES_REFERRAL_API_SEALED_TEXTS_H_
