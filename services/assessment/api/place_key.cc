#include "services/assessment/api/place_key.h"

#include <cstdint>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"

namespace trellis::assessment {

std::string KeyOf(const Place& place) {
  return absl::StrCat(absl::ToUnixMicros(place.effective_time), " ", place.id.ToString());
}

absl::StatusOr<std::optional<Place>> PlaceFromKey(absl::string_view key) {
  if (key.empty()) return std::nullopt;
  const std::pair<std::string, std::string> parts = absl::StrSplit(key, absl::MaxSplits(' ', 1));
  std::int64_t micros = 0;
  const absl::StatusOr<Id> id = Id::Parse(parts.second);
  const bool readable = absl::SimpleAtoi(parts.first, &micros) && id.ok();
  const absl::Time time = absl::FromUnixMicros(micros);
  // Tokens are not signed: a made-up one may hold any time, and the database takes four-digit years only.
  if (!readable || time < EarliestEffectiveTime() || time > absl::FromUnixSeconds(253'402'300'799)) {
    return InvalidField("page_token", "is not a token of this list");
  }
  return Place{time, *id};
}

}  // namespace trellis::assessment
