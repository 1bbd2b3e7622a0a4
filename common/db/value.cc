#include "common/db/value.h"

#include <cmath>

#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace trellis::db {
namespace {

bool IsStorableYear(absl::civil_year_t year) { return year >= 1 && year <= 9999; }

// Exactly so many digits. Formatting a time in the usual ways costs as much as sending it to the database.
void PutDigits(std::int64_t number, int digits, char* out) {
  for (int i = digits - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
}

}  // namespace

Value::Value(absl::Time time) : content_(Unusable()) {
  if (time == absl::InfiniteFuture() || time == absl::InfinitePast()) return;
  const absl::TimeZone::CivilInfo parts = absl::UTCTimeZone().At(time);
  if (!IsStorableYear(parts.cs.year())) return;
  std::string text = "0000-00-00 00:00:00.000000";
  PutDigits(parts.cs.year(), 4, &text[0]);
  PutDigits(parts.cs.month(), 2, &text[5]);
  PutDigits(parts.cs.day(), 2, &text[8]);
  PutDigits(parts.cs.hour(), 2, &text[11]);
  PutDigits(parts.cs.minute(), 2, &text[14]);
  PutDigits(parts.cs.second(), 2, &text[17]);
  PutDigits(absl::ToInt64Microseconds(parts.subsecond), 6, &text[20]);
  content_ = std::move(text);
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
