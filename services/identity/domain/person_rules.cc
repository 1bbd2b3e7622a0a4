#include "services/identity/domain/person_rules.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "services/identity/domain/text_forms.h"

namespace trellis::identity {
namespace {

constexpr absl::CivilDay kEarliestBirth(1850, 1, 1);

// Collects what is wrong, so that a caller learns everything at once.
class Findings {
 public:
  explicit Findings(absl::string_view prefix) : prefix_(prefix) {}
  void Add(absl::string_view field, absl::string_view what) { found_.emplace_back(absl::StrCat(prefix_, field), what); }

  absl::Status ToStatus() const {
    if (found_.empty()) return absl::OkStatus();
    Error error(absl::StatusCode::kInvalidArgument, "INVALID_FIELD", "The person's record is not acceptable.");
    for (const auto& [field, what] : found_) error.Field(field, what);
    return error;
  }

 private:
  std::string prefix_;
  std::vector<std::pair<std::string, std::string>> found_;
};

void CheckNames(const PersonFacts& person, Findings& findings) {
  const bool given = !NameWords(person.given_names).empty();
  const bool family = !NameWords(person.family_names).empty();
  if (!given && !family) findings.Add("family_names", "a given or a family name with a letter is required");
}

void CheckDates(const PersonFacts& person, absl::CivilDay today, Findings& findings) {
  if (person.birth_date.has_value()) {
    if (*person.birth_date < kEarliestBirth) findings.Add("birth_date", "must not be before 1850");
    // Tomorrow in UTC is today in the easternmost time zones.
    if (*person.birth_date > today + 1) findings.Add("birth_date", "must not be in the future");
  }
  if (!person.death_date.has_value()) return;
  if (!person.deceased) findings.Add("death_date", "only with deceased");
  if (*person.death_date > today + 1) findings.Add("death_date", "must not be in the future");
  if (person.birth_date.has_value() && *person.death_date < *person.birth_date) {
    findings.Add("death_date", "must not be before birth_date");
  }
}

void CheckIdentifiers(const PersonFacts& person, Findings& findings) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < person.identifiers.size(); ++i) {
    const auto& [system, value] = person.identifiers[i];
    const std::string canonical = CanonicalIdentifier(system, value);
    if (canonical.size() <= system.size() + 1) {
      findings.Add(absl::StrCat("identifiers[", i, "].value"), "holds no letter or digit");
    } else if (!seen.insert(canonical).second) {
      findings.Add(absl::StrCat("identifiers[", i, "]"), "is given twice");
    }
  }
}

void CheckLanguages(const PersonFacts& person, Findings& findings) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < person.languages.size(); ++i) {
    if (!seen.insert(absl::AsciiStrToLower(person.languages[i])).second) {
      findings.Add(absl::StrCat("languages[", i, "]"), "is given twice");
    }
  }
}

bool IsPhone(absl::string_view phone) {
  int digits = 0;
  for (const char c : phone) {
    if (absl::ascii_isdigit(static_cast<unsigned char>(c))) {
      ++digits;
    } else if (!absl::StrContains(" +-().", c)) {
      return false;
    }
  }
  return digits >= 3;
}

}  // namespace

absl::Status ValidatePerson(const PersonFacts& person, absl::CivilDay today, absl::string_view prefix) {
  Findings findings(prefix);
  CheckNames(person, findings);
  CheckDates(person, today, findings);
  CheckIdentifiers(person, findings);
  CheckLanguages(person, findings);
  for (std::size_t i = 0; i < person.phones.size(); ++i) {
    if (!IsPhone(person.phones[i])) {
      findings.Add(absl::StrCat("phones[", i, "]"),
                   "digits, spaces, '+', '-', '(', ')' and '.', at least three digits");
    }
  }
  return findings.ToStatus();
}

}  // namespace trellis::identity
