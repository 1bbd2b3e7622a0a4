// Whether two samples come from one distribution.
#ifndef TRELLIS_TESTS_BENCH_SUITE_KOLMOGOROV_SMIRNOV_H_
#define TRELLIS_TESTS_BENCH_SUITE_KOLMOGOROV_SMIRNOV_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "absl/time/time.h"

namespace trellis::bench {

struct KolmogorovSmirnov {
  double distance = 0;  // the largest between the two cumulative distributions
  double p = 1;         // how likely a distance like this is where there is no difference
};

// Both not empty. The asymptotic p with Stephens' correction (Press et al., Numerical Recipes, section 14.3), good from
// a few dozen values on.
inline KolmogorovSmirnov Compare(std::vector<absl::Duration> a, std::vector<absl::Duration> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  const double na = static_cast<double>(a.size()), nb = static_cast<double>(b.size());
  KolmogorovSmirnov out;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const absl::Duration at = std::min(a[i], b[j]);
    while (i < a.size() && a[i] <= at) ++i;
    while (j < b.size() && b[j] <= at) ++j;
    out.distance = std::max(out.distance, std::abs(static_cast<double>(i) / na - static_cast<double>(j) / nb));
  }
  const double root = std::sqrt(na * nb / (na + nb));
  const double lambda = (root + 0.12 + 0.11 / root) * out.distance;
  if (lambda < 0.3) return out;  // the series below converges slowly there, to 1
  out.p = 0;
  for (int k = 1; k <= 20; ++k) out.p += (k % 2 == 1 ? 2 : -2) * std::exp(-2.0 * k * k * lambda * lambda);
  out.p = std::clamp(out.p, 0.0, 1.0);
  return out;
}

}  // namespace trellis::bench

#endif  // TRELLIS_TESTS_BENCH_SUITE_KOLMOGOROV_SMIRNOV_H_
