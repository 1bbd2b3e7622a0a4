// process_*: what the kernel says about this process, read at each scrape.
#ifndef TRELLIS_COMMON_METRICS_PROCESS_H_
#define TRELLIS_COMMON_METRICS_PROCESS_H_

#include <memory>

#include "prometheus/collectable.h"

namespace trellis::metrics {

// process_cpu_seconds_total, _resident_memory_bytes, _virtual_memory_bytes, _open_fds, _max_fds, _threads,
// _start_time_seconds. What cannot be read is left out.
std::unique_ptr<prometheus::Collectable> MakeProcessCollector();

}  // namespace trellis::metrics

#endif  // TRELLIS_COMMON_METRICS_PROCESS_H_
