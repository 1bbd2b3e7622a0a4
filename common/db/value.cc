#include "common/db/value.h"

#include <cmath>

#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace trellis::db {
namespace {

bool IsStorableYear(absl::civil_year_t year) { return year >= 1 && year <= 9999; }

}  // namespace

Value::Value(absl::Time time) : content_(Unusable()) {
  if (time == absl::InfiniteFuture() || time == absl::InfinitePast()) return;
  const absl::TimeZone::CivilInfo parts = absl::UTCTimeZone().At(time);
  if (!IsStorableYear(parts.cs.year())) return;
  content_ = absl::StrFormat("%04d-%02d-%02d %02d:%02d:%02d.%06d", parts.cs.year(), parts.cs.month(), parts.cs.day(),
                             parts.cs.hour(), parts.cs.minute(), parts.cs.second(),
                             absl::ToInt64Microseconds(parts.subsecond));
}

Value::Value(absl::CivilDay day) : content_(Unusable()) {
  if (!IsStorableYear(day.year())) return;
  content_ = absl::StrFormat("%04d-%02d-%02d", day.year(), day.month(), day.day());
}

Value::Content Value::FromDouble(double number) {
  if (!std::isfinite(number)) return Unusable();
  return number;
}

std::string Placeholders(std::size_t n) {
  std::string out;
  out.reserve(2 * n);
  for (std::size_t i = 0; i < n; ++i) out += i == 0 ? "?" : ",?";
  return out;
}

std::string EscapeLike(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"%", "\\%"}, {"_", "\\_"}});
}

}  // namespace trellis::db
