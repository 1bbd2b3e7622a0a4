#include "services/assessment/domain/cohort.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "services/assessment/domain/change.h"

namespace trellis::assessment {
namespace {

int MonthsBetween(absl::CivilDay start, absl::CivilDay end) {
  return static_cast<int>(absl::CivilMonth(end) - absl::CivilMonth(start));
}

std::size_t BandIndex(const std::vector<Band>& bands, double position) {
  std::size_t index = 0;
  while (index + 1 < bands.size() && bands[index + 1].min <= position) ++index;
  return index;
}

std::vector<std::int64_t> CountByBand(const std::vector<Band>& bands, const std::vector<CohortGroup>& groups) {
  std::vector<std::int64_t> counts(bands.size());
  for (const CohortGroup& group : groups) counts[BandIndex(bands, group.last)] += group.persons;
  return counts;
}

struct Totals {
  std::int64_t persons = 0;
  std::int64_t assessments = 0;
};

Totals TotalsOf(const std::vector<CohortGroup>& groups) {
  Totals totals;
  for (const CohortGroup& group : groups) {
    totals.persons += group.persons;
    totals.assessments += group.assessments;
  }
  return totals;
}

void Measure(const std::vector<CohortGroup>& groups, std::int64_t persons, CohortSummary& summary) {
  double sum = 0;
  for (const CohortGroup& group : groups) sum += group.last * static_cast<double>(group.persons);
  const double mean = sum / static_cast<double>(persons);
  double squares = 0;
  for (const CohortGroup& group : groups) {
    squares += (group.last - mean) * (group.last - mean) * static_cast<double>(group.persons);
  }
  summary.mean = RoundMeasure(mean);
  summary.standard_deviation = RoundMeasure(std::sqrt(squares / static_cast<double>(persons - 1)));
}

CohortChange CountChanges(const OutcomeDefinition& outcome, const std::vector<CohortGroup>& groups) {
  CohortChange change;
  for (const CohortGroup& group : groups) {
    if (!group.repeated) continue;
    switch (ClassifyChange(outcome, group.first, group.last).label) {
      case ChangeLabel::kReliablyBetter:
        change.improved += group.persons;
        break;
      case ChangeLabel::kReliablyWorse:
        change.deteriorated += group.persons;
        break;
      default:
        change.unchanged += group.persons;
    }
  }
  return change;
}

// All three or none: that nobody changes who was not counted links these counts to the bands, and a small one could be
// worked out from both.
std::optional<CohortChange> TellChange(const CohortChange& change, const DisclosureRules& rules) {
  const ToldCounts told = TellCounts({change.improved, change.unchanged, change.deteriorated}, rules);
  if (!IsComplete(told)) return std::nullopt;
  return CohortChange{*told[0], *told[1], *told[2]};
}

}  // namespace

absl::StatusOr<CohortPeriod> MakeCohortPeriod(absl::CivilDay start, absl::CivilDay end, absl::Time now) {
  if (start.day() != 1) return InvalidField("start_date", "must be the first day of a month");
  if (end.day() != 1) return InvalidField("end_date", "must be the first day of a month");
  if (end <= start) return InvalidField("end_date", "must be later than start_date");
  if (end > absl::ToCivilDay(now, absl::UTCTimeZone())) {
    return InvalidField("end_date", "must not be later than today: only months that are over are summed up");
  }
  if (MonthsBetween(start, end) > kLongestPeriodMonths) {
    return InvalidField("end_date", absl::StrCat("must be at most ", kLongestPeriodMonths, " months after start_date"));
  }
  return CohortPeriod{start, end};
}

std::vector<Band> CohortBands(const OutcomeDefinition& outcome) {
  if (!outcome.band_systems.empty()) return outcome.band_systems.front().bands;
  std::vector<Band> bands;
  if (outcome.kind == OutcomeKind::kStage) {
    for (const Stage& stage : outcome.stages) {
      const int position = static_cast<int>(bands.size());
      bands.push_back({stage.code, stage.label, 1.0 * position, 1.0 * position, position});
    }
  }
  if (outcome.kind == OutcomeKind::kFlag) {
    const bool yes_is_worse = outcome.direction == Direction::kHigherIsWorse;
    bands = {{"no", "No", 0, 0, yes_is_worse ? 0 : 1}, {"yes", "Yes", 1, 1, yes_is_worse ? 1 : 0}};
  }
  return bands;
}

CohortSummary SummarizeCohort(const OutcomeDefinition& outcome, const std::vector<CohortGroup>& groups,
                              const DisclosureRules& rules) {
  CohortSummary summary;
  summary.bands = CohortBands(outcome);
  summary.persons_in_band = TellCounts(CountByBand(summary.bands, groups), rules);
  summary.suppressed = !IsComplete(summary.persons_in_band);
  if (summary.suppressed) return summary;
  const Totals totals = TotalsOf(groups);
  summary.persons = RoundCount(totals.persons);
  summary.assessments = RoundCount(totals.assessments);
  if (outcome.kind == OutcomeKind::kNumber && totals.persons >= rules.least_persons) {
    Measure(groups, totals.persons, summary);
  }
  if (outcome.reliable_change.has_value()) {
    summary.change = TellChange(CountChanges(outcome, groups), rules);
    summary.suppressed = !summary.change.has_value();
  }
  return summary;
}

}  // namespace trellis::assessment
