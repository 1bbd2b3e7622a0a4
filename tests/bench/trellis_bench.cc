// What an RPC costs beside the sum of its parts; how late the worklist is; how much memory idle services take. Starts a
// database and the five services as in production, each in a process of its own. Prints figures, judges nothing.
//   trellis_bench [--seconds=4] [--cases=10000] [--only=GetPerson|...|audit] [--binaries=FOLDER]
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "common/testing/test_certificates.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "tests/bench/suite/echo_server.h"
#include "tests/bench/suite/feed_lag.h"
#include "tests/bench/suite/figures.h"
#include "tests/bench/suite/load.h"
#include "tests/bench/suite/process.h"
#include "tests/bench/suite/sql.h"
#include "tests/bench/suite/suite.h"
#include "tests/bench/suite/workload.h"

namespace trellis::bench {
namespace {

constexpr int kInFlight[] = {1, 8, 32};

struct Options {
  absl::Duration duration = absl::Seconds(4);
  int cases = 10'000;
  std::string only;  // nothing else is measured
  std::string binaries;
};

std::string Own() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

// --- the three ways of doing the same --------------------------------------------------------------------------------

class Comparison {
 public:
  Comparison(Suite& suite, const Options& options, std::vector<Workload> works)
      : suite_(suite), options_(options), works_(std::move(works)) {
    StartEcho();
  }

  void Run() {
    std::printf("\n%-16s %-13s %6s %9s %8s %8s %9s %9s %6s %7s %7s\n", "RPC", "what", "calls", "calls/s", "p50 ms",
                "p99 ms", "CPU us", "DB CPU us", "stmts", "others", "ratio");
    for (const Workload& work : works_) {
      token_ = suite_.SignIn();
      suite_.PauseAllBut(work.service);
      for (const int in_flight : kInFlight) Row(work, in_flight);
      suite_.ResumeAll();
      const absl::Duration drained = suite_.Settle();
      if (work.service == "assessment") {
        std::printf("%-16s the caseload service was behind and took %.1f s to apply what was recorded\n", "",
                    absl::ToDoubleSeconds(drained));
      }
    }
  }

