// What the audit costs: writing records while many calls wait for theirs, chaining them, verifying the chain. Prints
// figures, judges nothing.
//   audit_bench [records to chain and verify, default 1,000,000]
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "common/audit/batcher.h"
#include "common/audit/chainer.h"
#include "common/audit/database_verifier.h"
#include "common/audit/record.h"
#include "common/runtime/migrations.h"
#include "common/testing/private_mariadb.h"
#include "common/testing/scratch_database.h"

namespace trellis::audit {
namespace {

constexpr int kCallers = 32;
constexpr int kOrganizations = 3;

double OwnCpu() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// User and system time of another process, in seconds.
double CpuOf(pid_t pid) {
  std::ifstream in(absl::StrCat("/proc/", pid, "/stat"));
  std::string text;
  std::getline(in, text);
  const std::vector<std::string> fields = absl::StrSplit(text.substr(text.rfind(')') + 2), ' ');
  return (std::atof(fields[11].c_str()) + std::atof(fields[12].c_str())) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

class Bench {
 public:
  explicit Bench(testing::PrivateMariaDb& server)
      : server_(server), database_(server.OverSocket(), {{"runtime", runtime::migrations::Files()}}) {
    for (Id& organization : organizations_) organization = ids_.Next();
  }

  void Run(int records) {
    Write();
    Fill(records);
    Chain();
    Verify();
  }

 private:
  JournalRow NewRow() {
    v1::AuditRecord record;
    const std::int64_t micros = absl::ToUnixMicros(absl::Now());
    record.mutable_record_time()->set_seconds(micros / 1'000'000);
    record.mutable_record_time()->set_nanos(static_cast<int>(micros % 1'000'000) * 1000);
    record.set_service("identity");
    record.set_method("trellis.identity.v1.Persons.GetPerson");
    record.set_action(v1::AuditRecord::ACTION_READ);
    record.set_data(options::v1::DATA_CLASS_PERSONAL);
    record.set_user(NameOf("users", ids_.Next()));
    record.set_session(NameOf("sessions", ids_.Next()));
    record.add_roles(options::v1::ROLE_COORDINATOR);
    record.set_source("10.1.2.3");
    record.add_persons(NameOf("persons", ids_.Next()));
    record.set_trace_id("4bf92f3577b34da6a3ce929d0e0e4736");
    return ToRow(ids_.Next(), organizations_[static_cast<std::size_t>(micros) % kOrganizations], std::move(record));
  }

  // As many calls as wait at one time, each for its own record.
  void Write() {
    Batcher batcher(&database_.pool());
    batcher.Start();
    std::atomic<int> written = 0;
    const absl::Time end = absl::Now() + absl::Seconds(5);
    const double own = OwnCpu();
    const double server = CpuOf(server_.pid());
    std::vector<std::thread> callers;
    for (int i = 0; i < kCallers; ++i) {
      callers.emplace_back([&] {
        while (absl::Now() < end) {
          absl::Mutex mutex;
          bool done = false;
          batcher.Submit({NewRow()}, [&](const absl::Status& status) {
            if (!status.ok()) std::abort();
            const absl::MutexLock lock(&mutex);
            done = true;
          });
          const absl::MutexLock lock(&mutex);
          mutex.Await(absl::Condition(&done));
          ++written;
        }
      });
    }
    for (std::thread& caller : callers) caller.join();
    batcher.Stop();
    const double count = written;
    std::printf("writing, %d waiting:  %8.0f records/s   %5.1f us CPU here, %5.1f us in the database\n", kCallers,
                count / 5, 1e6 * (OwnCpu() - own) / count, 1e6 * (CpuOf(server_.pid()) - server) / count);
  }

  void Fill(int records) {
    std::vector<JournalRow> rows;
    for (int i = 0; i < records; ++i) {
      rows.push_back(NewRow());
      if (rows.size() < 1000 && i + 1 < records) continue;
      if (!database_.pool()
               .Transact(absl::Now() + absl::Seconds(30), [&](db::Session& tx) { return Append(tx, rows); })
               .ok())
        std::abort();
      rows.clear();
    }
  }

  void Chain() {
    Chainer chainer(&database_.pool(), &SystemClock());
    const absl::Time began = absl::Now();
    const double own = OwnCpu();
    const double server = CpuOf(server_.pid());
    double count = 0;
    for (int chained = 1; chained > 0;) {
      const absl::StatusOr<int> now = chainer.ChainOnce(absl::Now() + absl::Seconds(30));
      if (!now.ok()) std::abort();
      chained = *now;
      count += chained;
    }
    const double seconds = absl::ToDoubleSeconds(absl::Now() - began);
    std::printf("chaining:             %8.0f records/s   %5.1f us CPU here, %5.1f us in the database\n",
                count / seconds, 1e6 * (OwnCpu() - own) / count, 1e6 * (CpuOf(server_.pid()) - server) / count);
  }

  void Verify() {
    const DatabaseVerifier verifier(&database_.pool(),
                                    {.trust_domain = "bench", .service = "identity", .public_key = ""});
    const absl::Time began = absl::Now();
    std::int64_t records = 0;
    std::int64_t problems = 0;
    for (const Id& organization : organizations_) {
      const absl::StatusOr<Report> report = verifier.Verify(organization, {});
      if (!report.ok()) std::abort();
      records += report->records;
      problems += report->problem_count;
    }
    std::printf("verifying:            %lld records in %.1f s, %lld problems\n", static_cast<long long>(records),
                absl::ToDoubleSeconds(absl::Now() - began), static_cast<long long>(problems));
  }

  testing::PrivateMariaDb& server_;
  testing::ScratchDatabase database_;
  IdGenerator ids_{SystemClock(), SystemRandom()};
  Id organizations_[kOrganizations];
};

}  // namespace
}  // namespace trellis::audit

int main(int argc, char** argv) {
  const auto server = trellis::testing::PrivateMariaDb::Start();
  if (!server.ok()) {
    std::fprintf(stderr, "no database: %s\n", server.status().ToString().c_str());
    return 1;
  }
  trellis::audit::Bench(**server).Run(argc > 1 ? std::atoi(argv[1]) : 1'000'000);
  return 0;
}
