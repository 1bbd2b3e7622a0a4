#include "common/base/id.h"

#include <cstring>

#include "absl/time/time.h"

namespace trellis {
namespace {

constexpr std::size_t kTextSize = 36;

bool IsHyphenPosition(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

// -1: no digit.
int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void SetVersion(std::array<std::uint8_t, Id::kSize>& data, int version) {
  data[6] = static_cast<std::uint8_t>((data[6] & 0x0F) | (version << 4));
  data[8] = static_cast<std::uint8_t>((data[8] & 0x3F) | 0x80);
}

}  // namespace

absl::StatusOr<Id> Id::Parse(absl::string_view text) {
  if (text.size() != kTextSize) return absl::InvalidArgumentError("an id has 36 characters");
  Id id;
  std::size_t digits = 0;
  for (std::size_t i = 0; i < kTextSize; ++i) {
    if (IsHyphenPosition(i)) {
      if (text[i] != '-') return absl::InvalidArgumentError("an id has hyphens after 8, 12, 16 and 20 digits");
      continue;
    }
    const int value = HexValue(text[i]);
    if (value < 0) return absl::InvalidArgumentError("an id consists of hexadecimal digits and hyphens");
    std::uint8_t& byte = id.data_[digits / 2];
    byte = static_cast<std::uint8_t>((byte << 4) | value);
    ++digits;
  }
  return id;
}

absl::StatusOr<Id> Id::FromBytes(absl::string_view bytes) {
  if (bytes.size() != kSize) return absl::InvalidArgumentError("an id has 16 bytes");
  Id id;
  std::memcpy(id.data_.data(), bytes.data(), kSize);
  return id;
}

std::string Id::ToString() const {
  constexpr absl::string_view kDigits = "0123456789abcdef";
  std::string text(kTextSize, '-');
  std::size_t at = 0;
  for (const std::uint8_t byte : data_) {
    if (IsHyphenPosition(at)) ++at;
    text[at++] = kDigits[byte >> 4];
    text[at++] = kDigits[byte & 0x0F];
  }
  return text;
}

Id IdGenerator::Next() {
  Id id;
  random_.Fill(id.data_.data(), Id::kSize);
  auto milliseconds = static_cast<std::uint64_t>(absl::ToUnixMillis(clock_.Now()));
  for (int i = 5; i >= 0; --i) {
    id.data_[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(milliseconds & 0xFF);
    milliseconds >>= 8;
  }
  SetVersion(id.data_, 7);
  return id;
}

}  // namespace trellis
