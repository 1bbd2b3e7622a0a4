#include "services/identity/domain/duplicate_rules.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/identity/domain/name_sound.h"
#include "services/identity/domain/text_forms.h"

namespace trellis::identity {
namespace {

// Points. Tuning values of our own, held by the cases in duplicate_rules_test and by nothing that was published: equal
// names alone are worth a look, the same day besides makes it most probable.
constexpr int kHigh = 75;
constexpr int kMedium = 50;
constexpr int kSameDate = 40;
constexpr int kSimilarDate = 20;
constexpr int kOtherDate = -40;
constexpr int kSameName = 25;
constexpr int kSimilarName = 18;
constexpr int kOtherFamilyName = -5;  // people marry
constexpr int kOtherGivenName = -15;
constexpr int kSwapped = 50;
constexpr int kSimilarSwapped = 40;
constexpr int kSharedContact = 15;  // families share them

constexpr std::size_t kMostFamilyWords = 3;
constexpr std::size_t kMostWords = 6;
constexpr int kFewestLettersForATypo = 4;
constexpr std::size_t kFewestPhoneDigits = 7;
constexpr std::size_t kPhoneDigits = 9;  // what is left of a number without country and trunk prefix

using Words = std::vector<std::string>;

enum class Agreement { kUnknown, kDifferent, kSimilar, kSame };

std::u32string CodePointsOf(const std::string& text) {
  std::u32string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80U) {
      out.push_back(byte);
    } else {
      out.back() = out.back() << 8U | byte;  // any value that is the code point's own
    }
  }
  return out;
}

// One letter more, less or other, or two neighbours changed.
bool OneTypoApart(const std::string& left, const std::string& right) {
  std::u32string a = CodePointsOf(left);
  std::u32string b = CodePointsOf(right);
  if (a.size() > b.size()) std::swap(a, b);
  if (static_cast<int>(a.size()) < kFewestLettersForATypo || b.size() - a.size() > 1) return false;
  const std::size_t at = static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin());
  if (at == a.size()) return true;
  if (a.size() < b.size()) return a.substr(at) == b.substr(at + 1);
  if (a.substr(at + 1) == b.substr(at + 1)) return true;
  return at + 1 < a.size() && a[at] == b[at + 1] && a[at + 1] == b[at] && a.substr(at + 2) == b.substr(at + 2);
}

bool Alike(const std::string& a, const std::string& b) {
  if (a == b) return true;
  const std::string sound = SoundOf(a);
  return (!sound.empty() && sound == SoundOf(b)) || OneTypoApart(a, b);
}

Words Sorted(Words words) {
  std::sort(words.begin(), words.end());
  return words;
}

bool AllAlike(const Words& some, const Words& all) {
  return std::all_of(some.begin(), some.end(), [&all](const std::string& word) {
    return std::any_of(all.begin(), all.end(), [&word](const std::string& other) { return Alike(word, other); });
  });
}

Agreement Compare(const Words& a, const Words& b) {
  if (a.empty() || b.empty()) return Agreement::kUnknown;
  if (Sorted(a) == Sorted(b) || absl::StrJoin(a, "") == absl::StrJoin(b, "")) return Agreement::kSame;
  const bool alike = a.size() <= b.size() ? AllAlike(a, b) : AllAlike(b, a);
  // Of as many words each one must find its own, in both directions.
  if (alike && a.size() == b.size() && !AllAlike(b, a)) return Agreement::kDifferent;
  return alike ? Agreement::kSimilar : Agreement::kDifferent;
}

// The better one of two ways to see it.
Agreement Better(Agreement a, Agreement b) { return std::max(a, b); }

Agreement CompareGivenNames(const PersonFacts& a, const PersonFacts& b) {
  const Agreement given = Compare(NameWords(a.given_names), NameWords(b.given_names));
  if (given == Agreement::kSame) return given;
  const Agreement preferred = Better(Compare(NameWords(a.preferred_name), NameWords(b.given_names)),
                                     Compare(NameWords(a.given_names), NameWords(b.preferred_name)));
  return preferred >= Agreement::kSimilar ? Agreement::kSimilar : given;
}

// Given and family name in each other's place, or all of a name in one field.
Agreement CompareSwapped(const PersonFacts& a, const PersonFacts& b) {
  const Words all_a = NameWords(absl::StrCat(a.given_names, " ", a.family_names));
  const Words all_b = NameWords(absl::StrCat(b.given_names, " ", b.family_names));
  if (all_a.size() < 2 || all_b.size() < 2) return Agreement::kUnknown;
  if (Sorted(all_a) == Sorted(all_b)) return Agreement::kSame;
  return std::min(Compare(NameWords(a.given_names), NameWords(b.family_names)),
                  Compare(NameWords(a.family_names), NameWords(b.given_names)));
}

std::string DigitsOf(absl::CivilDay day) {
  std::string digits = absl::FormatCivilTime(day);
  digits.erase(std::remove(digits.begin(), digits.end(), '-'), digits.end());
  return digits;
}

std::optional<absl::CivilDay> DayAndMonthChanged(absl::CivilDay day) {
  const absl::CivilDay changed(day.year(), day.day(), day.month());
  const bool exists = day.day() <= 12 && changed.day() == day.month();
  return exists && changed != day ? std::optional<absl::CivilDay>(changed) : std::nullopt;
}

