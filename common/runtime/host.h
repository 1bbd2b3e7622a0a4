// The runtime of one process: makes the parts, starts them, stops them in the right order.
#ifndef TRELLIS_COMMON_RUNTIME_HOST_H_
#define TRELLIS_COMMON_RUNTIME_HOST_H_

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/access/access.h"
#include "common/access/freshness.h"
#include "common/access/key_set.h"
#include "common/access/method_rules.h"
#include "common/access/session_guard.h"
#include "common/access/token_verifier.h"
#include "common/audit/audit_log.h"
#include "common/audit/batcher.h"
#include "common/audit/chainer.h"
#include "common/audit/checkpointer.h"
#include "common/audit/spool.h"
#include "common/audit/trail.h"
#include "common/crypto/signing_key.h"
#include "common/db/pool.h"
#include "common/feed/barrier.h"
#include "common/feed/feed_service.h"
#include "common/feed/follower.h"
#include "common/feed/grpc_source.h"
#include "common/feed/head_signal.h"
#include "common/feed/reader.h"
#include "common/feed/sequencer.h"
#include "common/metrics/http_endpoint.h"
#include "common/metrics/registry.h"
#include "common/rpc/auditor.h"
#include "common/rpc/channel.h"
#include "common/rpc/router.h"
#include "common/rpc/server.h"
#include "common/runtime/observers.h"
#include "common/runtime/runtime.h"
#include "common/runtime/settings.h"
#include "common/runtime/timers.h"
#include "common/seal/key_ring.h"
#include "common/seal/sealer.h"

namespace trellis::runtime {

// What a test puts in the place of the machine's.
struct Seams {
  const Clock* clock = nullptr;
  RandomSource* random = nullptr;
  std::vector<access::VerificationKey> extra_keys = {};  // accepted beside identity's
  // Peers that are not there at all: their feeds are not followed. Without identity the relations in the service's own
  // table are taken for the truth.
  std::set<std::string> absent_peers = {};
  // In the place of the audit trail, for all calls but changes. A benchmark's: no setting of a service leads here.
  rpc::Auditor* auditor = nullptr;
};

// Brings the schema up to date: the common tables, then the service's own.
absl::Status Migrate(const Service& service, db::Pool& pool);

class Host final : public Runtime {
 public:
  // Makes the parts and calls service.build. Connects to nothing yet. Errors: mistakes in settings and description.
  static absl::StatusOr<std::unique_ptr<Host>> Make(const Service& service, Settings settings, Seams seams = {});
  ~Host() override;  // drains at once where Drain was not called

  // One look at the database: server settings and, where asked for, migrations; then the schema's version. UNAVAILABLE
  // and SCHEMA_TOO_OLD may pass with time, anything else will not.
  absl::Status CheckDatabase();

  // The HTTP endpoint alone: a process that waits for its database can be looked at.
  absl::Status StartHttp();
  // Everything else. Health says SERVING once the service is ready.
  absl::Status Start();
  // NOT_SERVING; `wait` later no new calls; running ones have `grace`; then feeds, timers, database.
  void Drain(absl::Duration wait, absl::Duration grace);

  // OK, or what is missing: database, schema, keys of tokens; or that the process is ending.
  absl::Status Ready() const;
  // OK, or why only a new process helps: the gRPC port has not taken a new connection three times in a row.
  absl::Status Alive() const;

  int port() const { return server_->port(); }
  int http_port() const { return http_ != nullptr ? http_->port() : 0; }

  const Clock& clock() override { return clock_; }
  RandomSource& random() override { return random_; }
  IdGenerator& ids() override { return ids_; }
  db::Pool& pool() override { return *pool_; }
  rpc::Router& router() override { return router_; }
  access::Access& access() override { return *access_; }
  access::SessionGuard& sessions() override { return *sessions_; }
  metrics::Registry& metrics() override { return registry_; }
  seal::Sealer& seal() override { return *sealer_; }
  std::shared_ptr<grpc::Channel> Peer(absl::string_view service) override;
  const std::string& issuer() override { return settings_.issuer; }
  const std::string& audience() override { return settings_.audience; }
  void Follow(absl::string_view peer, EventHandler handler) override;
  void Every(absl::string_view name, absl::Duration interval,
             std::function<absl::Status(absl::Time deadline)> work) override;
  void UseKeys(FetchKeys fetch) override { fetch_keys_ = std::move(fetch); }

