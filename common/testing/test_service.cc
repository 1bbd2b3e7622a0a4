#include "common/testing/test_service.h"

#include <cstdlib>
#include <iostream>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/access/relations.h"
#include "common/access/token.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/config/loader.h"
#include "common/crypto/signing_key.h"
#include "common/db/pool.h"
#include "common/log/log.h"
#include "common/rpc/channel.h"
#include "common/rpc/spiffe_name.h"
#include "common/runtime/host.h"
#include "common/runtime/migrations.h"
#include "common/runtime/runtime.h"
#include "common/testing/scratch_database.h"
#include "common/testing/test_certificates.h"
#include "common/testing/test_key_ring.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"

namespace trellis::testing {
namespace {

constexpr char kIssuer[] = "https://identity.test";
constexpr char kAudience[] = "trellis-test";
constexpr char kKeyId[] = "test";

[[noreturn]] void Die(absl::string_view what, const absl::Status& status) {
  std::cerr << what << ": " << status << std::endl;
  std::abort();
}

const crypto::SigningKey& TestKey() {
  static const crypto::SigningKey* const key = [] {
    absl::StatusOr<crypto::SigningKey> made = crypto::SigningKey::Generate();
    if (!made.ok()) Die("cannot make a signing key", made.status());
    return new crypto::SigningKey(*std::move(made));
  }();
  return *key;
}

IdGenerator& TestIds() {
  static IdGenerator* const ids = new IdGenerator(SystemClock(), SystemRandom());
  return *ids;
}

// Quiet unless somebody wants to see: TRELLIS_TEST_LOG=debug.
void StartLog() {
  static const bool started = [] {
    log::Options options;
    options.service = "test";
    options.lowest = log::Severity::kError;
    if (const char* const level = std::getenv("TRELLIS_TEST_LOG"); level != nullptr) {
      log::ParseSeverity(level, &options.lowest);
    }
    log::Configure(std::move(options));
    return true;
  }();
  (void)started;
}

class RunningService final : public TestService {
 public:
  RunningService(runtime::Service service, Options options)
      : service_(std::move(service)),
        options_(std::move(options)),
        database_({{"runtime", runtime::migrations::Files()}, {service_.name, service_.migrations()}}),
        certificate_(CertificateOf(service_.name)) {}
  ~RunningService() override { Stop(); }

  absl::Status Launch() {
    config::Loader flags(service_.name, options_.flags, nullptr);
    if (service_.flags) service_.flags(flags);
    TRELLIS_RETURN_IF_ERROR(flags.Finish());
    TRELLIS_ASSIGN_OR_RETURN(host_, runtime::Host::Make(service_, MakeSettings(), MakeSeams()));
    TRELLIS_RETURN_IF_ERROR(host_->CheckDatabase());
    TRELLIS_RETURN_IF_ERROR(host_->Start());
    port_ = host_->port();
    return AwaitReady();
  }

  int port() const override { return port_; }
  runtime::Runtime& runtime() override { return *host_; }
  TestKeyRing& key_ring() override { return key_ring_; }
  db::Pool& pool() override { return database_.pool(); }

  std::shared_ptr<grpc::Channel> channel() override {
    if (channel_ == nullptr) channel_ = ChannelOf(rpc::kDoor);
    return channel_;
  }

  std::shared_ptr<grpc::Channel> ChannelOf(absl::string_view service) override {
    return grpc::CreateChannel(absl::StrCat("127.0.0.1:", port_),
                               grpc::SslCredentials(Showing(CertificateOf(service))));
  }

  void Stop() override { host_.reset(); }
  void Restart() override {
    Stop();
    if (const absl::Status status = Launch(); !status.ok()) Die("cannot restart the service", status);
  }

  std::string TokenFor(const TestUser& who) override {
    const Clock& clock = options_.clock != nullptr ? *options_.clock : SystemClock();
    const auto issuer = access::TokenIssuer::Make({.issuer = kIssuer, .audience = kAudience, .key_id = kKeyId},
                                                  &TestKey(), &clock, &TestIds());
    if (!issuer.ok()) Die("cannot issue tokens", issuer.status());
    const auto token = issuer->Issue({.user = who.user,
                                      .organization = who.organization,
                                      .session = who.session,
                                      .roles = who.roles,
                                      .clearances = who.clearances,
                                      .methods = {"pwd"},
                                      .auth_time = clock.Now()});
    if (!token.ok()) Die("cannot issue a token", token.status());
    return token->token;
  }

