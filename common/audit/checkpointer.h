// Signs how far each chain has come: within a minute, or a thousand records, of what was recorded.
#ifndef TRELLIS_COMMON_AUDIT_CHECKPOINTER_H_
#define TRELLIS_COMMON_AUDIT_CHECKPOINTER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/audit/checkpoint.h"
#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/crypto/signing_key.h"

namespace trellis::db {
class Pool;
class Session;
}  // namespace trellis::db

namespace trellis::audit {

// Every replica runs one; a claim keeps them from signing the same head at one time, and it would do no harm.
// One thread at a time.
class Checkpointer {
 public:
  struct Options {
    std::string trust_domain;
    std::string service;
    std::string file;  // where notes go besides the database; empty: nowhere
  };
  // The pointers outlive the checkpointer.
  Checkpointer(Options options, db::Pool* pool, const Clock* clock, const crypto::SigningKey* key)
      : options_(std::move(options)), pool_(pool), clock_(*clock), key_(*key), file_(options_.file) {}

  // Signs what is due. Returns how many checkpoints. A head is signed only once it is certain that no crash undoes it,
  // and the file comes first: a checkpoint that the database shows is in the file, too.
  absl::StatusOr<int> SignDue(absl::Time deadline);

 private:
  struct Due {
    Id organization;
    std::int64_t size;
    std::string note;
  };
  absl::StatusOr<std::vector<Due>> Claim(absl::Time deadline) const;
  absl::Status Store(db::Session& tx, const std::vector<Due>& due) const;

  const Options options_;
  db::Pool* const pool_;
  const Clock& clock_;
  const crypto::SigningKey& key_;
  const CheckpointFile file_;
};

}  // namespace trellis::audit

#endif  // TRELLIS_COMMON_AUDIT_CHECKPOINTER_H_
