#include "services/identity/storage/persons.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace trellis::identity::storage {
namespace {

constexpr char kInsert[] =
    "INSERT INTO person (organization_id, id, version, profile, create_time, update_time) VALUES (?, ?, ?, ?, ?, ?)";
// The index is forced wherever somebody is looked for by merged_into: nearly nobody is merged, so that the optimizer
// takes NULL for the usual value and the index for useless.
constexpr char kPersonColumns[] =
    "SELECT p.id, p.version, p.profile, p.create_time, p.update_time, COALESCE(k.master_key, ''), "
    "COALESCE(k.wrapped_key, ''), p.merged_into, (SELECT 1 FROM person d FORCE INDEX (person_merged_into) "
    "WHERE d.organization_id = p.organization_id AND d.merged_into = p.id LIMIT 1) IS NOT NULL ";
// The person's key comes with the row: one look into the database for both.
constexpr char kJoinDataKey[] =
    " LEFT JOIN data_key k ON k.organization_id = p.organization_id AND k.person_id = p.id ";
constexpr char kPersonById[] = "WHERE p.organization_id = ? AND p.id = ?";
constexpr char kUpdate[] =
    "UPDATE person SET version = ?, profile = ?, update_time = ? WHERE organization_id = ? AND id = ?";
constexpr char kDeleteKeys[] = "DELETE FROM person_search WHERE organization_id = ? AND person_id = ?";
constexpr char kInsertKeys[] = "INSERT INTO person_search (organization_id, kind, search_key, person_id) VALUES ";
constexpr char kInsertIdentifier[] =
    "INSERT INTO person_identifier (organization_id, identifier_key, person_id) VALUES (?, ?, ?)";
constexpr char kPersonOfIdentifier[] =
    "SELECT person_id FROM person_identifier WHERE organization_id = ? AND identifier_key = ?";
constexpr char kDeleteIdentifiers[] = "DELETE FROM person_identifier WHERE organization_id = ? AND person_id = ?";

constexpr char kFindMany[] = "WHERE p.organization_id = ? AND p.id IN (";
constexpr char kKeyedPerson[] = " JOIN person p ON p.organization_id = s.organization_id AND p.id = s.person_id ";
constexpr char kHasKey[] = "WHERE s.organization_id = ? AND s.kind = ? AND s.person_id > ? AND s.search_key IN (";
constexpr char kJoinKeys[] = " allowed JOIN person_search s ON s.person_id = allowed.person_id";
constexpr char kInKeyOrder[] = " ORDER BY s.person_id LIMIT ?";
constexpr char kIdentifiedPerson[] =
    "FROM person_identifier i JOIN person p ON p.organization_id = i.organization_id AND p.id = i.person_id ";
constexpr char kHasIdentifier[] = "WHERE i.organization_id = ? AND i.identifier_key = ? AND i.person_id > ? AND ";
constexpr char kJoinPersons[] = " allowed JOIN person p ON p.id = allowed.person_id ";
constexpr char kListed[] = "WHERE p.organization_id = ? AND p.id > ? AND p.merged_into IS NULL";
constexpr char kSetMergedInto[] = "UPDATE person SET merged_into = ? WHERE organization_id = ? AND id = ?";
constexpr char kMergedInto[] =
    "SELECT merged_into, id FROM person FORCE INDEX (person_merged_into) "
    "WHERE organization_id = ? AND merged_into IN (";
constexpr char kLockMergedInto[] =
    "SELECT id FROM person FORCE INDEX (person_merged_into) "
    "WHERE organization_id = ? AND merged_into = ? ORDER BY id LIMIT ? FOR UPDATE";
constexpr char kLockWhereMerged[] = "SELECT merged_into FROM person WHERE organization_id = ? AND id = ? FOR UPDATE";
constexpr char kInOrder[] = " ORDER BY p.id LIMIT ?";

// One statement text for each number of rows: the bound keeps the cache of prepared statements small.
constexpr std::size_t kMostRowsAtOnce = 32;

using Columns = std::tuple<Id, std::int64_t, std::string, absl::Time, absl::Time, std::string, std::string,
                           std::optional<Id>, bool>;

PersonRow ToRow(Columns columns) {
  auto& [id, version, profile, create_time, update_time, master, wrapped, merged_into, has_merged] = columns;
  return {id,          version,   std::move(profile), create_time, update_time, {std::move(master), std::move(wrapped)},
          merged_into, has_merged};
}

absl::StatusOr<std::vector<PersonRow>> FindAll(db::Session& session, absl::string_view sql,
                                               const std::vector<db::Value>& arguments) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto found, (session.Query<Id, std::int64_t, std::string, absl::Time, absl::Time, std::string, std::string,
                                 std::optional<Id>, bool>(sql, arguments)));
  std::vector<PersonRow> rows;
  rows.reserve(found.size());
  for (Columns& columns : found) rows.push_back(ToRow(std::move(columns)));
  return rows;
}

