#include "common/crypto/base32.h"

#include <cstdint>

namespace trellis::crypto {
namespace {

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

}  // namespace

std::string Base32Encode(absl::string_view data) {
  std::string out;
  out.reserve((data.size() * 8 + 4) / 5);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char byte : data) {
    bits = (bits << 8) | static_cast<unsigned char>(byte);
    for (count += 8; count >= 5; count -= 5) out.push_back(kAlphabet[(bits >> (count - 5)) & 31]);
  }
  if (count > 0) out.push_back(kAlphabet[(bits << (5 - count)) & 31]);
  return out;
}

}  // namespace trellis::crypto
