#include "services/caseload/storage/persons.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "common/base/status_macros.h"

namespace trellis::caseload {

absl::Status LockPerson(db::Session& tx, const Id& organization, const Id& person, absl::Time now) {
  return tx
      .Execute(
          "INSERT INTO person_status (organization_id, person_id, update_time) VALUES (?, ?, ?)"
          " ON DUPLICATE KEY UPDATE update_time = VALUES(update_time)",
          organization, person, now)
      .status();
}

absl::Status RememberAssessment(db::Session& tx, const Id& organization, const Id& person,
                                const LatestAssessment& latest) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto known, (tx.QueryOne<absl::Time>("SELECT effective_time FROM person_assessment WHERE organization_id = ?"
                                           " AND person_id = ? AND instrument = ? LIMIT 1",
                                           organization, person, latest.instrument)));
  if (known.has_value()) {
    LatestAssessment before;
    before.effective_time = std::get<0>(*known);
    if (!Replaces(latest, before)) return absl::OkStatus();
  }
  const Outcome worse = latest.worse.value_or(Outcome());
  return tx
      .Execute(
          "INSERT INTO person_assessment (organization_id, person_id, instrument, assessment_id, effective_time, "
          "outcome,"
          " number, stage, flag, band, worse_outcome, worse_number, worse_stage, worse_band, worse_than_baseline,"
          " worse_than_previous, labels, worse_labels)"
          " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
          " ON DUPLICATE KEY UPDATE assessment_id = VALUES(assessment_id), effective_time = VALUES(effective_time),"
          " outcome = VALUES(outcome), number = VALUES(number), stage = VALUES(stage), flag = VALUES(flag),"
          " band = VALUES(band), worse_outcome = VALUES(worse_outcome), worse_number = VALUES(worse_number),"
          " worse_stage = VALUES(worse_stage), worse_band = VALUES(worse_band),"
          " worse_than_baseline = VALUES(worse_than_baseline), worse_than_previous = VALUES(worse_than_previous),"
          " labels = VALUES(labels), worse_labels = VALUES(worse_labels)",
          organization, person, latest.instrument, latest.assessment, latest.effective_time, latest.principal.code,
          latest.principal.number, latest.principal.stage, latest.principal.flag, latest.principal.band, worse.code,
          worse.number, worse.stage, worse.band, latest.worse_than_baseline, latest.worse_than_previous,
          latest.labels.bits(), latest.worse_labels.bits())
      .status();
}

absl::StatusOr<std::vector<LatestAssessment>> AssessmentsOf(db::Session& session, const Id& organization,
                                                            const Id& person) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto rows,
      (session.Query<std::string, Id, absl::Time, std::string, std::optional<double>, std::string, std::optional<bool>,
                     std::string, std::string, std::optional<double>, std::string, std::string, bool, bool,
                     std::int64_t, std::int64_t>(
          "SELECT instrument, assessment_id, effective_time, outcome, number, stage, flag, band, worse_outcome,"
          " worse_number, worse_stage, worse_band, worse_than_baseline, worse_than_previous, labels, worse_labels"
          " FROM person_assessment"
          " WHERE organization_id = ? AND person_id = ? ORDER BY instrument LIMIT 100",
          organization, person)));
  std::vector<LatestAssessment> assessments;
  for (auto& row : rows) {
    LatestAssessment& latest = assessments.emplace_back();
    Outcome worse;
    std::int64_t labels = 0;
    std::int64_t worse_labels = 0;
    std::tie(latest.instrument, latest.assessment, latest.effective_time, latest.principal.code,
             latest.principal.number, latest.principal.stage, latest.principal.flag, latest.principal.band, worse.code,
             worse.number, worse.stage, worse.band, latest.worse_than_baseline, latest.worse_than_previous, labels,
             worse_labels) = std::move(row);
    latest.labels = LabelSet::FromBits(labels);
    latest.worse_labels = LabelSet::FromBits(worse_labels);
    if (latest.worse_than_baseline || latest.worse_than_previous) latest.worse = worse;
  }
  return assessments;
}

absl::Status SaveReferral(db::Session& tx, const Id& organization, const ReferralRecord& referral) {
  return tx
      .Execute(
          "INSERT INTO referral_status (organization_id, id, person_id, service_need_id, state, state_time)"
          " VALUES (?, ?, ?, ?, ?, ?)"
          " ON DUPLICATE KEY UPDATE state = VALUES(state), state_time = VALUES(state_time)",
          organization, referral.id, referral.person, referral.service_need, static_cast<int>(referral.state),
          referral.state_time)
      .status();
}

absl::StatusOr<std::vector<CaseFacts::Referral>> UnansweredReferralsOf(db::Session& session, const Id& organization,
                                                                       const Id& person) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto rows, (session.Query<Id, int, absl::Time>(
                     "SELECT id, state, state_time FROM referral_status WHERE organization_id = ? AND person_id = ?"
                     " AND state IN (?, ?) ORDER BY state_time LIMIT 100",
                     organization, person, static_cast<int>(ReferralState::kRequested),
                     static_cast<int>(ReferralState::kAccepted))));
  std::vector<CaseFacts::Referral> referrals;
  for (const auto& [id, state, time] : rows) referrals.push_back({id, static_cast<ReferralState>(state), time});
  return referrals;
}

absl::StatusOr<std::vector<ReferralState>> ReferralStatesFor(db::Session& session, const Id& organization,
                                                             const Id& service_need) {
  TRELLIS_ASSIGN_OR_RETURN(auto rows,
                           (session.Query<int>("SELECT DISTINCT state FROM referral_status WHERE organization_id = ?"
                                               " AND service_need_id = ? LIMIT 20",
                                               organization, service_need)));
  std::vector<ReferralState> states;
  for (const auto& [state] : rows) states.push_back(static_cast<ReferralState>(state));
  return states;
}

}  // namespace trellis::caseload
