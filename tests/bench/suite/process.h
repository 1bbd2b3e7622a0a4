// Processes of the benchmark: started, paused, and asked what they have used.
#ifndef TRELLIS_TESTS_BENCH_SUITE_PROCESS_H_
#define TRELLIS_TESTS_BENCH_SUITE_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace trellis::bench {

// Prints the reason and ends the program. A benchmark cannot go on without one of its parts.
[[noreturn]] void Die(const std::string& what);

// A program of its own, killed at the end. Start it from the main thread: it ends with the thread that started it.
class Process {
 public:
  // Its output goes to the file `log`.
  Process(const std::vector<std::string>& command, std::string log);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void Pause();
  void Resume();
  // Waits for its end; dies unless the exit code is 0.
  void MustSucceed();
  bool running();
  std::string LastOutput() const;

 private:
  const std::string log_;
  pid_t pid_ = 0;
};

int FreePort();  // of 127.0.0.1

absl::Duration CpuTimeOf(pid_t process);  // user and system, all threads

struct Memory {
  double rss_mb = 0;
  double pss_mb = 0;  // what is shared with others counted in part
};
Memory MemoryOf(pid_t process);

// How much of the machine others have used since the start: the noise that figures come with.
class Noise {
 public:
  explicit Noise(std::vector<pid_t> ours);  // this process besides
  double OthersPercent() const;             // of all cores

 private:
  absl::Duration Ours() const;
  const std::vector<pid_t> ours_;
  const absl::Time start_;
  const absl::Duration busy_at_start_;
  const absl::Duration ours_at_start_;
};

std::string LoadAverage();

}  // namespace trellis::bench

#endif  // TRELLIS_TESTS_BENCH_SUITE_PROCESS_H_
