#include "common/runtime/observers.h"

#include <optional>
#include <string>

#include "common/trace/context.h"
#include "google/protobuf/descriptor.h"

namespace trellis::runtime {
namespace {

using metrics::MethodType;

MethodType TypeOf(const google::protobuf::MethodDescriptor& method) {
  if (method.client_streaming()) {
    return method.server_streaming() ? MethodType::kBidiStream : MethodType::kClientStream;
  }
  return method.server_streaming() ? MethodType::kServerStream : MethodType::kUnary;
}

MethodType TypeOf(absl::string_view name) {
  if (name == "client_stream") return MethodType::kClientStream;
  if (name == "server_stream") return MethodType::kServerStream;
  return name == "bidi_stream" ? MethodType::kBidiStream : MethodType::kUnary;
}

constexpr char kAuditRecords[] = "trellis_audit_records_total";
constexpr char kAuditRecordsHelp[] = "Audit records by where they went; none: their calls were refused.";

absl::string_view RetryReason(int database_errno) {
  switch (database_errno) {
    case 1213:
      return "deadlock";
    case 1205:
    case 3572:
      return "lock_wait";
    case 1020:
      return "snapshot";
    case 2006:
    case 2013:
      return "unknown_commit";
    default:
      return "other";
  }
}

// A fault of ours or of what we stand on, as opposed to one of the caller's.
bool IsServerFault(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kUnavailable:
      return true;
    default:
      return false;
  }
}

metrics::Counter& WaitCounter(metrics::Registry* registry, const std::string& outcome) {
  return registry->AddCounter("trellis_access_wait_total", "Writes that waited for identity's relations, by outcome.",
                              {{"outcome", outcome}});
}

}  // namespace

void DbObserver::OnState(const db::PoolState& state) {
  metrics_.pool_size().Set(state.open);
  metrics_.pool_in_use().Set(state.in_use);
  metrics_.pool_waiting().Set(state.waiting);
}

void DbObserver::OnConnect(bool ok, absl::Duration took) {
  metrics_.ConnectionOpened(ok);
  if (ok) return;
  if (const auto suppressed = complaints_.Pass(); suppressed.has_value()) {
    log::Warning("cannot connect to the database", {{"took", took}, {"suppressed", *suppressed}});
  }
}

void DbObserver::OnTransaction(const absl::Status&, absl::Duration took) { metrics_.TransactionTook(took); }

void DbObserver::OnRetry(int database_errno) { metrics_.TransactionRetried(RetryReason(database_errno)); }

void DbObserver::OnStatementError(int database_errno, absl::string_view sql) {
  constexpr int kNoSuchTable = 1146;
  if (database_errno == kNoSuchTable && !tables_expected_) return;
  metrics_.StatementFailed();
  if (const auto suppressed = complaints_.Pass(); suppressed.has_value()) {
    log::Error("statement failed", {{"errno", database_errno}, {"sql", sql}, {"suppressed", *suppressed}});
  }
}

void ServerObserver::OnRegister(const google::protobuf::MethodDescriptor& method) {
  methods_[&method] = &metrics_.Register(method.service()->full_name(), method.name(), TypeOf(method));
}

metrics::MethodMetrics& ServerObserver::Of(const google::protobuf::MethodDescriptor* method) {
  const auto found = methods_.find(method);
  return found == methods_.end() ? unknown_ : *found->second;
}

