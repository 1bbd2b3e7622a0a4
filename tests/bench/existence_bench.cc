// Whether the time of a refusal tells what another organization has from what nobody has: the same calls about real
// names of another organization and about names that were never given, in random order, compared by Kolmogorov and
// Smirnov's test. Prints figures, judges nothing.
//   existence_bench [--calls=1000] [--binaries=FOLDER]
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/base/random.h"
#include "grpcpp/client_context.h"
#include "tests/bench/suite/figures.h"
#include "tests/bench/suite/kolmogorov_smirnov.h"
#include "tests/bench/suite/process.h"
#include "tests/bench/suite/suite.h"
#include "tests/bench/suite/workload.h"
#include "trellis/assessment/v1/assessments.grpc.pb.h"
#include "trellis/caseload/v1/cases.grpc.pb.h"
#include "trellis/identity/v1/persons.grpc.pb.h"

namespace trellis::bench {
namespace {

// Asks for a name as a stranger; the status.
using Ask = std::function<grpc::Status(grpc::ClientContext*, const std::string& name)>;

template <class Service, class Request, class Response>
Ask Asking(Suite& suite, absl::string_view service,
           grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&, Response*)) {
  std::shared_ptr<typename Service::Stub> stub = Service::NewStub(suite.channel(service));
  return [stub, method](grpc::ClientContext* context, const std::string& name) {
    Request request;
    request.set_name(name);
    Response response;
    return ((*stub).*method)(context, request, &response);
  };
}

absl::Duration TimeOf(const Ask& ask, const std::string& token, const std::string& name) {
  grpc::ClientContext context;
  context.AddMetadata("authorization", absl::StrCat("Bearer ", token));
  context.set_wait_for_ready(true);
  const absl::Time before = absl::Now();
  const grpc::Status status = ask(&context, name);
  const absl::Duration took = absl::Now() - before;
  if (status.error_code() != grpc::StatusCode::NOT_FOUND) Die(absl::StrCat(name, ": ", status.error_message()));
  return took;
}

void Measure(Suite& suite, const char* title, const std::vector<std::string>& names, const Ask& ask) {
  const std::string collection = names.front().substr(0, names.front().find('/') + 1);
  IdGenerator ids(SystemClock(), SystemRandom());
  std::vector<const std::string*> asked;
  std::vector<std::string> unknown;
  for (std::size_t i = 0; i < names.size(); ++i) unknown.push_back(absl::StrCat(collection, ids.Next().ToString()));
  for (const std::string& name : names) asked.push_back(&name);
  for (const std::string& name : unknown) asked.push_back(&name);
  std::shuffle(asked.begin(), asked.end(), std::mt19937(1));
  const std::string token = suite.SignInStranger();
  for (int i = 0; i < 200; ++i) TimeOf(ask, token, collection + ids.Next().ToString());  // warm
  std::vector<absl::Duration> real, none;
  for (const std::string* name : asked) {
    const bool is_real = name >= names.data() && name < names.data() + names.size();
    (is_real ? real : none).push_back(TimeOf(ask, token, *name));
  }
  const KolmogorovSmirnov found = Compare(real, none);
  std::printf("%-16s %8zu %12.3f %12.3f %10.4f %8.3f\n", title, names.size(), Quantile(real, 0.5), Quantile(none, 0.5),
              found.distance, found.p);
  std::fflush(stdout);
}

// What there is of the coordinator's organization, by the id columns of a table.
std::vector<std::string> Names(Suite& suite, const std::string& table, const std::string& collection) {
  std::vector<std::string> out;
  for (const SqlRow& row : suite.sql().Query(absl::StrCat("SELECT id FROM ", table, " LIMIT 100000"))) {
    out.push_back(absl::StrCat(collection, "/", Id::FromBytes(row.at(0))->ToString()));
  }
  return out;
}

void RecordForAll(Suite& suite) {
  const auto stub = assessment::v1::Assessments::NewStub(suite.channel("assessment"));
  const std::string token = suite.SignIn();
  for (std::size_t n = 0; n < suite.persons().size(); ++n) {
    assessment::v1::RecordAssessmentRequest request;
    request.ParseFromString(RecordRequest(suite.persons()[n], static_cast<std::int64_t>(n), /*critical=*/false));
    assessment::v1::RecordAssessmentResponse response;
    grpc::ClientContext context;
    context.AddMetadata("authorization", absl::StrCat("Bearer ", token));
    const grpc::Status status = stub->RecordAssessment(&context, request, &response);
    if (!status.ok()) Die(status.error_message());
  }
}

int Main(int argc, char** argv) {
  const std::filesystem::path own = std::filesystem::read_symlink("/proc/self/exe");
  std::string binaries = own.parent_path().parent_path().string() + "/bin";
  int calls = 1000;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (absl::StartsWith(argument, "--binaries=")) binaries = argument.substr(11);
    if (absl::StartsWith(argument, "--calls=")) static_cast<void>(absl::SimpleAtoi(argument.substr(8), &calls));
  }
  const std::string folder = absl::StrCat("/tmp/trellis-existence-bench.", getpid());
  std::filesystem::create_directories(folder);
  {
    Suite suite(binaries, folder);
    suite.Fill(calls);
    RecordForAll(suite);
    std::printf("\n%-16s %8s %12s %12s %10s %8s\n", "RPC", "of each", "others' p50", "nobody's p50", "distance", "p");
    Measure(suite, "GetPerson", suite.persons(),
            Asking<identity::v1::Persons>(suite, "identity", &identity::v1::Persons::Stub::GetPerson));
    Measure(
        suite, "GetAssessment", Names(suite, "trellis_assessment.assessment", "assessments"),
        Asking<assessment::v1::Assessments>(suite, "assessment", &assessment::v1::Assessments::Stub::GetAssessment));
    Measure(suite, "GetCase", Names(suite, "trellis_caseload.case_record", "cases"),
            Asking<caseload::v1::Cases>(suite, "caseload", &caseload::v1::Cases::Stub::GetCase));
  }
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace trellis::bench

int main(int argc, char** argv) { return trellis::bench::Main(argc, argv); }
