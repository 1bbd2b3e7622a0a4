// Ids: 16 bytes, UUID version 7 (RFC 9562): they sort by the time of their making, so that rows that are made
// together lie together in the primary key.
#ifndef TRELLIS_COMMON_BASE_ID_H_
#define TRELLIS_COMMON_BASE_ID_H_

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/clock.h"
#include "common/base/random.h"

namespace trellis {

// A value type; the default value is the nil id, which names nothing.
class Id {
 public:
  static constexpr std::size_t kSize = 16;

  constexpr Id() = default;

  // The 36 characters of RFC 9562 in lower or upper case. Error: INVALID_ARGUMENT.
  static absl::StatusOr<Id> Parse(absl::string_view text);
  // Exactly 16 bytes, as a database column holds them. Error: INVALID_ARGUMENT.
  static absl::StatusOr<Id> FromBytes(absl::string_view bytes);

  std::string ToString() const;  // lower case, with hyphens
  std::string bytes() const { return std::string(reinterpret_cast<const char*>(data_.data()), kSize); }
  bool is_nil() const { return *this == Id(); }

  friend auto operator<=>(const Id&, const Id&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Id& id) {
    return H::combine(std::move(h), id.data_);
  }

 private:
  friend class IdGenerator;
  std::array<std::uint8_t, kSize> data_{};
};

// Makes UUIDv7 ids from a clock and a source of randomness. Thread-safe.
class IdGenerator {
 public:
  IdGenerator(const Clock& clock, RandomSource& random) : clock_(clock), random_(random) {}
  Id Next();

 private:
  const Clock& clock_;
  RandomSource& random_;
};

}  // namespace trellis

#endif  // TRELLIS_COMMON_BASE_ID_H_
