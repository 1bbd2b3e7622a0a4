#include "services/referral/domain/matching.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace trellis::referral {
namespace {

Verdict Met(bool met) { return met ? Verdict::kMet : Verdict::kNotMet; }

Reason Age(const Wish& wish, const Offer& offer) {
  Reason reason{Rule::kAge, Verdict::kMet, {}};
  if (wish.age.has_value()) reason.details.emplace_back("age", absl::StrCat(*wish.age));
  if (offer.minimum_age.has_value()) reason.details.emplace_back("minimum_age", absl::StrCat(*offer.minimum_age));
  if (offer.maximum_age.has_value()) reason.details.emplace_back("maximum_age", absl::StrCat(*offer.maximum_age));
  if (!offer.minimum_age.has_value() && !offer.maximum_age.has_value()) return reason;  // open to every age
  if (!wish.age.has_value()) {
    reason.verdict = Verdict::kUnknown;
    return reason;
  }
  reason.verdict = Met(*wish.age >= offer.minimum_age.value_or(0) &&
                       *wish.age <= offer.maximum_age.value_or(std::numeric_limits<int>::max()));
  return reason;
}

Reason Language(const Wish& wish, const Offer& offer) {
  Reason reason{Rule::kLanguage, Verdict::kMet, {}};
  if (wish.languages.empty()) return reason;
  reason.details.emplace_back("wanted", absl::StrJoin(wish.languages, ","));
  if (offer.languages.empty()) {
    reason.verdict = Verdict::kUnknown;
    return reason;
  }
  reason.details.emplace_back("languages", absl::StrJoin(offer.languages, ","));
  const bool shared = std::any_of(offer.languages.begin(), offer.languages.end(), [&](const std::string& offered) {
    return std::any_of(wish.languages.begin(), wish.languages.end(),
                       [&](const std::string& wanted) { return SameLanguage(offered, wanted); });
  });
  reason.verdict = Met(shared);
  return reason;
}

Reason Distance(const Wish& wish, const Offer& offer) {
  Reason reason{Rule::kDistance, Verdict::kMet, {}};
  if (offer.distance_meters.has_value()) {
    reason.details.emplace_back("distance_meters", absl::StrFormat("%.0f", *offer.distance_meters));
  }
  if (wish.radius_meters > 0) reason.details.emplace_back("radius_meters", absl::StrCat(wish.radius_meters));
  if (!offer.distance_meters.has_value()) {
    reason.verdict = Verdict::kUnknown;
  } else if (wish.radius_meters > 0) {
    reason.verdict = Met(*offer.distance_meters <= wish.radius_meters);
  }
  return reason;
}

Reason Capacity(const Wish& wish, const Offer& offer) {
  Reason reason{Rule::kCapacity, Verdict::kUnknown, {}};
  reason.details.emplace_back("min_free_places", absl::StrCat(wish.min_free_places));
  if (!offer.free_places.has_value()) return reason;
  reason.details.emplace_back("free_places", absl::StrCat(*offer.free_places));
  reason.verdict = Met(*offer.free_places >= wish.min_free_places);
  return reason;
}

int CountOf(const Match& match, Verdict verdict) {
  return static_cast<int>(std::count_if(match.reasons.begin(), match.reasons.end(), [&](const Reason& reason) {
    return reason.verdict == verdict && reason.rule != Rule::kConsent;
  }));
}

}  // namespace

Match Evaluate(const Wish& wish, const Offer& offer) {
  const bool of_kind = std::find(offer.kinds.begin(), offer.kinds.end(), wish.kind) != offer.kinds.end();
  Match match;
  match.reasons = {
      {Rule::kActive, Met(offer.active), {}},
      {Rule::kKind, Met(of_kind), {{"kinds", absl::StrJoin(offer.kinds, ",")}}},
      Age(wish, offer),
      Language(wish, offer),
      Distance(wish, offer),
      Capacity(wish, offer),
      {Rule::kReachable, Met(offer.reachable), {}},
      {Rule::kConsent, Met(offer.consented), {}},
  };
  match.fits = CountOf(match, Verdict::kNotMet) == 0;
  return match;
}

std::vector<std::size_t> Order(const std::vector<Offer>& offers, const std::vector<Match>& matches) {
  std::vector<std::size_t> order(offers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto key = [&](std::size_t i) {
    const double distance = offers[i].distance_meters.value_or(std::numeric_limits<double>::infinity());
    return std::make_tuple(CountOf(matches[i], Verdict::kNotMet), CountOf(matches[i], Verdict::kUnknown), distance,
                           -offers[i].free_places.value_or(0), absl::string_view(offers[i].display_name),
                           absl::string_view(offers[i].name));
  };
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
  return order;
}

std::optional<int> AgeAt(absl::CivilDay birth, absl::CivilDay day) {
  if (birth > day) return std::nullopt;
  const bool had_birthday = std::make_pair(day.month(), day.day()) >= std::make_pair(birth.month(), birth.day());
  return static_cast<int>(day.year() - birth.year()) - (had_birthday ? 0 : 1);
}

bool SameLanguage(const std::string& offered, const std::string& wanted) {
  const std::string a = absl::AsciiStrToLower(offered);
  const std::string b = absl::AsciiStrToLower(wanted);
  return a == b || absl::StartsWith(a, b + "-") || absl::StartsWith(b, a + "-");
}

}  // namespace trellis::referral
