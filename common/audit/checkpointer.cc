#include "common/audit/checkpointer.h"

#include <tuple>

#include "common/base/status_macros.h"
#include "common/db/pool.h"

namespace trellis::audit {
namespace {

constexpr int kAtOnce = 100;
// How long the others leave a head alone that one of them has begun to sign.
constexpr absl::Duration kClaim = absl::Seconds(10);

}  // namespace

absl::StatusOr<int> Checkpointer::SignDue(absl::Time deadline) {
  TRELLIS_ASSIGN_OR_RETURN(const std::vector<Due> due, Claim(deadline));
  if (due.empty()) return 0;
  if (!options_.file.empty()) {
    std::vector<std::string> notes;
    for (const Due& one : due) notes.push_back(one.note);
    TRELLIS_RETURN_IF_ERROR(file_.Append(notes));
  }
  TRELLIS_RETURN_IF_ERROR(pool_->Transact(deadline, [&](db::Session& tx) { return Store(tx, due); }));
  return static_cast<int>(due.size());
}

// A commit can be seen before it is on disk. The claim is a commit of its own, after which all that it saw is on disk.
absl::StatusOr<std::vector<Checkpointer::Due>> Checkpointer::Claim(absl::Time deadline) const {
  std::vector<Due> due;
  TRELLIS_RETURN_IF_ERROR(pool_->Transact(deadline, [&](db::Session& tx) -> absl::Status {
    due.clear();
    TRELLIS_ASSIGN_OR_RETURN(const auto heads, (tx.Query<Id, std::int64_t, std::string>(
                                                   "SELECT organization_id, size, hash FROM audit_head WHERE "
                                                   "due_time <= ? ORDER BY due_time LIMIT ? FOR UPDATE",
                                                   clock_.Now(), kAtOnce)));
    for (const auto& [organization, size, hash] : heads) {
      const Checkpoint checkpoint{OriginOf(options_.trust_domain, options_.service, organization), size, hash};
      TRELLIS_ASSIGN_OR_RETURN(std::string note, Sign(checkpoint, key_));
      due.push_back({organization, size, std::move(note)});
      TRELLIS_RETURN_IF_ERROR(tx.Execute("UPDATE audit_head SET due_time = ? WHERE organization_id = ?",
                                         clock_.Now() + kClaim, organization)
                                  .status());
    }
    return absl::OkStatus();
  }));
  return due;
}

absl::Status Checkpointer::Store(db::Session& tx, const std::vector<Due>& due) const {
  for (const Due& one : due) {
    TRELLIS_RETURN_IF_ERROR(
        tx.Execute("INSERT INTO audit_checkpoint (organization_id, size, sign_time, note) VALUES (?, ?, ?, ?) "
                   "ON DUPLICATE KEY UPDATE note = VALUES(note)",
                   one.organization, one.size, clock_.Now(), one.note)
            .status());
    TRELLIS_RETURN_IF_ERROR(tx.Execute("UPDATE audit_head SET signed_size = ?, "
                                       "due_time = CASE WHEN size > ? THEN due_time ELSE NULL END "
                                       "WHERE organization_id = ? AND signed_size < ?",
                                       one.size, one.size, one.organization, one.size)
                                .status());
  }
  return absl::OkStatus();
}

}  // namespace trellis::audit
