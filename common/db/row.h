// One row of a result, read by type.
#ifndef TRELLIS_COMMON_DB_ROW_H_
#define TRELLIS_COMMON_DB_ROW_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/base/status_macros.h"

namespace sql {
class ResultSet;
class ResultSetMetaData;
}  // namespace sql

namespace trellis::db {

// Columns count from 0. Every reader returns INTERNAL when the column is NULL and the target is not optional, when the
// column is of another type, or when its value does not fit: a lost value never reads as 0 or "".
// Lives for one call of the statement that made it.
class Row {
 public:
  Row(sql::ResultSet& result, sql::ResultSetMetaData& types) : result_(result), types_(types) {}

  absl::Status Get(int column, std::int64_t* out) const;
  absl::Status Get(int column, int* out) const;
  absl::Status Get(int column, bool* out) const;
  absl::Status Get(int column, double* out) const;
  absl::Status Get(int column, std::string* out) const;
  absl::Status Get(int column, Id* out) const;
  absl::Status Get(int column, absl::Time* out) const;
  absl::Status Get(int column, absl::CivilDay* out) const;
  template <typename T>
  absl::Status Get(int column, std::optional<T>* out) const {
    if (IsNull(column)) {
      out->reset();
      return absl::OkStatus();
    }
    return Get(column, &out->emplace());
  }

  bool IsNull(int column) const;

 private:
  absl::Status RequireValue(int column) const;
  int TypeOf(int column) const;

  sql::ResultSet& result_;
  sql::ResultSetMetaData& types_;
};

}  // namespace trellis::db

#endif  // TRELLIS_COMMON_DB_ROW_H_
