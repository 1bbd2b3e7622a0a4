// Days of the calendar on the wire.
#ifndef TRELLIS_COMMON_RPC_DATES_H_
#define TRELLIS_COMMON_RPC_DATES_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "common/base/error.h"
#include "trellis/types/v1/types.pb.h"

namespace trellis::rpc {

inline types::v1::Date ToDate(absl::CivilDay day) {
  types::v1::Date out;
  out.set_year(static_cast<std::int32_t>(day.year()));
  out.set_month(day.month());
  out.set_day(day.day());
  return out;
}

// Error: INVALID_ARGUMENT naming `field` for a day that its month does not have, or a year outside 1 to 9999. (A
// CivilDay made of the 31st of April would be the 1st of May.)
inline absl::StatusOr<absl::CivilDay> FromDate(const types::v1::Date& date, absl::string_view field) {
  const absl::CivilDay day(date.year(), date.month(), date.day());
  const bool exists = date.year() >= 1 && date.year() <= 9999 && day.year() == date.year() &&
                      day.month() == date.month() && day.day() == date.day();
  if (!exists) return InvalidField(field, "is not a day of the calendar");
  return day;
}

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_DATES_H_
