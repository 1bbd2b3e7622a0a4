#include "services/directory/storage/capacities.h"

#include "common/base/status_macros.h"

namespace trellis::directory {
namespace {

using Row = std::tuple<std::string, std::string, int, int, int, int, int, std::int64_t, absl::Time>;

StoredCapacity ToCapacity(const Row& row) {
  const auto& [unit, description, maximum, elsewhere, held, placed, stated_by, version, updated] = row;
  return {unit, description, {maximum, elsewhere, held, placed}, static_cast<StatedBy>(stated_by), version, updated};
}

}  // namespace

absl::StatusOr<std::optional<ServiceFacts>> FindServiceFacts(db::Session& session, const Id& service) {
  TRELLIS_ASSIGN_OR_RETURN(auto row, session.QueryOne<int, std::optional<Id>>(
                                         "SELECT s.state, p.managing_organization_id FROM healthcare_service s "
                                         "JOIN provider p ON p.id = s.provider_id WHERE s.id = ?",
                                         service));
  if (!row.has_value()) return std::nullopt;
  return ServiceFacts{static_cast<ServiceState>(std::get<0>(*row)), std::get<1>(*row).value_or(Id())};
}

absl::StatusOr<std::optional<StoredCapacity>> FindCapacity(db::Session& session, const Id& service, absl::Time now) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto row, session.QueryOne<std::string, std::string, int, int, int, int, int, std::int64_t, absl::Time, int>(
                    "SELECT c.unit, c.description, c.maximum, c.elsewhere, c.held, c.placed, c.stated_by, c.version, "
                    "c.update_time, (SELECT COUNT(*) FROM capacity_hold h WHERE h.healthcare_service_id = "
                    "c.healthcare_service_id AND h.state = 1 AND h.expire_time <= ?) "
                    "FROM capacity c WHERE c.healthcare_service_id = ?",
                    now, service));
  if (!row.has_value()) return std::nullopt;
  const auto& [unit, description, maximum, elsewhere, held, placed, stated_by, version, updated, lapsed] = *row;
  return ToCapacity({unit, description, maximum, elsewhere, held - lapsed, placed, stated_by, version, updated});
}

absl::StatusOr<std::optional<StoredCapacity>> LockCapacity(db::Session& session, const Id& service) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto row, session.QueryOne<std::string, std::string, int, int, int, int, int, std::int64_t, absl::Time>(
                    "SELECT unit, description, maximum, elsewhere, held, placed, stated_by, version, update_time "
                    "FROM capacity WHERE healthcare_service_id = ? FOR UPDATE",
                    service));
  if (!row.has_value()) return std::nullopt;
  return ToCapacity(*row);
}

absl::Status InsertCapacity(db::Session& session, const Id& service, const StoredCapacity& capacity, absl::Time now) {
  return session
      .Execute(
          "INSERT INTO capacity (healthcare_service_id, unit, description, maximum, elsewhere, held, placed, "
          "stated_by, version, create_time, update_time) VALUES (?, ?, ?, ?, ?, 0, 0, ?, 1, ?, ?)",
          service, capacity.unit, capacity.description, capacity.places.maximum, capacity.places.elsewhere,
          static_cast<int>(capacity.stated_by), now, now)
      .status();
}

absl::Status UpdateFigures(db::Session& session, const Id& service, const StoredCapacity& capacity, absl::Time now) {
  return session
      .Execute(
          "UPDATE capacity SET unit = ?, description = ?, maximum = ?, elsewhere = ?, stated_by = ?, "
          "version = version + 1, update_time = ? WHERE healthcare_service_id = ?",
          capacity.unit, capacity.description, capacity.places.maximum, capacity.places.elsewhere,
          static_cast<int>(capacity.stated_by), now, service)
      .status();
}

absl::StatusOr<bool> TakePlace(db::Session& session, const Id& service) {
  TRELLIS_ASSIGN_OR_RETURN(const std::int64_t rows,
                           session.Execute("UPDATE capacity SET held = held + 1 WHERE healthcare_service_id = ? "
                                           "AND elsewhere + held + placed < maximum",
                                           service));
  return rows > 0;
}

absl::Status MovePlaces(db::Session& session, const Id& service, int held, int placed) {
  return session
      .Execute("UPDATE capacity SET held = held + ?, placed = placed + ? WHERE healthcare_service_id = ?", held, placed,
               service)
      .status();
}

}  // namespace trellis::directory
