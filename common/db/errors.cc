#include "common/db/errors.h"

#include <array>
#include <string>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/error.h"

namespace trellis::db {
namespace {

constexpr char kErrnoPayload[] = "trellis/db_errno";

// Deadlock; lock wait; record changed (snapshot isolation); group replication: rolled back; Galera: not ready.
constexpr std::array kConflicts = {1213, 1205, 1020, 3101, 1047};
// Server stopping; connection killed; aborted connections; the server has become read-only.
constexpr std::array kConnectionLost = {1053, 1927, 1152, 1158, 1159, 1160, 1161, 1184, 1290, 1836, 1792, 1047};
// Query killed, statement time (MariaDB, MySQL).
constexpr std::array kStatementTime = {1969, 3024};
// Disk full in its many shapes, too many connections, a killed query.
constexpr std::array kUnavailable = {3, 1021, 1026, 1114, 1030, 1040, 1203, 1226, 1317};
// CHECK (MariaDB, MySQL), foreign keys.
constexpr std::array kConstraints = {4025, 3819, 1451, 1452};

template <std::size_t N>
bool In(const std::array<int, N>& numbers, int number) {
  return absl::c_linear_search(numbers, number);
}

bool IsClientError(int number) { return number >= 2000 && number <= 2999; }

// The last name in quotes of any kind that follows `marker`; "" where there is none. A message may quote a value before
// it, and a value may hold anything, so the search starts at the end.
std::string NameAfter(absl::string_view message, absl::string_view marker) {
  const std::size_t at = message.rfind(marker);
  if (at == absl::string_view::npos) return "";
  message.remove_prefix(at + marker.size());
  const std::size_t end = message.find_first_of("'`");
  return std::string(message.substr(0, end));
}

std::string KeyName(absl::string_view message) {
  std::string name = NameAfter(message, "for key '");
  const std::size_t dot = name.rfind('.');  // MySQL puts the table before it
  return dot == std::string::npos ? name : name.substr(dot + 1);
}

std::string ConstraintName(absl::string_view message) {
  for (absl::string_view marker : {"CONSTRAINT `", "heck constraint '"}) {
    std::string name = NameAfter(message, marker);
    if (!name.empty()) return name;
  }
  return "";
}

absl::Status Classify(int number, absl::string_view message) {
  using absl::StatusCode;
  if (number == 1062) {
    return Error(StatusCode::kAlreadyExists, "ALREADY_EXISTS", "a record with this key exists already")
        .With("key", KeyName(message));
  }
  if (In(kConstraints, number)) {
    return Error(StatusCode::kFailedPrecondition, "CONSTRAINT_VIOLATED", "the change would break a rule of the records")
        .With("constraint", ConstraintName(message));
  }
  if (In(kConflicts, number)) {
    return Error(StatusCode::kAborted, "TRANSACTION_CONFLICT", "another change was in the way; try again");
  }
  if (In(kStatementTime, number)) {
    return Error(StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED", "the database did not answer in time");
  }
  if (IsConnectionLost(number) || In(kUnavailable, number)) {
    return Error(StatusCode::kUnavailable, "DATABASE_UNAVAILABLE", "the database is not available at the moment");
  }
  return Error(StatusCode::kInternal, "DATABASE_ERROR",
               absl::StrCat("the database refused a statement (", number, ")"));
}

std::string MetadataOf(const absl::Status& status, absl::string_view key) {
  const std::optional<ErrorDetails> details = DetailsOf(status);
  if (!details.has_value()) return "";
  for (const auto& [name, value] : details->metadata) {
    if (name == key) return value;
  }
  return "";
}

}  // namespace

absl::Status StatusOf(int database_errno, absl::string_view server_message) {
  absl::Status status = Classify(database_errno, server_message);
  status.SetPayload(kErrnoPayload, absl::Cord(absl::StrCat(database_errno)));
  return status;
}

int ErrnoOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kErrnoPayload);
  int number = 0;
  return payload.has_value() && absl::SimpleAtoi(std::string(*payload), &number) ? number : 0;
}

bool IsDuplicateKey(const absl::Status& status) { return ErrnoOf(status) == 1062; }

bool IsDuplicateKey(const absl::Status& status, absl::string_view key) {
  return IsDuplicateKey(status) && MetadataOf(status, "key") == key;
}

bool IsConstraintViolation(const absl::Status& status) { return In(kConstraints, ErrnoOf(status)); }

bool IsConflict(int database_errno) { return In(kConflicts, database_errno); }

bool IsConnectionLost(int database_errno) {
  return database_errno < 0 || IsClientError(database_errno) || In(kConnectionLost, database_errno);
}

bool IsUnknownAtCommit(int database_errno) {
  // What a server says when it has certainly not committed; everything else leaves doubt.
  constexpr std::array kNotCommitted = {1213, 1205, 1020, 3101, 1047, 1180, 1290, 1836, 1792};
  return !In(kNotCommitted, database_errno);
}

}  // namespace trellis::db
