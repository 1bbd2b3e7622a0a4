#include "common/db/session.h"

#include "common/base/error.h"
#include "common/db/errors.h"
#include "common/db/loan.h"

namespace trellis::db {

bool Session::is_mariadb() const { return loan_.connection() != nullptr && loan_.connection()->is_mariadb(); }

bool Session::tls_required() const { return loan_.settings().tls_required; }

absl::Status Session::MoreThanOneRow() {
  return Error(absl::StatusCode::kInternal, "DATABASE_ERROR", "more than one row where one was expected");
}

absl::Status Session::Prepare() {
  if (!failure_.ok()) return failure_;
  if (loan_.connection() == nullptr) return StatusOf(2006, "");
  const absl::Duration remaining = deadline_ - absl::Now();
  if (remaining <= absl::ZeroDuration()) {
    return Error(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED", "no time is left for the database");
  }
  return loan_.connection()->LimitStatements(remaining);
}

absl::Status Session::Note(absl::Status status, absl::string_view sql) {
  if (status.ok()) return status;
  const int number = ErrnoOf(status);
  if (status.code() == absl::StatusCode::kInternal || status.code() == absl::StatusCode::kUnavailable) {
    loan_.metrics().OnStatementError(number, sql);
  }
  // A body that overlooks this error must not commit half of its work.
  if (in_transaction_ && failure_.ok() && (IsConflict(number) || !loan_.usable())) failure_ = status;
  return status;
}

absl::Status Session::RunQuery(absl::string_view sql, absl::Span<const Value> args, std::size_t columns,
                               absl::FunctionRef<absl::Status(const Row&)> on_row) {
  bool delivered = false;
  const auto run = [&]() -> absl::Status {
    TRELLIS_RETURN_IF_ERROR(Prepare());
    return loan_.connection()->Query(sql, args, columns, [&](const Row& row) {
      delivered = true;
      return on_row(row);
    });
  };
  absl::Status status = run();
  // The server closes connections that idle for long, and all of them when it restarts.
  if (!status.ok() && !in_transaction_ && !delivered && !loan_.usable() && loan_.Replace(deadline_).ok()) {
    status = run();
  }
  return Note(std::move(status), sql);
}

absl::StatusOr<std::int64_t> Session::RunUpdate(absl::string_view sql, absl::Span<const Value> args) {
  absl::Status status = Prepare();
  if (!status.ok()) return Note(std::move(status), sql);
  absl::StatusOr<std::int64_t> rows = loan_.connection()->Update(sql, args);
  if (!rows.ok()) return Note(std::move(rows).status(), sql);
  return rows;
}

absl::Status Session::ExecuteText(absl::string_view sql) {
  absl::Status status = Prepare();
  if (status.ok()) status = loan_.connection()->ExecuteText(sql);
  return Note(std::move(status), sql);
}

}  // namespace trellis::db
