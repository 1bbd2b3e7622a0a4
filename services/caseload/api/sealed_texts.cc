#include "services/caseload/api/sealed_texts.h"

#include <string>
#include <utility>

#include "common/base/status_macros.h"

namespace trellis::caseload {
namespace {

seal::Place CloseNoteOf(const Id& organization, const CaseRecord& record) {
  return {{organization, record.person}, "case_record", "close_note", record.id.bytes()};
}

seal::Place DisplayOf(const Id& organization, const ServiceNeedRecord& need) {
  return {{organization, need.person}, "service_need", "need_display", need.id.bytes()};
}

seal::Place NoteOf(const Id& organization, const ServiceNeedRecord& need) {
  return {{organization, need.person}, "service_need", "note", need.id.bytes()};
}

seal::Place ActionNoteOf(const Id& organization, const SafetyAlertRecord& alert) {
  return {{organization, alert.person}, "safety_alert", "action_note", alert.id.bytes()};
}

}  // namespace

absl::Status SealCloseNote(seal::Sealer& sealer, db::Session& tx, const Id& organization, absl::string_view text,
                           CaseRecord& record) {
  TRELLIS_ASSIGN_OR_RETURN(record.close_note, sealer.Seal(tx, CloseNoteOf(organization, record), text));
  return absl::OkStatus();
}

absl::Status SealDisplay(seal::Sealer& sealer, db::Session& tx, const Id& organization, absl::string_view text,
                         ServiceNeedRecord& need) {
  TRELLIS_ASSIGN_OR_RETURN(need.display, sealer.Seal(tx, DisplayOf(organization, need), text));
  return absl::OkStatus();
}

absl::Status SealNote(seal::Sealer& sealer, db::Session& tx, const Id& organization, absl::string_view text,
                      ServiceNeedRecord& need) {
  TRELLIS_ASSIGN_OR_RETURN(need.note, sealer.Seal(tx, NoteOf(organization, need), text));
  return absl::OkStatus();
}

absl::Status SealActionNote(seal::Sealer& sealer, db::Session& tx, const Id& organization, absl::string_view text,
                            SafetyAlertRecord& alert) {
  TRELLIS_ASSIGN_OR_RETURN(alert.action_note, sealer.Seal(tx, ActionNoteOf(organization, alert), text));
  return absl::OkStatus();
}

absl::StatusOr<v1::Case> WithTexts(seal::Sealer& sealer, db::Session& session, const Id& organization,
                                   const CaseRecord& record, v1::Case message) {
  TRELLIS_ASSIGN_OR_RETURN(*message.mutable_close_note(),
                           sealer.OpenIfKept(session, CloseNoteOf(organization, record), record.close_note));
  return message;
}

absl::StatusOr<v1::ServiceNeed> WithTexts(seal::Sealer& sealer, db::Session& session, const Id& organization,
                                          const ServiceNeedRecord& need, v1::ServiceNeed message) {
  TRELLIS_ASSIGN_OR_RETURN(*message.mutable_need()->mutable_display(),
                           sealer.OpenIfKept(session, DisplayOf(organization, need), need.display));
  TRELLIS_ASSIGN_OR_RETURN(*message.mutable_note(), sealer.OpenIfKept(session, NoteOf(organization, need), need.note));
  return message;
}

absl::StatusOr<v1::SafetyAlert> WithTexts(seal::Sealer& sealer, db::Session& session, const Id& organization,
                                          const SafetyAlertRecord& alert, v1::SafetyAlert message) {
  TRELLIS_ASSIGN_OR_RETURN(*message.mutable_action_note(),
                           sealer.OpenIfKept(session, ActionNoteOf(organization, alert), alert.action_note));
  return message;
}

}  // namespace trellis::caseload
