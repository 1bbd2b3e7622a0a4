#include "common/metrics/process.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "prometheus/metric_family.h"

namespace trellis::metrics {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

std::string ReadFile(const char* path) {
  std::ifstream file(path);
  std::ostringstream content;
  content << file.rdbuf();
  return std::move(content).str();
}

MetricFamily Single(const char* name, const char* help, MetricType type, double value) {
  MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  family.metric.resize(1);
  family.metric[0].gauge.value = value;
  family.metric[0].counter.value = value;
  return family;
}

int CountOpenFiles() {
  DIR* const dir = ::opendir("/proc/self/fd");
  if (dir == nullptr) return -1;
  int count = -3;  // ".", ".." and the directory itself
  while (::readdir(dir) != nullptr) ++count;
  ::closedir(dir);
  return count;
}

// Seconds since 1970 at which the machine booted.
double BootTime() {
  for (absl::string_view line : absl::StrSplit(ReadFile("/proc/stat"), '\n')) {
    double seconds = 0;
    if (line.substr(0, 6) == "btime " && absl::SimpleAtod(line.substr(6), &seconds)) return seconds;
  }
  return 0;
}

class ProcessCollector final : public prometheus::Collectable {
 public:
  std::vector<MetricFamily> Collect() const override {
    std::vector<MetricFamily> out;
    AppendStat(out);
    if (const int open = CountOpenFiles(); open >= 0) {
      out.push_back(Single("process_open_fds", "Number of open file descriptors.", MetricType::Gauge, open));
    }
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
      out.push_back(Single("process_max_fds", "Maximum number of open file descriptors.", MetricType::Gauge,
                           static_cast<double>(limit.rlim_cur)));
    }
    return out;
  }

 private:
  // Fields of proc(5) /proc/[pid]/stat, counted after the ")" that ends the name: 0 is the state (3 in the manual).
  void AppendStat(std::vector<MetricFamily>& out) const {
    const std::string stat = ReadFile("/proc/self/stat");
    const std::size_t end = stat.rfind(") ");
    if (end == std::string::npos) return;
    const std::vector<std::string> fields = absl::StrSplit(absl::string_view(stat).substr(end + 2), ' ');
    const auto number = [&fields](std::size_t i) {
      double value = 0;
      return i < fields.size() && absl::SimpleAtod(fields[i], &value) ? value : 0;
    };
    out.push_back(Single("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
                         MetricType::Counter, (number(11) + number(12)) / ticks_));
    out.push_back(Single("process_threads", "Number of threads.", MetricType::Gauge, number(17)));
    out.push_back(Single("process_start_time_seconds", "Start time of the process since unix epoch in seconds.",
                         MetricType::Gauge, boot_time_ + number(19) / ticks_));
    out.push_back(
        Single("process_virtual_memory_bytes", "Virtual memory size in bytes.", MetricType::Gauge, number(20)));
    out.push_back(Single("process_resident_memory_bytes", "Resident memory size in bytes.", MetricType::Gauge,
                         number(21) * page_));
  }

  const double ticks_ = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const double page_ = static_cast<double>(::sysconf(_SC_PAGESIZE));
  const double boot_time_ = BootTime();
};

}  // namespace

std::unique_ptr<prometheus::Collectable> MakeProcessCollector() { return std::make_unique<ProcessCollector>(); }

}  // namespace trellis::metrics
