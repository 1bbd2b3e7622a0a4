#include "common/audit/chainer.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/time/clock.h"
#include "common/audit/bulk.h"
#include "common/audit/chain.h"
#include "common/audit/record.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"
#include "common/log/log.h"

namespace trellis::audit {
namespace {

constexpr std::size_t kRemembered = 100'000;

}  // namespace

absl::Status Chainer::Run(absl::Time deadline) {
  while (absl::Now() < deadline) {
    TRELLIS_ASSIGN_OR_RETURN(const int chained, ChainOnce(deadline));
    if (chained < options_.batch) break;
  }
  return absl::OkStatus();
}

absl::StatusOr<int> Chainer::ChainOnce(absl::Time deadline) {
  bool work = false;
  TRELLIS_RETURN_IF_ERROR(pool_->Read(deadline, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const auto row, session.QueryOne<Id>("SELECT record_id FROM audit_journal LIMIT 1"));
    work = row.has_value();
    return absl::OkStatus();
  }));
  if (!work) return 0;
  int chained = 0;
  Heads heads;
  TRELLIS_RETURN_IF_ERROR(
      pool_->Transact(deadline, [&](db::Session& tx) -> absl::Status { return Chain(tx, heads, chained); }));
  Remember(heads);
  return chained;
}

absl::Status Chainer::Chain(db::Session& tx, Heads& heads, int& chained) {
  heads.clear();
  chained = 0;
  // From here to the commit no other chainer works; what is read after this line holds all that they did.
  TRELLIS_ASSIGN_OR_RETURN(const auto turn, tx.QueryOne<int>("SELECT id FROM audit_turn WHERE id = 1 FOR UPDATE"));
  if (!turn.has_value()) return absl::InternalError("audit_turn has no row");
  TRELLIS_ASSIGN_OR_RETURN(auto waiting,
                           (tx.Query<Id, Id, std::string>("SELECT record_id, organization_id, body FROM audit_journal "
                                                          "ORDER BY record_id LIMIT ?",
                                                          options_.batch)));
  Rows rows;
  for (auto& [record, organization, body] : waiting) {
    TRELLIS_ASSIGN_OR_RETURN(Head* const head, HeadOf(tx, organization, heads));
    TRELLIS_RETURN_IF_ERROR(Place(record, organization, std::move(body), *head, rows));
    ++chained;
  }
  TRELLIS_RETURN_IF_ERROR(InsertRows(tx,
                                     "INSERT INTO audit_record (organization_id, sequence, record_id, record_time, "
                                     "user_id, method, code, hash, body)",
                                     9, rows.records));
  TRELLIS_RETURN_IF_ERROR(InsertRows(
      tx, "INSERT INTO audit_person (organization_id, person_id, record_time, sequence, disclosed)", 5, rows.persons));
  TRELLIS_RETURN_IF_ERROR(DeleteRows(tx, "DELETE FROM audit_journal WHERE record_id", rows.journal));
  return StoreHeads(tx, heads);
}

absl::StatusOr<Chainer::Head*> Chainer::HeadOf(db::Session& tx, const Id& organization, Heads& heads) const {
  const auto [place, is_new] = heads.try_emplace(organization);
  Head& head = place->second;
  if (!is_new) return &head;
  TRELLIS_ASSIGN_OR_RETURN(
      const auto row,
      (tx.QueryOne<std::int64_t, std::string, std::int64_t, std::optional<absl::Time>>(
          "SELECT size, hash, signed_size, due_time FROM audit_head WHERE organization_id = ? FOR UPDATE",
          organization)));
  if (row.has_value()) {
    std::tie(head.size, head.hash, head.signed_size, head.due) = *row;
  } else {
    head.hash = EmptyHead();
  }
  return &head;
}

absl::Status Chainer::Place(const Id& id, const Id& organization, std::string body, Head& head, Rows& rows) const {
  v1::AuditRecord record;
  // What cannot be read is chained all the same: it must not hold up the others, and the verifier will say so.
  if (!record.ParseFromString(body)) log::Error("an audit record cannot be read", {{"record", id.ToString()}});
  head.hash = Extend(head.hash, body);
  ++head.size;
  const absl::Time time = TimeOf(record);
  AddRow(rows.records, organization, head.size, id, time, IdOf(record.user()), record.method(), record.code(),
         head.hash, std::move(body));
  for (const std::string& person : record.persons()) {
    AddRow(rows.persons, organization, IdOf(person), time, head.size, !record.recipient().empty());
  }
  rows.journal.emplace_back(id);
  return absl::OkStatus();
}

absl::Status Chainer::StoreHeads(db::Session& tx, const Heads& heads) const {
  const absl::Time now = clock_.Now();
  for (const auto& [organization, head] : heads) {
    absl::Time due = head.due.value_or(now + kCheckpointInterval);
    if (head.size - head.signed_size >= kCheckpointRecords) due = std::min(due, now);
    TRELLIS_RETURN_IF_ERROR(
        tx.Execute("INSERT INTO audit_head (organization_id, size, hash, signed_size, due_time) VALUES (?, ?, ?, 0, ?) "
                   "ON DUPLICATE KEY UPDATE size = VALUES(size), hash = VALUES(hash), due_time = VALUES(due_time)",
                   organization, head.size, head.hash, due)
            .status());
  }
  return absl::OkStatus();
}

void Chainer::Remember(const Heads& heads) {
  for (const auto& [organization, head] : heads) {
    CompareWithMemory(organization, head);
    if (seen_.size() >= kRemembered) seen_.clear();
    seen_[organization] = {head.size, head.hash};
  }
}

void Chainer::CompareWithMemory(const Id& organization, const Head& head) {
  const auto found = seen_.find(organization);
  if (found == seen_.end() || head.size > found->second.first) return;
  ++set_backs_;
  log::Error(
      "an audit chain has gone back: records were removed, or an old copy of the database is in its place",
      {{"organization", organization.ToString()}, {"records", head.size}, {"records_before", found->second.first}});
}

}  // namespace trellis::audit
