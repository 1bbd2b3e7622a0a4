// Hostile HTTP/2 against the door, from other addresses of this machine, while an app goes on working. Prints, for each
// attack, how long the app's calls took before and meanwhile. What must hold on any machine: each call is answered.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/fault/door_world.h"
#include "tests/fault/loopback.h"
#include "tests/fault/raw_http2.h"

namespace trellis::fault {
namespace {

constexpr absl::Duration kQuiet = absl::Seconds(2);
constexpr absl::Duration kAttack = absl::Seconds(4);
constexpr absl::Duration kPause = absl::Milliseconds(5);  // an app does not call without end
constexpr absl::Duration kPatience = absl::Seconds(5);    // far from the aim of three times quiet: for slow machines
// The app is 127.0.0.1. Each attack has an address of its own: one that was banned stays so for a while.
constexpr unsigned kResetter = 2, kUnfinished = 3, kFlooder = 4, kNeverAcknowledging = 5, kExhausting = 258;
constexpr char kPath[] = "/trellis.identity.v1.Organizations/ListOrganizations";

struct Figures {
  std::vector<double> milliseconds;  // sorted
  int failed = 0;
  std::string problem;  // of the last failure

  double At(double share) const {
    if (milliseconds.empty()) return 0;
    return milliseconds[static_cast<std::size_t>(share * static_cast<double>(milliseconds.size() - 1))];
  }
};

// CPU time that a process has taken.
absl::Duration CpuOf(pid_t pid) {
  std::ifstream in(absl::StrCat("/proc/", pid, "/stat"));
  const std::vector<std::string> words{std::istream_iterator<std::string>(in), {}};
  if (words.size() < 15) return absl::ZeroDuration();
  return absl::Seconds(1) * (std::stod(words[13]) + std::stod(words[14])) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

class DoorAttackTest : public DoorTest {
 protected:
  // Runs until told to stop, and says what it has done.
  using Attack = std::function<std::string(const std::atomic<bool>& stop)>;

  void SetUp() override {
    DoorTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    app_ = identity::v1::Organizations::NewStub(Connect());
    token_ = SignIn();
    ASSERT_TRUE(List(*app_, token_).ok());
  }

  Figures Work(absl::Duration duration) {
    Figures figures;
    const absl::Time end = absl::Now() + duration;
    while (absl::Now() < end) {
      const absl::Time begun = absl::Now();
      const grpc::Status status = List(*app_, token_);
      figures.milliseconds.push_back(absl::ToDoubleMilliseconds(absl::Now() - begun));
      if (!status.ok()) {
        ++figures.failed;
        figures.problem = absl::StrCat(status.error_code(), ": ", status.error_message());
      }
      absl::SleepFor(kPause);
    }
    std::sort(figures.milliseconds.begin(), figures.milliseconds.end());
    return figures;
  }

  void Endure(const char* name, const Attack& attack) {
    const Figures quiet = Work(kQuiet);
    std::atomic<bool> stop{false};
    std::string done;
    const absl::Duration before = CpuOf(fleet().PidOf("identity"));
    std::thread attacker([&] { done = attack(stop); });
    const Figures attacked = Work(kAttack);
    const absl::Duration cpu = CpuOf(fleet().PidOf("identity")) - before;
    stop = true;
    attacker.join();
    std::printf(
        "%-22s quiet p50 %.2f ms p99 %.2f ms | attacked p50 %.2f ms p99 %.2f ms max %.2f ms (p99 x %.1f, %zu calls) | "
        "identity's CPU %.0f %% | %s\n",
        name, quiet.At(0.5), quiet.At(0.99), attacked.At(0.5), attacked.At(0.99), attacked.At(1),
        attacked.At(0.99) / quiet.At(0.99), attacked.milliseconds.size(), 100 * absl::FDivDuration(cpu, kAttack),
        done.c_str());
    std::fflush(stdout);
    EXPECT_EQ(attacked.failed, 0) << attacked.problem;
    EXPECT_GT(attacked.milliseconds.size(), 3U);
    EXPECT_LT(attacked.At(1), absl::ToDoubleMilliseconds(kPatience));
    EXPECT_TRUE(door().Lives());
  }

  std::unique_ptr<identity::v1::Organizations::Stub> app_;
  std::string token_;
};

// Opens streams and takes them back, as fast as it goes; comes again when it is thrown out.
TEST_F(DoorAttackTest, RapidReset) {
  Endure("rapid reset", [](const std::atomic<bool>& stop) {
    int connections = 0, refused = 0;
    std::int64_t streams = 0;
    const std::string cancel(std::string("\0\0\0\x08", 4));
    while (!stop) {
      const auto attacker = RawHttp2::Connect(kResetter, door().port());
      ++(attacker == nullptr ? refused : connections);
      std::uint32_t stream = 1;
      while (attacker != nullptr && !stop) {
        std::string burst;
        for (int i = 0; i < 50; ++i, stream += 2) {
          burst += Frame(kHeaders, kEndHeaders, stream, CallHeaders(kPath));
          burst += Frame(kResetStream, 0, stream, cancel);
        }
        if (!attacker->Send(burst) || !attacker->Discard()) break;
        streams += 50;
      }
    }
    return absl::StrCat(streams, " streams through ", connections, " connections, ", refused, " refused");
  });
}

// A header of 64 MB that never ends.
TEST_F(DoorAttackTest, UnfinishedHeaders) {
  Endure("unfinished headers", [](const std::atomic<bool>& stop) {
    int connections = 0, refused = 0;
    std::int64_t bytes = 0;
    const std::string more(16'000, 'x');
    while (!stop) {
      const auto attacker = RawHttp2::Connect(kUnfinished, door().port());
      ++(attacker == nullptr ? refused : connections);
      if (attacker == nullptr ||
          !attacker->Send(Frame(kHeaders, 0, 1, CallHeaders(kPath, EndlessHeader("filler", 64U << 20U))))) {
        continue;
      }
      while (!stop && attacker->Send(Frame(kContinuation, 0, 1, more)) && attacker->Discard()) {
        bytes += static_cast<std::int64_t>(more.size());
        absl::SleepFor(absl::Milliseconds(1));
      }
    }
    return absl::StrCat(bytes / 1024, " KiB through ", connections, " connections, ", refused, " refused");
  });
}

// As many connections as one source can get, again and again.
TEST_F(DoorAttackTest, ConnectionFlood) {
  Endure("connection flood", [](const std::atomic<bool>& stop) {
    std::vector<std::unique_ptr<RawHttp2>> held;
    int opened = 0, refused = 0;
    std::size_t most = 0;
    while (!stop) {
      auto attacker = RawHttp2::Connect(kFlooder, door().port(), absl::Milliseconds(100));
      ++(attacker == nullptr ? refused : opened);
      if (attacker != nullptr) held.push_back(std::move(attacker));
      most = std::max(most, held.size());
    }
    EXPECT_LE(most, 51U) << "one source holds more connections than it may";
    return absl::StrCat(opened, " connections held, ", refused, " refused");
  });
}

// Never acknowledges the settings, and goes beyond all of them: streams without end, metadata without end.
TEST_F(DoorAttackTest, SettingsNeverAcknowledged) {
  Endure("settings not acked", [](const std::atomic<bool>& stop) {
    int connections = 0, refused = 0, streams = 0;
    while (!stop) {
      const auto attacker = RawHttp2::Connect(kNeverAcknowledging, door().port());
      ++(attacker == nullptr ? refused : connections);
      std::uint32_t stream = 1;
      while (attacker != nullptr && !stop && stream < 6'000) {
        const std::string headers =
            CallHeaders(kPath, stream % 20 == 1 ? Header("filler", std::string(9'000, 'x')) : "");
        if (!attacker->Send(Frame(kHeaders, kEndHeaders, stream, headers)) || !attacker->Discard()) break;
        stream += 2;
        ++streams;
      }
    }
    return absl::StrCat(streams, " open streams through ", connections, " connections, ", refused, " refused");
  });
}

// More connections than the door has descriptors for, from many addresses, then all closed at once.
TEST_F(DoorAttackTest, DescriptorExhaustion) {
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < 6'000) GTEST_SKIP() << "this machine allows only " << limit.rlim_cur << " descriptors";
  Endure("descriptor exhaustion", [](const std::atomic<bool>& stop) {
    std::vector<int> held;
    for (unsigned host = kExhausting; host < kExhausting + 110 && !stop; ++host) {
      for (int i = 0; i < 45 && !stop; ++i) {
        if (const int socket = ConnectFrom(host, door().port(), absl::Milliseconds(100)); socket >= 0) {
          held.push_back(socket);
        }
      }
    }
    while (!stop) absl::SleepFor(absl::Milliseconds(10));
    for (const int socket : held) close(socket);
    return absl::StrCat(held.size(), " connections held, then all closed");
  });
  const absl::Time begun = absl::Now();
  bool served = false;
  while (!served && absl::Now() < begun + absl::Seconds(60)) {
    served = List(*identity::v1::Organizations::NewStub(Connect()), token_).ok();
  }
  EXPECT_TRUE(served) << "a new connection, after all of the others ended";
  std::printf("%-22s a new connection is served again after %.2f s\n", "", absl::ToDoubleSeconds(absl::Now() - begun));
}

// What the door keeps away from the services would make one deaf for ever. Whoever runs it is told by /livez, and a new
// process hears again.
TEST_F(DoorAttackTest, AServiceThatRanOutOfDescriptorsIsFoundOut) {
  const int http = fleet().HttpPortOf("assessment");
  ASSERT_TRUE(absl::StrContains(HttpGet(http, "/livez"), " 200 "));
  const rlimit few = {64, 64};
  ASSERT_EQ(prlimit(fleet().PidOf("assessment"), RLIMIT_NOFILE, &few, nullptr), 0);
  const std::string address = fleet().AddressOf("assessment");
  const int port = std::stoi(address.substr(address.rfind(':') + 1));
  std::vector<int> held;
  for (int i = 0; i < 100; ++i) held.push_back(ConnectFrom(1, port, absl::Seconds(1)));
  const absl::Time begun = absl::Now();
  absl::SleepFor(absl::Seconds(1));
  for (const int socket : held) close(socket);
  bool told = false;
  while (!told && absl::Now() < begun + absl::Seconds(60)) {
    absl::SleepFor(absl::Milliseconds(200));
    told = absl::StrContains(HttpGet(http, "/livez"), " 503 ");
  }
  std::printf("%-22s /livez told after %.0f s\n", "deaf listener", absl::ToDoubleSeconds(absl::Now() - begun));
  EXPECT_TRUE(told) << "the listener hears no new connection, and nobody is told";
  fleet().Kill("assessment");
  ASSERT_TRUE(fleet().Revive("assessment").ok());
  EXPECT_TRUE(fleet().AwaitReady(absl::Seconds(60)).ok());
}

}  // namespace
}  // namespace trellis::fault
