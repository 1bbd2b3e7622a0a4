#include "services/assessment/storage/assessment_store.h"

#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/status_macros.h"
#include "services/assessment/storage/answer_codec.h"

namespace trellis::assessment::storage {
namespace {

constexpr absl::string_view kLockSeries =
    "INSERT INTO assessment_series (organization_id, person_id, instrument, recorded) VALUES (?, ?, ?, 1) "
    "ON DUPLICATE KEY UPDATE recorded = recorded + 1";

constexpr absl::string_view kInsertAssessment =
    "INSERT INTO assessment (organization_id, id, person_id, instrument, instrument_version, effective_time, method, "
    "state, recorder_id, answers, revision, create_time, update_time, labels) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

constexpr absl::string_view kInsertOutcomes =
    "INSERT INTO assessment_outcome (organization_id, person_id, instrument, outcome, effective_time, assessment_id, "
    "instrument_version, position, incomplete, labels) VALUES ";
constexpr absl::string_view kOutcomeRow = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

constexpr absl::string_view kInsertCritical =
    "INSERT INTO assessment_critical_answer (organization_id, assessment_id, rule, item, level) VALUES ";
constexpr absl::string_view kCriticalRow = "(?, ?, ?, ?, ?)";

// The person's key comes with the row: one look into the database for both.
constexpr absl::string_view kLoad =
    "SELECT a.id, a.person_id, a.instrument, a.instrument_version, a.effective_time, a.method, a.state, a.recorder_id, "
    "a.revision, a.create_time, a.update_time, a.labels, a.answers, COALESCE(k.master_key, ''), "
    "COALESCE(k.wrapped_key, '') "
    "FROM assessment a LEFT JOIN data_key k ON k.organization_id = a.organization_id AND k.person_id = a.person_id "
    "WHERE a.organization_id = ? AND a.id = ? LIMIT 1";

constexpr absl::string_view kListColumns =
    "SELECT id, person_id, instrument, instrument_version, effective_time, method, state, recorder_id, revision, "
    "create_time, update_time, labels FROM assessment WHERE organization_id = ? AND person_id = ?";

constexpr absl::string_view kHasLater =
    "SELECT 1 FROM assessment WHERE organization_id = ? AND person_id = ? AND instrument = ? AND effective_time >= ? "
    "AND (effective_time > ? OR id > ?) LIMIT 1";

// No assessment has more results than an instrument has outcomes or rules (protos: 20 and 50).
constexpr int kMaxOutcomes = 20;
constexpr int kMaxCritical = 50;

using Columns =
    std::tuple<Id, Id, std::string, int, absl::Time, int, int, Id, int, absl::Time, absl::Time, std::int64_t>;

Assessment FromColumns(Columns row) {
  Assessment assessment;
  int method = 0;
  int state = 0;
  std::int64_t labels = 0;
  std::tie(assessment.id, assessment.person, assessment.instrument, assessment.instrument_version,
           assessment.effective_time, method, state, assessment.recorder, assessment.revision, assessment.create_time,
           assessment.update_time, labels) = std::move(row);
  assessment.labels = LabelSet::FromBits(labels);
  assessment.method = static_cast<Method>(method);
  assessment.state = static_cast<State>(state);
  return assessment;
}

template <typename Tuple, std::size_t... I>
Columns FirstOf(Tuple row, std::index_sequence<I...>) {
  return Columns(std::get<I>(std::move(row))...);
}

// "(?, ?), (?, ?)": as many rows as are needed.
std::string Rows(absl::string_view head, absl::string_view row, std::size_t count) {
  std::string sql(head);
  for (std::size_t i = 0; i < count; ++i) absl::StrAppend(&sql, i == 0 ? "" : ", ", row);
  return sql;
}

absl::Status InsertOutcomes(db::Session& session, const Id& organization, const Assessment& assessment) {
  std::vector<db::Value> values;
  for (const OutcomeValue& outcome : assessment.result.outcomes) {
    values.insert(values.end(), {organization, assessment.person, assessment.instrument, outcome.code,
                                 assessment.effective_time, assessment.id, assessment.instrument_version,
                                 outcome.position, outcome.incomplete, assessment.labels.bits()});
  }
  if (values.empty()) return absl::OkStatus();
  return session.Execute(Rows(kInsertOutcomes, kOutcomeRow, assessment.result.outcomes.size()), values).status();
}

absl::Status InsertCritical(db::Session& session, const Id& organization, const Assessment& assessment) {
  std::vector<db::Value> values;
  for (const CriticalHit& hit : assessment.result.critical) {
    const int level = hit.level == CriticalLevel::kUrgent ? 2 : 1;
    values.insert(values.end(), {organization, assessment.id, hit.rule, hit.item, level});
  }
  if (values.empty()) return absl::OkStatus();
  return session.Execute(Rows(kInsertCritical, kCriticalRow, assessment.result.critical.size()), values).status();
}

// The ids, padded with the last one to a power of two: lists of all lengths share a few prepared statements.
std::vector<Id> PaddedIds(const std::vector<Assessment>& assessments) {
  std::vector<Id> ids;
  for (const Assessment& assessment : assessments) ids.push_back(assessment.id);
  while ((ids.size() & (ids.size() - 1)) != 0) ids.push_back(ids.back());
  return ids;
}

// Fills the results of assessments that were loaded.
absl::Status LoadResults(db::Session& session, const Id& organization, std::vector<Assessment>& assessments) {
  if (assessments.empty()) return absl::OkStatus();
  absl::flat_hash_map<Id, Result*> results;
  for (Assessment& assessment : assessments) results[assessment.id] = &assessment.result;
  const std::vector<Id> ids = PaddedIds(assessments);
  const std::string in = absl::StrCat("assessment_id IN (", db::Placeholders(ids.size()), ") LIMIT ?");

  TRELLIS_ASSIGN_OR_RETURN(
      auto outcomes, session.Query<Id, std::string, std::optional<double>, bool>(
                         absl::StrCat("SELECT assessment_id, outcome, position, incomplete FROM assessment_outcome "
                                      "WHERE organization_id = ? AND ",
                                      in),
                         organization, ids, static_cast<int>(ids.size()) * kMaxOutcomes));
  for (auto& [id, code, position, incomplete] : outcomes) {
    results.at(id)->outcomes.push_back({std::move(code), position, incomplete});
  }

  TRELLIS_ASSIGN_OR_RETURN(auto hits,
                           session.Query<Id, std::string, std::string, int>(
                               absl::StrCat("SELECT assessment_id, rule, item, level FROM assessment_critical_answer "
                                            "WHERE organization_id = ? AND ",
                                            in),
                               organization, ids, static_cast<int>(ids.size()) * kMaxCritical));
  for (auto& [id, rule, item, level] : hits) {
    const CriticalLevel critical = level == 2 ? CriticalLevel::kUrgent : CriticalLevel::kHigh;
    results.at(id)->critical.push_back({std::move(item), std::move(rule), critical});
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status LockSeries(db::Session& session, const Id& organization, const Id& person, const std::string& instrument) {
  return session.Execute(kLockSeries, organization, person, instrument).status();
}

absl::Status Insert(db::Session& session, seal::Sealer& sealer, const Id& organization, const Assessment& assessment) {
  TRELLIS_ASSIGN_OR_RETURN(const std::string answers,
                           sealer.Seal(session, AnswersOf(organization, assessment.person, assessment.id),
                                       EncodeAnswers(assessment.answers)));
  TRELLIS_RETURN_IF_ERROR(session
                              .Execute(kInsertAssessment, organization, assessment.id, assessment.person,
                                       assessment.instrument, assessment.instrument_version, assessment.effective_time,
                                       static_cast<int>(assessment.method), static_cast<int>(assessment.state),
                                       assessment.recorder, answers, assessment.revision, assessment.create_time,
                                       assessment.update_time, assessment.labels.bits())
                              .status());
  TRELLIS_RETURN_IF_ERROR(InsertOutcomes(session, organization, assessment));
  return InsertCritical(session, organization, assessment);
}

absl::StatusOr<std::optional<Assessment>> Load(db::Session& session, seal::Sealer& sealer, const Id& organization,
                                               const Id& id) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto row, session.QueryOne<Id, Id, std::string, int, absl::Time, int, int, Id, int, absl::Time, absl::Time,
                                 std::int64_t, std::string, std::string, std::string>(kLoad, organization, id));
  if (!row.has_value()) return std::nullopt;
  const seal::Place place = AnswersOf(organization, std::get<1>(*row), id);
  const auto key = sealer.KeyOfRow(session, place.owner, {std::get<13>(*row), std::get<14>(*row)});
  if (seal::IsErased(key.status())) return std::nullopt;
  TRELLIS_RETURN_IF_ERROR(key.status());
  TRELLIS_ASSIGN_OR_RETURN(const std::string opened, sealer.Open(*key, place, std::get<12>(*row)));
  TRELLIS_ASSIGN_OR_RETURN(std::vector<Answer> answers, DecodeAnswers(opened));
  std::vector<Assessment> one(1);
  one[0] = FromColumns(FirstOf(*std::move(row), std::make_index_sequence<std::tuple_size_v<Columns>>()));
  one[0].answers = std::move(answers);
  TRELLIS_RETURN_IF_ERROR(LoadResults(session, organization, one));
  return std::move(one[0]);
}

absl::StatusOr<std::vector<Assessment>> List(db::Session& session, const Id& organization, const Id& person,
                                             const std::string& instrument, const std::optional<Place>& before,
                                             int limit) {
  std::string sql(kListColumns);
  std::vector<db::Value> values = {organization, person};
  if (!instrument.empty()) {
    absl::StrAppend(&sql, " AND instrument = ?");
    values.emplace_back(instrument);
  }
  if (before.has_value()) {
    absl::StrAppend(&sql, " AND effective_time <= ? AND (effective_time < ? OR id < ?)");
    values.insert(values.end(), {before->effective_time, before->effective_time, before->id});
  }
  absl::StrAppend(&sql, " ORDER BY effective_time DESC, id DESC LIMIT ?");
  values.emplace_back(limit);
  TRELLIS_ASSIGN_OR_RETURN(
      auto rows,
      (session.Query<Id, Id, std::string, int, absl::Time, int, int, Id, int, absl::Time, absl::Time, std::int64_t>(
          sql, values)));
  std::vector<Assessment> assessments;
  for (auto& row : rows) assessments.push_back(FromColumns(std::move(row)));
  TRELLIS_RETURN_IF_ERROR(LoadResults(session, organization, assessments));
  return assessments;
}

absl::StatusOr<bool> HasLater(db::Session& session, const Id& organization, const Id& person,
                              const std::string& instrument, const Place& place) {
  TRELLIS_ASSIGN_OR_RETURN(auto row, session.QueryOne<int>(kHasLater, organization, person, instrument,
                                                           place.effective_time, place.effective_time, place.id));
  return row.has_value();
}

}  // namespace trellis::assessment::storage
