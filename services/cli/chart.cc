#include "services/cli/chart.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/cli/table.h"

namespace trellis::cli {
namespace {

using assessment::v1::Band;
using assessment::v1::OutcomeDefinition;
using assessment::v1::Trajectory;
using assessment::v1::TrajectoryPoint;

constexpr int kRows = 14;
constexpr int kMargin = 10;  // columns left of the chart, for the axis
constexpr int kLabels = 20;  // columns right of it, for the bands
constexpr int kMostPoints = 60;

// One point of the drawing.
struct Mark {
  double value;
  double seconds;
};

class Canvas {
 public:
  Canvas(int columns, double low, double high)
      : columns_(columns),
        low_(low),
        high_(high),
        cells_(kRows, std::vector<std::string>(static_cast<std::size_t>(columns), " ")) {}

  int RowOf(double value) const {
    const double share = high_ > low_ ? (value - low_) / (high_ - low_) : 0;
    return std::clamp(kRows - 1 - static_cast<int>(std::lround(share * (kRows - 1))), 0, kRows - 1);
  }
  void Put(int column, int row, const std::string& glyph) {
    cells_[static_cast<std::size_t>(row)][static_cast<std::size_t>(std::clamp(column, 0, columns_ - 1))] = glyph;
  }
  void Line(int row) {
    for (int column = 0; column < columns_; ++column) Put(column, row, "┈");
  }
  std::string Row(int row) const {
    std::string out;
    for (const std::string& cell : cells_[static_cast<std::size_t>(row)]) out += cell;
    return out;
  }

 private:
  int columns_;
  double low_;
  double high_;
  std::vector<std::vector<std::string>> cells_;
};

std::vector<Mark> Marks(const Trajectory& trajectory) {
  std::vector<Mark> marks;
  for (const TrajectoryPoint& point : trajectory.points()) {
    if (!point.has_position()) continue;
    marks.push_back({point.position(), static_cast<double>(point.effective_time().seconds())});
  }
  std::sort(marks.begin(), marks.end(), [](const Mark& a, const Mark& b) { return a.seconds < b.seconds; });
  if (marks.size() > kMostPoints) marks.erase(marks.begin(), marks.end() - kMostPoints);
  return marks;
}

const google::protobuf::RepeatedPtrField<Band>& Bands(const OutcomeDefinition& outcome) {
  static const google::protobuf::RepeatedPtrField<Band> none;
  return outcome.band_systems().empty() ? none : outcome.band_systems(0).bands();
}

// The label of the row's axis: the value where a band begins, and both ends.
std::string AxisLabel(const Canvas& canvas, const OutcomeDefinition& outcome, int row, double low, double high) {
  if (row == 0) return FormatNumber(high);
  if (row == kRows - 1) return FormatNumber(low);
  for (const Band& band : Bands(outcome)) {
    if (band.min_value() > low && canvas.RowOf(band.min_value()) == row) return FormatNumber(band.min_value());
  }
  return "";
}

std::string BandLabel(const Canvas& canvas, const OutcomeDefinition& outcome, int row) {
  for (const Band& band : Bands(outcome)) {
    const int top = canvas.RowOf(band.max_value());
    const int bottom = canvas.RowOf(band.min_value());
    if ((top + bottom) / 2 == row) return Shorten(band.label(), kLabels - 2);
  }
  return "";
}

void Plot(Canvas& canvas, const std::vector<Mark>& marks, int columns) {
  const double first = marks.front().seconds;
  const double span = std::max(marks.back().seconds - first, 1.0);
  const auto column = [&](const Mark& mark) {
    if (marks.size() == 1) return columns / 2;
    return 1 + static_cast<int>((mark.seconds - first) / span * (columns - 3));
  };
  for (std::size_t i = 0; i + 1 < marks.size(); ++i) {
    const int from = column(marks[i]);
    const int to = column(marks[i + 1]);
    for (int x = from + 1; x < to; ++x) {
      const double share = static_cast<double>(x - from) / (to - from);
      canvas.Put(x, canvas.RowOf(marks[i].value + share * (marks[i + 1].value - marks[i].value)), "·");
    }
  }
  for (const Mark& mark : marks) canvas.Put(column(mark), canvas.RowOf(mark.value), "●");
}

}  // namespace

std::string DrawTrajectory(const Trajectory& trajectory, int width) {
  const OutcomeDefinition& outcome = trajectory.outcome();
  const std::vector<Mark> marks = Marks(trajectory);
  if (marks.empty()) return "    no values to draw yet\n";

  double low = outcome.has_min_value() ? outcome.min_value() : marks.front().value;
  double high = outcome.has_max_value() ? outcome.max_value() : marks.front().value;
  for (const Mark& mark : marks) {
    low = std::min(low, mark.value);
    high = std::max(high, mark.value);
  }
  const int columns = std::max(width, 40) - kMargin - kLabels;
  Canvas canvas(columns, low, high);
  for (const Band& band : Bands(outcome)) {
    if (band.min_value() > low) canvas.Line(canvas.RowOf(band.min_value()));
  }
  Plot(canvas, marks, columns);

  std::string out;
  for (int row = 0; row < kRows; ++row) {
    absl::StrAppend(&out, absl::StrFormat("    %5s ┤", AxisLabel(canvas, outcome, row, low, high)), canvas.Row(row),
                    "  ", BandLabel(canvas, outcome, row), "\n");
  }
  std::string rule;
  for (int i = 0; i < columns; ++i) rule += "─";
  const std::string first =
      FormatTime(trajectory.points(trajectory.points_size() - static_cast<int>(marks.size())).effective_time());
  const std::string last = FormatTime(trajectory.points(trajectory.points_size() - 1).effective_time());
  absl::StrAppend(&out, "          └", rule, "\n", "           ", first.substr(0, 10));
  if (marks.size() > 1 && columns > 22)
    absl::StrAppend(&out, std::string(static_cast<std::size_t>(columns) - 20, ' '), last.substr(0, 10));
  return out + "\n";
}

}  // namespace trellis::cli
