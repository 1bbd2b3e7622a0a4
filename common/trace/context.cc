#include "common/trace/context.h"

#include <cstddef>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace trellis::trace {
namespace {

constexpr std::size_t kTraceIdBytes = 16;
constexpr std::size_t kSpanIdBytes = 8;
constexpr std::size_t kHeaderSize = 55;  // of version 00; later versions may append "-..."

thread_local const Context* current = nullptr;

bool IsLowerHex(absl::string_view text) {
  for (const char c : text) {
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
  }
  return true;
}

bool IsAllZero(absl::string_view text) { return text.find_first_not_of('0') == absl::string_view::npos; }

std::string RandomHex(RandomSource& random, std::size_t bytes) {
  std::string hex;
  do {
    hex = absl::BytesToHexString(random.Bytes(bytes));
  } while (IsAllZero(hex));
  return hex;
}

}  // namespace

Context Context::Child(RandomSource& random) const {
  if (!valid()) return NewRoot(random);
  return Context{trace_id, RandomHex(random, kSpanIdBytes), flags};
}

Context NewRoot(RandomSource& random) {
  // Both ids from one draw: each is a system call, and every call without a trace makes one.
  const std::string hex = RandomHex(random, kTraceIdBytes + kSpanIdBytes);
  Context context{hex.substr(0, 2 * kTraceIdBytes), hex.substr(2 * kTraceIdBytes), 0};
  return IsAllZero(context.trace_id) || IsAllZero(context.span_id) ? NewRoot(random) : context;
}

std::optional<Context> ParseTraceparent(absl::string_view header) {
  if (header.size() < kHeaderSize) return std::nullopt;
  const absl::string_view version = header.substr(0, 2);
  if (!IsLowerHex(version) || version == "ff") return std::nullopt;
  if (header.size() > kHeaderSize && (version == "00" || header[kHeaderSize] != '-')) return std::nullopt;
  if (header[2] != '-' || header[35] != '-' || header[52] != '-') return std::nullopt;
  const absl::string_view trace_id = header.substr(3, 32);
  const absl::string_view span_id = header.substr(36, 16);
  const absl::string_view flags = header.substr(53, 2);
  if (!IsLowerHex(trace_id) || !IsLowerHex(span_id) || !IsLowerHex(flags)) return std::nullopt;
  if (IsAllZero(trace_id) || IsAllZero(span_id)) return std::nullopt;
  const std::string flag_byte = absl::HexStringToBytes(flags);
  return Context{std::string(trace_id), std::string(span_id), static_cast<std::uint8_t>(flag_byte[0])};
}

std::string ToTraceparent(const Context& context) {
  return absl::StrCat("00-", context.trace_id, "-", context.span_id, "-", absl::StrFormat("%02x", context.flags & 1));
}

const Context& Current() {
  static const Context* const kNone = new Context();
  return current != nullptr ? *current : *kNone;
}

Scope::Scope(const Context& context) : previous_(current) { current = &context; }
Scope::~Scope() { current = previous_; }

}  // namespace trellis::trace
