// The metrics of a process. Names follow what Prometheus users already have dashboards for; labels never hold ids,
// names or free text.
#ifndef TRELLIS_COMMON_METRICS_REGISTRY_H_
#define TRELLIS_COMMON_METRICS_REGISTRY_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"

namespace trellis::metrics {

using Counter = prometheus::Counter;
using Gauge = prometheus::Gauge;
using Histogram = prometheus::Histogram;
using Labels = std::map<std::string, std::string>;

// 5 ms ... 10 s, as the Go client library has them; seconds.
const std::vector<double>& DefaultBuckets();
// 0.1 ms ... 5 s for what is usually much faster than an RPC; seconds.
const std::vector<double>& FineBuckets();

struct BuildInfo {
  std::string service;   // "identity"
  std::string version;   // "0.1.0"
  std::string revision;  // of the source, or "unknown"
};

// Making a metric takes a lock and a look-up: make it once, keep the reference (it lives as long as the registry),
// count through it. Asking again for the same name and labels gives the same metric. Thread-safe.
class Registry {
 public:
  // Adds trellis_build_info and process_*.
  explicit Registry(const BuildInfo& build);
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  Counter& AddCounter(absl::string_view name, absl::string_view help, const Labels& labels = {});
  Gauge& AddGauge(absl::string_view name, absl::string_view help, const Labels& labels = {});
  Histogram& AddHistogram(absl::string_view name, absl::string_view help, const Labels& labels = {},
                          const std::vector<double>& buckets = DefaultBuckets());

  // Everything in Prometheus's text format (version 0.0.4), sorted by name.
  std::string Text() const;

 private:
  template <typename T>
  prometheus::Family<T>& FamilyOf(absl::string_view name, absl::string_view help);

  prometheus::Registry registry_;
  std::unique_ptr<prometheus::Collectable> process_;
};

}  // namespace trellis::metrics

#endif  // TRELLIS_COMMON_METRICS_REGISTRY_H_