 private:
  void StartEcho() {
    const rpc::TlsFiles tls = testing::CertificateOf("echo");
    const int port = FreePort();
    std::vector<std::string> command = {Own(),   "echo", absl::StrCat(port), tls.certificate,
                                        tls.key, tls.ca, suite_.folder()};
    for (const Workload& work : works_) {
      std::ofstream(absl::StrCat(suite_.folder(), "/", work.method), std::ios::binary) << work.response;
      command.push_back(work.method);
    }
    echo_ = std::make_unique<Process>(command, suite_.folder() + "/echo.log");
    std::ifstream in(tls.ca);
    const std::string ca((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    echo_channel_ = grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::SslCredentials({ca, "", ""}));
    if (!echo_channel_->WaitForConnected(absl::ToChronoTime(absl::Now() + absl::Seconds(10)))) {
      Die(absl::StrCat("the echo server does not answer: ", echo_->LastOutput()));
    }
  }

  void Row(const Workload& work, int in_flight) {
    const Figures echo = MeasureCalls(work, in_flight, echo_channel_, *echo_);
    Print(work, "echo", in_flight, echo, "");
    const Figures sql = MeasureSql(work, in_flight);
    Print(work, in_flight > kConnections ? "SQL (8 conn.)" : "SQL", in_flight, sql, "");
    double echo_beside = 0;
    const Figures beside = MeasureTogether(work, in_flight, &echo_beside);
    Print(work, "SQL and echo", in_flight, beside, "");
    const double crypto = absl::ToDoubleMicroseconds(CpuOf(work.crypto));
    const double peer_call = CpuOfPeerCall(work);
    const std::int64_t asked_before = suite_.CallsMade(work.service, work.peer.method);
    const Figures rpc = MeasureCalls(work, in_flight, suite_.channel(work.service), suite_.service(work.service));
    const double asked = static_cast<double>(suite_.CallsMade(work.service, work.peer.method) - asked_before);
    const double others = crypto + peer_call * asked / static_cast<double>(rpc.calls_with_warm_up);
    const double apart = echo.cpu_us + sql.cpu_us + others;
    const double together = echo_beside + beside.cpu_us + others;
    char ratio[16];
    std::snprintf(ratio, sizeof(ratio), "%.2f", rpc.cpu_us / apart);
    Print(work, "RPC", in_flight, rpc, ratio);
    std::printf(
        "%-16s parts: echo %.1f + SQL %.1f + crypto %.1f + peer %.1f = %.1f us, ratio %.2f; echo and SQL side by "
        "side: %.1f + %.1f, ratio %.2f\n",
        "", echo.cpu_us, sql.cpu_us, crypto, others - crypto, apart, rpc.cpu_us / apart, echo_beside, beside.cpu_us,
        rpc.cpu_us / together);
    std::fflush(stdout);
  }

  // The SQL, and an echo for each call that is done. Apart each of the two has caches and cores for itself; in the RPC
  // they take turns.
  Figures MeasureTogether(const Workload& work, int in_flight, double* echo_cpu_us) {
    const std::vector<SqlWork> works = work.sql(std::min(in_flight, kConnections));
    std::atomic<std::int64_t> due = 0;
    std::atomic<bool> over = false;
    std::int64_t echoes = 0;
    const absl::Duration before = CpuTimeOf(echo_->pid());
    std::thread echo([&] {
      Load load;
      load.method = work.path;
      load.token = token_;
      load.request = work.request;
      while (!over) {
        load.in_flight = static_cast<int>(std::min<std::int64_t>(due - echoes, in_flight));
        load.count = load.in_flight;
        if (load.count == 0) absl::SleepFor(absl::Microseconds(100));
        echoes += static_cast<std::int64_t>(bench::Run(echo_channel_, load).times.size());
      }
    });
    const Figures figures =
        Measure([&](absl::Duration* used) { return RunSql(works, in_flight, options_.duration, used, &due); });
    over = true;
    echo.join();
    *echo_cpu_us = absl::ToDoubleMicroseconds(CpuTimeOf(echo_->pid()) - before) / static_cast<double>(echoes);
    return figures;
  }

  // Of this process, for one call to the peer by a bare client.
  double CpuOfPeerCall(const Workload& work) {
    if (work.peer.method.empty()) return 0;
    Load load;
    load.method = work.peer.path;
    load.request = [](std::int64_t) { return ""; };
    load.duration = absl::Seconds(1);
    const std::shared_ptr<grpc::Channel> channel = suite_.ChannelAs(work.service, work.peer.service);
    channel->WaitForConnected(absl::ToChronoTime(absl::Now() + absl::Seconds(10)));
    const absl::Duration before = CpuTimeOf(getpid());
    const Sample sample = bench::Run(channel, load);
    if (sample.failed > 0) Die(sample.first_failure);
    return absl::ToDoubleMicroseconds(CpuTimeOf(getpid()) - before) / static_cast<double>(sample.times.size());
  }

  Figures MeasureCalls(const Workload& work, int in_flight, const std::shared_ptr<grpc::Channel>& channel,
                       const Process& server) {
    Load load;
    load.method = work.path;
    load.token = token_;
    load.request = work.request;
    load.in_flight = in_flight;
    load.duration = absl::Seconds(1);
    const Sample warm_up = bench::Run(channel, load);
    load.duration = options_.duration;
    const absl::Duration cpu = CpuTimeOf(server.pid());
    Figures figures = Measure([&](absl::Duration* used) {
      const Sample sample = bench::Run(channel, load);
      *used = CpuTimeOf(server.pid()) - cpu;
      return sample;
    });
    figures.calls_with_warm_up = figures.calls + static_cast<std::int64_t>(warm_up.times.size());
    return figures;
  }

  Figures MeasureSql(const Workload& work, int in_flight) {
    const std::vector<SqlWork> works = work.sql(std::min(in_flight, kConnections));
    absl::Duration ignored;
    RunSql(works, in_flight, absl::Seconds(1), &ignored);
    return Measure([&](absl::Duration* used) { return RunSql(works, in_flight, options_.duration, used); });
  }

  Figures Measure(const std::function<Sample(absl::Duration*)>& run) {
    std::vector<pid_t> ours = suite_.processes();
    ours.push_back(echo_->pid());
    const Noise noise(ours);
    const std::int64_t statements = Statements();
    const absl::Duration database = CpuTimeOf(suite_.database());
    absl::Duration cpu;
    Sample sample = run(&cpu);
    const double calls = static_cast<double>(std::max<std::size_t>(1, sample.times.size()));
    Figures out;
    out.calls = static_cast<std::int64_t>(sample.times.size());
    out.database_cpu_us = absl::ToDoubleMicroseconds(CpuTimeOf(suite_.database()) - database) / calls;
    out.statements = static_cast<double>(Statements() - statements) / calls;
    out.others_percent = noise.OthersPercent();
    out.calls_per_second = calls / absl::ToDoubleSeconds(sample.took);
    out.p50_ms = Quantile(sample.times, 0.5);
    out.p99_ms = Quantile(sample.times, 0.99);
    out.cpu_us = absl::ToDoubleMicroseconds(cpu) / calls;
    out.failed = sample.failed;
    out.first_failure = sample.first_failure;
    return out;
  }

  std::int64_t Statements() { return suite_.sql().Number("SHOW GLOBAL STATUS LIKE 'Questions'"); }

  static void Print(const Workload& work, const char* what, int in_flight, const Figures& figures, const char* ratio) {
    const std::string name = work.method.substr(work.method.rfind('.') + 1);
    std::printf("%-16s %-13s %6d %9.0f %8.3f %8.3f %9.1f %9.1f %6.1f %6.0f%% %7s\n", name.c_str(), what, in_flight,
                figures.calls_per_second, figures.p50_ms, figures.p99_ms, figures.cpu_us, figures.database_cpu_us,
                figures.statements, figures.others_percent, ratio);
    if (figures.failed > 0) {
      std::printf("%-16s %lld calls failed, the first: %s\n", "", static_cast<long long>(figures.failed),
                  figures.first_failure.c_str());
    }
    std::fflush(stdout);
  }

  Suite& suite_;
  const Options& options_;
  const std::vector<Workload> works_;
  std::string token_;
  std::unique_ptr<Process> echo_;
  std::shared_ptr<grpc::Channel> echo_channel_;
};

// --- the rest --------------------------------------------------------------------------------------------------------

void PrintMemory(Suite& suite, const char* when) {
  std::printf("\nMemory of the services, %s (aim below 60 MB idle)\n%-12s %8s %8s\n", when, "service", "RSS MB",
              "PSS MB");
  for (const char* name : {"identity", "directory", "assessment", "referral", "caseload"}) {
    const Memory memory = MemoryOf(suite.service(name).pid());
    std::printf("%-12s %8.1f %8.1f\n", name, memory.rss_mb, memory.pss_mb);
  }
  std::fflush(stdout);
}

// One assessment for each case, every fiftieth with a critical answer, so that the worklist has something to say.
void RecordForAll(Suite& suite) {
  Load load;
  load.method = "/trellis.assessment.v1.Assessments/RecordAssessment";
  load.token = suite.SignIn();
  load.in_flight = 16;
  load.repeat_refused = true;
  load.count = static_cast<std::int64_t>(suite.persons().size());
  load.request = [&](std::int64_t n) {
    return RecordRequest(suite.persons()[static_cast<std::size_t>(n)], n, n % 50 == 0);
  };
  const Sample sample = Run(suite.channel("assessment"), load);
  if (sample.failed > 0) Die(sample.first_failure);
  const absl::Duration rest = suite.Settle();
  const double calls = static_cast<double>(sample.times.size());
  std::printf(
      "\nAll five services at work: %.0f assessments recorded at %.0f calls/s (16 at once); the worklist was "
      "up to date %.2f s after the last answer (%.0f lines/s)\n",
      calls, calls / absl::ToDoubleSeconds(sample.took), absl::ToDoubleSeconds(rest),
      calls / absl::ToDoubleSeconds(sample.took + rest));
}

void PrintFeedLag(Suite& suite) {
  std::printf("\nFrom RecordAssessment's answer to the changed worklist line (aim: p99 below 250 ms)\n");
  std::printf("%-26s %8s %8s %8s %8s %7s\n", "rate", "samples", "p50 ms", "p99 ms", "max ms", "others");
  for (const int rate : {10, 40}) {
    const Noise noise(suite.processes());
    std::vector<absl::Duration> lags = MeasureFeedLag(suite, 250, absl::Seconds(1) / rate);
    const double p50 = Quantile(lags, 0.5);
    const double p99 = Quantile(lags, 0.99);
    std::printf("at most %3d each second    %8zu %8.1f %8.1f %8.1f %6.0f%%\n", rate, lags.size(), p50, p99,
                Quantile(lags, 1), noise.OthersPercent());
  }
  std::fflush(stdout);
}

// GetPerson with 32 calls at once: the service, and the same one without audit, by turns.
void PrintAuditCost(Suite& suite, const Options& options) {
  suite.PauseAllBut("identity");
  suite.StartUnaudited((std::filesystem::path(Own()).parent_path() / "unaudited_identity").string());
  const Workload work = GetPersonCalls(suite);
  double calls[2] = {};
  double cpu[2] = {};
  constexpr int kRounds = 3;
  for (int round = 0; round < kRounds; ++round) {
    for (const bool audited : {true, false}) {
      const char* const name = audited ? "identity" : "unaudited";
      Load load;
      load.method = work.path;
      load.token = suite.SignIn();
      load.request = work.request;
      load.in_flight = 32;
      load.duration = absl::Milliseconds(500);
      Run(suite.channel(name), load);
      load.duration = options.duration / 2;
      const absl::Duration before = CpuTimeOf(suite.service(name).pid());
      const Sample sample = Run(suite.channel(name), load);
      const double count = static_cast<double>(sample.times.size());
      calls[audited] += count / absl::ToDoubleSeconds(sample.took) / kRounds;
      cpu[audited] += absl::ToDoubleMicroseconds(CpuTimeOf(suite.service(name).pid()) - before) / count / kRounds;
    }
  }
  suite.ResumeAll();
  std::printf(
      "\nGetPerson, 32 at once: %.0f calls/s at %.1f us with audit, %.0f at %.1f us without: %.2f of the "
      "throughput (aim: at least 0.5)\n",
      calls[true], cpu[true], calls[false], cpu[false], calls[true] / calls[false]);
  std::fflush(stdout);
}

void PrintConditions(const Options& options) {
  std::printf(
      "trellis_bench: %u cores, load %s at the start, %.0f s for each row after 1 s to warm up\n"
      "echo  the same messages through a generic asynchronous gRPC server, one thread, nothing behind it\n"
      "SQL   the same statements in the same transactions through the bare C client, at most %d connections; the\n"
      "      audit's besides: two writers that share commits among the calls, and the chain\n"
      "crypto the same hashing and sealing by the bare libraries\n"
      "RPC   the service's own binary with %d workers and connections; meanwhile the others rest, save identity\n"
      "All gRPC over TLS, the database over its unix socket. Clients and servers share the cores: compare CPU.\n"
      "CPU us: of the server, or of the SQL client, for each call. DB CPU us: of the database.\n"
      "stmts: what the database executed for each call (followers, sequencers included).\n"
      "others: of the machine, used by other programs.\n"
      "peer  what a bare client uses for the calls that the service makes to a peer meanwhile\n"
      "SQL and echo: both side by side, an echo for each call's SQL: they share cores and caches as in the RPC\n"
      "ratio: CPU of the RPC by the sum of its parts, measured apart (aim: at most 1.5)\n",
      std::max(1u, std::thread::hardware_concurrency()), LoadAverage().c_str(), absl::ToDoubleSeconds(options.duration),
      kConnections, kConnections);
}

Options Parse(int argc, char** argv) {
  Options options;
  options.binaries = (std::filesystem::path(Own()).parent_path().parent_path() / "bin").string();
  for (int i = 1; i < argc; ++i) {
    const std::vector<std::string> parts = absl::StrSplit(argv[i], absl::MaxSplits('=', 1));
    int number = 0;
    if (parts.size() == 2 && parts[0] == "--binaries") {
      options.binaries = parts[1];
    } else if (parts.size() == 2 && parts[0] == "--only") {
      options.only = parts[1];
    } else if (parts.size() == 2 && parts[0] == "--seconds" && absl::SimpleAtoi(parts[1], &number)) {
      options.duration = absl::Seconds(number);
    } else if (parts.size() == 2 && parts[0] == "--cases" && absl::SimpleAtoi(parts[1], &number)) {
      options.cases = number;
    } else {
      Die("usage: trellis_bench [--seconds=4] [--cases=10000] [--only=GetPerson|...|audit] [--binaries=FOLDER]");
    }
  }
  return options;
}

Workload WorkloadOf(const std::string& method, Suite& suite) {
  if (method == "GetPerson") return GetPerson(suite);
  if (method == "RecordAssessment") {
    RecordForAll(suite);
    return RecordAssessment(suite);
  }
  if (method == "ListWorklist") return ListWorklist(suite);
  Die(absl::StrCat("--only=", method, " is none of GetPerson, RecordAssessment, ListWorklist, audit"));
}

void MeasureAll(Suite& suite, const Options& options) {
  absl::SleepFor(absl::Seconds(2));
  PrintMemory(suite, "idle");
  suite.Fill(options.cases);
  RecordForAll(suite);
  PrintFeedLag(suite);
  Comparison(suite, options, {GetPerson(suite), RecordAssessment(suite), ListWorklist(suite)}).Run();
  PrintAuditCost(suite, options);
  PrintMemory(suite, "after all this");
}

int Main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // as the services do
  if (argc > 7 && std::string(argv[1]) == "echo") {
    ServeEcho(std::atoi(argv[2]), {.certificate = argv[3], .key = argv[4], .ca = argv[5]}, argv[6],
              std::vector<std::string>(argv + 7, argv + argc));
    return 0;
  }
  const Options options = Parse(argc, argv);
  std::string folder = (std::filesystem::temp_directory_path() / "trellis-bench-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) Die("no folder");
  PrintConditions(options);
  {
    Suite suite(options.binaries, folder);
    if (options.only.empty()) {
      MeasureAll(suite, options);
    } else if (options.only == "audit") {
      suite.Fill(options.cases);
      PrintAuditCost(suite, options);
    } else {
      suite.Fill(options.cases);
      suite.Settle();
      Comparison(suite, options, {WorkloadOf(options.only, suite)}).Run();
    }
  }
  std::filesystem::remove_all(folder);
  std::printf("\nload %s at the end\n", LoadAverage().c_str());
  return 0;
}

}  // namespace
}  // namespace trellis::bench

int main(int argc, char** argv) { return trellis::bench::Main(argc, argv); }
