#include "common/audit/bulk.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace trellis::audit {
namespace {

constexpr std::size_t kSizes[] = {64, 32, 16, 8, 4, 2, 1};

std::size_t NextSize(std::size_t left) {
  for (const std::size_t size : kSizes) {
    if (size <= left) return size;
  }
  return 1;
}

std::string Repeat(absl::string_view part, std::size_t times) {
  std::string out;
  out.reserve(times * (part.size() + 2));
  for (std::size_t i = 0; i < times; ++i) absl::StrAppend(&out, i == 0 ? "" : ", ", part);
  return out;
}

std::vector<db::Value> First(absl::Span<const db::Value> values, std::size_t count) {
  return {values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count)};
}

}  // namespace

absl::Status InsertRows(db::Session& tx, absl::string_view into, std::size_t columns,
                        absl::Span<const db::Value> values) {
  const std::string row = absl::StrCat("(", db::Placeholders(columns), ")");
  while (!values.empty()) {
    const std::size_t rows = NextSize(values.size() / columns);
    TRELLIS_RETURN_IF_ERROR(
        tx.Execute(absl::StrCat(into, " VALUES ", Repeat(row, rows)), First(values, rows * columns)).status());
    values.remove_prefix(rows * columns);
  }
  return absl::OkStatus();
}

absl::Status DeleteRows(db::Session& tx, absl::string_view from, absl::Span<const db::Value> ids) {
  while (!ids.empty()) {
    const std::size_t rows = NextSize(ids.size());
    TRELLIS_ASSIGN_OR_RETURN(const std::int64_t deleted,
                             tx.Execute(absl::StrCat(from, " IN (", db::Placeholders(rows), ")"), First(ids, rows)));
    if (deleted != static_cast<std::int64_t>(rows)) return absl::InternalError("rows to be deleted are not there");
    ids.remove_prefix(rows);
  }
  return absl::OkStatus();
}

}  // namespace trellis::audit
