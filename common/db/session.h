// What a storage function works with: statements on one connection, alone or inside a transaction.
#ifndef TRELLIS_COMMON_DB_SESSION_H_
#define TRELLIS_COMMON_DB_SESSION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/status_macros.h"
#include "common/db/row.h"
#include "common/db/value.h"

namespace trellis::db {

class Loan;

// Not thread-safe; lives for one call of the body given to Pool::Read or Pool::Transact.
//
// Statements are prepared once for each connection and found again by their text: the text must not contain values.
// Results are read whole into memory: every query carries a LIMIT.
//
//   auto row = session.QueryOne<std::string, absl::Time>(
//       "SELECT title, create_time FROM note WHERE organization_id = ? AND id = ?", organization, id);
//
// Errors of every function:
//   DEADLINE_EXCEEDED    the deadline of the session passed, or the statement's time limit was reached
//   ALREADY_EXISTS       a unique key refused the row (IsDuplicateKey); metadata "key" names the key
//   FAILED_PRECONDITION  CONSTRAINT_VIOLATED: a check or a foreign key refused the row; metadata "constraint"
//   ABORTED              TRANSACTION_CONFLICT: deadlock, lock wait or snapshot conflict; Transact repeats the body
//   UNAVAILABLE          DATABASE_UNAVAILABLE: connection lost, server stopping, read-only or out of disk
//   INTERNAL             DATABASE_ERROR: anything else, a mistake of ours
class Session {
 public:
  Session(Loan& loan, absl::Time deadline, bool in_transaction)
      : loan_(loan), deadline_(deadline), in_transaction_(in_transaction) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Columns are read by type: Id, std::string, int64_t, int, double, bool, absl::Time, absl::CivilDay,
  // std::optional<T>. The query must have exactly as many columns. A vector among the arguments stands for its elements
  // (see Placeholders).
  template <typename... Columns, typename... Args>
  absl::StatusOr<std::vector<std::tuple<Columns...>>> Query(absl::string_view sql, const Args&... args) {
    std::vector<std::tuple<Columns...>> rows;
    TRELLIS_RETURN_IF_ERROR(RunQuery(sql, Arguments(args...), sizeof...(Columns), [&rows](const Row& row) {
      return ReadRow(row, rows.emplace_back(), std::index_sequence_for<Columns...>());
    }));
    return rows;
  }

  // The only row, or nothing. More than one row is INTERNAL: the query names a key, or says LIMIT 1.
  template <typename... Columns, typename... Args>
  absl::StatusOr<std::optional<std::tuple<Columns...>>> QueryOne(absl::string_view sql, const Args&... args) {
    std::optional<std::tuple<Columns...>> result;
    TRELLIS_RETURN_IF_ERROR(RunQuery(sql, Arguments(args...), sizeof...(Columns), [&result](const Row& row) {
      if (result.has_value()) return MoreThanOneRow();
      return ReadRow(row, result.emplace(), std::index_sequence_for<Columns...>());
    }));
    return result;
  }

  // Rows matched, also those that already held the new values; for INSERT rows inserted.
  template <typename... Args>
  absl::StatusOr<std::int64_t> Execute(absl::string_view sql, const Args&... args) {
    return RunUpdate(sql, Arguments(args...));
  }

  // Sends the text as it is, without preparing it: for DDL and settings.
  absl::Status ExecuteText(absl::string_view sql);

  absl::Time deadline() const { return deadline_; }
  bool in_transaction() const { return in_transaction_; }
  bool is_mariadb() const;    // otherwise MySQL
  bool tls_required() const;  // as in Settings

  // The error after which the transaction cannot be committed any more; OK while it can.
  const absl::Status& failure() const { return failure_; }

 private:
  template <typename... Args>
  static std::vector<Value> Arguments(const Args&... args) {
    std::vector<Value> out;
    out.reserve(sizeof...(args));
    (AppendArgument(out, args), ...);
    return out;
  }
  template <typename Tuple, std::size_t... I>
  static absl::Status ReadRow(const Row& row, Tuple& out, std::index_sequence<I...>) {
    absl::Status status;
    // Stops at the first column that cannot be read.
    static_cast<void>(((status = row.Get(static_cast<int>(I), &std::get<I>(out))).ok() && ...));
    return status;
  }
  static absl::Status MoreThanOneRow();

  absl::Status RunQuery(absl::string_view sql, absl::Span<const Value> args, std::size_t columns,
                        absl::FunctionRef<absl::Status(const Row&)> on_row);
  absl::StatusOr<std::int64_t> RunUpdate(absl::string_view sql, absl::Span<const Value> args);
  absl::Status Prepare();  // before each statement
  absl::Status Note(absl::Status status, absl::string_view sql);

  Loan& loan_;
  const absl::Time deadline_;
  const bool in_transaction_;
  absl::Status failure_;
};

}  // namespace trellis::db

#endif  // TRELLIS_COMMON_DB_SESSION_H_
