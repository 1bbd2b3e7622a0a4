// Tables person, person_identifier and person_search. Nothing in here knows what a profile or a key means: both come
// and go as bytes, so that sealing changes who makes them and not how they are kept.
#ifndef TRELLIS_SERVICES_IDENTITY_STORAGE_PERSONS_H_
#define TRELLIS_SERVICES_IDENTITY_STORAGE_PERSONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/db/session.h"
#include "common/db/value.h"
#include "common/seal/key_ring.h"

namespace trellis::identity::storage {

struct PersonRow {
  Id id;
  std::int64_t version = 1;
  std::string profile;
  absl::Time create_time;
  absl::Time update_time;
  seal::WrappedKey key = {};                     // that opens the profile; read only. No bytes: destroyed
  std::optional<Id> merged_into = std::nullopt;  // read only: SetMergedInto
  bool has_merged = false;                       // whether others were merged into this one; read only
};

// One row of person_search.
struct StoredKey {
  int kind = 0;
  std::string key;
  friend auto operator<=>(const StoredKey&, const StoredKey&) = default;
};

absl::Status InsertPerson(db::Session& tx, const Id& organization, const PersonRow& row);
absl::StatusOr<std::optional<PersonRow>> FindPerson(db::Session& session, const Id& organization, const Id& id);
// The same, locked until the end of the transaction.
absl::StatusOr<std::optional<PersonRow>> LockPerson(db::Session& tx, const Id& organization, const Id& id);
// Writes profile, version and update time.
absl::Status UpdatePerson(db::Session& tx, const Id& organization, const PersonRow& row);

// The row alone: what the person is found by is deleted first.
absl::Status DeletePerson(db::Session& tx, const Id& organization, const Id& id);
// Those of `owners` who are persons with a row.
absl::StatusOr<std::vector<seal::KeyOwner>> ExistingAmong(db::Session& session,
                                                          const std::vector<seal::KeyOwner>& owners);

// Nothing: the person stands alone again.
absl::Status SetMergedInto(db::Session& tx, const Id& organization, const Id& id, const std::optional<Id>& into);
struct MergedRow {
  Id into;
  Id id;
};
// Who was merged into one of `persons` (at most 100, each with at most `kMostMerged`), in the order of ids.
inline constexpr int kMostMerged = 20;
absl::StatusOr<std::vector<MergedRow>> MergedInto(db::Session& session, const Id& organization,
                                                  const std::vector<Id>& persons);
// Who was merged into the person, as it is at this moment, locked until the end of the transaction.
absl::StatusOr<std::vector<Id>> LockMergedInto(db::Session& tx, const Id& organization, const Id& person);
// All records of the human being that the person's record belongs to, the one that remains first; the person alone
// where nothing was merged; nothing where there is no such person. Nobody merges or unmerges them until the end of the
// transaction.
absl::StatusOr<std::vector<Id>> LockMergeGroup(db::Session& tx, const Id& organization, const Id& person);

// What to look for: rows of person_search of one kind with one of these keys.
struct WantedKeys {
  int kind = 0;
  std::vector<std::string> keys;  // at least one
  int of_one_person = 1;          // how many of them a person can have
};

// What a person is found by; the keys are different from each other.
absl::Status InsertSearchKeys(db::Session& tx, const Id& organization, const Id& person,
                              const std::vector<StoredKey>& keys);
absl::Status DeleteSearchKeys(db::Session& tx, const Id& organization, const Id& person);

// Error: ALREADY_EXISTS (db::IsDuplicateKey) where another person, or this one, has the identifier.
absl::Status InsertIdentifier(db::Session& tx, const Id& organization, const Id& person, absl::string_view key);
absl::Status DeleteIdentifiers(db::Session& tx, const Id& organization, const Id& person);

// Which persons a reader may see: SQL with its arguments, made by common/access.
struct Allowed {
  std::string sql;
  std::vector<db::Value> arguments;
};

// Those of `ids` that exist and are allowed. allowed: a condition on "p.id". At most 100 ids, at least one.
absl::StatusOr<std::vector<PersonRow>> FindPersons(db::Session& session, const Id& organization,
                                                   const std::vector<Id>& ids, const Allowed& allowed);
// The one person, where it exists and is allowed.
absl::StatusOr<std::optional<PersonRow>> FindPersonIf(db::Session& session, const Id& organization, const Id& id,
                                                      const Allowed& allowed);

// Persons behind `after` in the order of ids. Two ways to the same answer: from the reader's persons to the key, where
// these are few (`allowed`: a table with the column person_id), or from the key to the reader's persons, where these
// are many (`allowed`: a condition on "p.id"). A person with several of the keys comes once.
absl::StatusOr<std::vector<PersonRow>> FindByKeyAmong(db::Session& session, const Id& organization,
                                                      const WantedKeys& wanted, const Allowed& allowed, const Id& after,
                                                      int limit);
absl::StatusOr<std::vector<PersonRow>> FindByKeyWhere(db::Session& session, const Id& organization,
                                                      const WantedKeys& wanted, const Allowed& allowed, const Id& after,
                                                      int limit);
// The same for all persons that the reader may see, without those who were merged.
absl::StatusOr<std::vector<PersonRow>> ListAmong(db::Session& session, const Id& organization, const Allowed& allowed,
                                                 const Id& after, int limit);
absl::StatusOr<std::vector<PersonRow>> ListWhere(db::Session& session, const Id& organization, const Allowed& allowed,
                                                 const Id& after, int limit);
// Whose identifier it is, whoever asks.
absl::StatusOr<std::optional<Id>> PersonOfIdentifier(db::Session& session, const Id& organization,
                                                     absl::string_view key);
// At most one; `allowed`: a condition on "p.id".
absl::StatusOr<std::vector<PersonRow>> FindByIdentifier(db::Session& session, const Id& organization,
                                                        absl::string_view key, const Allowed& allowed, const Id& after);

}  // namespace trellis::identity::storage

#endif  // TRELLIS_SERVICES_IDENTITY_STORAGE_PERSONS_H_