 private:
  runtime::Settings MakeSettings() const {
    runtime::Settings settings;
    settings.listen = absl::StrCat("127.0.0.1:", port_);
    settings.tls = certificate_;
    settings.trust_domain = "trellis.local";
    settings.gate = options_.gate;
    settings.audit_spool = options_.audit_spool;
    settings.audit_spool_megabytes = 64;
    settings.database = database_.settings();
    settings.key_ring = key_ring_.path();
    settings.pool.size = 8;
    settings.workers = 8;
    settings.max_in_flight = 64;
    settings.issuer = kIssuer;
    settings.audience = kAudience;
    for (const std::string& peer : runtime::PeersOf(service_)) {
      const auto found = options_.peers.find(peer);
      settings.peers[peer] = absl::StrCat("127.0.0.1:", found == options_.peers.end() ? 1 : found->second->port());
    }
    return settings;
  }

  runtime::Seams MakeSeams() const {
    runtime::Seams seams;
    seams.clock = options_.clock;
    seams.extra_keys = {{.key_id = kKeyId, .public_key = TestKey().PublicKey()}};
    for (const std::string& peer : runtime::PeersOf(service_)) {
      if (options_.peers.count(peer) == 0) seams.absent_peers.insert(peer);
    }
    return seams;
  }

  absl::Status AwaitReady() {
    const absl::Time limit = absl::Now() + absl::Seconds(20);
    absl::Status status = host_->Ready();
    while (!status.ok() && absl::Now() < limit) {
      absl::SleepFor(absl::Milliseconds(5));
      status = host_->Ready();
    }
    return status;
  }

  const runtime::Service service_;
  const Options options_;
  ScratchDatabase database_;
  const rpc::TlsFiles certificate_;
  TestKeyRing key_ring_;
  int port_ = 0;
  std::unique_ptr<runtime::Host> host_;
  std::shared_ptr<grpc::Channel> channel_;
};

void AddRelation(db::Pool& pool, const access::RelationKey& key) {
  const absl::Status status = pool.Transact(absl::Now() + absl::Seconds(10), [&](db::Session& tx) {
    access::Relation relation;
    relation.key = key;
    return access::PutRelation(tx, relation);
  });
  if (!status.ok()) Die("cannot add a relation", status);
}

}  // namespace

TokenAuthority TestAuthority() { return {&TestKey(), kKeyId, kIssuer, kAudience}; }

TestUser TestUser::Make(std::vector<options::v1::Role> roles, Id organization) {
  return {.user = TestIds().Next(),
          .organization = organization.is_nil() ? TestIds().Next() : organization,
          .session = TestIds().Next(),
          .roles = std::move(roles)};
}

absl::StatusOr<std::unique_ptr<TestService>> TestService::Start(runtime::Service service, Options options) {
  StartLog();
  auto running = std::make_unique<RunningService>(std::move(service), std::move(options));
  TRELLIS_RETURN_IF_ERROR(running->Launch());
  return running;
}

std::unique_ptr<TestService> TestService::MustStart(runtime::Service service, Options options) {
  absl::StatusOr<std::unique_ptr<TestService>> running = Start(std::move(service), std::move(options));
  if (!running.ok()) Die("cannot start the service", running.status());
  return *std::move(running);
}

std::unique_ptr<grpc::ClientContext> TestService::As(const TestUser& who, absl::Duration timeout) {
  std::unique_ptr<grpc::ClientContext> context = AsNobody(timeout);
  context->AddMetadata("authorization", absl::StrCat("Bearer ", TokenFor(who)));
  return context;
}

std::unique_ptr<grpc::ClientContext> TestService::AsNobody(absl::Duration timeout) {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  return context;
}

void TestService::AddCareTeam(const Id& organization, const Id& person, const Id& user) {
  AddRelation(pool(), {organization, person, access::RelationKind::kCareTeam, user});
}

void TestService::AddMember(const Id& organization, const Id& person, const Id& population) {
  AddRelation(pool(), {organization, person, access::RelationKind::kMember, population});
}

void TestService::AddLead(const Id& organization, const Id& population, const Id& user) {
  AddRelation(pool(), {organization, population, access::RelationKind::kLead, user});
}

std::string ReasonOf(const grpc::Status& status) { return ::trellis::ReasonOf(rpc::FromGrpc(status)); }

}  // namespace trellis::testing
