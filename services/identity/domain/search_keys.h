// How a person is found. The database compares whole keys only, so that sealing can replace each key by its keyed hash
// without any change of tables or queries; what a key cannot tell is confirmed on the record itself.
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
  kNamePrefix = 1,  // the first 2 to 6 code points of a folded name word (also the first alone where it
                    // is a syllable or a word; a shorter word: all of it)
  kBirthDate = 2,   // "1990-05-17"
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
  std::vector<std::string> words;  // folded beginnings of names
  std::optional<absl::CivilDay> birth_date;
  std::optional<PersonIdentifier> identifier;
};

// The words of a query. Error: INVALID_ARGUMENT on name_query where it holds no word, none of two letters, or more
// than 8.
absl::StatusOr<std::vector<std::string>> ParseNameQuery(absl::string_view name_query);

// The one key that narrows the search most; nothing where the query names neither name nor birth date.
std::optional<SearchKey> BestKey(const PersonQuery& query);

// Whether the record fulfils the whole query.
bool Matches(const PersonQuery& query, const PersonFacts& person);

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_DOMAIN_SEARCH_KEYS_H_