absl::StatusOr<std::optional<PersonRow>> FindOne(db::Session& session, const Id& organization, const Id& id,
                                                 absl::string_view end) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto rows, FindAll(session, absl::StrCat(kPersonColumns, "FROM person p", kJoinDataKey, kPersonById, end),
                         {organization, id}));
  if (rows.empty()) return std::nullopt;
  return std::move(rows[0]);
}

// A person with several of the keys came several times, side by side.
std::vector<PersonRow> EachOnce(std::vector<PersonRow> rows, int limit) {
  rows.erase(std::unique(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.id == b.id; }),
             rows.end());
  if (rows.size() > static_cast<std::size_t>(limit)) rows.resize(static_cast<std::size_t>(limit));
  return rows;
}

void Append(std::vector<db::Value>& out, const std::vector<db::Value>& more) {
  out.insert(out.end(), more.begin(), more.end());
}

}  // namespace

absl::Status InsertPerson(db::Session& tx, const Id& organization, const PersonRow& row) {
  return tx.Execute(kInsert, organization, row.id, row.version, row.profile, row.create_time, row.update_time).status();
}

absl::StatusOr<std::optional<PersonRow>> FindPerson(db::Session& session, const Id& organization, const Id& id) {
  return FindOne(session, organization, id, "");
}

absl::StatusOr<std::optional<PersonRow>> FindPersonIf(db::Session& session, const Id& organization, const Id& id,
                                                      const Allowed& allowed) {
  TRELLIS_ASSIGN_OR_RETURN(std::vector<PersonRow> rows, FindPersons(session, organization, {id}, allowed));
  if (rows.empty()) return std::nullopt;
  return std::move(rows[0]);
}

absl::StatusOr<std::optional<PersonRow>> LockPerson(db::Session& tx, const Id& organization, const Id& id) {
  return FindOne(tx, organization, id, " FOR UPDATE");
}

absl::Status UpdatePerson(db::Session& tx, const Id& organization, const PersonRow& row) {
  return tx.Execute(kUpdate, row.version, row.profile, row.update_time, organization, row.id).status();
}

absl::Status DeletePerson(db::Session& tx, const Id& organization, const Id& id) {
  return tx.Execute("DELETE FROM person WHERE organization_id = ? AND id = ?", organization, id).status();
}

absl::StatusOr<std::vector<seal::KeyOwner>> ExistingAmong(db::Session& session,
                                                          const std::vector<seal::KeyOwner>& owners) {
  constexpr std::size_t kAtOnce = 500;
  std::map<Id, std::vector<Id>> ids;  // by organization
  for (const seal::KeyOwner& owner : owners) ids[owner.organization].push_back(owner.person);
  std::vector<seal::KeyOwner> existing;
  for (const auto& [organization, all] : ids) {
    for (std::size_t begin = 0; begin < all.size(); begin += kAtOnce) {
      const std::vector<Id> some(all.begin() + static_cast<std::ptrdiff_t>(begin),
                                 all.begin() + static_cast<std::ptrdiff_t>(std::min(begin + kAtOnce, all.size())));
      TRELLIS_ASSIGN_OR_RETURN(
          const auto rows, session.Query<Id>(absl::StrCat("SELECT id FROM person WHERE organization_id = ? AND id IN (",
                                                          db::Placeholders(some.size()), ") LIMIT 500"),
                                             organization, some));
      for (const auto& [id] : rows) existing.push_back({organization, id});
    }
  }
  return existing;
}

