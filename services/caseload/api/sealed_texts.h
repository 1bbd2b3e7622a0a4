// Free text about persons: sealed with the person's key on its way into a record, opened on its way into a message,
// here and nowhere else. In between, records carry it as it is stored.
#ifndef TRELLIS_SERVICES_CASELOAD_API_SEALED_TEXTS_H_
#define TRELLIS_SERVICES_CASELOAD_API_SEALED_TEXTS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/id.h"
#include "common/db/session.h"
#include "common/seal/sealer.h"
#include "services/caseload/storage/cases.h"
#include "services/caseload/storage/safety_alerts.h"
#include "services/caseload/storage/service_needs.h"
#include "trellis/caseload/v1/case.pb.h"
#include "trellis/caseload/v1/safety_alert.pb.h"
#include "trellis/caseload/v1/service_need.pb.h"

namespace trellis::caseload {

// Set the record's field; id and person are set already.
absl::Status SealCloseNote(seal::Sealer& sealer, db::Session& tx, const Id& organization, absl::string_view text,
                           CaseRecord& record);
absl::Status SealDisplay(seal::Sealer& sealer, db::Session& tx, const Id& organization, absl::string_view text,
                         ServiceNeedRecord& need);
absl::Status SealNote(seal::Sealer& sealer, db::Session& tx, const Id& organization, absl::string_view text,
                      ServiceNeedRecord& need);
absl::Status SealActionNote(seal::Sealer& sealer, db::Session& tx, const Id& organization, absl::string_view text,
                            SafetyAlertRecord& alert);

// The message with the record's texts in it; of a person who was erased, without them.
absl::StatusOr<v1::Case> WithTexts(seal::Sealer& sealer, db::Session& session, const Id& organization,
                                   const CaseRecord& record, v1::Case message);
absl::StatusOr<v1::ServiceNeed> WithTexts(seal::Sealer& sealer, db::Session& session, const Id& organization,
                                          const ServiceNeedRecord& need, v1::ServiceNeed message);
absl::StatusOr<v1::SafetyAlert> WithTexts(seal::Sealer& sealer, db::Session& session, const Id& organization,
                                          const SafetyAlertRecord& alert, v1::SafetyAlert message);

}  // namespace trellis::caseload

#endif  // TRELLIS_SERVICES_CASELOAD_API_SEALED_TEXTS_H_
