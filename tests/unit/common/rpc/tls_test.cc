// TLS between services and from users, and certificates that change while servers run.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "common/rpc/channel.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/common/rpc/certificates.h"
#include "tests/unit/common/rpc/echo_service.h"

namespace trellis::rpctest {
namespace {

using grpc::StatusCode;
using ::testing::HasSubstr;

class TlsTest : public ::testing::Test {
 protected:
  std::unique_ptr<EchoServer> Serve(const rpc::TlsFiles& files) {
    return std::make_unique<EchoServer>([&](rpc::ServerOptions& options) {
      options.plaintext = false;
      options.tls = files;
    });
  }
  static std::unique_ptr<rpc::PeerChannel> Connect(const EchoServer& server, const rpc::TlsFiles& files) {
    rpc::ChannelOptions options;
    options.target = absl::StrCat("localhost:", server.server->port());
    options.tls = files;
    options.packages = {"trellis.rpctest.v1"};
    return *rpc::PeerChannel::Connect(options);
  }
  // Only the authorities, as a user's program has them.
  rpc::TlsFiles WithoutIdentity() const {
    return {.certificate = "", .key = "", .ca = certificates_.ca(), .on_reload = {}};
  }
  // What the door shows, through which users come.
  const rpc::TlsFiles& Door() const { return door_; }

  static grpc::Status Which(rpc::PeerChannel& peer, std::string* service) {
    v1::WhoAmIResponse response;
    const grpc::Status status =
        v1::Echo::NewStub(peer.channel())->WhichService(Context(absl::Seconds(3)).get(), {}, &response);
    *service = response.service();
    return status;
  }
  static bool Works(const EchoServer& server, const rpc::TlsFiles& files) {
    const auto peer = Connect(server, files);
    v1::SayResponse response;
    return v1::Echo::NewStub(peer->channel())->Say(Context(absl::Seconds(3)).get(), Saying("x"), &response).ok();
  }

