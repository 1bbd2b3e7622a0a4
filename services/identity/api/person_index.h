// What persons are found by, as the tables hold it: keyed hashes (common/seal/blind_index.h) in the place of names,
// birth dates and identifiers.
//
// Names repeat, and whoever has the table and knows how often each name occurs could tell frequent names by their
// counts. So each organization's persons are dealt into 64 groups, by a keyed hash of their ids, and the group is part
// of what is hashed: a name that one person in a hundred has appears under 64 hashes that nobody can put together, each
// about as often as rarer names appear by chance. A search asks for all 64.
#ifndef TRELLIS_SERVICES_IDENTITY_API_PERSON_INDEX_H_
#define TRELLIS_SERVICES_IDENTITY_API_PERSON_INDEX_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/id.h"
#include "common/seal/secret_key.h"
#include "services/identity/domain/person_rules.h"
#include "services/identity/domain/search_keys.h"
#include "services/identity/storage/persons.h"

namespace trellis::identity {

// The hashes of one organization, under its own keys. Thread-safe.
class PersonIndex {
 public:
  static constexpr int kGroups = 64;

  static absl::StatusOr<PersonIndex> Make(const seal::SecretKey& organization_key);

  // All that a person is found by, without identifiers.
  std::vector<storage::StoredKey> KeysOf(const Id& person, const PersonFacts& facts) const;
  // What to look for: everybody who has one of `keys` has one of these.
  storage::WantedKeys Wanted(const std::vector<SearchKey>& keys) const;
  // 32 bytes, the whole hash: the table holds identifiers to be unique by it, and each occurs once anyway.
  std::string OfIdentifier(const PersonIdentifier& identifier) const;

 private:
  PersonIndex(seal::SecretKey search, seal::SecretKey group, seal::SecretKey identifier)
      : search_(std::move(search)), group_(std::move(group)), identifier_(std::move(identifier)) {}
  std::string Hash(const SearchKey& key, int group) const;

  seal::SecretKey search_;
  seal::SecretKey group_;
  seal::SecretKey identifier_;
};

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_PERSON_INDEX_H_
