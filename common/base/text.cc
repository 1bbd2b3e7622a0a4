#include "common/base/text.h"

#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace trellis {
namespace {

constexpr std::uint32_t kMalformed = 0xFFFFFFFF;

// Decodes one code point and moves `text` past it; kMalformed where RFC 3629 does not allow the bytes.
std::uint32_t DecodeNext(absl::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  std::size_t size = 1;
  std::uint32_t value = lead;
  std::uint32_t smallest = 0;
  if (lead >= 0xF0 && lead <= 0xF4) {
    size = 4, value = lead & 0x07, smallest = 0x10000;
  } else if (lead >= 0xE0 && lead < 0xF0) {
    size = 3, value = lead & 0x0F, smallest = 0x800;
  } else if (lead >= 0xC2 && lead < 0xE0) {
    size = 2, value = lead & 0x1F, smallest = 0x80;
  } else if (lead >= 0x80) {
    return kMalformed;
  }
  if (text.size() < size) return kMalformed;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return kMalformed;
    value = (value << 6) | (byte(i) & 0x3F);
  }
  if (value < smallest || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return kMalformed;
  text.remove_prefix(size);
  return value;
}

bool IsUnsafe(std::uint32_t c) {
  if (c == '\n' || c == '\t') return false;
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

}  // namespace

std::optional<std::size_t> CountCodePoints(absl::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) {
    if (DecodeNext(text) == kMalformed) return std::nullopt;
  }
  return count;
}

bool HasUnsafeCharacter(absl::string_view text) {
  while (!text.empty()) {
    if (text[0] >= ' ' && text[0] <= '~') {  // nearly all that comes
      text.remove_prefix(1);
      continue;
    }
    const std::uint32_t c = DecodeNext(text);
    if (c == kMalformed || IsUnsafe(c)) return true;
  }
  return false;
}

bool HasReadingMark(absl::string_view text) {
  return absl::StrContains(text, "\xD8\x9C") || absl::StrContains(text, "\xE2\x80\x8E") ||
         absl::StrContains(text, "\xE2\x80\x8F");
}

std::optional<absl::string_view> StripCollection(absl::string_view name, absl::string_view collection) {
  if (!absl::ConsumePrefix(&name, collection) || !absl::ConsumePrefix(&name, "/")) return std::nullopt;
  if (name.empty() || name.find('/') != absl::string_view::npos) return std::nullopt;
  return name;
}

}  // namespace trellis
