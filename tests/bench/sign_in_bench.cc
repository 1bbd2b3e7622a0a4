// What signing in costs others: memory of the identity service and latency of reads while two hundred sign in at once;
// and whether the time of a refusal tells known logins from unknown ones. Prints figures, judges nothing.
//   sign_in_bench [--binaries=FOLDER]
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/bench/suite/figures.h"
#include "tests/bench/suite/load.h"
#include "tests/bench/suite/process.h"
#include "tests/bench/suite/suite.h"
#include "trellis/identity/v1/persons.pb.h"
#include "trellis/identity/v1/sessions.grpc.pb.h"
#include "trellis/identity/v1/users.pb.h"

namespace trellis::bench {
namespace {

constexpr absl::Duration kTime = absl::Seconds(8);
constexpr int kAtOnce = 200;
constexpr int kUsers = 60;

std::string Own() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

Load Reads(Suite& suite) {
  Load load;
  load.method = "/trellis.identity.v1.Persons/GetPerson";
  load.token = suite.SignIn();
  load.request = [&suite](std::int64_t n) {
    identity::v1::GetPersonRequest request;
    request.set_name(suite.persons()[static_cast<std::size_t>(n) % suite.persons().size()]);
    return request.SerializeAsString();
  };
  load.in_flight = 2;
  load.duration = kTime;
  return load;
}

void PrintReads(const char* when, Sample& sample, double rss_mb) {
  std::printf("%-34s %9.0f %8.2f %8.2f %8lld %8.0f\n", when,
              static_cast<double>(sample.times.size()) / absl::ToDoubleSeconds(sample.took),
              Quantile(sample.times, 0.5), Quantile(sample.times, 0.99), static_cast<long long>(sample.failed), rss_mb);
  std::fflush(stdout);
}

// The largest resident size while `work` runs.
double PeakWhile(pid_t process, const std::function<void()>& work) {
  std::atomic<bool> done = false;
  double peak = 0;
  std::thread watcher([&] {
    while (!done) {
      peak = std::max(peak, MemoryOf(process).rss_mb);
      absl::SleepFor(absl::Milliseconds(20));
    }
  });
  work();
  done = true;
  watcher.join();
  return peak;
}

// Users who sign in again and again, each after the second that a busy service asks for.
class Crowd {
 public:
  explicit Crowd(Suite& suite) : sessions_(identity::v1::Sessions::NewStub(suite.channel("identity"))) {}

  void Begin() {
    for (int i = 0; i < kAtOnce; ++i) users_.emplace_back([this] { SignInAgainAndAgain(); });
  }
  void End() {
    done_ = true;
    for (std::thread& user : users_) user.join();
  }
  double signed_in() const { return signed_in_; }
  double busy() const { return busy_; }

 private:
  void SignInAgainAndAgain() {
    while (!done_) {
      grpc::ClientContext context;
      identity::v1::SignInResponse response;
      const grpc::Status status = sessions_->SignIn(&context, Suite::OfficeCredentials(), &response);
      if (status.ok()) {
        ++signed_in_;
      } else if (status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) {
        ++busy_;
        absl::SleepFor(absl::Seconds(1));
      } else {
        Die(status.error_message());
      }
    }
  }

  const std::unique_ptr<identity::v1::Sessions::Stub> sessions_;
  std::vector<std::thread> users_;
  std::atomic<bool> done_ = false;
  std::atomic<int> signed_in_ = 0;
  std::atomic<int> busy_ = 0;
};

void MeasureCrowd(Suite& suite) {
  std::printf(
      "\nGetPerson, 2 at once, while %d sign in at once (whoever hears \"busy\" waits a second)\n%-34s %9s "
      "%8s %8s %8s %8s\n",
      kAtOnce, "", "calls/s", "p50 ms", "p99 ms", "failed", "RSS MB");
  const pid_t identity = suite.service("identity").pid();
  const Load reads = Reads(suite);
  Sample sample;
  double peak = PeakWhile(identity, [&] { sample = Run(suite.channel("identity"), reads); });
  PrintReads("quiet", sample, peak);

  Crowd crowd(suite);
  peak = PeakWhile(identity, [&] {
    crowd.Begin();
    sample = Run(suite.channel("identity"), reads);
    crowd.End();
  });
  PrintReads("two hundred sign in", sample, peak);
  std::printf("%.1f sign-ins a second, %.1f answers \"busy\" a second\n",
              crowd.signed_in() / absl::ToDoubleSeconds(sample.took),
              crowd.busy() / absl::ToDoubleSeconds(sample.took));
  std::fflush(stdout);
}

absl::Duration Refusal(identity::v1::Sessions::Stub& sessions, const std::string& login) {
  identity::v1::SignInRequest request;
  request.set_login(login);
  request.set_password("a guess that is as long as a password");
  identity::v1::SignInResponse response;
  grpc::ClientContext context;
  const absl::Time start = absl::Now();
  const grpc::Status status = sessions.SignIn(&context, request, &response);
  if (status.error_code() != grpc::StatusCode::UNAUTHENTICATED) Die(status.error_message());
  return absl::Now() - start;
}

// Logins that are somebody's, made by the office.
std::vector<std::string> MakeUsers(Suite& suite) {
  identity::v1::SignInResponse office;
  suite.Call("identity", "/trellis.identity.v1.Sessions/SignIn", "", Suite::OfficeCredentials(), &office);
  std::vector<std::string> logins;
  for (int i = 0; i < kUsers; ++i) {
    identity::v1::CreateUserRequest request;
    request.mutable_user()->set_login(absl::StrCat("known", i, "@example.org"));
    request.mutable_user()->set_display_name("Somebody");
    request.mutable_user()->add_roles(options::v1::ROLE_CLINICIAN);
    request.set_password("a password that nobody guesses");
    identity::v1::CreateUserResponse response;
    suite.Call("identity", "/trellis.identity.v1.Users/CreateUser", office.access_token(), request, &response);
    logins.push_back(request.user().login());
  }
  return logins;
}

// Four tries each: the fifth begins a rest.
void MeasureRefusals(Suite& suite) {
  const std::vector<std::string> logins = MakeUsers(suite);
  const auto sessions = identity::v1::Sessions::NewStub(suite.channel("identity"));
  std::vector<absl::Duration> known;
  std::vector<absl::Duration> unknown;
  for (int round = 0; round < 4; ++round) {
    for (const std::string& login : logins) {
      known.push_back(Refusal(*sessions, login));
      unknown.push_back(Refusal(*sessions, absl::StrCat("un", login)));
    }
  }
  const double a = Quantile(known, 0.5);
  const double b = Quantile(unknown, 0.5);
  std::printf("\nRefusals, %zu each by turns: median known login %.2f ms, unknown login %.2f ms, difference %.1f %%\n",
              known.size(), a, b, 100 * (a - b) / b);
}

int Main(int argc, char** argv) {
  std::string binaries = std::filesystem::path(Own()).parent_path().parent_path().string() + "/bin";
  for (int i = 1; i < argc; ++i) {
    if (absl::StartsWith(argv[i], "--binaries=")) binaries = std::string(argv[i]).substr(11);
  }
  const std::string folder = absl::StrCat("/tmp/trellis-sign-in-bench.", getpid());
  std::filesystem::create_directories(folder);
  {
    Suite suite(binaries, folder);
    suite.Fill(500);
    suite.PauseAllBut("identity");
    MeasureCrowd(suite);
    MeasureRefusals(suite);
    suite.ResumeAll();
  }
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace trellis::bench

int main(int argc, char** argv) { return trellis::bench::Main(argc, argv); }