Agreement CompareDates(const PersonFacts& a, const PersonFacts& b) {
  if (!a.birth_date.has_value() || !b.birth_date.has_value()) return Agreement::kUnknown;
  if (*a.birth_date == *b.birth_date) return Agreement::kSame;
  if (DayAndMonthChanged(*a.birth_date) == b.birth_date) return Agreement::kSimilar;
  const std::string left = DigitsOf(*a.birth_date);
  const std::string right = DigitsOf(*b.birth_date);
  int different = 0;
  for (std::size_t i = 0; i < left.size(); ++i) different += left[i] == right[i] ? 0 : 1;
  return different == 1 ? Agreement::kSimilar : Agreement::kDifferent;
}

std::string PhoneForm(const std::string& phone) {
  std::string digits;
  for (const char c : phone) {
    if (absl::ascii_isdigit(static_cast<unsigned char>(c))) digits.push_back(c);
  }
  if (digits.size() < kFewestPhoneDigits) return "";
  return digits.substr(digits.size() - std::min(digits.size(), kPhoneDigits));
}

std::string EmailForm(const std::string& email) { return absl::AsciiStrToLower(absl::StripAsciiWhitespace(email)); }

bool ShareOne(const Words& a, const Words& b, std::string (*form)(const std::string&)) {
  return std::any_of(a.begin(), a.end(), [&](const std::string& one) {
    const std::string wanted = form(one);
    return !wanted.empty() &&
           std::any_of(b.begin(), b.end(), [&](const std::string& other) { return form(other) == wanted; });
  });
}

// Adds up what speaks for and against.
class Weighing {
 public:
  void Add(int points, DuplicateReason reason) {
    match_.score += points;
    match_.reasons.push_back(reason);
  }
  void Against(int points) { match_.score += points; }

  void Dates(Agreement agreement) {
    if (agreement == Agreement::kSame) Add(kSameDate, DuplicateReason::kSameBirthDate);
    if (agreement == Agreement::kSimilar) Add(kSimilarDate, DuplicateReason::kSimilarBirthDate);
    if (agreement == Agreement::kDifferent) Against(kOtherDate);
  }

  void Names(Agreement family, Agreement given) {
    if (family == Agreement::kSame) Add(kSameName, DuplicateReason::kSameFamilyName);
    if (family == Agreement::kSimilar) Add(kSimilarName, DuplicateReason::kSimilarFamilyName);
    if (family == Agreement::kDifferent) Against(kOtherFamilyName);
    if (given == Agreement::kSame) Add(kSameName, DuplicateReason::kSameGivenName);
    if (given == Agreement::kSimilar) Add(kSimilarName, DuplicateReason::kSimilarGivenName);
    if (given == Agreement::kDifferent) Against(kOtherGivenName);
  }

  DuplicateMatch Result(bool contradicted) && {
    if (match_.score >= kMedium) match_.likelihood = Likelihood::kMedium;
    if (match_.score >= kHigh && !contradicted) match_.likelihood = Likelihood::kHigh;
    return std::move(match_);
  }

 private:
  DuplicateMatch match_;
};

// The key that everybody has whose word is equal, or sounds alike.
SearchKey KeyOf(const std::string& word) {
  PersonQuery query;
  query.words = {word};
  return BestKeys(query).back();  // the sound where there is one
}

void AddWords(absl::string_view name, std::size_t most, std::vector<SearchKey>& keys) {
  for (const std::string& word : NameWords(name)) {
    if (keys.size() == most) return;
    const SearchKey key = KeyOf(word);
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
  }
}

}  // namespace

DuplicateMatch CompareForDuplicate(const PersonFacts& a, const PersonFacts& b) {
  const Agreement dates = CompareDates(a, b);
  const Agreement family = Compare(NameWords(a.family_names), NameWords(b.family_names));
  const Agreement given = CompareGivenNames(a, b);
  const Agreement swapped = CompareSwapped(a, b);
  const bool straight = family >= Agreement::kSimilar && given >= Agreement::kSimilar;
  const bool crosswise = !straight && swapped >= Agreement::kSimilar;

  Weighing weighing;
  weighing.Dates(dates);
  if (crosswise) {
    weighing.Add(swapped == Agreement::kSame ? kSwapped : kSimilarSwapped, DuplicateReason::kSwappedNames);
  } else {
    weighing.Names(family, given);
  }
  if (ShareOne(a.phones, b.phones, PhoneForm)) weighing.Add(kSharedContact, DuplicateReason::kSamePhone);
  if (ShareOne(a.emails, b.emails, EmailForm)) weighing.Add(kSharedContact, DuplicateReason::kSameEmail);
  const bool other_name = !crosswise && given == Agreement::kDifferent;
  return std::move(weighing).Result(other_name || dates == Agreement::kDifferent);
}

DuplicateKeys DuplicateKeysOf(const PersonFacts& person) {
  DuplicateKeys keys;
  if (person.birth_date.has_value()) {
    const auto add = [&keys](absl::CivilDay day) {
      PersonQuery query;
      query.birth_date = day;
      for (SearchKey& key : BestKeys(query)) keys.birth_dates.push_back(std::move(key));
    };
    add(*person.birth_date);
    if (const auto changed = DayAndMonthChanged(*person.birth_date); changed.has_value()) add(*changed);
  }
  AddWords(person.family_names, kMostFamilyWords, keys.names);
  AddWords(person.given_names, kMostWords, keys.names);
  keys.fewest_names = std::min(2, static_cast<int>(keys.names.size()));
  return keys;
}

}  // namespace trellis::identity
