#include "services/cli/chart.h"

#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "services/cli/table.h"

namespace trellis::cli {
namespace {

using assessment::v1::Trajectory;

Trajectory Sample(const std::vector<double>& values) {
  Trajectory trajectory;
  auto& outcome = *trajectory.mutable_outcome();
  outcome.set_min_value(0);
  outcome.set_max_value(27);
  auto& bands = *outcome.add_band_systems();
  const struct {
    const char* label;
    double low, high;
  } kBands[] = {{"Minimal", 0, 4}, {"Mild", 5, 9}, {"Moderate", 10, 27}};
  for (const auto& band : kBands) {
    auto& added = *bands.add_bands();
    added.set_label(band.label);
    added.set_min_value(band.low);
    added.set_max_value(band.high);
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    auto& point = *trajectory.add_points();
    point.mutable_effective_time()->set_seconds(1767225600 + static_cast<std::int64_t>(i) * 14 * 86400);
    point.set_position(values[i]);
  }
  return trajectory;
}

std::size_t CountMarks(const std::string& chart) {
  std::size_t count = 0;
  for (std::size_t at = chart.find("●"); at != std::string::npos; at = chart.find("●", at + 1)) ++count;
  return count;
}

// The row (from the top) that holds the only mark.
std::size_t RowOfMark(const std::string& chart) {
  const std::vector<std::string> rows = absl::StrSplit(chart, '\n');
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (rows[row].find("●") != std::string::npos) return row;
  }
  return rows.size();
}

TEST(Chart, ShowsEveryPointItsBandsAndItsDates) {
  const std::string chart = DrawTrajectory(Sample({4, 9, 18}));
  EXPECT_EQ(CountMarks(chart), 3u);
  for (const char* text : {"Minimal", "Mild", "Moderate", "27 ┤", "2026-01-01", "2026-01-29", "┈"}) {
    EXPECT_NE(chart.find(text), std::string::npos) << text << "\n" << chart;
  }
}

TEST(Chart, ALargerValueStandsHigher) {
  EXPECT_EQ(RowOfMark(DrawTrajectory(Sample({27}))), 0u);
  EXPECT_EQ(RowOfMark(DrawTrajectory(Sample({0}))), 13u);
  EXPECT_LT(RowOfMark(DrawTrajectory(Sample({18}))), RowOfMark(DrawTrajectory(Sample({9}))));
}

TEST(Chart, StaysWithinItsWidth) {
  const std::string chart = DrawTrajectory(Sample({4, 9, 18}), 80);
  for (const auto& row : absl::StrSplit(chart, '\n')) EXPECT_LE(DisplayWidth(std::string(row)), 84u) << row;
}

TEST(Chart, SaysSoWhereThereIsNothingToDraw) { EXPECT_EQ(DrawTrajectory(Sample({})), "    no values to draw yet\n"); }

TEST(Chart, DrawsPointsOfTheSameMoment) {
  Trajectory trajectory = Sample({5, 20});
  trajectory.mutable_points(1)->mutable_effective_time()->CopyFrom(trajectory.points(0).effective_time());
  EXPECT_EQ(CountMarks(DrawTrajectory(trajectory)), 2u);
}

}  // namespace
}  // namespace trellis::cli
