// Moves records from the journal into the chains of their organizations.
#ifndef TRELLIS_COMMON_AUDIT_CHAINER_H_
#define TRELLIS_COMMON_AUDIT_CHAINER_H_

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/db/value.h"

namespace trellis::db {
class Pool;
class Session;
}  // namespace trellis::db

namespace trellis::audit {

// How long a record may wait for a signature, and how many may.
inline constexpr absl::Duration kCheckpointInterval = absl::Seconds(60);
inline constexpr std::int64_t kCheckpointRecords = 1000;

// Every replica runs one; a row lock makes them take turns, and the key (organization, sequence) lets no two of them
// extend the same head. One thread at a time.
class Chainer {
 public:
  struct Options {
    int batch = 500;  // records of one transaction
  };
  Chainer(db::Pool* pool, const Clock* clock, Options options) : pool_(pool), clock_(*clock), options_(options) {}
  Chainer(db::Pool* pool, const Clock* clock) : Chainer(pool, clock, Options()) {}

  // Until the journal is empty or the deadline comes.
  absl::Status Run(absl::Time deadline);
  // One transaction. Returns how many records found their place.
  absl::StatusOr<int> ChainOnce(absl::Time deadline);

  // How often a chain was found shorter than it had been, or another: an old copy of the database was put in its place.
  std::int64_t set_backs() const { return set_backs_; }

 private:
  struct Head {
    std::int64_t size = 0;
    std::string hash;
    std::int64_t signed_size = 0;
    std::optional<absl::Time> due;
  };
  using Heads = std::map<Id, Head>;
  struct Rows {
    std::vector<db::Value> records;
    std::vector<db::Value> persons;
    std::vector<db::Value> journal;
  };

  absl::Status Chain(db::Session& tx, Heads& heads, int& chained);
  absl::StatusOr<Head*> HeadOf(db::Session& tx, const Id& organization, Heads& heads) const;
  absl::Status Place(const Id& record, const Id& organization, std::string body, Head& head, Rows& rows) const;
  absl::Status StoreHeads(db::Session& tx, const Heads& heads) const;
  void Remember(const Heads& heads);
  void CompareWithMemory(const Id& organization, const Head& head);

  db::Pool* const pool_;
  const Clock& clock_;
  const Options options_;
  // What the chains were when this process last saw them; at most kRemembered.
  absl::flat_hash_map<Id, std::pair<std::int64_t, std::string>> seen_;
  std::int64_t set_backs_ = 0;
};

}  // namespace trellis::audit

#endif  // TRELLIS_COMMON_AUDIT_CHAINER_H_
