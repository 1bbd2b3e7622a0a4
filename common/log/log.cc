#include "common/log/log.h"

#include <cmath>
#include <cstdio>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "common/base/text.h"
#include "common/trace/context.h"

namespace trellis::log {
namespace {

constexpr std::size_t kMaxText = 8192;

struct State {
  absl::Mutex mutex;
  Options options ABSL_GUARDED_BY(mutex);
};
State& GlobalState() {
  static State* const state = new State;  // never destroyed: threads may log while the process ends
  return *state;
}
std::atomic<Severity> g_lowest{Severity::kInfo};

constexpr absl::string_view kNames[] = {"debug", "info", "warning", "error"};

void AppendEscaped(std::string& out, absl::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          absl::StrAppendFormat(&out, "\\u%04x", static_cast<unsigned char>(c));
        } else {
          out.push_back(c);
        }
    }
  }
}

// Bytes that are not UTF-8 would make the line unreadable for whoever collects it.
void AppendString(std::string& out, absl::string_view text) {
  out.push_back('"');
  if (!CountCodePoints(text).has_value()) {
    AppendEscaped(out, absl::CHexEscape(text.substr(0, kMaxText)));
  } else if (text.size() > kMaxText) {
    std::size_t end = kMaxText;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    AppendEscaped(out, text.substr(0, end));
    out += "...";
  } else {
    AppendEscaped(out, text);
  }
  out.push_back('"');
}

void Write(Severity severity, absl::string_view message, Fields fields) {
  if (!Enabled(severity)) return;
  State& state = GlobalState();
  absl::MutexLock lock(&state.mutex);
  const Clock& clock = state.options.clock != nullptr ? *state.options.clock : SystemClock();
  std::string line = absl::StrCat(
      "{\"time\":\"", absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", clock.Now(), absl::UTCTimeZone()), "\",\"severity\":\"",
      kNames[static_cast<int>(severity)], "\",\"service\":\"", state.options.service, "\",\"message\":");
  AppendString(line, message);
  if (const trace::Context& trace = trace::Current(); trace.valid()) {
    absl::StrAppend(&line, ",\"trace_id\":\"", trace.trace_id, "\"");
  }
  for (const Field& field : fields) {
    line.push_back(',');
    AppendString(line, field.key);
    line.push_back(':');
    field.value.AppendJson(line);
  }
  line += "}\n";
  if (state.options.sink) {
    state.options.sink(line);
  } else {
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fflush(stdout);
  }
}

}  // namespace

bool ParseSeverity(absl::string_view text, Severity* out) {
  for (int i = 0; i < 4; ++i) {
    if (absl::EqualsIgnoreCase(text, kNames[i])) {
      *out = static_cast<Severity>(i);
      return true;
    }
  }
  return false;
}

Value::Value(absl::Time time) : value_(absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", time, absl::UTCTimeZone())) {}

Value::Value(const absl::Status& status)
    : value_(status.ok() ? std::string("OK")
                         : absl::StrCat(absl::StatusCodeToString(status.code()), ": ", status.message())) {}

void Value::AppendJson(std::string& out) const {
  if (const auto* text = std::get_if<std::string>(&value_)) {
    AppendString(out, *text);
  } else if (const auto* flag = std::get_if<bool>(&value_)) {
    out += *flag ? "true" : "false";
  } else if (const auto* real = std::get_if<double>(&value_)) {
    if (std::isfinite(*real)) {
      absl::StrAppendFormat(&out, "%.6g", *real);
    } else {
      out += "null";  // JSON has no infinity
    }
  } else if (const auto* whole = std::get_if<std::int64_t>(&value_)) {
    absl::StrAppend(&out, *whole);
  } else {
    absl::StrAppend(&out, std::get<std::uint64_t>(value_));
  }
}

void Debug(absl::string_view message, Fields fields) { Write(Severity::kDebug, message, fields); }
void Info(absl::string_view message, Fields fields) { Write(Severity::kInfo, message, fields); }
void Warning(absl::string_view message, Fields fields) { Write(Severity::kWarning, message, fields); }
void Error(absl::string_view message, Fields fields) { Write(Severity::kError, message, fields); }

bool Enabled(Severity severity) { return severity >= g_lowest.load(std::memory_order_relaxed); }

void Configure(Options options) {
  g_lowest.store(options.lowest, std::memory_order_relaxed);
  State& state = GlobalState();
  absl::MutexLock lock(&state.mutex);
  state.options = std::move(options);
}

RateLimit::RateLimit(absl::Duration interval, const Clock* clock)
    : clock_(clock != nullptr ? clock : &SystemClock()), interval_nanos_(absl::ToInt64Nanoseconds(interval)) {}

std::optional<std::int64_t> RateLimit::Pass() {
  const std::int64_t now = absl::ToUnixNanos(clock_->Now());
  std::int64_t next = next_nanos_.load(std::memory_order_relaxed);
  if (now < next || !next_nanos_.compare_exchange_strong(next, now + interval_nanos_)) {
    suppressed_.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  return suppressed_.exchange(0, std::memory_order_relaxed);
}

}  // namespace trellis::log
