// Days and times of day as HSDS writes them.
#ifndef TRELLIS_SERVICES_DIRECTORY_DOMAIN_CALENDAR_H_
#define TRELLIS_SERVICES_DIRECTORY_DOMAIN_CALENDAR_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"

namespace trellis::directory {

// "2024-02-29"; years 1 to 9999, a day that exists. Nothing for anything else.
std::optional<absl::CivilDay> ParseDay(absl::string_view text);
std::string FormatDay(absl::CivilDay day);

// "10:00", "10:00:00", "10:00Z", "10:00:00+01:00" become "10:00"; nothing for anything else.
std::optional<std::string> ParseTimeOfDay(absl::string_view text);

}  // namespace trellis::directory

#endif  // TRELLIS_SERVICES_DIRECTORY_DOMAIN_CALENDAR_H_
