#include "common/metrics/registry.h"

#include <algorithm>
#include <sstream>

#include "common/metrics/process.h"
#include "prometheus/text_serializer.h"

namespace trellis::metrics {

const std::vector<double>& DefaultBuckets() {
  static const auto* const buckets = new std::vector<double>{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};
  return *buckets;
}

const std::vector<double>& FineBuckets() {
  static const auto* const buckets =
      new std::vector<double>{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5};
  return *buckets;
}

Registry::Registry(const BuildInfo& build) : process_(MakeProcessCollector()) {
  AddGauge("trellis_build_info", "Always 1; the labels say what is running.",
           {{"service", build.service}, {"version", build.version}, {"revision", build.revision}})
      .Set(1);
}

Registry::~Registry() = default;

template <typename T>
prometheus::Family<T>& Registry::FamilyOf(absl::string_view name, absl::string_view help) {
  return prometheus::detail::Builder<T>().Name(std::string(name)).Help(std::string(help)).Register(registry_);
}

Counter& Registry::AddCounter(absl::string_view name, absl::string_view help, const Labels& labels) {
  return FamilyOf<Counter>(name, help).Add(labels);
}

Gauge& Registry::AddGauge(absl::string_view name, absl::string_view help, const Labels& labels) {
  return FamilyOf<Gauge>(name, help).Add(labels);
}

Histogram& Registry::AddHistogram(absl::string_view name, absl::string_view help, const Labels& labels,
                                  const std::vector<double>& buckets) {
  return FamilyOf<Histogram>(name, help).Add(labels, buckets);
}

std::string Registry::Text() const {
  std::vector<prometheus::MetricFamily> families = registry_.Collect();
  for (prometheus::MetricFamily& family : process_->Collect()) families.push_back(std::move(family));
  std::sort(families.begin(), families.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families);
  return std::move(out).str();
}

}  // namespace trellis::metrics
