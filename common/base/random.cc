#include "common/base/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace trellis {
namespace {

class KernelRandom final : public RandomSource {
 public:
  void Fill(void* out, std::size_t size) override {
    auto* at = static_cast<unsigned char*>(out);
    while (size > 0) {
      const ssize_t got = getrandom(at, size, 0);
      if (got < 0) {
        if (errno == EINTR) continue;
        // Without randomness no id and no key is safe: better no process.
        std::perror("getrandom");
        std::abort();
      }
      at += got;
      size -= static_cast<std::size_t>(got);
    }
  }
};

}  // namespace

std::string RandomSource::Bytes(std::size_t size) {
  std::string out(size, '\0');
  Fill(out.data(), size);
  return out;
}

std::uint64_t RandomSource::Below(std::uint64_t bound) {
  // Reject the uneven tail, so that every value is equally likely.
  const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  for (;;) {
    std::uint64_t value = 0;
    Fill(&value, sizeof value);
    if (value < limit) return value % bound;
  }
}

RandomSource& SystemRandom() {
  static KernelRandom source;
  return source;
}

}  // namespace trellis
