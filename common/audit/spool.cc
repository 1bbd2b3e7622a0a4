#include "common/audit/spool.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/audit/record.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"
#include "common/log/log.h"

namespace trellis::audit {
namespace {

namespace fs = std::filesystem;

constexpr char kEnding[] = ".spool";
constexpr std::size_t kAtOnce = 256;  // records of one transaction

// Whether an earlier transaction, whose answer was lost, has written the record: it waits in the journal or stands in
// its chain. The caller holds the chainers' turn, so that it cannot move from one to the other meanwhile.
absl::StatusOr<bool> IsThere(db::Session& tx, const JournalRow& row) {
  TRELLIS_ASSIGN_OR_RETURN(const auto waiting,
                           tx.QueryOne<int>("SELECT 1 FROM audit_journal WHERE record_id = ? AND organization_id = ?",
                                            row.record, row.organization));
  if (waiting.has_value()) return true;
  v1::AuditRecord record;
  record.ParseFromString(row.body);  // what cannot be read has the time that the chainer gives it
  TRELLIS_ASSIGN_OR_RETURN(
      const auto chained,
      tx.QueryOne<int>("SELECT 1 FROM audit_record WHERE organization_id = ? AND record_time = ? AND record_id = ?",
                       row.organization, TimeOf(record), row.record));
  return chained.has_value();
}

absl::Status Insert(db::Session& tx, const std::vector<JournalRow>& rows) {
  TRELLIS_ASSIGN_OR_RETURN(const auto turn, tx.QueryOne<int>("SELECT id FROM audit_turn WHERE id = 1 FOR UPDATE"));
  if (!turn.has_value()) return absl::InternalError("audit_turn has no row");
  std::vector<JournalRow> missing;
  for (const JournalRow& row : rows) {
    TRELLIS_ASSIGN_OR_RETURN(const bool there, IsThere(tx, row));
    if (!there) missing.push_back(row);
  }
  return Append(tx, missing);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Spool>> Spool::Open(Options options, IdGenerator* ids) {
  const std::string path = absl::StrCat(options.folder, "/", options.service, ".lock");
  const int lock = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (lock < 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("--audit-spool: ", options.folder, " is no folder that this process may write"));
  }
  if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
    close(lock);
    return absl::FailedPreconditionError(
        absl::StrCat("--audit-spool: another process of this service uses ", options.folder, "; give each its own"));
  }
  std::unique_ptr<Spool> spool(new Spool(std::move(options), ids, lock));
  TRELLIS_RETURN_IF_ERROR(spool->FindLeftOver());
  return spool;
}

Spool::~Spool() { close(lock_); }

absl::Status Spool::FindLeftOver() {
  const std::string beginning = absl::StrCat(options_.service, "-");
  absl::MutexLock lock(&mutex_);
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(options_.folder, error)) {
    const std::string name = entry.path().filename().string();
    if (!absl::StartsWith(name, beginning) || !absl::EndsWith(name, kEnding)) continue;
    const std::uintmax_t size = entry.file_size(error);
    if (error) break;
    pieces_.push_back({.path = entry.path().string(), .size = static_cast<std::int64_t>(size)});
  }
  if (error) {
    return absl::FailedPreconditionError(
        absl::StrCat("--audit-spool: ", options_.folder, " cannot be looked through: ", error.message()));
  }
  // Ids sort by the time they were made.
  std::sort(pieces_.begin(), pieces_.end(), [](const Piece& a, const Piece& b) { return a.path < b.path; });
  if (!pieces_.empty()) log::Warning("audit records of an earlier run wait", {{"bytes", BytesLocked()}});
  return absl::OkStatus();
}

absl::Status Spool::Append(absl::Span<const JournalRow> rows) {
  database_is_away_ = true;
  absl::MutexLock lock(&mutex_);
  if (BytesLocked() >= options_.most_bytes) {
    return absl::ResourceExhaustedError(absl::StrCat(options_.most_bytes, " bytes of audit records wait already"));
  }
  if (!open_.has_value()) {
    const std::string path = absl::StrCat(options_.folder, "/", options_.service, "-", ids_.Next().ToString(), kEnding);
    absl::StatusOr<SpoolFile> made = SpoolFile::Create(path);
    if (!made.ok()) {
      unlink(path.c_str());
      return made.status();
    }
    pieces_.push_back({.path = path, .size = made->size()});
    open_.emplace(*std::move(made));
  }
  const absl::Status appended = open_->Append(rows);
  pieces_.back().size = open_->size();
  if (!appended.ok()) open_.reset();
  return appended;
}

bool Spool::empty() const {
  absl::MutexLock lock(&mutex_);
  return pieces_.empty();
}

std::int64_t Spool::bytes() const {
  absl::MutexLock lock(&mutex_);
  return BytesLocked();
}

std::int64_t Spool::BytesLocked() const {
  std::int64_t bytes = 0;
  for (const Piece& piece : pieces_) bytes += piece.size - piece.drained;
  return bytes;
}

std::optional<Spool::Piece> Spool::Front() const {
  absl::MutexLock lock(&mutex_);
  return pieces_.empty() ? std::nullopt : std::optional<Piece>(pieces_.front());
}

void Spool::Advance(std::int64_t drained) {
  absl::MutexLock lock(&mutex_);
  pieces_.front().drained = drained;
}

void Spool::Finish(const Piece& piece, bool torn) {
  absl::MutexLock lock(&mutex_);
  if (pieces_.front().size != piece.size) return;  // more has come
  if (pieces_.size() == 1) open_.reset();
  pieces_.pop_front();
  if (!torn) {
    unlink(piece.path.c_str());
    return;
  }
  // Half of a record whose call was never answered, if a crash left it; anything else somebody has to look at.
  log::Error("an audit spool ends in what is no record and is kept aside",
             {{"file", piece.path}, {"offset", piece.drained}});
  rename(piece.path.c_str(), absl::StrCat(piece.path, ".torn").c_str());
}

absl::Status Spool::Drain(db::Pool& pool, absl::Time deadline) {
  while (absl::Now() < deadline) {
    const std::optional<Piece> piece = Front();
    if (!piece.has_value()) {
      database_is_away_ = false;
      return absl::OkStatus();
    }
    TRELLIS_ASSIGN_OR_RETURN(const SpoolPart part, ReadSpool(piece->path, piece->drained, piece->size, kAtOnce));
    if (part.rows.empty()) {
      Finish(*piece, part.torn);
      continue;
    }
    TRELLIS_RETURN_IF_ERROR(pool.Transact(deadline, [&](db::Session& tx) { return Insert(tx, part.rows); }));
    database_is_away_ = false;
    Advance(part.next);
  }
  return absl::OkStatus();
}

}  // namespace trellis::audit
