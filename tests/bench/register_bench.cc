// What looking for duplicates adds to registering a person: among nobody, and among ten thousand who share a few names.
// Prints figures, judges nothing.
//   register_bench [--binaries=FOLDER]
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/bench/suite/figures.h"
#include "tests/bench/suite/load.h"
#include "tests/bench/suite/process.h"
#include "tests/bench/suite/suite.h"
#include "trellis/identity/v1/persons.pb.h"

namespace trellis::bench {
namespace {

constexpr int kPersons = 10'000;
constexpr int kMeasured = 300;

// 20 given names, 20 family names, days of birth over 61 years.
std::string Somebody(std::int64_t n) {
  const auto letter = [](std::int64_t i) { return std::string(1, static_cast<char>('b' + i % 20)); };
  identity::v1::RegisterPersonRequest request;
  identity::v1::Person& person = *request.mutable_person();
  person.set_given_names(absl::StrCat("Anna", letter(n), "or"));
  person.set_family_names(absl::StrCat("Kov", letter(n / 20), "alski"));
  person.mutable_birth_date()->set_year(static_cast<int>(1940 + n % 61));
  person.mutable_birth_date()->set_month(static_cast<int>(1 + n % 12));
  person.mutable_birth_date()->set_day(static_cast<int>(1 + n / 7 % 28));
  return request.SerializeAsString();
}

Sample Register(Suite& suite, std::int64_t first, std::int64_t count, int in_flight) {
  Load load;
  load.method = "/trellis.identity.v1.Persons/RegisterPerson";
  load.token = suite.SignIn();
  load.request = [first](std::int64_t n) { return Somebody(first + n); };
  load.in_flight = in_flight;
  load.repeat_refused = true;
  load.count = count;
  Sample sample = Run(suite.channel("identity"), load);
  if (sample.failed > 0) Die(sample.first_failure);
  return sample;
}

void Print(const char* among, Sample sample) {
  std::printf("RegisterPerson among %-34s p50 %6.2f ms, p99 %6.2f ms\n", among, Quantile(sample.times, 0.5),
              Quantile(sample.times, 0.99));
  std::fflush(stdout);
}

int Main(int argc, char** argv) {
  const std::filesystem::path own = std::filesystem::read_symlink("/proc/self/exe");
  std::string binaries = own.parent_path().parent_path().string() + "/bin";
  for (int i = 1; i < argc; ++i) {
    if (absl::StartsWith(argv[i], "--binaries=")) binaries = std::string(argv[i]).substr(11);
  }
  const std::string folder = absl::StrCat("/tmp/trellis-register-bench.", getpid());
  std::filesystem::create_directories(folder);
  {
    Suite suite(binaries, folder);
    suite.PauseAllBut("identity");
    Print("nobody:", Register(suite, 0, kMeasured, 1));
    Register(suite, kMeasured, kPersons - kMeasured, 16);
    Print("10,000 who share 20 x 20 names:", Register(suite, kPersons, kMeasured, 1));
    suite.ResumeAll();
  }
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace trellis::bench

int main(int argc, char** argv) { return trellis::bench::Main(argc, argv); }
