// Reads the chains: what the privacy officer asks for, and what a verifier needs.
#ifndef TRELLIS_COMMON_AUDIT_READER_H_
#define TRELLIS_COMMON_AUDIT_READER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/db/session.h"

namespace trellis::audit {

// Where a page begins: after this record.
struct RecordKey {
  absl::Time time;
  std::int64_t sequence = 0;
};

struct RecordFilter {
  Id organization;
  std::optional<Id> person;
  bool disclosed = false;  // only with `person`
  std::optional<Id> user;
  std::string method;
  std::optional<int> code;
  std::optional<absl::Time> begin;
  std::optional<absl::Time> end;
  std::optional<RecordKey> after;
  int limit = 0;
};

struct StoredRecord {
  RecordKey key;
  std::string body;
};

struct StoredLink {
  std::int64_t sequence = 0;
  std::string body;
  std::string hash;
};

struct StoredCheckpoint {
  std::int64_t size = 0;
  absl::Time sign_time;
  std::string note;
};

// Newest first. One index for each of person, user, method and code serves it; filters beside that are looked at row by
// row.
absl::StatusOr<std::vector<StoredRecord>> ListRecords(db::Session& session, const RecordFilter& filter);

absl::StatusOr<std::vector<StoredLink>> ReadLinks(db::Session& session, const Id& organization, std::int64_t after,
                                                  int limit);

absl::StatusOr<std::vector<StoredCheckpoint>> ListCheckpoints(db::Session& session, const Id& organization,
                                                              std::int64_t after_size, int limit);
absl::StatusOr<std::optional<StoredCheckpoint>> NewestCheckpoint(db::Session& session, const Id& organization);

}  // namespace trellis::audit

#endif  // TRELLIS_COMMON_AUDIT_READER_H_
