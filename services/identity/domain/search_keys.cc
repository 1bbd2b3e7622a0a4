#include "services/identity/domain/search_keys.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "services/identity/domain/text_forms.h"

namespace trellis::identity {
namespace {

constexpr int kLongestPrefix = 6;
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

std::string DayKey(absl::CivilDay day) { return absl::FormatCivilTime(day); }

}  // namespace

std::vector<SearchKey> SearchKeysOf(const PersonFacts& person) {
  std::set<SearchKey> keys;
  for (const std::string& word : WordsOf(person)) {
    const int length = CodePoints(word);
    for (int size = ShortestPrefix(word); size <= std::min(length, kLongestPrefix); ++size) {
      keys.insert({SearchKind::kNamePrefix, FirstCodePoints(word, size)});
    }
    if (length < ShortestPrefix(word)) keys.insert({SearchKind::kNamePrefix, word});
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

std::optional<SearchKey> BestKey(const PersonQuery& query) {
  const auto longest = std::max_element(query.words.begin(), query.words.end(),
                                        [](const auto& a, const auto& b) { return CodePoints(a) < CodePoints(b); });
  // A birth date is shared by few; a beginning of a name by many.
  if (query.birth_date.has_value()) return SearchKey{SearchKind::kBirthDate, DayKey(*query.birth_date)};
  if (longest != query.words.end()) {
    return SearchKey{SearchKind::kNamePrefix, FirstCodePoints(*longest, kLongestPrefix)};
  }
  return std::nullopt;
}

bool Matches(const PersonQuery& query, const PersonFacts& person) {
  const std::vector<std::string> words = WordsOf(person);
  for (const std::string& wanted : query.words) {
    if (std::none_of(words.begin(), words.end(),
                     [&wanted](const std::string& word) { return absl::StartsWith(word, wanted); })) {
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