absl::Status SetMergedInto(db::Session& tx, const Id& organization, const Id& id, const std::optional<Id>& into) {
  return tx.Execute(kSetMergedInto, into, organization, id).status();
}

absl::StatusOr<std::vector<MergedRow>> MergedInto(db::Session& session, const Id& organization,
                                                  const std::vector<Id>& persons) {
  std::vector<MergedRow> merged;
  if (persons.empty()) return merged;
  TRELLIS_ASSIGN_OR_RETURN(
      const auto rows,
      (session.Query<Id, Id>(absl::StrCat(kMergedInto, db::Placeholders(persons.size()), ") ORDER BY id LIMIT ?"),
                             organization, persons, persons.size() * kMostMerged)));
  merged.reserve(rows.size());
  for (const auto& [into, id] : rows) merged.push_back({into, id});
  return merged;
}

absl::StatusOr<std::vector<Id>> LockMergedInto(db::Session& tx, const Id& organization, const Id& person) {
  TRELLIS_ASSIGN_OR_RETURN(const auto rows, tx.Query<Id>(kLockMergedInto, organization, person, kMostMerged + 1));
  std::vector<Id> merged;
  for (const auto& [id] : rows) merged.push_back(id);
  return merged;
}

absl::StatusOr<std::vector<Id>> LockMergeGroup(db::Session& tx, const Id& organization, const Id& person) {
  TRELLIS_ASSIGN_OR_RETURN(const auto row, tx.QueryOne<std::optional<Id>>(kLockWhereMerged, organization, person));
  if (!row.has_value()) return std::vector<Id>();
  const Id remaining = std::get<0>(*row).value_or(person);
  if (remaining != person) {
    TRELLIS_RETURN_IF_ERROR(tx.QueryOne<std::optional<Id>>(kLockWhereMerged, organization, remaining).status());
  }
  TRELLIS_ASSIGN_OR_RETURN(std::vector<Id> group, LockMergedInto(tx, organization, remaining));
  group.insert(group.begin(), remaining);
  return group;
}

absl::Status DeleteSearchKeys(db::Session& tx, const Id& organization, const Id& person) {
  return tx.Execute(kDeleteKeys, organization, person).status();
}

absl::Status InsertSearchKeys(db::Session& tx, const Id& organization, const Id& person,
                              const std::vector<StoredKey>& keys) {
  for (std::size_t begin = 0; begin < keys.size(); begin += kMostRowsAtOnce) {
    const std::size_t end = std::min(begin + kMostRowsAtOnce, keys.size());
    std::string sql = kInsertKeys;
    std::vector<db::Value> arguments;
    for (std::size_t i = begin; i < end; ++i) {
      absl::StrAppend(&sql, i == begin ? "" : ", ", "(?, ?, ?, ?)");
      Append(arguments, {organization, keys[i].kind, keys[i].key, person});
    }
    TRELLIS_RETURN_IF_ERROR(tx.Execute(sql, arguments).status());
  }
  return absl::OkStatus();
}

absl::Status InsertIdentifier(db::Session& tx, const Id& organization, const Id& person, absl::string_view key) {
  return tx.Execute(kInsertIdentifier, organization, key, person).status();
}

absl::Status DeleteIdentifiers(db::Session& tx, const Id& organization, const Id& person) {
  return tx.Execute(kDeleteIdentifiers, organization, person).status();
}

