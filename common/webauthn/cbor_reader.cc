#include "common/webauthn/cbor_reader.h"

#include <cstddef>
#include <limits>

namespace trellis::webauthn {
namespace {

// Major types of RFC 8949, section 3.1.
constexpr int kUnsigned = 0;
constexpr int kNegative = 1;
constexpr int kBytes = 2;
constexpr int kText = 3;
constexpr int kArray = 4;
constexpr int kMap = 5;
constexpr int kSimple = 7;

constexpr std::uint64_t kOneByteFollows = 24;  // then 25, 26, 27: two, four, eight
constexpr std::uint64_t kEightBytesFollow = 27;

}  // namespace

std::optional<CborReader::Head> CborReader::ReadHead() {
  const auto first = Take(1);
  if (!first.has_value()) return std::nullopt;
  const auto byte = static_cast<unsigned char>(first->front());
  Head head{byte >> 5, std::uint64_t{byte} & 0x1F};
  if (head.value < kOneByteFollows) return head;
  if (head.value > kEightBytesFollow) return std::nullopt;  // reserved, or an indefinite length
  const std::uint64_t size = std::uint64_t{1} << (head.value - kOneByteFollows);
  const auto bytes = Take(size);
  if (!bytes.has_value()) return std::nullopt;
  head.value = 0;
  for (const char c : *bytes) head.value = head.value << 8 | static_cast<unsigned char>(c);
  // The shortest form alone, so that one value has one text. (A float of type 7 does not get past this or Skip.)
  const std::uint64_t least = size == 1 ? kOneByteFollows : std::uint64_t{1} << (4 * size);
  return head.value < least ? std::nullopt : std::optional<Head>(head);
}

std::optional<absl::string_view> CborReader::Take(std::uint64_t size) {
  if (size > rest_.size()) return std::nullopt;
  const absl::string_view taken = rest_.substr(0, static_cast<std::size_t>(size));
  rest_.remove_prefix(taken.size());
  return taken;
}

std::optional<absl::string_view> CborReader::String(int type) {
  const auto head = ReadHead();
  if (!head.has_value() || head->type != type) return std::nullopt;
  return Take(head->value);
}

std::optional<std::int64_t> CborReader::Integer() {
  const auto head = ReadHead();
  if (!head.has_value() || head->value > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) return std::nullopt;
  const auto value = static_cast<std::int64_t>(head->value);
  if (head->type == kUnsigned) return value;
  return head->type == kNegative ? std::optional<std::int64_t>(-1 - value) : std::nullopt;
}

std::optional<absl::string_view> CborReader::Bytes() { return String(kBytes); }

std::optional<absl::string_view> CborReader::Text() { return String(kText); }

std::optional<std::uint64_t> CborReader::Map() {
  const auto head = ReadHead();
  if (!head.has_value() || head->type != kMap) return std::nullopt;
  return head->value;
}

bool CborReader::Skip(int levels) {
  const auto head = ReadHead();
  if (!head.has_value() || levels == 0) return false;
  switch (head->type) {
    case kUnsigned:
    case kNegative:
      return true;
    case kBytes:
    case kText:
      return Take(head->value).has_value();
    case kArray:
    case kMap:
      break;
    default:
      return head->type == kSimple && head->value < kOneByteFollows;
  }
  // Every item takes a byte at least, so that a claimed number larger than the rest ends soon.
  for (std::uint64_t i = 0; i < head->value; ++i) {
    if (!Skip(levels - 1)) return false;
    if (head->type == kMap && !Skip(levels - 1)) return false;
  }
  return true;
}

}  // namespace trellis::webauthn