void ServerObserver::OnFinish(const rpc::CallOutcome& outcome) {
  metrics::MethodMetrics& method = Of(outcome.method);
  for (int i = 0; i < outcome.received; ++i) method.MessageReceived();
  for (int i = 0; i < outcome.sent; ++i) method.MessageSent();
  method.Handled(outcome.code, outcome.duration);

  const bool fault = IsServerFault(outcome.code) || IsServerFault(outcome.status.code());
  if (!fault && !log::Enabled(log::Severity::kDebug)) return;
  const std::string name = outcome.method != nullptr ? outcome.method->full_name() : "unknown";
  const trace::Scope scope(outcome.trace != nullptr ? *outcome.trace : trace::Current());
  if (!fault) {
    log::Debug("call", {{"method", name}, {"code", metrics::CodeName(outcome.code)}, {"duration", outcome.duration}});
    return;
  }
  // While the database or a peer is away every call says the same.
  std::int64_t suppressed = 0;
  if (absl::IsUnavailable(outcome.status)) {
    const std::optional<std::int64_t> passed = complaints_.Pass();
    if (!passed.has_value()) return;
    suppressed = *passed;
  }
  // Only faults of ours show their text: what is wrong with a request may quote it.
  log::Error("call failed", {{"method", name},
                             {"code", metrics::CodeName(outcome.code)},
                             {"duration", outcome.duration},
                             {"error", outcome.status},
                             {"suppressed", suppressed}});
}

void PeerObserver::OnRegister(const google::protobuf::MethodDescriptor& method) {
  metrics_.Register(method.service()->full_name(), method.name(), TypeOf(method));
}

metrics::MethodMetrics& PeerObserver::Of(absl::string_view service, absl::string_view method, absl::string_view type) {
  return metrics_.Register(service, method, TypeOf(type));
}

void PeerObserver::OnStart(absl::string_view service, absl::string_view method, absl::string_view type) {
  Of(service, method, type).Started();
}

void PeerObserver::OnFinish(const rpc::ClientOutcome& outcome) {
  metrics::MethodMetrics& method = Of(outcome.service, outcome.method, outcome.type);
  for (int i = 0; i < outcome.received; ++i) method.MessageReceived();
  for (int i = 0; i < outcome.sent; ++i) method.MessageSent();
  method.Handled(outcome.code, outcome.duration);
}

void FeedObserver::OnApplied(int events, std::int64_t position) {
  metrics_.Applied(events);
  metrics_.SetPosition(position);
  if (applied_) applied_(position);
}

void FeedObserver::OnFailure(const absl::Status& status) {
  metrics_.Failed();
  if (const auto suppressed = complaints_.Pass(); suppressed.has_value()) {
    log::Warning("feed cannot be followed, trying again",
                 {{"feed", feed_}, {"error", status}, {"suppressed", *suppressed}});
  }
}

void FeedObserver::OnParked(bool parked, std::int64_t position) {
  metrics_.SetParked(parked);
  if (parked) {
    log::Error("an event cannot be applied and holds up all that follow", {{"feed", feed_}, {"position", position}});
  } else {
    log::Info("feed goes on", {{"feed", feed_}, {"position", position}});
  }
}

void FeedObserver::OnCaughtUp(absl::Time as_of) {
  if (freshness_ != nullptr) freshness_->Heard(as_of);
}

BarrierObserver::BarrierObserver(metrics::Registry* registry)
    : took_(registry->AddHistogram("trellis_access_wait_seconds", "How long writes waited for identity's relations.",
                                   {}, metrics::FineBuckets())),
      reached_(WaitCounter(registry, "reached")),
      unknown_(WaitCounter(registry, "unknown")),
      stale_(WaitCounter(registry, "stale")) {}

void BarrierObserver::OnPassed(feed::Barrier::Outcome outcome, absl::Duration took) {
  took_.Observe(absl::ToDoubleSeconds(took));
  switch (outcome) {
    case feed::Barrier::Outcome::kReached:
      return reached_.Increment();
    case feed::Barrier::Outcome::kUnknown:
      return unknown_.Increment();
    case feed::Barrier::Outcome::kStale:
      return stale_.Increment();
  }
}

AuditObserver::AuditObserver(metrics::Registry* registry)
    : written_(registry->AddCounter(kAuditRecords, kAuditRecordsHelp, {{"sink", "database"}})),
      spooled_(registry->AddCounter(kAuditRecords, kAuditRecordsHelp, {{"sink", "spool"}})),
      refused_(registry->AddCounter(kAuditRecords, kAuditRecordsHelp, {{"sink", "none"}})),
      waiting_(registry->AddGauge("trellis_audit_spool_bytes", "Audit records that wait for the database.")) {}

}  // namespace trellis::runtime
