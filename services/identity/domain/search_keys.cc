#include "services/identity/domain/search_keys.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "services/identity/domain/name_sound.h"
#include "services/identity/domain/text_forms.h"

namespace trellis::identity {
namespace {

// Few lengths: each says something about the name to whoever reads the index, and what is between is confirmed on the
// record.
constexpr int kPrefixes[] = {1, 2, 3, 5};
constexpr std::size_t kMostQueryWords = 8;

std::vector<std::string> WordsOf(const PersonFacts& person) {
  std::vector<std::string> words;
  for (const std::string* name : {&person.given_names, &person.family_names, &person.preferred_name}) {
    for (std::string& word : NameWords(*name)) words.push_back(std::move(word));
  }
  return words;
}

// One letter would find a large part of everybody, except where one sign is a syllable or a word.
int ShortestPrefix(absl::string_view word) { return FirstCodePoints(word, 1).size() >= 3 ? 1 : 2; }

SearchKey PrefixKey(absl::string_view word, int length) {
  return {SearchKind::kName, absl::StrCat("p:", FirstCodePoints(word, length))};
}

// The key of the longest beginning that has one: a word that is as long as a query's, or longer, has it, too.
SearchKey LongestPrefixKey(const std::string& word) {
  int longest = CodePoints(word);
  for (const int length : kPrefixes) {
    if (length >= ShortestPrefix(word) && length <= CodePoints(word)) longest = length;
  }
  return PrefixKey(word, longest);
}

void AddNameKeys(const std::string& word, std::set<SearchKey>& keys) {
  const int length = CodePoints(word);
  for (const int size : kPrefixes) {
    if (size >= ShortestPrefix(word) && size <= length) keys.insert(PrefixKey(word, size));
  }
  if (length < ShortestPrefix(word)) keys.insert(PrefixKey(word, length));
  const std::string sound = SoundOf(word);
  if (!sound.empty()) keys.insert({SearchKind::kName, absl::StrCat("s:", sound)});
}

bool Fits(const std::string& wanted, const std::string& word) {
  if (absl::StartsWith(word, wanted)) return true;
  const std::string sound = SoundOf(wanted);
  return !sound.empty() && sound == SoundOf(word);
}

std::string DayKey(absl::CivilDay day) { return absl::FormatCivilTime(day); }

}  // namespace

std::vector<SearchKey> SearchKeysOf(const PersonFacts& person) {
  std::set<SearchKey> keys;
  for (const std::string& word : WordsOf(person)) {
    AddNameKeys(word, keys);
  }
  if (person.birth_date.has_value()) keys.insert({SearchKind::kBirthDate, DayKey(*person.birth_date)});
  return {keys.begin(), keys.end()};
}

absl::StatusOr<std::vector<std::string>> ParseNameQuery(absl::string_view name_query) {
  std::vector<std::string> words = NameWords(name_query);
  if (words.empty()) return InvalidField("name_query", "holds no letter or digit");
  if (words.size() > kMostQueryWords) return InvalidField("name_query", "at most 8 words");
  const bool narrow = std::any_of(words.begin(), words.end(),
                                  [](const std::string& word) { return CodePoints(word) >= ShortestPrefix(word); });
  if (!narrow) return InvalidField("name_query", "at least one word of two letters");
  return words;
}

std::vector<SearchKey> BestKeys(const PersonQuery& query) {
  // A birth date is shared by few; a beginning of a name by many.
  if (query.birth_date.has_value()) return {{SearchKind::kBirthDate, DayKey(*query.birth_date)}};
  const auto longest = std::max_element(query.words.begin(), query.words.end(),
                                        [](const auto& a, const auto& b) { return CodePoints(a) < CodePoints(b); });
  if (longest == query.words.end()) return {};
  std::vector<SearchKey> keys = {LongestPrefixKey(*longest)};
  const std::string sound = SoundOf(*longest);
  if (!sound.empty()) keys.push_back({SearchKind::kName, absl::StrCat("s:", sound)});
  return keys;
}

bool Matches(const PersonQuery& query, const PersonFacts& person) {
  const std::vector<std::string> words = WordsOf(person);
  for (const std::string& wanted : query.words) {
    if (std::none_of(words.begin(), words.end(), [&wanted](const std::string& word) { return Fits(wanted, word); })) {
      return false;
    }
  }
  if (query.birth_date.has_value() && query.birth_date != person.birth_date) return false;
  if (!query.identifier.has_value()) return true;
  const std::string wanted = CanonicalIdentifier(query.identifier->system, query.identifier->value);
  return std::any_of(person.identifiers.begin(), person.identifiers.end(), [&wanted](const PersonIdentifier& one) {
    return CanonicalIdentifier(one.system, one.value) == wanted;
  });
}

}  // namespace trellis::identity
