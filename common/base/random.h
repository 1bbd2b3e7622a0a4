// Source of unpredictable bytes, injected so that tests can repeat themselves.
#ifndef TRELLIS_COMMON_BASE_RANDOM_H_
#define TRELLIS_COMMON_BASE_RANDOM_H_

#include <cstddef>
#include <cstdint>
#include <string>

namespace trellis {

// Thread-safe in all implementations.
class RandomSource {
 public:
  virtual ~RandomSource() = default;
  virtual void Fill(void* out, std::size_t size) = 0;

  std::string Bytes(std::size_t size);
  // Uniform in [0, bound); bound > 0.
  std::uint64_t Below(std::uint64_t bound);
};

// The kernel's generator (getrandom), fit for keys. Lives as long as the process.
RandomSource& SystemRandom();

}  // namespace trellis

#endif  // TRELLIS_COMMON_BASE_RANDOM_H_
