// Pool::Transact: begin, body, commit, and what to do when one of them fails.
#include <chrono>
#include <thread>
#include <utility>

#include "common/base/error.h"
#include "common/base/random.h"
#include "common/db/connection.h"
#include "common/db/errors.h"
#include "common/db/loan.h"
#include "common/db/pool.h"

namespace trellis::db {
namespace {

absl::Status CommitUnknown() {
  return Error(absl::StatusCode::kUnavailable, "COMMIT_UNKNOWN",
               "the connection was lost while the change was being made; it may or may not have been made");
}

absl::Status NoTimeLeft() {
  return Error(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED", "no time is left for the database");
}

// 5..10 ms, 20..40 ms, 80..160 ms: transactions that met once shall not meet again. After a lost connection ten times
// as long, which is about what a server needs to come back.
absl::Duration PauseBefore(int next_try, bool lost) {
  absl::Duration longest = absl::Milliseconds(10);
  for (int i = 2; i < next_try; ++i) longest *= 4;
  if (lost) longest *= 10;
  const double share = 0.5 + 0.5 * static_cast<double>(SystemRandom().Below(1000)) / 1000;
  return share * longest;
}

// The error that is left when the last try has failed as well.
bool LeavesDoubt(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsAborted(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsResourceExhausted(status);
}

}  // namespace

struct Pool::Attempt {
  enum class End {
    kFinal,    // done, or failed for a reason of its own
    kAgain,    // undone, may succeed when it is run again
    kLost,     // undone because the connection was lost before COMMIT was sent
    kUnknown,  // COMMIT was sent and not answered
  };
  End end;
  absl::Status status;
};

absl::Status Pool::Transact(absl::Time deadline, TransactOptions options,
                            absl::FunctionRef<absl::Status(Session&)> body) {
  using End = Attempt::End;
  const absl::Time start = absl::Now();
  bool in_doubt = false;  // an earlier try may have been committed
  bool begun = false;     // an earlier try reached the database
  absl::Status result;
  for (int number = 1;; ++number) {
    Attempt attempt = TryTransaction(deadline, body);
    result = std::move(attempt.status);
    if (attempt.end == End::kUnknown) {
      in_doubt = true;
      if (!options.repeatable_after_unknown_commit) break;
    }
    // A database that was there a moment ago may be restarting.
    const bool may_return = begun && absl::IsUnavailable(result);
    if (attempt.end == End::kFinal && !may_return) break;
    begun = true;
    if (number >= options_.max_tries) break;
    const absl::Duration pause = PauseBefore(number + 1, attempt.end != End::kAgain);
    if (absl::Now() + pause >= deadline) break;
    metrics_.OnRetry(ErrnoOf(result));
    std::this_thread::sleep_for(absl::ToChronoNanoseconds(pause));
  }
  if (in_doubt && LeavesDoubt(result)) result = CommitUnknown();
  metrics_.OnTransaction(result, absl::Now() - start);
  return result;
}

Pool::Attempt Pool::TryTransaction(absl::Time deadline, absl::FunctionRef<absl::Status(Session&)> body) {
  using End = Attempt::End;
  absl::StatusOr<std::unique_ptr<Connection>> connection = Acquire(deadline);
  if (!connection.ok()) return {End::kFinal, std::move(connection).status()};
  Loan loan(*this, *std::move(connection), /*pooled=*/true);

  absl::Status status = loan.connection()->ExecuteText("START TRANSACTION");
  if (!status.ok() && !loan.usable()) {  // it was closed while it was idle
    status = loan.Replace(deadline);
    if (status.ok()) status = loan.connection()->ExecuteText("START TRANSACTION");
  }
  if (!status.ok()) return {End::kFinal, std::move(status)};
  loan.set_in_transaction(true);

  Session session(loan, deadline, /*in_transaction=*/true);
  status = body(session);
  if (status.ok() && session.failure().ok()) return Commit(loan, deadline);

  if (loan.usable() && loan.connection()->ExecuteText("ROLLBACK").ok()) loan.set_in_transaction(false);
  if (session.failure().ok()) return {End::kFinal, std::move(status)};
  return {loan.usable() ? End::kAgain : End::kLost, session.failure()};
}

Pool::Attempt Pool::Commit(Loan& loan, absl::Time deadline) {
  using End = Attempt::End;
  if (absl::Now() >= deadline) return {End::kFinal, NoTimeLeft()};  // the loan throws the connection away
  absl::Status status = loan.connection()->ExecuteText("COMMIT");
  if (status.ok()) {
    loan.set_in_transaction(false);
    return {End::kFinal, absl::OkStatus()};
  }
  const int number = ErrnoOf(status);
  metrics_.OnStatementError(number, "COMMIT");
  if (IsUnknownAtCommit(number)) return {End::kUnknown, CommitUnknown()};
  constexpr int kErrorDuringCommit = 1180;
  const bool again = IsConflict(number) || number == kErrorDuringCommit;
  if (loan.usable() && loan.connection()->ExecuteText("ROLLBACK").ok()) loan.set_in_transaction(false);
  return {again ? End::kAgain : End::kFinal, std::move(status)};
}

}  // namespace trellis::db
