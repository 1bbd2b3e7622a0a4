// What happens in the parts, told to metrics and log. The parts themselves know neither.
#ifndef TRELLIS_COMMON_RUNTIME_OBSERVERS_H_
#define TRELLIS_COMMON_RUNTIME_OBSERVERS_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "common/access/freshness.h"
#include "common/audit/batcher.h"
#include "common/db/pool_metrics.h"
#include "common/feed/barrier.h"
#include "common/feed/follower.h"
#include "common/log/log.h"
#include "common/metrics/db_metrics.h"
#include "common/metrics/feed_metrics.h"
#include "common/metrics/rpc_metrics.h"
#include "common/rpc/observer.h"

namespace trellis::runtime {

// Thread-safe, as all of them.
class DbObserver final : public db::PoolMetrics {
 public:
  explicit DbObserver(metrics::Registry* registry) : metrics_(registry) {}

  // Before this is called a table that does not exist is nothing to complain about: the migration may still come.
  void ExpectTables() { tables_expected_ = true; }

  void OnState(const db::PoolState& state) override;
  void OnWait(absl::Duration wait) override { metrics_.Waited(wait); }
  void OnConnect(bool ok, absl::Duration took) override;
  void OnTransaction(const absl::Status& status, absl::Duration took) override;
  void OnRetry(int database_errno) override;
  void OnStatementError(int database_errno, absl::string_view sql) override;

 private:
  metrics::DbMetrics metrics_;
  std::atomic<bool> tables_expected_{false};
  log::RateLimit complaints_{absl::Seconds(1)};
};

class ServerObserver final : public rpc::CallObserver {
 public:
  explicit ServerObserver(metrics::Registry* registry)
      : metrics_(registry, metrics::RpcMetrics::Side::kServer), unknown_(metrics_.Unknown()) {}

  void OnRegister(const google::protobuf::MethodDescriptor& method) override;
  void OnStart(const google::protobuf::MethodDescriptor* method) override { Of(method).Started(); }
  void OnFinish(const rpc::CallOutcome& outcome) override;

 private:
  metrics::MethodMetrics& Of(const google::protobuf::MethodDescriptor* method);

  metrics::RpcMetrics metrics_;
  log::RateLimit complaints_{absl::Seconds(1)};
  metrics::MethodMetrics& unknown_;
  // Filled before the first call, only read afterwards.
  absl::flat_hash_map<const google::protobuf::MethodDescriptor*, metrics::MethodMetrics*> methods_;
};

// One for all channels of a process.
class PeerObserver final : public rpc::ClientObserver {
 public:
  explicit PeerObserver(metrics::Registry* registry) : metrics_(registry, metrics::RpcMetrics::Side::kClient) {}

  void OnRegister(const google::protobuf::MethodDescriptor& method) override;
  void OnStart(absl::string_view service, absl::string_view method, absl::string_view type) override;
  void OnFinish(const rpc::ClientOutcome& outcome) override;

 private:
  metrics::MethodMetrics& Of(absl::string_view service, absl::string_view method, absl::string_view type);

  metrics::RpcMetrics metrics_;
};

class FeedObserver final : public feed::FollowerObserver {
 public:
  // `freshness` may be null. `applied` is called after each transaction that applied events.
  FeedObserver(metrics::Registry* registry, absl::string_view feed, access::Freshness* freshness,
               std::function<void(std::int64_t position)> applied)
      : metrics_(registry, feed), feed_(feed), freshness_(freshness), applied_(std::move(applied)) {}

  void OnApplied(int events, std::int64_t position) override;
  void OnLag(absl::Duration lag) override { metrics_.SetLag(lag); }
  void OnFailure(const absl::Status& status) override;
  void OnParked(bool parked, std::int64_t position) override;
  void OnCaughtUp(absl::Time as_of) override;

 private:
  metrics::FeedMetrics metrics_;
  const std::string feed_;
  access::Freshness* const freshness_;
  const std::function<void(std::int64_t position)> applied_;
  log::RateLimit complaints_{absl::Seconds(10)};
};

// What writes waited for before they showed anything: trellis_access_wait_seconds, and trellis_access_wait_total by
// outcome. "unknown": identity did not answer; "stale": this service asks identity about every read as it is.
class BarrierObserver {
 public:
  explicit BarrierObserver(metrics::Registry* registry);

  void OnPassed(feed::Barrier::Outcome outcome, absl::Duration took);

 private:
  metrics::Histogram& took_;
  metrics::Counter& reached_;
  metrics::Counter& unknown_;
  metrics::Counter& stale_;
};

// Where audit records went: trellis_audit_records_total by sink ("database", "spool", or "none": their calls were
// refused), and trellis_audit_spool_bytes that wait for the database.
class AuditObserver final : public audit::Batcher::Observer {
 public:
  explicit AuditObserver(metrics::Registry* registry);

  void OnWritten(std::size_t records) override { written_.Increment(static_cast<double>(records)); }
  void OnSpooled(std::size_t records) override { spooled_.Increment(static_cast<double>(records)); }
  void OnRefused(std::size_t records) override { refused_.Increment(static_cast<double>(records)); }
  void OnWaiting(std::int64_t bytes) { waiting_.Set(static_cast<double>(bytes)); }

 private:
  metrics::Counter& written_;
  metrics::Counter& spooled_;
  metrics::Counter& refused_;
  metrics::Gauge& waiting_;
};

}  // namespace trellis::runtime

#endif  // TRELLIS_COMMON_RUNTIME_OBSERVERS_H_
