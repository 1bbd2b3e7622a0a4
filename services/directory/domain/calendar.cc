#include "services/directory/domain/calendar.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"

namespace trellis::directory {
namespace {

// The number made of `count` digits at `at`; -1 where there are none.
int Digits(absl::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(text[i]))) return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

// What may follow the minutes: seconds, then a zone. Both are skipped: opening hours are local.
bool IsTail(absl::string_view tail) {
  if (tail.size() >= 3 && tail[0] == ':' && Digits(tail, 1, 2) >= 0 && Digits(tail, 1, 2) < 60) tail.remove_prefix(3);
  if (tail.empty() || tail == "Z") return true;
  return tail.size() == 6 && (tail[0] == '+' || tail[0] == '-') && Digits(tail, 1, 2) >= 0 && tail[3] == ':' &&
         Digits(tail, 4, 2) >= 0;
}

}  // namespace

std::optional<absl::CivilDay> ParseDay(absl::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const int year = Digits(text, 0, 4);
  const int month = Digits(text, 5, 2);
  const int day = Digits(text, 8, 2);
  if (year < 1 || month < 1 || day < 1) return std::nullopt;
  const absl::CivilDay result(year, month, day);
  // A day that does not exist turns into another one.
  if (result.month() != month || result.day() != day) return std::nullopt;
  return result;
}

std::string FormatDay(absl::CivilDay day) {
  return absl::StrFormat("%04d-%02d-%02d", day.year(), day.month(), day.day());
}

std::optional<std::string> ParseTimeOfDay(absl::string_view text) {
  const int hour = Digits(text, 0, 2);
  const int minute = Digits(text, 3, 2);
  if (hour < 0 || hour > 24 || minute < 0 || minute > 59 || text[2] != ':') return std::nullopt;
  if ((hour == 24 && minute != 0) || !IsTail(text.substr(5))) return std::nullopt;
  return std::string(text.substr(0, 5));
}

}  // namespace trellis::directory
