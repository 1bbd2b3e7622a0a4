#include "services/identity/storage/persons.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace trellis::identity::storage {
namespace {

constexpr char kInsert[] =
    "INSERT INTO person (organization_id, id, version, profile, create_time, update_time) VALUES (?, ?, ?, ?, ?, ?)";
constexpr char kFind[] =
    "SELECT id, version, profile, create_time, update_time FROM person WHERE organization_id = ? AND id = ?";
constexpr char kLock[] =
    "SELECT id, version, profile, create_time, update_time FROM person WHERE organization_id = ? AND id = ? FOR UPDATE";
constexpr char kUpdate[] =
    "UPDATE person SET version = ?, profile = ?, update_time = ? WHERE organization_id = ? AND id = ?";
constexpr char kDeleteKeys[] = "DELETE FROM person_search WHERE organization_id = ? AND person_id = ?";
constexpr char kInsertKeys[] = "INSERT INTO person_search (organization_id, kind, search_key, person_id) VALUES ";
constexpr char kInsertIdentifier[] =
    "INSERT INTO person_identifier (organization_id, identifier_key, person_id) VALUES (?, ?, ?)";
constexpr char kDeleteIdentifiers[] = "DELETE FROM person_identifier WHERE organization_id = ? AND person_id = ?";

constexpr char kPersonColumns[] = "SELECT p.id, p.version, p.profile, p.create_time, p.update_time ";
constexpr char kFindMany[] = "FROM person p WHERE p.organization_id = ? AND p.id IN (";
constexpr char kKeyedPerson[] =
    " JOIN person p ON p.organization_id = s.organization_id AND p.id = s.person_id "
    "WHERE s.organization_id = ? AND s.kind = ? AND s.search_key = ? AND s.person_id > ? ";
constexpr char kJoinKeys[] = " allowed JOIN person_search s ON s.person_id = allowed.person_id";
constexpr char kInKeyOrder[] = " ORDER BY s.person_id LIMIT ?";
constexpr char kFindByIdentifier[] =
    "FROM person_identifier i JOIN person p ON p.organization_id = i.organization_id AND p.id = i.person_id "
    "WHERE i.organization_id = ? AND i.identifier_key = ? AND i.person_id > ? AND ";
constexpr char kJoinPersons[] =
    " allowed JOIN person p ON p.id = allowed.person_id WHERE p.organization_id = ? AND p.id > ?";
constexpr char kListPersons[] = "FROM person p WHERE p.organization_id = ? AND p.id > ? AND ";
constexpr char kInOrder[] = " ORDER BY p.id LIMIT ?";

// One statement text for each number of rows: the bound keeps the cache of prepared statements small.
constexpr std::size_t kMostRowsAtOnce = 32;

PersonRow ToRow(std::tuple<Id, std::int64_t, std::string, absl::Time, absl::Time> columns) {
  auto& [id, version, profile, create_time, update_time] = columns;
  return {id, version, std::move(profile), create_time, update_time};
}

absl::StatusOr<std::optional<PersonRow>> FindBy(db::Session& session, absl::string_view sql, const Id& organization,
                                                const Id& id) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto columns, session.QueryOne<Id, std::int64_t, std::string, absl::Time, absl::Time>(sql, organization, id));
  if (!columns.has_value()) return std::nullopt;
  return ToRow(*std::move(columns));
}

absl::StatusOr<std::vector<PersonRow>> FindAll(db::Session& session, absl::string_view sql,
                                               const std::vector<db::Value>& arguments) {
  TRELLIS_ASSIGN_OR_RETURN(auto found,
                           session.Query<Id, std::int64_t, std::string, absl::Time, absl::Time>(sql, arguments));
  std::vector<PersonRow> rows;
  rows.reserve(found.size());
  for (auto& columns : found) rows.push_back(ToRow(std::move(columns)));
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
  return FindBy(session, kFind, organization, id);
}

absl::StatusOr<std::optional<PersonRow>> LockPerson(db::Session& tx, const Id& organization, const Id& id) {
  return FindBy(tx, kLock, organization, id);
}

absl::Status UpdatePerson(db::Session& tx, const Id& organization, const PersonRow& row) {
  return tx.Execute(kUpdate, row.version, row.profile, row.update_time, organization, row.id).status();
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
  return FindAll(
      session, absl::StrCat(kPersonColumns, kFindMany, db::Placeholders(ids.size()), ") AND ", allowed.sql, " LIMIT ?"),
      arguments);
}

absl::StatusOr<std::vector<PersonRow>> FindByKeyAmong(db::Session& session, const Id& organization,
                                                      const StoredKey& key, const Allowed& allowed, const Id& after,
                                                      int limit) {
  std::vector<db::Value> arguments = allowed.arguments;
  Append(arguments, {organization, key.kind, key.key, after, limit});
  return FindAll(session, absl::StrCat(kPersonColumns, "FROM ", allowed.sql, kJoinKeys, kKeyedPerson, kInKeyOrder),
                 arguments);
}

absl::StatusOr<std::vector<PersonRow>> FindByKeyWhere(db::Session& session, const Id& organization,
                                                      const StoredKey& key, const Allowed& allowed, const Id& after,
                                                      int limit) {
  std::vector<db::Value> arguments = {organization, key.kind, key.key, after};
  Append(arguments, allowed.arguments);
  arguments.emplace_back(limit);
  return FindAll(session,
                 absl::StrCat(kPersonColumns, "FROM person_search s", kKeyedPerson, "AND ", allowed.sql, kInKeyOrder),
                 arguments);
}

absl::StatusOr<std::vector<PersonRow>> ListAmong(db::Session& session, const Id& organization, const Allowed& allowed,
                                                 const Id& after, int limit) {
  std::vector<db::Value> arguments = allowed.arguments;
  Append(arguments, {organization, after, limit});
  return FindAll(session, absl::StrCat(kPersonColumns, "FROM ", allowed.sql, kJoinPersons, kInOrder), arguments);
}

absl::StatusOr<std::vector<PersonRow>> ListWhere(db::Session& session, const Id& organization, const Allowed& allowed,
                                                 const Id& after, int limit) {
  std::vector<db::Value> arguments = {organization, after};
  Append(arguments, allowed.arguments);
  arguments.emplace_back(limit);
  return FindAll(session, absl::StrCat(kPersonColumns, kListPersons, allowed.sql, kInOrder), arguments);
}

absl::StatusOr<std::vector<PersonRow>> FindByIdentifier(db::Session& session, const Id& organization,
                                                        absl::string_view key, const Allowed& allowed,
                                                        const Id& after) {
  std::vector<db::Value> arguments = {organization, key, after};
  Append(arguments, allowed.arguments);
  return FindAll(session, absl::StrCat(kPersonColumns, kFindByIdentifier, allowed.sql, " LIMIT 1"), arguments);
}

}  // namespace trellis::identity::storage
