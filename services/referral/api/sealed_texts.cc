#include "services/referral/api/sealed_texts.h"

#include "common/base/status_macros.h"

namespace trellis::referral {
namespace {

seal::Place PlaceOf(const ReferralRow& row, absl::string_view column) {
  return {{row.organization, row.person}, "referral", column, row.id.bytes()};
}

}  // namespace

absl::Status SealNeedAndNote(seal::Sealer& sealer, db::Session& tx, const v1::Referral& wanted, ReferralRow& row) {
  TRELLIS_ASSIGN_OR_RETURN(row.need_display, sealer.Seal(tx, PlaceOf(row, "need_display"), wanted.need().display()));
  TRELLIS_ASSIGN_OR_RETURN(row.note, sealer.Seal(tx, PlaceOf(row, "note"), wanted.note()));
  return absl::OkStatus();
}

absl::Status SealReason(seal::Sealer& sealer, db::Session& tx, absl::string_view text, ReferralRow& row) {
  TRELLIS_ASSIGN_OR_RETURN(row.reason_text, sealer.Seal(tx, PlaceOf(row, "reason_text"), text));
  return absl::OkStatus();
}

absl::StatusOr<v1::Referral> WithTexts(seal::Sealer& sealer, db::Session& session, const ReferralRow& row,
                                       v1::Referral message) {
  TRELLIS_ASSIGN_OR_RETURN(*message.mutable_need()->mutable_display(),
                           sealer.OpenIfKept(session, PlaceOf(row, "need_display"), row.need_display));
  TRELLIS_ASSIGN_OR_RETURN(*message.mutable_note(), sealer.OpenIfKept(session, PlaceOf(row, "note"), row.note));
  if (!message.has_state_reason()) return message;
  TRELLIS_ASSIGN_OR_RETURN(*message.mutable_state_reason()->mutable_text(),
                           sealer.OpenIfKept(session, PlaceOf(row, "reason_text"), row.reason_text));
  return message;
}

}  // namespace trellis::referral
