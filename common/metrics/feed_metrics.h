// trellis_feed_*: how far followers are behind, one set for each feed that is followed.
#ifndef TRELLIS_COMMON_METRICS_FEED_METRICS_H_
#define TRELLIS_COMMON_METRICS_FEED_METRICS_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/metrics/registry.h"

namespace trellis::metrics {

// Thread-safe.
class FeedMetrics {
 public:
  // `feed` is the publishing service, for example "identity".
  FeedMetrics(Registry* registry, absl::string_view feed);

  // trellis_feed_lag_seconds{feed}: age of the oldest event not applied yet; 0 when up to date.
  void SetLag(absl::Duration lag) { lag_.Set(absl::ToDoubleSeconds(lag)); }
  // trellis_feed_position{feed}: position of the last event applied.
  void SetPosition(std::int64_t position) { position_.Set(static_cast<double>(position)); }
  // trellis_feed_events_applied_total{feed}
  void Applied(int events) { applied_.Increment(events); }
  // trellis_feed_parked{feed}: 1 while one event fails again and again and holds up all that follow.
  void SetParked(bool parked) { parked_.Set(parked ? 1 : 0); }
  // trellis_feed_errors_total{feed}: reads or effects that failed and will be repeated.
  void Failed() { errors_.Increment(); }

 private:
  Gauge& lag_;
  Gauge& position_;
  Gauge& parked_;
  Counter& applied_;
  Counter& errors_;
};

}  // namespace trellis::metrics

#endif  // TRELLIS_COMMON_METRICS_FEED_METRICS_H_
