#include "common/metrics/feed_metrics.h"

#include <string>

namespace trellis::metrics {

FeedMetrics::FeedMetrics(Registry* registry, absl::string_view feed)
    : lag_(registry->AddGauge("trellis_feed_lag_seconds", "Age of the oldest event of the feed not applied yet.",
                              {{"feed", std::string(feed)}})),
      position_(registry->AddGauge("trellis_feed_position", "Position of the last event of the feed applied.",
                                   {{"feed", std::string(feed)}})),
      parked_(registry->AddGauge("trellis_feed_parked", "1 while one event fails again and again.",
                                 {{"feed", std::string(feed)}})),
      applied_(registry->AddCounter("trellis_feed_events_applied_total", "Events of the feed applied.",
                                    {{"feed", std::string(feed)}})),
      errors_(registry->AddCounter("trellis_feed_errors_total", "Reads or effects that failed and are repeated.",
                                   {{"feed", std::string(feed)}})) {}

}  // namespace trellis::metrics
