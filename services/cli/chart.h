// The severity chart: one person's outcome over time, drawn for a terminal, with the lines where bands begin.
#ifndef TRELLIS_SERVICES_CLI_CHART_H_
#define TRELLIS_SERVICES_CLI_CHART_H_

#include <string>

#include "trellis/assessment/v1/trajectory.pb.h"

namespace trellis::cli {

// `width` columns in all (at least 40), 80 is usual. Every point stands at its time and its value; the newest 60
// points where there are more.
std::string DrawTrajectory(const assessment::v1::Trajectory& trajectory, int width = 80);

}  // namespace trellis::cli

#endif  // TRELLIS_SERVICES_CLI_CHART_H_
