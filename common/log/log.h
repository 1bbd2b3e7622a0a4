// The log: one JSON object a line on standard output. What may never stand in it: names, contact data, answers, free
// text, tokens, passwords (print messages with log::Redacted, log/redacted.h).
//
//   log::Info("listening", {{"port", port}});
//   log::Warning("peer not reachable", {{"peer", name}, {"error", status}});
#ifndef TRELLIS_COMMON_LOG_LOG_H_
#define TRELLIS_COMMON_LOG_LOG_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/clock.h"

namespace trellis::log {

enum class Severity { kDebug = 0, kInfo = 1, kWarning = 2, kError = 3 };

// "debug", "info", "warning", "error".
bool ParseSeverity(absl::string_view text, Severity* out);

// One value of a field. Durations are written in seconds, times as RFC 3339 in UTC, a status as "CODE: message".
class Value {
 public:
  template <typename T>
  requires std::is_integral_v<T> Value(T value) {  // NOLINT(google-explicit-constructor)
    if constexpr (std::is_same_v<T, bool>) {
      value_ = value;
    } else if constexpr (std::is_signed_v<T>) {
      value_ = static_cast<std::int64_t>(value);
    } else {
      value_ = static_cast<std::uint64_t>(value);
    }
  }
  Value(double value) : value_(value) {}                                       // NOLINT(google-explicit-constructor)
  Value(const char* text) : value_(std::string(text)) {}                       // NOLINT(google-explicit-constructor)
  Value(std::string text) : value_(std::move(text)) {}                         // NOLINT(google-explicit-constructor)
  Value(absl::string_view text) : value_(std::string(text)) {}                 // NOLINT(google-explicit-constructor)
  Value(absl::Duration duration) : value_(absl::ToDoubleSeconds(duration)) {}  // NOLINT(google-explicit-constructor)
  Value(absl::Time time);                                                      // NOLINT(google-explicit-constructor)
  Value(const absl::Status& status);                                           // NOLINT(google-explicit-constructor)

  void AppendJson(std::string& out) const;

 private:
  std::variant<std::int64_t, std::uint64_t, double, bool, std::string> value_;
};

struct Field {
  absl::string_view key;  // lower_snake_case
  Value value;
};
using Fields = std::initializer_list<Field>;

// All four are thread-safe and never fail. Keys of the frame (time, severity, service, message, trace_id) are taken.
void Debug(absl::string_view message, Fields fields = {});
void Info(absl::string_view message, Fields fields = {});
void Warning(absl::string_view message, Fields fields = {});
void Error(absl::string_view message, Fields fields = {});
bool Enabled(Severity severity);

struct Options {
  std::string service;
  Severity lowest = Severity::kInfo;
  const Clock* clock = nullptr;                      // nullptr: the machine's
  std::function<void(absl::string_view line)> sink;  // one line with its newline; empty: standard output
};
// May be called again (tests). Before the first call: service "", info and above, standard output.
void Configure(Options options);

// Lets one message in each `interval` pass and counts the others, for what could be said thousands of times a second:
//   static log::RateLimit limit(absl::Seconds(10));
//   if (auto suppressed = limit.Pass()) log::Warning("...", {{"suppressed", *suppressed}});
// Thread-safe.
class RateLimit {
 public:
  explicit RateLimit(absl::Duration interval, const Clock* clock = nullptr);
  // The number of messages held back since the last that passed; nothing where this one is to be held back too.
  std::optional<std::int64_t> Pass();

 private:
  const Clock* clock_;
  const std::int64_t interval_nanos_;
  std::atomic<std::int64_t> next_nanos_{0};
  std::atomic<std::int64_t> suppressed_{0};
};

}  // namespace trellis::log

#endif  // TRELLIS_COMMON_LOG_LOG_H_
