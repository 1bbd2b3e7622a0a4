#include "services/caseload/storage/service_needs.h"

#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/status_macros.h"

namespace trellis::caseload {
namespace {

constexpr absl::string_view kColumns =
    "id, case_id, person_id, need_system, need_code, need_display, note, state, settled, state_time, referral_id, "
    "version,"
    " create_time, update_time, labels";
using Row = std::tuple<Id, Id, Id, std::string, std::string, std::string, std::string, int, bool, absl::Time,
                       std::optional<Id>, std::int64_t, absl::Time, absl::Time, std::int64_t>;

ServiceNeedRecord FromRow(Row row) {
  ServiceNeedRecord need;
  int state = 0;
  std::int64_t labels = 0;
  std::tie(need.id, need.case_id, need.person, need.system, need.code, need.display, need.note, state, need.settled,
           need.state_time, need.referral, need.version, need.create_time, need.update_time, labels) = std::move(row);
  need.labels = LabelSet::FromBits(labels);
  need.state = static_cast<NeedState>(state);
  return need;
}

template <typename... Args>
absl::StatusOr<std::vector<ServiceNeedRecord>> Select(db::Session& session, absl::string_view rest,
                                                      const Args&... args) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto rows, (session.Query<Id, Id, Id, std::string, std::string, std::string, std::string, int, bool, absl::Time,
                                std::optional<Id>, std::int64_t, absl::Time, absl::Time, std::int64_t>(
                     absl::StrCat("SELECT ", kColumns, " FROM service_need WHERE ", rest), args...)));
  std::vector<ServiceNeedRecord> needs;
  needs.reserve(rows.size());
  for (Row& row : rows) needs.push_back(FromRow(std::move(row)));
  return needs;
}

}  // namespace

absl::Status InsertServiceNeed(db::Session& tx, const Id& organization, const ServiceNeedRecord& need) {
  return tx
      .Execute(
          "INSERT INTO service_need (organization_id, id, case_id, person_id, need_system, need_code, need_display, "
          "note,"
          " state, settled, state_time, referral_id, version, create_time, update_time, labels)"
          " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          organization, need.id, need.case_id, need.person, need.system, need.code, need.display, need.note,
          static_cast<int>(need.state), need.settled, need.state_time, need.referral, need.version, need.create_time,
          need.update_time, need.labels.bits())
      .status();
}

absl::StatusOr<std::optional<ServiceNeedRecord>> FindServiceNeed(db::Session& session, const Id& organization,
                                                                 const Id& id) {
  TRELLIS_ASSIGN_OR_RETURN(auto needs, Select(session, "organization_id = ? AND id = ? LIMIT 1", organization, id));
  if (needs.empty()) return std::nullopt;
  return std::move(needs.front());
}

absl::Status SaveServiceNeed(db::Session& tx, const Id& organization, const ServiceNeedRecord& need) {
  return tx
      .Execute(
          "UPDATE service_need SET note = ?, labels = ?, state = ?, settled = ?, state_time = ?, referral_id = ?, "
          "version = ?,"
          " update_time = ? WHERE organization_id = ? AND id = ?",
          need.note, need.labels.bits(), static_cast<int>(need.state), need.settled, need.state_time, need.referral,
          need.version, need.update_time, organization, need.id)
      .status();
}

absl::StatusOr<std::vector<ServiceNeedRecord>> ListServiceNeeds(db::Session& session, const Id& organization,
                                                                const Id& case_id, const Id& after, int limit) {
  return Select(session, "organization_id = ? AND case_id = ? AND id > ? ORDER BY id LIMIT ?", organization, case_id,
                after, limit);
}

absl::StatusOr<std::map<Id, CarePlanSummary>> CarePlansOf(db::Session& session, const Id& organization,
                                                          const std::vector<Id>& cases) {
  std::map<Id, CarePlanSummary> plans;
  if (cases.empty()) return plans;
  TRELLIS_ASSIGN_OR_RETURN(
      auto rows, (session.Query<Id, int, int>(
                     absl::StrCat("SELECT case_id, state, COUNT(*) FROM service_need WHERE organization_id = ?"
                                  " AND case_id IN (",
                                  db::Placeholders(cases.size()), ") GROUP BY case_id, state LIMIT 2000"),
                     organization, cases)));
  for (const auto& [case_id, state, count] : rows) plans[case_id].Add(static_cast<NeedState>(state), count);
  return plans;
}

}  // namespace trellis::caseload