absl::StatusOr<std::vector<PersonRow>> FindPersons(db::Session& session, const Id& organization,
                                                   const std::vector<Id>& ids, const Allowed& allowed) {
  std::vector<db::Value> arguments = {organization};
  for (const Id& id : ids) arguments.emplace_back(id);
  Append(arguments, allowed.arguments);
  arguments.emplace_back(ids.size());
  return FindAll(session,
                 absl::StrCat(kPersonColumns, "FROM person p", kJoinDataKey, kFindMany, db::Placeholders(ids.size()),
                              ") AND ", allowed.sql, " LIMIT ?"),
                 arguments);
}

absl::StatusOr<std::vector<PersonRow>> FindByKeyAmong(db::Session& session, const Id& organization,
                                                      const WantedKeys& wanted, const Allowed& allowed, const Id& after,
                                                      int limit) {
  std::vector<db::Value> arguments = allowed.arguments;
  Append(arguments, {organization, wanted.kind, after});
  for (const std::string& key : wanted.keys) arguments.emplace_back(key);
  arguments.emplace_back(limit * wanted.of_one_person);
  TRELLIS_ASSIGN_OR_RETURN(
      auto rows, FindAll(session,
                         absl::StrCat(kPersonColumns, "FROM ", allowed.sql, kJoinKeys, kKeyedPerson, kJoinDataKey,
                                      kHasKey, db::Placeholders(wanted.keys.size()), ")", kInKeyOrder),
                         arguments));
  return EachOnce(std::move(rows), limit);
}

absl::StatusOr<std::vector<PersonRow>> FindByKeyWhere(db::Session& session, const Id& organization,
                                                      const WantedKeys& wanted, const Allowed& allowed, const Id& after,
                                                      int limit) {
  std::vector<db::Value> arguments = {organization, wanted.kind, after};
  for (const std::string& key : wanted.keys) arguments.emplace_back(key);
  Append(arguments, allowed.arguments);
  arguments.emplace_back(limit * wanted.of_one_person);
  TRELLIS_ASSIGN_OR_RETURN(
      auto rows, FindAll(session,
                         absl::StrCat(kPersonColumns, "FROM person_search s", kKeyedPerson, kJoinDataKey, kHasKey,
                                      db::Placeholders(wanted.keys.size()), ") AND ", allowed.sql, kInKeyOrder),
                         arguments));
  return EachOnce(std::move(rows), limit);
}

absl::StatusOr<std::vector<PersonRow>> ListAmong(db::Session& session, const Id& organization, const Allowed& allowed,
                                                 const Id& after, int limit) {
  std::vector<db::Value> arguments = allowed.arguments;
  Append(arguments, {organization, after, limit});
  return FindAll(session,
                 absl::StrCat(kPersonColumns, "FROM ", allowed.sql, kJoinPersons, kJoinDataKey, kListed, kInOrder),
                 arguments);
}

absl::StatusOr<std::vector<PersonRow>> ListWhere(db::Session& session, const Id& organization, const Allowed& allowed,
                                                 const Id& after, int limit) {
  std::vector<db::Value> arguments = {organization, after};
  Append(arguments, allowed.arguments);
  arguments.emplace_back(limit);
  return FindAll(session,
                 absl::StrCat(kPersonColumns, "FROM person p", kJoinDataKey, kListed, " AND ", allowed.sql, kInOrder),
                 arguments);
}

absl::StatusOr<std::optional<Id>> PersonOfIdentifier(db::Session& session, const Id& organization,
                                                     absl::string_view key) {
  TRELLIS_ASSIGN_OR_RETURN(const auto row, session.QueryOne<Id>(kPersonOfIdentifier, organization, key));
  if (!row.has_value()) return std::nullopt;
  return std::get<0>(*row);
}

absl::StatusOr<std::vector<PersonRow>> FindByIdentifier(db::Session& session, const Id& organization,
                                                        absl::string_view key, const Allowed& allowed,
                                                        const Id& after) {
  std::vector<db::Value> arguments = {organization, key, after};
  Append(arguments, allowed.arguments);
  return FindAll(session,
                 absl::StrCat(kPersonColumns, kIdentifiedPerson, kJoinDataKey, kHasIdentifier, allowed.sql, " LIMIT 1"),
                 arguments);
}

}  // namespace trellis::identity::storage
