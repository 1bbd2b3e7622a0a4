// How a person is found. The database compares whole keys only, because it holds keyed hashes of them and not the keys
// (api/person_index); what a key cannot tell is confirmed on the record itself.
#ifndef TRELLIS_SERVICES_IDENTITY_DOMAIN_SEARCH_KEYS_H_
#define TRELLIS_SERVICES_IDENTITY_DOMAIN_SEARCH_KEYS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "services/identity/domain/person_rules.h"

namespace trellis::identity {

// Stored: never renumber.
enum class SearchKind : int {
  kName = 1,       // "p:smi": the first 2, 3 and 5 code points of a folded name word (the first alone where it is a
                   // syllable or a word; a shorter word: all of it). "s:iSMT": how the word sounds (name_sound.h).
  kBirthDate = 2,  // "1990-05-17"
};

struct SearchKey {
  SearchKind kind;
  std::string key;  // at most 64 bytes
  friend auto operator<=>(const SearchKey&, const SearchKey&) = default;
};

// All keys that a person is found by, sorted, each once.
std::vector<SearchKey> SearchKeysOf(const PersonFacts& person);

// What somebody looks for: all of it must hold.
struct PersonQuery {
  std::vector<std::string> words;  // folded beginnings of names, or names that sound like them
  std::optional<absl::CivilDay> birth_date;
  std::optional<PersonIdentifier> identifier;
};

// The words of a query. Error: INVALID_ARGUMENT on name_query where it holds no word, none of two letters, or more
// than 8.
absl::StatusOr<std::vector<std::string>> ParseNameQuery(absl::string_view name_query);

// The keys, all of one kind, one of which everybody has who fulfils the query: those of its longest word, or the birth
// date's. None where the query names neither name nor birth date.
std::vector<SearchKey> BestKeys(const PersonQuery& query);

// Whether the record fulfils the whole query.
bool Matches(const PersonQuery& query, const PersonFacts& person);

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_DOMAIN_SEARCH_KEYS_H_
