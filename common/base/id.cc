#include "common/base/id.h"

#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace trellis {
namespace {

constexpr std::size_t kTextSize = 36;

bool IsHyphenPosition(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

void SetVersion(std::array<std::uint8_t, Id::kSize>& data, int version) {
  data[6] = static_cast<std::uint8_t>((data[6] & 0x0F) | (version << 4));
  data[8] = static_cast<std::uint8_t>((data[8] & 0x3F) | 0x80);
}

}  // namespace

absl::StatusOr<Id> Id::Parse(absl::string_view text) {
  if (text.size() != kTextSize) return absl::InvalidArgumentError("an id has 36 characters");
  std::string hex;
  hex.reserve(2 * kSize);
  for (std::size_t i = 0; i < kTextSize; ++i) {
    if (IsHyphenPosition(i)) {
      if (text[i] != '-') return absl::InvalidArgumentError("an id has hyphens after 8, 12, 16 and 20 digits");
      continue;
    }
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(text[i]))) {
      return absl::InvalidArgumentError("an id consists of hexadecimal digits and hyphens");
    }
    hex.push_back(text[i]);
  }
  return FromBytes(absl::HexStringToBytes(hex));
}

absl::StatusOr<Id> Id::FromBytes(absl::string_view bytes) {
  if (bytes.size() != kSize) return absl::InvalidArgumentError("an id has 16 bytes");
  Id id;
  std::memcpy(id.data_.data(), bytes.data(), kSize);
  return id;
}

std::string Id::ToString() const {
  const std::string hex = absl::BytesToHexString(bytes());
  return absl::StrCat(hex.substr(0, 8), "-", hex.substr(8, 4), "-", hex.substr(12, 4), "-", hex.substr(16, 4), "-",
                      hex.substr(20));
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
