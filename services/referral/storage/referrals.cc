#include "services/referral/storage/referrals.h"

#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace trellis::referral {
namespace {

constexpr char kColumns[] =
    "r.organization_id, r.id, r.version, r.person_id, r.healthcare_service_id, r.service_need_id, r.need_system,"
    " r.need_code, r.need_display, r.priority, r.note, r.state, r.state_time, r.reason_code, r.reason_text,"
    " r.requester_id, r.recipient_organization_id, r.consent_id, r.consent_end_time, r.consent_revoked, r.hold_id,"
    " r.create_time, r.update_time, r.labels";

using Row = std::tuple<Id, Id, std::int64_t, Id, Id, std::optional<Id>, std::string, std::string, std::string, int,
                       std::string, int, absl::Time, std::string, std::string, Id, std::optional<Id>, std::optional<Id>,
                       std::optional<absl::Time>, bool, std::optional<Id>, absl::Time, absl::Time, std::int64_t>;

ReferralRow FromRow(Row row) {
  ReferralRow out;
  int state = 0;
  std::int64_t labels = 0;
  std::tie(out.organization, out.id, out.version, out.person, out.healthcare_service, out.service_need, out.need_system,
           out.need_code, out.need_display, out.priority, out.note, state, out.state_time, out.reason_code,
           out.reason_text, out.requester, out.recipient, out.consent, out.consent_end_time, out.consent_revoked,
           out.hold, out.create_time, out.update_time, labels) = std::move(row);
  out.labels = LabelSet::FromBits(labels);
  out.state = static_cast<State>(state);
  return out;
}

absl::StatusOr<std::vector<ReferralRow>> Select(db::Session& session, const std::string& rest,
                                                const std::vector<db::Value>& arguments) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto rows,
      (session.Query<Id, Id, std::int64_t, Id, Id, std::optional<Id>, std::string, std::string, std::string, int,
                     std::string, int, absl::Time, std::string, std::string, Id, std::optional<Id>, std::optional<Id>,
                     std::optional<absl::Time>, bool, std::optional<Id>, absl::Time, absl::Time, std::int64_t>(
          absl::StrCat("SELECT ", kColumns, " FROM referral r WHERE ", rest), arguments)));
  std::vector<ReferralRow> out;
  out.reserve(rows.size());
  for (Row& row : rows) out.push_back(FromRow(std::move(row)));
  return out;
}

}  // namespace

absl::Status InsertReferral(db::Session& tx, const ReferralRow& row) {
  return tx
      .Execute(
          "INSERT INTO referral (organization_id, id, version, person_id, healthcare_service_id, service_need_id,"
          " need_system, need_code, need_display, priority, note, state, state_time, reason_code, reason_text,"
          " requester_id, create_time, update_time, labels)"
          " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '', ?, ?, ?, ?)",
          row.organization, row.id, row.version, row.person, row.healthcare_service, row.service_need, row.need_system,
          row.need_code, row.need_display, row.priority, row.note, static_cast<int>(row.state), row.state_time,
          row.requester, row.create_time, row.update_time, row.labels.bits())
      .status();
}

absl::StatusOr<std::optional<ReferralRow>> FindReferral(db::Session& session, const Id& organization, const Id& id,
                                                        bool lock) {
  const char* const suffix = lock ? " LIMIT 1 FOR UPDATE" : " LIMIT 1";
  TRELLIS_ASSIGN_OR_RETURN(auto rows, Select(session, absl::StrCat("r.organization_id = ? AND r.id = ?", suffix),
                                             {db::Value(organization), db::Value(id)}));
  if (rows.empty()) {
    TRELLIS_ASSIGN_OR_RETURN(rows, Select(session, absl::StrCat("r.recipient_organization_id = ? AND r.id = ?", suffix),
                                          {db::Value(organization), db::Value(id)}));
  }
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

absl::Status SaveStep(db::Session& tx, const ReferralRow& row) {
  return tx
      .Execute(
          "UPDATE referral SET version = ?, state = ?, state_time = ?, reason_code = ?, reason_text = ?,"
          " recipient_organization_id = ?, consent_id = ?, consent_end_time = ?, consent_revoked = ?, hold_id = ?,"
          " update_time = ? WHERE organization_id = ? AND id = ?",
          row.version, static_cast<int>(row.state), row.state_time, row.reason_code, row.reason_text, row.recipient,
          row.consent, row.consent_end_time, row.consent_revoked, row.hold, row.update_time, row.organization, row.id)
      .status();
}

absl::Status MarkConsentRevoked(db::Session& tx, const Id& organization, const Id& consent, absl::Time now) {
  TRELLIS_RETURN_IF_ERROR(tx.Execute("INSERT INTO revoked_consent (consent_id, revoke_time) VALUES (?, ?)"
                                     " ON DUPLICATE KEY UPDATE revoke_time = revoke_time",
                                     consent, now)
                              .status());
  return tx
      .Execute("UPDATE referral SET consent_revoked = 1 WHERE organization_id = ? AND consent_id = ?", organization,
               consent)
      .status();
}

absl::StatusOr<bool> WasRevoked(db::Session& session, const Id& consent) {
  TRELLIS_ASSIGN_OR_RETURN(
      const auto row, session.QueryOne<Id>("SELECT consent_id FROM revoked_consent WHERE consent_id = ?", consent));
  return row.has_value();
}

absl::StatusOr<std::vector<ReferralRow>> ListReferrals(db::Session& session, const ListFilter& filter,
                                                       const Visible& visible) {
  const Condition condition = NewestFirst(filter, visible);
  return Select(session, condition.sql, condition.arguments);
}

}  // namespace trellis::referral
