#include "common/runtime/host.h"

#include <algorithm>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/access/replica.h"
#include "common/base/error.h"
#include "common/db/idempotency.h"
#include "common/db/migrate.h"
#include "common/db/server_settings.h"
#include "common/log/log.h"
#include "common/runtime/build_info.h"
#include "common/runtime/erasure.h"
#include "common/runtime/identity_client.h"
#include "common/runtime/migrations.h"
#include "common/seal/file_key_ring.h"
#include "common/seal/no_key_ring.h"

namespace trellis::runtime {
namespace {

constexpr absl::Duration kPingInterval = absl::Seconds(2);
// Longer than one failed ping, so that a moment's trouble does not take every replica out of service at once.
constexpr absl::Duration kDatabaseSilence = absl::Seconds(10);
constexpr absl::Duration kProbeInterval = absl::Seconds(10);
constexpr int kMissedProbes = 3;
constexpr absl::Duration kSessionRefresh = absl::Milliseconds(500);
constexpr absl::Duration kKeyRefresh = absl::Seconds(20);
constexpr absl::Duration kKeepResponses = absl::Hours(7 * 24);
constexpr absl::Duration kChainInterval = absl::Milliseconds(100);
constexpr int kAuditConnections = 3;  // two writers and the chainer

// "localhost:7101" and "127.0.0.1:7101" are names for a resolver, too.
std::string Target(const std::string& address) {
  return absl::StrContains(address, "://") ? address : absl::StrCat("dns:///", address);
}

void LogReload(absl::string_view what, const absl::Status& status) {
  if (status.ok()) return log::Info(absl::StrCat("took over new files: ", what));
  log::Error(absl::StrCat("new files are refused and the last good ones stay in use: ", what), {{"error", status}});
}

// Whoever follows a feed keeps a call waiting there; a user's long polls come on top.
rpc::ServerOptions ServerOptionsOf(const Service& service, const Settings& settings) {
  rpc::ServerOptions options;
  options.service = service.name;
  options.listen = settings.listen;
  if (!settings.insecure) {
    options.tls = settings.tls;
    options.tls->on_reload = [](const absl::Status& status) { LogReload("certificates", status); };
  }
  options.plaintext = settings.insecure;
  options.trust_domain = settings.trust_domain;
  options.certificate_required = settings.certificate_required;
  options.gate = settings.gate;
  options.gate.reload_interval = settings.tls.reload_interval;
  options.gate.on_reload = [](const absl::Status& status) { LogReload("the authorization policy", status); };
  options.reflection = settings.reflection;
  options.workers = settings.workers;
  options.max_in_flight = settings.max_in_flight;
  return options;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Host>> Host::Make(const Service& service, Settings settings, Seams seams) {
  auto host = std::unique_ptr<Host>(new Host(service, std::move(settings), seams));
  TRELLIS_RETURN_IF_ERROR(host->MakeParts(seams));
  return host;
}

Host::Host(const Service& service, Settings settings, const Seams& seams)
    : service_(service),
      absent_peers_(seams.absent_peers),
      settings_(std::move(settings)),
      clock_(seams.clock != nullptr ? *seams.clock : SystemClock()),
      random_(seams.random != nullptr ? *seams.random : SystemRandom()),
      ids_(clock_, random_),
      registry_(ThisBuild(service.name)),
      db_observer_(&registry_),
      server_observer_(&registry_),
      peer_observer_(&registry_),
      barrier_observer_(&registry_),
      audit_observer_(&registry_) {}

absl::Status Host::MakeParts(const Seams& seams) {
  TRELLIS_ASSIGN_OR_RETURN(pool_, db::Pool::Open(settings_.database, settings_.pool, &db_observer_));
  TRELLIS_RETURN_IF_ERROR(OpenKeyRing());
  TRELLIS_RETURN_IF_ERROR(MakeAudit());
  TRELLIS_RETURN_IF_ERROR(ConnectPeers());
  sequencer_ = std::make_unique<feed::Sequencer>(pool_.get(), &head_);
  reader_ = std::make_unique<feed::Reader>(pool_.get(), &head_);
  feed_service_ = std::make_unique<feed::FeedService>(reader_.get(), sequencer_.get());
  router_.Unary("trellis.events.v1.EventFeed.ReadEvents", feed_service_.get(), &feed::FeedService::ReadEvents);
  router_.NarrowServices("trellis.events.v1.EventFeed.ReadEvents", service_.followers);
  router_.Unary("trellis.events.v1.EventFeed.GetHead", feed_service_.get(), &feed::FeedService::GetHead);
  router_.NarrowServices("trellis.events.v1.EventFeed.GetHead", service_.followers);
  if (FollowsIdentity()) {
    relations_ = std::make_unique<feed::Barrier>(feed::Barrier::Options{.feed = "identity"},
                                                 feed::AskHeadOf(Peer("identity")), pool_.get());
  }
  access_ = FollowsIdentity()
                ? std::make_unique<access::Access>(pool_.get(), &clock_, AskAccessOf(Peer("identity")), &freshness_)
                : std::make_unique<access::Access>(pool_.get(), &clock_);
  sessions_ = FollowsIdentity() ? std::make_unique<access::SessionGuard>(pool_.get(), &clock_,
                                                                         AskSessionOf(Peer("identity")), &freshness_)
                                : std::make_unique<access::SessionGuard>(pool_.get(), &clock_);
  if (service_.name != "identity") fetch_keys_ = FetchKeysFrom(Peer("identity"));
  TRELLIS_RETURN_IF_ERROR(service_.build(*this));
  TRELLIS_RETURN_IF_ERROR(MakeServer(seams));
  MakeFollowers();
  MakeTimers();
  return absl::OkStatus();
}

absl::Status Host::MakeAudit() {
  db::PoolOptions connections = settings_.pool;
  connections.size = kAuditConnections;
  TRELLIS_ASSIGN_OR_RETURN(audit_pool_, db::Pool::Open(settings_.database, connections, nullptr));
  TRELLIS_RETURN_IF_ERROR(OpenSpool());
  audit::Batcher::Options writing{.spool = spool_.get(), .observer = &audit_observer_};
  // Where there is another place for them, no call waits long for a database that hangs.
  if (spool_ != nullptr) writing.deadline = absl::Seconds(1);
  batcher_ = std::make_unique<audit::Batcher>(audit_pool_.get(), writing);
  trail_ = std::make_unique<audit::Trail>(service_.name, &clock_, &ids_, batcher_.get());
  chainer_ = std::make_unique<audit::Chainer>(audit_pool_.get(), &clock_);
  audit_work_.Add("audit.chain", kChainInterval, absl::Seconds(5),
                  [this](absl::Time deadline) { return chainer_->Run(deadline); });
  TRELLIS_RETURN_IF_ERROR(MakeCheckpointer());
  audit_log_ = std::make_unique<audit::AuditLog>(pool_.get(), audit_key_.has_value() ? audit_key_->PublicKey() : "");
  audit_log_->RegisterWith(router_);
  return absl::OkStatus();
}

absl::Status Host::OpenSpool() {
  if (settings_.audit_spool.empty()) return absl::OkStatus();
  const std::int64_t most = std::int64_t{settings_.audit_spool_megabytes} << 20;
  TRELLIS_ASSIGN_OR_RETURN(
      spool_,
      audit::Spool::Open({.folder = settings_.audit_spool, .service = service_.name, .most_bytes = most}, &ids_));
  audit_work_.Add("audit.drain", absl::Seconds(1), absl::Seconds(5), [this](absl::Time deadline) {
    const absl::Status drained = spool_->Drain(*audit_pool_, deadline);
    audit_observer_.OnWaiting(spool_->bytes());
    return drained;
  });
  return absl::OkStatus();
}

absl::Status Host::MakeCheckpointer() {
  if (settings_.audit_key.empty()) {
    log::Warning("the audit is not signed: without --audit-key nobody can say whether the end of a chain was cut off");
    return absl::OkStatus();
  }
  TRELLIS_ASSIGN_OR_RETURN(crypto::SigningKey key, crypto::SigningKey::Load(settings_.audit_key));
  audit_key_.emplace(std::move(key));
  checkpointer_ = std::make_unique<audit::Checkpointer>(
      audit::Checkpointer::Options{settings_.trust_domain, service_.name, settings_.audit_checkpoints},
      audit_pool_.get(), &clock_, &*audit_key_);
  audit_work_.Add("audit.checkpoint", absl::Seconds(1), absl::Seconds(5),
                  [this](absl::Time deadline) { return checkpointer_->SignDue(deadline).status(); });
  return absl::OkStatus();
}

// Everybody but identity itself: who may see whom, and whose session is over.
bool Host::FollowsIdentity() const { return service_.name != "identity" && absent_peers_.count("identity") == 0; }

absl::Status Host::OpenKeyRing() {
  if (settings_.key_ring.empty()) {
    key_ring_ = std::make_unique<seal::NoKeyRing>();
  } else {
    TRELLIS_ASSIGN_OR_RETURN(
        key_ring_, seal::FileKeyRing::Open({.path = settings_.key_ring, .destroyed_path = settings_.destroyed_keys},
                                           clock_, random_));
  }
  sealer_ = std::make_unique<seal::Sealer>(key_ring_.get(), &clock_, &random_);
  return absl::OkStatus();
}

absl::Status Host::ConnectPeers() {
  for (const std::string& peer : PeersOf(service_)) {
    rpc::ChannelOptions options;
    const auto address = settings_.peers.find(peer);
    if (address == settings_.peers.end() || address->second.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("--peer-", peer, " is required"));
    }
    options.target = Target(address->second);
    if (!settings_.insecure) options.tls = settings_.tls;
    options.plaintext = settings_.insecure;
    options.service = peer;
    options.trust_domain = settings_.trust_domain;
    options.packages = {absl::StrCat("trellis.", peer, ".v1"), "trellis.events.v1"};
    options.observer = &peer_observer_;
    TRELLIS_ASSIGN_OR_RETURN(peers_[peer], rpc::PeerChannel::Connect(std::move(options)));
  }
  return absl::OkStatus();
}

absl::Status Host::MakeServer(const Seams& seams) {
  if (!fetch_keys_) return absl::InternalError(absl::StrCat(service_.name, " does not say where keys come from"));
  keys_ = std::make_unique<access::KeySet>(
      [this, extra = seams.extra_keys]() -> absl::StatusOr<std::vector<access::VerificationKey>> {
        absl::StatusOr<std::vector<access::VerificationKey>> keys = fetch_keys_();
        if (extra.empty()) return keys;
        std::vector<access::VerificationKey> all = extra;
        if (keys.ok()) all.insert(all.end(), keys->begin(), keys->end());
        return all;
      },
      &clock_);
  TRELLIS_ASSIGN_OR_RETURN(
      verifier_,
      access::TokenVerifier::Make({.issuer = settings_.issuer, .audience = settings_.audience}, keys_.get(), &clock_));
  rules_ = std::make_unique<access::MethodRules>(access_.get(), &clock_, sessions_.get());
  rpc::ServerOptions options = ServerOptionsOf(service_, settings_);
  options.auditor = seams.auditor != nullptr ? seams.auditor : trail_.get();
  server_ = std::make_unique<rpc::Server>(std::move(options), std::move(router_), verifier_.get(), rules_.get(),
                                          std::vector<rpc::CallObserver*>{&server_observer_}, clock_);
  return absl::OkStatus();
}

std::shared_ptr<grpc::Channel> Host::Peer(absl::string_view service) {
  const auto found = peers_.find(std::string(service));
  return found == peers_.end() ? nullptr : found->second->channel();
}

void Host::Follow(absl::string_view peer, EventHandler handler) { handlers_[std::string(peer)] = std::move(handler); }

void Host::Every(absl::string_view name, absl::Duration interval,
                 std::function<absl::Status(absl::Time deadline)> work) {
  service_work_.Add(name, interval, absl::Seconds(10), std::move(work));
}

void Host::MakeFollowers() {
  if (FollowsIdentity()) {
    EventHandler& handler = handlers_["identity"];
    handler = [this, own = std::move(handler)](db::Session& tx, const events::v1::Event& event) -> absl::Status {
      TRELLIS_RETURN_IF_ERROR(access::ApplyAccessEvent(tx, event));
      TRELLIS_RETURN_IF_ERROR(ApplyErasure(*sealer_, tx, event));
      return own ? own(tx, event) : absl::OkStatus();
    };
  }
  const Id owner = ids_.Next();
  for (const auto& [feed, handler] : handlers_) {
    if (absent_peers_.count(feed) > 0) continue;
    Followed followed;
    followed.source = std::make_unique<feed::GrpcSource>(Peer(feed));
    followed.observer = std::make_unique<FeedObserver>(&registry_, feed, feed == "identity" ? &freshness_ : nullptr,
                                                       [this, identity = feed == "identity"](std::int64_t position) {
                                                         if (identity) relations_->Applied(position);
                                                         EventsCommitted();
                                                       });
    feed::Follower::Options options;
    options.feed = feed;
    options.owner = owner;
    followed.follower = std::make_unique<feed::Follower>(options, followed.source.get(), pool_.get(), handler,
                                                         followed.observer.get(), clock_);
    followers_.push_back(std::move(followed));
  }
}

absl::Status Host::AwaitRelations(const rpc::CallContext& call) {
  const options::v1::DataClass data = call.policy().data();
  const bool content = data == options::v1::DATA_CLASS_CLINICAL || data == options::v1::DATA_CLASS_PERSONAL;
  if (relations_ == nullptr || !content || call.caller().kind != rpc::Caller::Kind::kUser) return absl::OkStatus();
  const absl::Time start = absl::Now();
  TRELLIS_ASSIGN_OR_RETURN(const feed::Barrier::Outcome outcome, relations_->Await(call.deadline()));
  barrier_observer_.OnPassed(outcome, absl::Now() - start);
  return absl::OkStatus();
}

void Host::MakeTimers() {
  keeper_.Add("database", kPingInterval, absl::Seconds(2), [this](absl::Time deadline) {
    const absl::Status status = CheckDatabaseReachable(deadline);
    UpdateHealth();
    return status;
  });
  keeper_.Add("keys", absl::Seconds(1), absl::Seconds(5), [this](absl::Time) {
    const absl::Status status = RefreshKeys();
    UpdateHealth();
    return status;
  });
  keeper_.Add("destroyed_keys", absl::Minutes(10), absl::Seconds(10),
              [this](absl::Time deadline) { return DestroyAgain(*sealer_, *pool_, deadline); });
  keeper_.Add("open_keys", absl::Seconds(10), absl::Seconds(1), [this](absl::Time) {
    sealer_->cache().Sweep();
    return absl::OkStatus();
  });
  prober_.Add("listener", kProbeInterval, absl::Seconds(3),
              [this](absl::Time deadline) { return ProbeListener(deadline); });
  watcher_.Add("sessions", kSessionRefresh, absl::Seconds(2),
               [this](absl::Time deadline) { return sessions_->Refresh(deadline); });
  keeper_.Add("revocations", absl::Minutes(10), absl::Seconds(2),
              [this](absl::Time deadline) { return sessions_->Purge(deadline); });
  keeper_.Add("idempotency", absl::Minutes(10), absl::Seconds(2), [this](absl::Time deadline) {
    return db::PurgeIdempotency(*pool_, deadline, clock_.Now() - kKeepResponses).status();
  });
}

absl::Status Host::ProbeListener(absl::Time deadline) {
  const absl::Status status = server_->Probe(deadline);
  missed_probes_ = status.ok() ? 0 : missed_probes_ + 1;
  return status;
}

absl::Status Host::CheckDatabaseReachable(absl::Time deadline) {
  TRELLIS_RETURN_IF_ERROR(pool_->Ping(deadline));
  database_seen_micros_ = absl::ToUnixMicros(absl::Now());
  return absl::OkStatus();
}

// Often while there are no keys, so that services may start in any order; then now and then, so that keys that were
// withdrawn go away.
absl::Status Host::RefreshKeys() {
  if (!keys_->empty() && absl::Now() < next_key_refresh_) return absl::OkStatus();
  TRELLIS_RETURN_IF_ERROR(keys_->Refresh());
  next_key_refresh_ = absl::Now() + kKeyRefresh;
  return absl::OkStatus();
}

absl::Status Migrate(const Service& service, db::Pool& pool) {
  TRELLIS_RETURN_IF_ERROR(db::Migrate(pool, "runtime", migrations::Files()));
  return db::Migrate(pool, service.name, service.migrations());
}

absl::Status Host::CheckDatabase() {
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  TRELLIS_RETURN_IF_ERROR(pool_->Read(deadline, [](db::Session& session) { return db::CheckServerSettings(session); }));
  if (settings_.migrate_on_start) TRELLIS_RETURN_IF_ERROR(Migrate(service_, *pool_));
  TRELLIS_RETURN_IF_ERROR(db::CheckVersion(*pool_, deadline, "runtime", migrations::Files()));
  TRELLIS_RETURN_IF_ERROR(db::CheckVersion(*pool_, deadline, service_.name, service_.migrations()));
  schema_ok_ = true;
  db_observer_.ExpectTables();
  database_seen_micros_ = absl::ToUnixMicros(absl::Now());
  return absl::OkStatus();
}

absl::Status Host::StartHttp() {
  if (settings_.http_listen.empty()) return absl::OkStatus();
  metrics::HttpEndpoint::Options options;
  options.listen = settings_.http_listen;
  options.metrics = [this] { return registry_.Text(); };
  options.live = [this] { return Alive(); };
  options.ready = [this] { return Ready(); };
  TRELLIS_ASSIGN_OR_RETURN(http_, metrics::HttpEndpoint::Start(std::move(options)));
  return absl::OkStatus();
}

absl::Status Host::Start() {
  batcher_->Start();
  TRELLIS_RETURN_IF_ERROR(server_->Start());
  started_ = true;
  sequencer_->Start();
  for (Followed& followed : followers_) followed.follower->Start();
  keeper_.Start();
  prober_.Start();
  watcher_.Start();
  service_work_.Start();
  audit_work_.Start();
  return absl::OkStatus();
}

absl::Status Host::Ready() const {
  if (draining_) return absl::UnavailableError("ending");
  if (!schema_ok_) return absl::UnavailableError("the database's schema has not been checked yet");
  if (absl::Now() - absl::FromUnixMicros(database_seen_micros_) > kDatabaseSilence) {
    return absl::UnavailableError("the database does not answer");
  }
  if (keys_->empty()) return absl::UnavailableError("no keys of access tokens yet: identity has not answered");
  return absl::OkStatus();
}

absl::Status Host::Alive() const {
  if (missed_probes_ < kMissedProbes) return absl::OkStatus();
  return absl::UnavailableError("the gRPC port takes no new connections");
}

void Host::UpdateHealth() {
  const absl::Status ready = Ready();
  std::lock_guard lock(health_mutex_);
  if (draining_ || serving_ == ready.ok()) return;
  serving_ = ready.ok();
  server_->SetServing(serving_);
  if (serving_) {
    log::Info("ready", {{"port", port()}, {"http_port", http_port()}});
  } else {
    log::Warning("not ready", {{"why", ready}});
  }
}

void Host::Drain(absl::Duration wait, absl::Duration grace) {
  if (drained_) return;
  drained_ = true;
  {
    std::lock_guard lock(health_mutex_);
    draining_ = true;
    if (started_) server_->SetServing(false);
  }
  if (started_) {
    prober_.Stop();
    absl::SleepFor(wait);  // until nobody sends us new calls
    head_.Close();         // ends the long polls of followers
    server_->Drain(absl::ZeroDuration(), grace);
    for (Followed& followed : followers_) followed.follower->Stop();
    service_work_.Stop();
    watcher_.Stop();
    keeper_.Stop();
    sequencer_->Stop();
    batcher_->Stop();
    audit_work_.Stop();
  }
  http_.reset();
  pool_->Close();
  audit_pool_->Close();
}

Host::~Host() {
  if (pool_ != nullptr) Drain(absl::ZeroDuration(), absl::Seconds(1));
}

}  // namespace trellis::runtime
