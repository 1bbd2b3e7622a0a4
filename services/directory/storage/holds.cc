#include "services/directory/storage/holds.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace trellis::directory {
namespace {

using Row = std::tuple<Id, Id, Id, Id, Id, std::string, int, absl::Time, std::int64_t, absl::Time, absl::Time>;

constexpr char kColumns[] =
    "h.id, h.healthcare_service_id, h.organization_id, h.user_id, h.request_id, h.reference, h.state, h.expire_time, "
    "h.version, h.create_time, h.update_time";

StoredHold ToHold(const Row& row) {
  const auto& [id, service, organization, user, request, reference, state, expires, version, created, updated] = row;
  return {id,      service, organization, user,    request, reference, static_cast<HoldState>(state),
          expires, version, created,      updated, Id()};
}

}  // namespace

absl::StatusOr<std::optional<StoredHold>> FindHold(db::Session& session, const Id& id) {
  TRELLIS_ASSIGN_OR_RETURN(auto row, session.QueryOne<Id, Id, Id, Id, Id, std::string, int, absl::Time, std::int64_t,
                                                      absl::Time, absl::Time, std::optional<Id>>(
                                         absl::StrCat("SELECT ", kColumns,
                                                      ", p.managing_organization_id FROM capacity_hold h "
                                                      "JOIN healthcare_service s ON s.id = h.healthcare_service_id "
                                                      "JOIN provider p ON p.id = s.provider_id WHERE h.id = ?"),
                                         id));
  if (!row.has_value()) return std::nullopt;
  const auto& [a, b, c, d, e, f, g, h, i, j, k, organization] = *row;
  StoredHold hold = ToHold({a, b, c, d, e, f, g, h, i, j, k});
  hold.managing_organization = organization.value_or(Id());
  return hold;
}

absl::StatusOr<std::optional<StoredHold>> LockHold(db::Session& session, const Id& id) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto row,
      session.QueryOne<Id, Id, Id, Id, Id, std::string, int, absl::Time, std::int64_t, absl::Time, absl::Time>(
          absl::StrCat("SELECT ", kColumns, " FROM capacity_hold h WHERE h.id = ? FOR UPDATE"), id));
  if (!row.has_value()) return std::nullopt;
  return ToHold(*row);
}

absl::Status InsertHold(db::Session& session, const StoredHold& hold) {
  return session
      .Execute(
          "INSERT INTO capacity_hold (id, healthcare_service_id, organization_id, user_id, request_id, reference, "
          "state, expire_time, version, create_time, update_time) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          hold.id, hold.service, hold.organization, hold.user, hold.request, hold.reference,
          static_cast<int>(hold.state), hold.expire_time, hold.version, hold.create_time, hold.update_time)
      .status();
}

absl::Status SetHoldState(db::Session& session, const Id& id, HoldState state, absl::Time now) {
  return session
      .Execute("UPDATE capacity_hold SET state = ?, version = version + 1, update_time = ? WHERE id = ?",
               static_cast<int>(state), now, id)
      .status();
}

absl::StatusOr<std::vector<StoredHold>> LockOverdueHolds(db::Session& session, const Id& service, absl::Time now,
                                                         int limit) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto rows, session.Query<Id, Id, Id, Id, Id, std::string, int, absl::Time, std::int64_t, absl::Time, absl::Time>(
                     absl::StrCat("SELECT ", kColumns,
                                  " FROM capacity_hold h WHERE h.healthcare_service_id = ? AND h.state = 1 "
                                  "AND h.expire_time <= ? ORDER BY h.expire_time LIMIT ? FOR UPDATE"),
                     service, now, limit));
  std::vector<StoredHold> holds;
  for (const Row& row : rows) holds.push_back(ToHold(row));
  return holds;
}

absl::StatusOr<std::vector<Id>> ServicesWithOverdueHolds(db::Session& session, absl::Time now, int limit) {
  TRELLIS_ASSIGN_OR_RETURN(auto rows, session.Query<Id>("SELECT healthcare_service_id FROM capacity_hold "
                                                        "WHERE state = 1 AND expire_time <= ? "
                                                        "ORDER BY expire_time LIMIT ?",
                                                        now, limit));
  std::vector<Id> services;
  for (const auto& [service] : rows) services.push_back(service);
  std::sort(services.begin(), services.end());
  services.erase(std::unique(services.begin(), services.end()), services.end());
  return services;
}

}  // namespace trellis::directory