  Certificates certificates_;
  const rpc::TlsFiles door_ = certificates_.IssueService("door");
};

TEST_F(TlsTest, AServiceIsKnownByItsCertificate) {
  const auto server = Serve(certificates_.IssueService("identity"));
  const auto peer = Connect(*server, certificates_.IssueService("caseload"));
  std::string service;
  const grpc::Status status = Which(*peer, &service);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(service, "caseload");
}

TEST_F(TlsTest, NobodyGetsInWithoutACertificate) {
  const auto server = Serve(certificates_.IssueService("identity"));
  EXPECT_FALSE(Works(*server, WithoutIdentity()));
  EXPECT_TRUE(Works(*server, Door()));
}

TEST_F(TlsTest, AUserNeedsNoCertificateWhereNoneIsRequired) {
  EchoServer server([&](rpc::ServerOptions& options) {
    options.plaintext = false;
    options.tls = certificates_.IssueService("identity");
    options.certificate_required = false;
  });
  const auto peer = Connect(server, WithoutIdentity());
  std::string service;
  EXPECT_EQ(Which(*peer, &service).error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_TRUE(Works(server, WithoutIdentity()));
  EXPECT_FALSE(Works(server, certificates_.Issue("odd", "DNS:localhost"))) << "one that is shown must be good";
}

TEST_F(TlsTest, TheDoorIsNoService) {
  const auto server = Serve(certificates_.IssueService("identity"));
  const auto door = Connect(*server, Door());
  std::string service;
  EXPECT_EQ(Which(*door, &service).error_code(), StatusCode::UNAUTHENTICATED);
}

TEST_F(TlsTest, CertificatesThatNameNotExactlyOneServiceOfOursAreRefused) {
  const auto server = Serve(certificates_.IssueService("identity"));
  for (const char* names : {"DNS:localhost", "DNS:localhost,URI:spiffe://other.local/svc/caseload",
                            "DNS:localhost,URI:spiffe://trellis.local/svc/a,URI:spiffe://trellis.local/svc/b",
                            "DNS:localhost,URI:spiffe://trellis.local/svc/caseload,URI:https://trellis.local",
                            "DNS:localhost,URI:spiffe://trellis.local/user/x"}) {
    EXPECT_FALSE(Works(*server, certificates_.Issue("odd", names))) << names;
  }
  EXPECT_TRUE(Works(*server, certificates_.IssueService("caseload"))) << "the server is well";
}

// By a client that does not look at what it shows.
TEST_F(TlsTest, ExpiredCertificatesAreRefused) {
  const auto server = Serve(certificates_.IssueService("identity"));
  const auto works = [&](int days) {
    const rpc::TlsFiles files =
        certificates_.Issue("caseload", "DNS:localhost,URI:spiffe://trellis.local/svc/caseload", days);
    const auto channel = grpc::CreateChannel(
        absl::StrCat("localhost:", server->server->port()),
        grpc::SslCredentials({ReadText(files.ca), ReadText(files.key), ReadText(files.certificate)}));
    v1::SayResponse response;
    return v1::Echo::NewStub(channel)->Say(Context(absl::Seconds(3)).get(), Saying("x"), &response).ok();
  };
  EXPECT_TRUE(works(1));
  EXPECT_FALSE(works(-1));
}

TEST_F(TlsTest, ASelfSignedCertificateIsRefused) {
  const auto server = Serve(certificates_.IssueService("identity"));
  EXPECT_FALSE(Works(*server, certificates_.SelfSigned("caseload")));
}

TEST_F(TlsTest, AChannelTakesOnlyTheServiceThatItWants) {
  const auto server = Serve(certificates_.IssueService("directory"));
  const auto works = [&](const char* service) {
    rpc::ChannelOptions options;
    options.target = absl::StrCat("localhost:", server->server->port());
    options.tls = Door();
    options.service = service;
    options.packages = {"trellis.rpctest.v1"};
    const auto peer = *rpc::PeerChannel::Connect(options);
    v1::SayResponse response;
    return v1::Echo::NewStub(peer->channel())->Say(Context(absl::Seconds(3)).get(), Saying("x"), &response).ok();
  };
  EXPECT_TRUE(works("directory"));
  EXPECT_FALSE(works("identity")) << "another service with the host's name";
}

TEST_F(TlsTest, OnlyTheDoorIsBelievedWhereACallComesFrom) {
  EchoServer server([&](rpc::ServerOptions& options) {
    options.plaintext = false;
    options.tls = certificates_.IssueService("identity");
  });
  std::string seen;
  server.api.say = [&](rpc::CallContext& call, const v1::SayRequest&) -> absl::StatusOr<v1::SayResponse> {
    seen = call.peer().address;
    return v1::SayResponse();
  };
  const auto source = [&](const rpc::TlsFiles& files, const std::vector<std::string>& forwarded) {
    const auto peer = Connect(server, files);
    const auto context = Context(absl::Seconds(3));
    for (const std::string& address : forwarded) context->AddMetadata("x-forwarded-for", address);
    v1::SayResponse response;
    seen.clear();
    EXPECT_TRUE(v1::Echo::NewStub(peer->channel())->Say(context.get(), Saying("x"), &response).ok());
    return seen;
  };
  const std::string here = source(Door(), {});
  EXPECT_TRUE(here == "127.0.0.1" || here == "::1") << here;
  EXPECT_EQ(source(Door(), {"192.0.2.7"}), "192.0.2.7");
  EXPECT_EQ(source(Door(), {"2001:db8::7"}), "2001:db8::7");
  EXPECT_EQ(source(Door(), {"192.0.2.7", "192.0.2.8"}), here) << "the door sends one";
  EXPECT_EQ(source(Door(), {"192.0.2.7; DROP"}), here);
  EXPECT_EQ(source(certificates_.IssueService("caseload"), {"192.0.2.7"}), here);
}

TEST_F(TlsTest, AnotherAuthoritysCertificatesAreRefusedOnBothSides) {
  const auto server = Serve(certificates_.IssueService("identity"));
  const Certificates other;
  rpc::TlsFiles stranger = other.IssueService("caseload");
  EXPECT_FALSE(Works(*server, stranger));  // does not trust the server
  stranger.ca = certificates_.ca();
  EXPECT_FALSE(Works(*server, stranger));  // is not trusted by it
}

TEST_F(TlsTest, TheServersNameMustFit) {
  const auto server = Serve(certificates_.Issue("elsewhere", "DNS:elsewhere.example"));
  EXPECT_FALSE(Works(*server, Door()));
}

TEST_F(TlsTest, PlaintextIsRefused) {
  const auto server = Serve(certificates_.IssueService("identity"));
  v1::SayResponse response;
  EXPECT_FALSE(server->Stub()->Say(Context(absl::Seconds(1)).get(), Saying("x"), &response).ok());
}

TEST_F(TlsTest, OldVersionsAndWeakSuitesAreRefused) {
  const auto server = Serve(certificates_.IssueService("identity"));
  const auto handshake = [&](const std::string& how) {
    const std::string connect =
        absl::StrCat("openssl s_client -connect 127.0.0.1:", server->server->port(), " -alpn h2 -CAfile ",
                     certificates_.ca(), " -cert ", Door().certificate, " -key ", Door().key, " ", how);
    return std::system((connect + " </dev/null >/dev/null 2>&1").c_str()) == 0;
  };
  const auto version = [&](const char* which) {
    return handshake(absl::StrCat(which, " -cipher DEFAULT:@SECLEVEL=0"));
  };
  EXPECT_TRUE(version("-tls1_2"));
  EXPECT_TRUE(version("-tls1_3"));
  EXPECT_FALSE(version("-tls1_1"));
  EXPECT_FALSE(version("-tls1"));
  EXPECT_TRUE(handshake("-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256"));
  for (const char* weak : {"ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-NULL-SHA",
                           "ECDHE-ECDSA-AES128-CCM8", "AECDH-AES128-SHA"}) {
    EXPECT_FALSE(handshake(absl::StrCat("-tls1_2 -cipher ", weak, ":@SECLEVEL=0"))) << weak;
  }
}

TEST_F(TlsTest, AProbeOpensANewConnection) {
  const auto server = Serve(certificates_.IssueService("identity"));
  EXPECT_TRUE(server->server->Probe(absl::Now() + absl::Seconds(3)).ok());
  server->server->Drain(absl::ZeroDuration(), absl::ZeroDuration());
  EXPECT_EQ(server->server->Probe(absl::Now() + absl::Milliseconds(300)).code(), absl::StatusCode::kUnavailable);
}

TEST_F(TlsTest, AServerDoesNotStartWithFilesThatCannotWork) {
  const rpc::TlsFiles good = certificates_.IssueService("identity");
  const rpc::TlsFiles other = certificates_.IssueService("caseload");
  const auto starting_with = [&](rpc::TlsFiles files) {
    EchoApi api;
    rpc::ServerOptions options;
    options.service = "rpctest";
    options.tls = std::move(files);
    return rpc::Server(options, api.MakeRouter(), nullptr, nullptr).Start();
  };
  EXPECT_THAT(starting_with({good.certificate, other.key, good.ca}).ToString(), HasSubstr("does not belong"));
  EXPECT_THAT(starting_with({good.certificate, "/nowhere.key", good.ca}).ToString(), HasSubstr("cannot read /nowhere"));
  EXPECT_THAT(starting_with({good.certificate, good.key, good.key}).ToString(), HasSubstr("authorities"));
  EXPECT_THAT(starting_with({good.key, good.key, good.ca}).ToString(), HasSubstr("certificate file"));
  EXPECT_THAT(starting_with({good.certificate, good.key, ""}).ToString(), HasSubstr("needs certificate, key and"));
  EXPECT_THAT(starting_with({"", "", good.ca}).ToString(), HasSubstr("needs certificate, key and"));
  EXPECT_TRUE(starting_with(good).ok());
}

class ReloadTest : public TlsTest {
 protected:
  ReloadTest() {
    files_.on_reload = [this](const absl::Status& status) {
      absl::MutexLock lock(&mutex_);
      reloads_.push_back(status);
    };
  }
  std::vector<absl::Status> reloads() {
    absl::MutexLock lock(&mutex_);
    return reloads_;
  }
  // The serial number that a new connection is shown.
  std::string Serial(const EchoServer& server) const {
    const std::string out = certificates_.folder() + "/serial";
    std::system(absl::StrCat("openssl s_client -connect 127.0.0.1:", server.server->port(),
                             " -alpn h2 </dev/null 2>/dev/null | openssl x509 -noout -serial >", out, " 2>/dev/null")
                    .c_str());
    return ReadText(out);
  }
  void Install(const rpc::TlsFiles& from) {
    WriteText(files_.certificate, ReadText(from.certificate));
    WriteText(files_.key, ReadText(from.key));
  }

  rpc::TlsFiles files_ = certificates_.IssueService("identity");
  const rpc::TlsFiles next_ = certificates_.Issue("next", "DNS:localhost,URI:spiffe://trellis.local/svc/identity");
  absl::Mutex mutex_;
  std::vector<absl::Status> reloads_ ABSL_GUARDED_BY(mutex_);
};

TEST_F(ReloadTest, ANewPairIsTakenOver) {
  const auto server = Serve(files_);
  const std::string before = Serial(*server);
  ASSERT_NE(before, "");
  Install(next_);
  EXPECT_TRUE(Eventually([&] { return Serial(*server) != before; }));
  EXPECT_TRUE(Works(*server, Door()));
  ASSERT_FALSE(reloads().empty());
  EXPECT_TRUE(reloads().back().ok());
}

TEST_F(ReloadTest, AHalfWrittenPairKeepsTheOldOneInUse) {
  const auto server = Serve(files_);
  const std::string before = Serial(*server);
  const std::string key = ReadText(files_.key);
  const std::string certificate = ReadText(files_.certificate);
  const auto stays = [&](const char* what) {
    const std::size_t told = reloads().size();
    EXPECT_TRUE(Eventually([&] { return reloads().size() > told; })) << what;
    EXPECT_FALSE(reloads().back().ok()) << what;
    absl::SleepFor(absl::Milliseconds(1500));  // more than the library's own second
    EXPECT_EQ(Serial(*server), before) << what;
    EXPECT_TRUE(Works(*server, Door())) << what;
    EXPECT_EQ(reloads().size(), told + 1) << "told once, not at every look: " << what;
  };
  WriteText(files_.key, ReadText(next_.key));
  stays("the key alone");
  WriteText(files_.certificate, "-----BEGIN CERTIFICATE-----\nbroken");
  stays("half a certificate");
  std::filesystem::remove(files_.certificate);
  stays("no certificate");
  WriteText(files_.certificate, ReadText(next_.certificate));
  EXPECT_TRUE(Eventually([&] { return Serial(*server) != before; })) << "once it is whole it is taken over";
}

TEST_F(ReloadTest, AHundredChangesOfCertificatesLoseNoCall) {
  const auto server = Serve(files_);
  const rpc::TlsFiles client = certificates_.IssueService("caseload");
  std::atomic<bool> stop{false};
  std::atomic<int> failed{0};
  std::atomic<int> served{0};
  const auto call = [&](const auto& peer) {
    std::string service;
    const grpc::Status status = Which(*peer, &service);
    if (!status.ok() || service != "caseload") ++failed;
    ++served;
  };
  std::thread newcomer([&] {
    while (!stop) call(Connect(*server, client));  // a new connection each time
  });
  std::thread regular([&] {
    const auto peer = Connect(*server, client);
    while (!stop) call(peer);
  });
  const auto taken_over = [&] {
    const std::vector<absl::Status> all = reloads();
    return std::count_if(all.begin(), all.end(), [](const absl::Status& status) { return status.ok(); });
  };
  const rpc::TlsFiles original = certificates_.Issue("original", "DNS:localhost");
  for (int i = 0; i < 100; ++i) {
    const auto before = taken_over();
    Install(i % 2 == 0 ? next_ : original);
    EXPECT_TRUE(Eventually([&] { return taken_over() > before; })) << "change " << i;
  }
  stop = true;
  newcomer.join();
  regular.join();
  EXPECT_GE(taken_over(), 100);
  EXPECT_EQ(failed, 0);
  EXPECT_GT(served, 1000);
}

TEST_F(ReloadTest, NewAuthoritiesAreTakenOver) {
  const std::string ca = certificates_.folder() + "/own-ca.crt";
  WriteText(ca, ReadText(certificates_.ca()));
  files_.ca = ca;
  const auto server = Serve(files_);
  const Certificates other;
  rpc::TlsFiles client = other.IssueService("caseload");
  client.ca = certificates_.ca();
  EXPECT_FALSE(Works(*server, client));
  WriteText(ca, ReadText(certificates_.ca()) + ReadText(other.ca()));
  EXPECT_TRUE(Eventually([&] { return Works(*server, client); }));
}

}  // namespace
}  // namespace trellis::rpctest