 protected:
  void EventsCommitted() override { sequencer_->Notify(); }
  absl::Status AwaitRelations(const rpc::CallContext& call) override;
  absl::Status RecordChange(db::Session& tx, const rpc::CallContext& call, const google::protobuf::Message& request,
                            const google::protobuf::Message& response, bool repeated) override {
    return trail_->RecordChange(tx, call, request, response, repeated);
  }
  absl::Status RecordWork(db::Session& tx, const BackgroundWork& work) override {
    return trail_->RecordWork(tx, work.organization, work.purpose);
  }
  void Keep(std::shared_ptr<void> part) override { parts_.push_back(std::move(part)); }

 private:
  struct Followed {
    std::unique_ptr<feed::GrpcSource> source;
    std::unique_ptr<FeedObserver> observer;
    std::unique_ptr<feed::Follower> follower;
  };

  Host(const Service& service, Settings settings, const Seams& seams);
  absl::Status MakeParts(const Seams& seams);
  absl::Status OpenKeyRing();
  absl::Status MakeAudit();
  absl::Status OpenSpool();
  absl::Status MakeCheckpointer();
  absl::Status ConnectPeers();
  absl::Status MakeServer(const Seams& seams);
  void MakeFollowers();
  void MakeTimers();
  absl::Status ProbeListener(absl::Time deadline);
  absl::Status CheckDatabaseReachable(absl::Time deadline);
  absl::Status RefreshKeys();
  void UpdateHealth();
  bool FollowsIdentity() const;

  const Service service_;
  const std::set<std::string> absent_peers_;
  const Settings settings_;
  const Clock& clock_;
  RandomSource& random_;
  IdGenerator ids_;
  metrics::Registry registry_;
  DbObserver db_observer_;
  ServerObserver server_observer_;
  PeerObserver peer_observer_;
  BarrierObserver barrier_observer_;
  AuditObserver audit_observer_;

  std::map<std::string, std::unique_ptr<rpc::PeerChannel>, std::less<>> peers_;
  std::unique_ptr<db::Pool> pool_;
  std::unique_ptr<seal::KeyRing> key_ring_;
  std::unique_ptr<seal::Sealer> sealer_;
  std::unique_ptr<db::Pool> audit_pool_;  // connections of its own: slow queries must not hold up answers
  std::unique_ptr<audit::Spool> spool_;   // null where the audit has one sink
  std::unique_ptr<audit::Batcher> batcher_;
  std::unique_ptr<audit::Trail> trail_;
  std::unique_ptr<audit::Chainer> chainer_;
  std::optional<crypto::SigningKey> audit_key_;
  std::unique_ptr<audit::Checkpointer> checkpointer_;  // null without a key
  std::unique_ptr<audit::AuditLog> audit_log_;
  feed::HeadSignal head_;
  std::unique_ptr<feed::Sequencer> sequencer_;
  std::unique_ptr<feed::Reader> reader_;
  std::unique_ptr<feed::FeedService> feed_service_;
  access::Freshness freshness_;
  std::unique_ptr<feed::Barrier> relations_;  // null where identity is not followed
  std::unique_ptr<access::Access> access_;
  std::unique_ptr<access::SessionGuard> sessions_;

  rpc::Router router_;
  FetchKeys fetch_keys_;
  std::map<std::string, EventHandler, std::less<>> handlers_;  // by feed
  std::vector<std::shared_ptr<void>> parts_;                   // the service's own

  std::unique_ptr<access::KeySet> keys_;
  std::unique_ptr<access::TokenVerifier> verifier_;
  std::unique_ptr<access::MethodRules> rules_;
  std::unique_ptr<rpc::Server> server_;
  std::vector<Followed> followers_;
  Timers keeper_;        // the runtime's own work
  Timers prober_;        // apart: a probe of a deaf port takes its time
  Timers watcher_;       // the same, where it must not wait for anything else
  Timers service_work_;  // Every()
  Timers audit_work_;
  std::unique_ptr<metrics::HttpEndpoint> http_;

  std::atomic<std::int64_t> database_seen_micros_{0};  // last answer of the database, by the machine's clock
  std::atomic<bool> schema_ok_{false};
  std::atomic<int> missed_probes_{0};
  std::mutex health_mutex_;
  bool serving_ = false;  // guarded by health_mutex_; what health was told
  std::atomic<bool> draining_{false};
  bool started_ = false;
  bool drained_ = false;
  absl::Time next_key_refresh_ = absl::InfinitePast();  // of the keeper's thread
};

}  // namespace trellis::runtime

#endif  // TRELLIS_COMMON_RUNTIME_HOST_H_
