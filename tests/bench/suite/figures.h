// What is measured of one kind of work, and how it is printed.
#ifndef TRELLIS_TESTS_BENCH_SUITE_FIGURES_H_
#define TRELLIS_TESTS_BENCH_SUITE_FIGURES_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace trellis::bench {

// The time that the given share of calls stayed within, in milliseconds. Sorts.
inline double Quantile(std::vector<absl::Duration>& times, double share) {
  if (times.empty()) return 0;
  std::sort(times.begin(), times.end());
  const auto at = static_cast<std::size_t>(share * static_cast<double>(times.size()));
  return absl::ToDoubleMilliseconds(times[std::min(at, times.size() - 1)]);
}

struct Sample {
  std::vector<absl::Duration> times;  // of each call that succeeded
  absl::Duration took;
  std::int64_t failed = 0;
  std::string first_failure;
};

struct Figures {
  std::int64_t calls = 0;
  std::int64_t calls_with_warm_up = 0;  // of gRPC
  double calls_per_second = 0;
  double p50_ms = 0;
  double p99_ms = 0;
  double cpu_us = 0;           // for each call: of the server, or of the SQL client's threads
  double database_cpu_us = 0;  // for each call
  double statements = 0;       // that the database executed for each call
  double others_percent = 0;   // of the machine, used by others meanwhile
  std::int64_t failed = 0;
  std::string first_failure;
};

}  // namespace trellis::bench

#endif  // TRELLIS_TESTS_BENCH_SUITE_FIGURES_H_
