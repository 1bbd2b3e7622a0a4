// Rows of case_record.
#ifndef TRELLIS_SERVICES_CASELOAD_STORAGE_CASES_H_
#define TRELLIS_SERVICES_CASELOAD_STORAGE_CASES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/base/label_set.h"
#include "common/db/session.h"
#include "services/caseload/domain/states.h"
#include "services/caseload/storage/visible.h"

namespace trellis::caseload {

struct CaseRecord {
  Id id;
  Id person;
  Id coordinator;
  absl::Duration review_interval;
  CaseState state = CaseState::kOpen;
  int close_reason = 0;    // Case.CloseReason
  std::string close_note;  // sealed
  std::int64_t version = 1;
  absl::Time open_time;
  absl::Time update_time;
  std::optional<absl::Time> close_time;
  LabelSet labels;
};

// Error: ALREADY_EXISTS on key case_open where the person has an open case.
absl::Status InsertCase(db::Session& tx, const Id& organization, const CaseRecord& record);
absl::StatusOr<std::optional<CaseRecord>> FindCase(db::Session& session, const Id& organization, const Id& id);
absl::StatusOr<std::optional<CaseRecord>> FindOpenCase(db::Session& session, const Id& organization, const Id& person);
// Writes state, reason, note, labels, times and version of a case that is being closed.
absl::Status SaveClosedCase(db::Session& tx, const Id& organization, const CaseRecord& record);

struct CaseFilter {
  std::optional<Id> person;
  std::optional<CaseState> state;
};
struct CaseScan {
  std::vector<CaseRecord> cases;  // newest first
  std::optional<Id> next;         // where to go on; nothing: the end is reached
};
// Goes from `before` (nothing: from the newest) over at most kScanWindow cases until `limit` visible ones are found.
// `visible` is about k.person_id.
absl::StatusOr<CaseScan> ScanCases(db::Session& session, const Id& organization, const CaseFilter& filter,
                                   const Visible& visible, const std::optional<Id>& before, int limit);

}  // namespace trellis::caseload

#endif  // TRELLIS_SERVICES_CASELOAD_STORAGE_CASES_H_
