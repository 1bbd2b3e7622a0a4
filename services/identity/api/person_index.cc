#include "services/identity/api/person_index.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/seal/blind_index.h"
#include "services/identity/domain/text_forms.h"

namespace trellis::identity {
namespace {

// Two different names share a hash once in a very long while; then the record tells them apart.
constexpr std::size_t kSearchBytes = 6;
constexpr std::size_t kIdentifierBytes = 32;

}  // namespace

absl::StatusOr<PersonIndex> PersonIndex::Make(const seal::SecretKey& organization_key) {
  TRELLIS_ASSIGN_OR_RETURN(seal::SecretKey search, seal::IndexKey(organization_key, "person_search.search_key"));
  TRELLIS_ASSIGN_OR_RETURN(seal::SecretKey group, seal::IndexKey(organization_key, "person_search.group"));
  TRELLIS_ASSIGN_OR_RETURN(seal::SecretKey identifier,
                           seal::IndexKey(organization_key, "person_identifier.identifier_key"));
  return PersonIndex(std::move(search), std::move(group), std::move(identifier));
}

std::string PersonIndex::Hash(const SearchKey& key, int group) const {
  return seal::BlindIndex(search_, absl::StrCat(static_cast<int>(key.kind), " ", group, " ", key.key), kSearchBytes);
}

std::vector<storage::StoredKey> PersonIndex::KeysOf(const Id& person, const PersonFacts& facts) const {
  const auto group = static_cast<unsigned char>(seal::BlindIndex(group_, person.bytes(), 1)[0]) % kGroups;
  std::vector<storage::StoredKey> keys;
  for (const SearchKey& key : SearchKeysOf(facts)) keys.push_back({static_cast<int>(key.kind), Hash(key, group)});
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

storage::WantedKeys PersonIndex::Wanted(const std::vector<SearchKey>& keys) const {
  storage::WantedKeys wanted;
  wanted.of_one_person = static_cast<int>(keys.size());
  for (const SearchKey& key : keys) {
    wanted.kind = static_cast<int>(key.kind);
    for (int group = 0; group < kGroups; ++group) wanted.keys.push_back(Hash(key, group));
  }
  return wanted;
}

std::string PersonIndex::OfIdentifier(const PersonIdentifier& identifier) const {
  return seal::BlindIndex(identifier_, CanonicalIdentifier(identifier.system, identifier.value), kIdentifierBytes);
}

}  // namespace trellis::identity
