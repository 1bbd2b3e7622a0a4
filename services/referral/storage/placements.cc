#include "services/referral/storage/placements.h"

#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace trellis::referral {
namespace {

constexpr char kColumns[] =
    "r.organization_id, r.id, r.referral_id, r.person_id, r.healthcare_service_id, r.recipient_organization_id, "
    "r.state,"
    " r.start_time, r.end_time, r.create_time, r.update_time, r.labels";

using Row = std::tuple<Id, Id, Id, Id, Id, Id, int, std::optional<absl::Time>, std::optional<absl::Time>, absl::Time,
                       absl::Time, std::int64_t>;

PlacementRow FromRow(Row row) {
  PlacementRow out;
  int state = 0;
  std::int64_t labels = 0;
  std::tie(out.organization, out.id, out.referral, out.person, out.healthcare_service, out.recipient, state,
           out.start_time, out.end_time, out.create_time, out.update_time, labels) = std::move(row);
  out.labels = LabelSet::FromBits(labels);
  out.state = static_cast<PlacementState>(state);
  return out;
}

absl::StatusOr<std::vector<PlacementRow>> Select(db::Session& session, const std::string& rest,
                                                 const std::vector<db::Value>& arguments) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto rows, (session.Query<Id, Id, Id, Id, Id, Id, int, std::optional<absl::Time>, std::optional<absl::Time>,
                                absl::Time, absl::Time, std::int64_t>(
                     absl::StrCat("SELECT ", kColumns, " FROM placement r WHERE ", rest), arguments)));
  std::vector<PlacementRow> out;
  out.reserve(rows.size());
  for (Row& row : rows) out.push_back(FromRow(std::move(row)));
  return out;
}

absl::StatusOr<std::optional<PlacementRow>> SelectOne(db::Session& session, const char* where, const Id& organization,
                                                      const Id& id) {
  TRELLIS_ASSIGN_OR_RETURN(auto rows,
                           Select(session, absl::StrCat(where, " LIMIT 1"), {db::Value(organization), db::Value(id)}));
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

}  // namespace

absl::Status InsertPlacement(db::Session& tx, const PlacementRow& row) {
  return tx
      .Execute(
          "INSERT INTO placement (organization_id, id, referral_id, person_id, healthcare_service_id,"
          " recipient_organization_id, state, start_time, end_time, create_time, update_time, labels)"
          " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          row.organization, row.id, row.referral, row.person, row.healthcare_service, row.recipient,
          static_cast<int>(row.state), row.start_time, row.end_time, row.create_time, row.update_time,
          row.labels.bits())
      .status();
}

absl::StatusOr<std::optional<PlacementRow>> FindPlacementOf(db::Session& session, const Id& organization,
                                                            const Id& referral) {
  return SelectOne(session, "r.organization_id = ? AND r.referral_id = ?", organization, referral);
}

absl::StatusOr<std::optional<PlacementRow>> FindPlacement(db::Session& session, const Id& organization, const Id& id) {
  TRELLIS_ASSIGN_OR_RETURN(auto row, SelectOne(session, "r.organization_id = ? AND r.id = ?", organization, id));
  if (row.has_value()) return row;
  return SelectOne(session, "r.recipient_organization_id = ? AND r.id = ?", organization, id);
}

absl::Status SavePlacement(db::Session& tx, const PlacementRow& row) {
  return tx
      .Execute(
          "UPDATE placement SET state = ?, start_time = ?, end_time = ?, update_time = ?"
          " WHERE organization_id = ? AND id = ?",
          static_cast<int>(row.state), row.start_time, row.end_time, row.update_time, row.organization, row.id)
      .status();
}

absl::StatusOr<std::vector<PlacementRow>> ListPlacements(db::Session& session, const ListFilter& filter,
                                                         const Visible& visible) {
  const Condition condition = NewestFirst(filter, visible);
  return Select(session, condition.sql, condition.arguments);
}

}  // namespace trellis::referral
