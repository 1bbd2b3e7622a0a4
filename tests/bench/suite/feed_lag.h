// From the answer of RecordAssessment to the changed line of the worklist.
#ifndef TRELLIS_TESTS_BENCH_SUITE_FEED_LAG_H_
#define TRELLIS_TESTS_BENCH_SUITE_FEED_LAG_H_

#include <vector>

#include "absl/time/time.h"
#include "tests/bench/suite/suite.h"

namespace trellis::bench {

// Records assessments one after another, one each `interval`, and looks at the person's line in the caseload service's
// table every half millisecond until it names the new assessment.
std::vector<absl::Duration> MeasureFeedLag(Suite& suite, int samples, absl::Duration interval);

}  // namespace trellis::bench

#endif  // TRELLIS_TESTS_BENCH_SUITE_FEED_LAG_H_
