#include "services/cli/cohort_table.h"

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace trellis::cli {
namespace {

assessment::v1::CohortSummary Summary() {
  assessment::v1::CohortSummary summary;
  summary.set_instrument("instruments/phq-9");
  summary.mutable_outcome()->set_label("Total");
  summary.mutable_outcome()->set_kind(assessment::v1::OUTCOME_KIND_NUMBER);
  summary.mutable_outcome()->set_reliable_change(6);
  summary.mutable_outcome()->set_reliable_change_source("NHS Talking Therapies");
  summary.mutable_start_date()->set_year(2026);
  summary.mutable_start_date()->set_month(1);
  summary.mutable_start_date()->set_day(1);
  summary.mutable_end_date()->set_year(2026);
  summary.mutable_end_date()->set_month(4);
  summary.mutable_end_date()->set_day(1);
  auto* below = summary.add_bands();
  below->set_label("Below");
  below->set_max_value(9);
  below->set_persons(40);
  auto* above = summary.add_bands();
  above->set_label("Above");
  above->set_min_value(10);
  above->set_max_value(27);
  above->set_persons(10);
  return summary;
}

TEST(CohortTable, DrawsABarForEachBandAndTellsTheTotals) {
  assessment::v1::CohortSummary summary = Summary();
  summary.set_persons(50);
  summary.set_assessments(80);
  summary.set_mean(6.5);
  summary.set_standard_deviation(4);
  summary.mutable_change()->set_improved(15);
  EXPECT_EQ(DescribeCohort(summary),
            "    instruments/phq-9, Total, from 2026-01-01 until before 2026-04-01\n"
            "    band   points  persons  \n"
            "    ────────────────────────────────────────────────────────────────\n"
            "    Below  0–9     40       ████████████████████████████████████████\n"
            "    Above  10–27   10       ██████████\n"
            "    50 persons, 80 assessments, mean 6.5, standard deviation 4\n"
            "    from first to last: 15 improved, 0 unchanged, 0 deteriorated (by 6 points or more; NHS Talking "
            "Therapies)\n"
            "    counts are rounded to the nearest 5\n");
}

TEST(CohortTable, AStarStandsForWhatIsLeftOut) {
  assessment::v1::CohortSummary summary = Summary();
  summary.mutable_bands(1)->clear_persons();
  summary.mutable_bands(1)->set_suppressed(true);
  summary.set_suppressed(true);
  const std::string text = DescribeCohort(summary);
  EXPECT_TRUE(absl::StrContains(text, "Above  10–27   *        \n")) << text;
  EXPECT_TRUE(absl::StrContains(text, "* and what could give it away is left out")) << text;
  EXPECT_FALSE(absl::StrContains(text, "assessments")) << text;
  EXPECT_FALSE(absl::StrContains(text, "from first to last")) << text;
}

}  // namespace
}  // namespace trellis::cli
