// Which healthcare services fit a person and a need, and in which order: rule by rule, so that the order can be
// explained.
#ifndef TRELLIS_SERVICES_REFERRAL_DOMAIN_MATCHING_H_
#define TRELLIS_SERVICES_REFERRAL_DOMAIN_MATCHING_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/civil_time.h"

namespace trellis::referral {

// The numbers are those of the contract; the order is that of the report.
enum class Rule {
  kActive = 1,
  kKind = 2,
  kAge = 3,
  kLanguage = 4,
  kDistance = 5,
  kCapacity = 6,
  kReachable = 7,
  kConsent = 8
};
enum class Verdict { kMet = 1, kNotMet = 2, kUnknown = 3 };

// What the person needs.
struct Wish {
  std::string kind;                    // a code of the directory's kinds of service
  std::optional<int> age;              // whole years; nothing: the birth date is not known
  std::vector<std::string> languages;  // BCP 47; empty: any
  int radius_meters = 0;               // 0: no bound
  int min_free_places = 1;
};

// What the directory says about one healthcare service.
struct Offer {
  std::string name;
  std::string display_name;
  bool active = false;
  std::vector<std::string> kinds;
  std::optional<int> minimum_age;
  std::optional<int> maximum_age;
  std::vector<std::string> languages;  // empty: not said
  std::optional<double> distance_meters;
  std::optional<int> free_places;  // nothing: the service does not publish its capacity
  bool reachable = false;          // an organization of this installation answers its referrals
  bool consented = false;          // a live consent covers that organization
};

struct Reason {
  Rule rule;
  Verdict verdict;
  std::vector<std::pair<std::string, std::string>> details;  // what was compared
};

struct Match {
  bool fits = false;  // no rule is NOT_MET, consent apart: it can still be asked for
  std::vector<Reason> reasons;
};

Match Evaluate(const Wish& wish, const Offer& offer);

// Best first: those that fit, then fewer rules NOT_MET, then fewer UNKNOWN, then nearer, then more free places, then by
// name. Returns indexes into `offers`; `matches` has the same length.
std::vector<std::size_t> Order(const std::vector<Offer>& offers, const std::vector<Match>& matches);

// Whole years between birth and a day; nothing where the birth lies after it.
std::optional<int> AgeAt(absl::CivilDay birth, absl::CivilDay day);

// Does a language tag satisfy a wish? "en-GB" satisfies "en"; "en" satisfies "en-GB" as well: better understood roughly
// than not at all. Case makes no difference.
bool SameLanguage(const std::string& offered, const std::string& wanted);

}  // namespace trellis::referral

#endif  // TRELLIS_SERVICES_REFERRAL_DOMAIN_MATCHING_H_
