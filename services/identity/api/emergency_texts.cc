#include "services/identity/api/emergency_texts.h"

#include <set>
#include <string>
#include <utility>

#include "common/base/status_macros.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/timestamps.h"
#include "services/identity/api/convert.h"

namespace trellis::identity {
namespace {

seal::Place ExplanationOf(const Id& organization, const EmergencyAccess& emergency) {
  return {{organization, emergency.person}, "emergency_access", "explanation", emergency.id.bytes()};
}

seal::Place ReviewNoteOf(const Id& organization, const EmergencyAccess& emergency) {
  return {{organization, emergency.person}, "emergency_access", "review_note", emergency.id.bytes()};
}

v1::EmergencyAccess WithoutTexts(const storage::EmergencyAccessRow& row, absl::Time now) {
  const EmergencyAccess& emergency = row.access;
  v1::EmergencyAccess out;
  out.set_name(rpc::MakeName(kEmergencyAccesses, emergency.id));
  out.set_person(rpc::MakeName(kPersons, emergency.person));
  out.set_user(rpc::MakeName(kUsers, emergency.user));
  out.set_reason(static_cast<v1::EmergencyAccess::Reason>(row.reason));
  out.set_state(static_cast<v1::EmergencyAccess::State>(StateAt(emergency, now)));
  *out.mutable_start_time() = rpc::ToTimestamp(emergency.start_time);
  *out.mutable_expire_time() = rpc::ToTimestamp(emergency.expire_time);
  if (emergency.end_time.has_value()) *out.mutable_end_time() = rpc::ToTimestamp(*emergency.end_time);
  out.set_verdict(static_cast<v1::EmergencyAccess::Verdict>(emergency.verdict));
  if (row.reviewer.has_value()) out.set_reviewer(rpc::MakeName(kUsers, *row.reviewer));
  if (row.review_time.has_value()) *out.mutable_review_time() = rpc::ToTimestamp(*row.review_time);
  return out;
}

}  // namespace

absl::Status SealExplanation(seal::Sealer& sealer, db::Session& tx, const Id& organization, absl::string_view text,
                             storage::EmergencyAccessRow& row) {
  TRELLIS_ASSIGN_OR_RETURN(row.explanation, sealer.Seal(tx, ExplanationOf(organization, row.access), text));
  return absl::OkStatus();
}

absl::Status SealReviewNote(seal::Sealer& sealer, db::Session& tx, const Id& organization, absl::string_view text,
                            storage::EmergencyAccessRow& row) {
  absl::StatusOr<std::string> sealed = sealer.Seal(tx, ReviewNoteOf(organization, row.access), text);
  if (seal::IsErased(sealed.status())) sealed = std::string();
  TRELLIS_ASSIGN_OR_RETURN(row.review_note, std::move(sealed));
  return absl::OkStatus();
}

absl::StatusOr<v1::EmergencyAccess> ToProto(seal::Sealer& sealer, db::Session& session, const Id& organization,
                                            const storage::EmergencyAccessRow& row, absl::Time now) {
  v1::EmergencyAccess out = WithoutTexts(row, now);
  TRELLIS_ASSIGN_OR_RETURN(*out.mutable_explanation(),
                           sealer.OpenIfKept(session, ExplanationOf(organization, row.access), row.explanation));
  TRELLIS_ASSIGN_OR_RETURN(*out.mutable_review_note(),
                           sealer.OpenIfKept(session, ReviewNoteOf(organization, row.access), row.review_note));
  return out;
}

absl::Status OpenKeysOf(seal::Sealer& sealer, db::Session& session, const Id& organization,
                        const std::vector<storage::EmergencyAccessRow>& rows) {
  std::set<Id> persons;
  for (const storage::EmergencyAccessRow& row : rows) persons.insert(row.access.person);
  return sealer.OpenKeys(session, organization, {persons.begin(), persons.end()});
}

}  // namespace trellis::identity
