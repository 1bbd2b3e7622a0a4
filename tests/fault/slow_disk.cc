// Loaded into mariadbd before everything else (LD_PRELOAD): now and then the disk takes its time to make data durable.
// What is committed and not yet on disk is then there for long enough that a kill can hit it.
// TRELLIS_SLOW_DISK_MS: how long; TRELLIS_SLOW_DISK_EVERY: one in so many times.
#include <dlfcn.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

namespace {

long FromEnvironment(const char* name) {
  const char* const text = getenv(name);
  return text == nullptr ? 0 : atol(text);
}

void TakeTime() {
  static const long delay = FromEnvironment("TRELLIS_SLOW_DISK_MS");
  static const long every = FromEnvironment("TRELLIS_SLOW_DISK_EVERY");
  static std::atomic<long> calls{0};
  if (delay <= 0 || every <= 0 || ++calls % every != 0) return;
  const timespec wait = {delay / 1000, delay % 1000 * 1'000'000};
  nanosleep(&wait, nullptr);
}

using Sync = int (*)(int);
Sync Real(const char* name) { return reinterpret_cast<Sync>(dlsym(RTLD_NEXT, name)); }

}  // namespace

extern "C" int fsync(int file) {
  static const Sync real = Real("fsync");
  TakeTime();
  return real(file);
}

extern "C" int fdatasync(int file) {
  static const Sync real = Real("fdatasync");
  TakeTime();
  return real(file);
}
