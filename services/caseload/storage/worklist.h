// Rows of worklist_entry and worklist_line: the worklist, kept ready.
#ifndef TRELLIS_SERVICES_CASELOAD_STORAGE_WORKLIST_H_
#define TRELLIS_SERVICES_CASELOAD_STORAGE_WORKLIST_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/db/session.h"
#include "services/caseload/storage/visible.h"

namespace trellis::caseload {

struct EntryRecord {
  Id person;
  Id case_id;
  Id coordinator;
  int priority = 0;
  std::string sort_key;
  std::optional<absl::Time> next_change;
  std::string entry;  // serialized
};

// All changes expect the person's lock.
absl::Status SaveEntry(db::Session& tx, const Id& organization, const EntryRecord& entry);
absl::Status DeleteEntry(db::Session& tx, const Id& organization, const Id& person);

// A relation of `subject` (user of the care team, population) to the person: her case is to be found under it.
absl::Status PutLine(db::Session& tx, const Id& organization, const Id& subject, const Id& person);
absl::Status DropLine(db::Session& tx, const Id& organization, const Id& subject, const Id& person);
// The same for every relation to the person that the replica of the access relations holds now.
absl::Status PutLinesFromRelations(db::Session& tx, const Id& organization, const Id& person);

struct ListedEntry {
  std::string sort_key;
  std::string entry;
};
// Most urgent first, after `after_key` ("": from the first). `visible` is about w.person_id.
absl::StatusOr<std::vector<ListedEntry>> EntriesOfSubject(db::Session& session, const Id& organization,
                                                          const Id& subject, const std::string& after_key,
                                                          const Visible& visible, int limit);
// `visible` is about e.person_id.
absl::StatusOr<std::vector<ListedEntry>> EntriesOfCoordinator(db::Session& session, const Id& organization,
                                                              const Id& coordinator, const std::string& after_key,
                                                              const Visible& visible, int limit);

// Persons (with their organization) whose line time has changed by `now`, longest overdue first.
absl::StatusOr<std::vector<std::pair<Id, Id>>> DueEntries(db::Session& session, absl::Time now, int limit);

}  // namespace trellis::caseload

#endif  // TRELLIS_SERVICES_CASELOAD_STORAGE_WORKLIST_H_
