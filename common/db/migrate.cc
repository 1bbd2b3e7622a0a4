#include "common/db/migrate.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <tuple>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/random.h"
#include "common/db/errors.h"
#include "common/db/lease.h"

namespace trellis::db {
namespace {

constexpr char kLeaseName[] = "schema_migration";

struct Migration {
  int version = 0;
  std::string name;
  std::string checksum;  // SHA-256
  std::vector<std::string> statements;
};

absl::Status Refuse(absl::string_view reason, absl::string_view message) {
  return Error(absl::StatusCode::kFailedPrecondition, reason, message);
}

std::string Sha256(absl::string_view text) {
  std::string out(32, '\0');
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(out.data()), &size, EVP_sha256(), nullptr);
  return out;
}

// "0001_person.sql" -> 1
std::optional<int> VersionOf(absl::string_view name) {
  int version = 0;
  if (name.size() < 10 || name[4] != '_' || !absl::EndsWith(name, ".sql")) return std::nullopt;
  if (!std::all_of(name.begin(), name.begin() + 4, absl::ascii_isdigit)) return std::nullopt;
  if (!absl::SimpleAtoi(name.substr(0, 4), &version)) return std::nullopt;
  return version;
}

absl::StatusOr<std::vector<Migration>> Parse(const std::vector<EmbeddedFile>& files) {
  std::vector<Migration> out;
  for (const EmbeddedFile& file : files) {
    const std::optional<int> version = VersionOf(file.name);
    if (!version.has_value())
      return Refuse("MIGRATION_INVALID", absl::StrCat(file.name, " is not named 0001_name.sql"));
    out.push_back({*version, file.name, Sha256(file.content), SplitStatements(file.content)});
    if (out.back().statements.empty()) return Refuse("MIGRATION_INVALID", absl::StrCat(file.name, " has no statement"));
  }
  std::sort(out.begin(), out.end(), [](const Migration& a, const Migration& b) { return a.version < b.version; });
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (out[i].version != static_cast<int>(i) + 1) {
      return Refuse("MIGRATION_INVALID", absl::StrCat("migration ", i + 1, " is missing or there twice"));
    }
  }
  return out;
}

absl::Status CreateTables(Session& session) {
  TRELLIS_RETURN_IF_ERROR(CreateLeaseTable(session));
  return session.ExecuteText(
      "CREATE TABLE IF NOT EXISTS schema_migration ("
      "  component VARBINARY(64) NOT NULL,"
      "  version INT NOT NULL,"
      "  name VARBINARY(255) NOT NULL,"
      "  checksum BINARY(32) NOT NULL,"
      "  statements_done INT NOT NULL,"
      "  start_time DATETIME(6) NOT NULL,"
      "  end_time DATETIME(6) NULL,"
      "  PRIMARY KEY (component, version)"
      ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci");
}

// Keeps the lease while a file is applied, which may take long, on another connection.
class Heartbeat {
 public:
  Heartbeat(Pool& pool, const Id& holder, std::int64_t fence, absl::Duration term)
      : pool_(pool), holder_(holder), fence_(fence), term_(term), thread_([this] { Run(); }) {}
  ~Heartbeat() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  absl::Status StillHeld() const {
    if (!lost_) return absl::OkStatus();
    return Error(absl::StatusCode::kUnavailable, "MIGRATION_FAILED", "another migrator has taken over");
  }

 private:
  void Run() {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, absl::ToChronoNanoseconds(term_ / 3), [this] { return stopping_; })) {
      lock.unlock();
      Renew();
      lock.lock();
    }
  }
  void Renew() {
    // A renewal that fails is tried again in time; one that finds another holder is the end.
    const absl::Status ignored = pool_.Read(absl::Now() + term_ / 3, [&](Session& session) -> absl::Status {
      TRELLIS_ASSIGN_OR_RETURN(const bool held, RenewLease(session, kLeaseName, holder_, fence_, term_));
      if (!held) lost_ = true;
      return absl::OkStatus();
    });
    static_cast<void>(ignored);
  }

  Pool& pool_;
  const Id holder_;
  const std::int64_t fence_;
  const absl::Duration term_;
  std::atomic<bool> lost_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

class Migrator {
 public:
  Migrator(Session& session, absl::string_view component, const Heartbeat& heartbeat)
      : session_(session), component_(component), heartbeat_(heartbeat) {}

  absl::Status Apply(const Migration& migration) {
    TRELLIS_ASSIGN_OR_RETURN(const auto row,
                             (session_.QueryOne<std::string, int, bool>(
                                 "SELECT checksum, statements_done, end_time IS NOT NULL FROM schema_migration "
                                 "WHERE component = ? AND version = ?",
                                 component_, migration.version)));
    if (!row.has_value()) {
      TRELLIS_RETURN_IF_ERROR(
          session_
              .Execute("INSERT INTO schema_migration (component, version, name, checksum, statements_done, start_time) "
                       "VALUES (?, ?, ?, ?, 0, UTC_TIMESTAMP(6))",
                       component_, migration.version, migration.name, migration.checksum)
              .status());
      return ApplyFrom(migration, 0, /*resumed=*/false);
    }
    const auto& [checksum, done, finished] = *row;
    if (checksum != migration.checksum) {
      return Refuse("MIGRATION_CHANGED",
                    absl::StrCat(component_, "/", migration.name, " was changed after it was applied"));
    }
    return finished ? absl::OkStatus() : ApplyFrom(migration, done, /*resumed=*/true);
  }

 private:
  absl::Status ApplyFrom(const Migration& migration, int first, bool resumed) {
    const int count = static_cast<int>(migration.statements.size());
    for (int i = first; i < count; ++i) {
      TRELLIS_RETURN_IF_ERROR(heartbeat_.StillHeld());
      const absl::Status status = ApplyStatement(migration, i, /*maybe_done=*/resumed && i == first);
      if (status.ok()) continue;
      static_cast<void>(session_.ExecuteText("ROLLBACK"));
      return Refuse("MIGRATION_FAILED", absl::StrCat(component_, "/", migration.name, ", statement ", i + 1,
                                                     ": database error ", ErrnoOf(status)));
    }
    return session_
        .Execute("UPDATE schema_migration SET end_time = UTC_TIMESTAMP(6) WHERE component = ? AND version = ?",
                 component_, migration.version)
        .status();
  }

  // A change of rows commits together with the note that it was done. A change of tables commits by itself, before the
  // note: a migrator that died in between leaves a statement that was done but not noted.
  absl::Status ApplyStatement(const Migration& migration, int index, bool maybe_done) {
    TRELLIS_RETURN_IF_ERROR(session_.ExecuteText("START TRANSACTION"));
    const absl::Status status = session_.ExecuteText(migration.statements[static_cast<std::size_t>(index)]);
    if (!status.ok() && !(maybe_done && SaysDoneAlready(ErrnoOf(status)))) return status;
    TRELLIS_RETURN_IF_ERROR(
        session_
            .Execute("UPDATE schema_migration SET statements_done = ? WHERE component = ? AND version = ?", index + 1,
                     component_, migration.version)
            .status());
    return session_.ExecuteText("COMMIT");
  }

  // Table, column, key or constraint exists already; is gone already.
  static bool SaysDoneAlready(int number) {
    constexpr std::array kDone = {1050, 1060, 1061, 1826, 3822, 1091, 1051};
    return std::find(kDone.begin(), kDone.end(), number) != kDone.end();
  }

  Session& session_;
  const std::string component_;
  const Heartbeat& heartbeat_;
};

absl::StatusOr<std::int64_t> AwaitLease(Session& session, const Id& holder, const MigrateOptions& options) {
  const absl::Time end = absl::Now() + options.lease_wait;
  while (true) {
    TRELLIS_ASSIGN_OR_RETURN(const auto fence, AcquireLease(session, kLeaseName, holder, options.lease_term));
    if (fence.has_value()) return *fence;
    if (absl::Now() >= end) {
      return Error(absl::StatusCode::kUnavailable, "MIGRATION_FAILED", "another migrator is still at work");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

}  // namespace

absl::Status Migrate(Pool& pool, absl::string_view component, const std::vector<EmbeddedFile>& files,
                     const MigrateOptions& options) {
  TRELLIS_ASSIGN_OR_RETURN(const std::vector<Migration> migrations, Parse(files));
  const Id holder = IdGenerator(SystemClock(), SystemRandom()).Next();
  return pool.ReadUnpooled(absl::InfiniteFuture(), options.statement_limit, [&](Session& session) -> absl::Status {
    TRELLIS_RETURN_IF_ERROR(CreateTables(session));
    TRELLIS_ASSIGN_OR_RETURN(const std::int64_t fence, AwaitLease(session, holder, options));
    absl::Status status;
    {
      const Heartbeat heartbeat(pool, holder, fence, options.lease_term);
      Migrator migrator(session, component, heartbeat);
      for (const Migration& migration : migrations) {
        status = migrator.Apply(migration);
        if (!status.ok()) break;
      }
    }
    const absl::Status released = ReleaseLease(session, kLeaseName, holder, fence);
    return status.ok() ? released : status;
  });
}

absl::Status CheckVersion(Pool& pool, absl::Time deadline, absl::string_view component,
                          const std::vector<EmbeddedFile>& files) {
  TRELLIS_ASSIGN_OR_RETURN(const std::vector<Migration> migrations, Parse(files));
  constexpr int kNoSuchTable = 1146;
  std::vector<std::tuple<int, std::string, bool>> applied;
  TRELLIS_RETURN_IF_ERROR(pool.Read(deadline, [&](Session& session) -> absl::Status {
    auto rows = session.Query<int, std::string, bool>(
        "SELECT version, checksum, end_time IS NOT NULL FROM schema_migration WHERE component = ? ORDER BY version "
        "LIMIT 10000",
        component);
    if (ErrnoOf(rows.status()) == kNoSuchTable) return absl::OkStatus();
    TRELLIS_ASSIGN_OR_RETURN(applied, std::move(rows));
    return absl::OkStatus();
  }));
  for (std::size_t i = 0; i < migrations.size(); ++i) {
    const Migration& migration = migrations[i];
    if (i >= applied.size() || !std::get<2>(applied[i])) {
      return Refuse("SCHEMA_TOO_OLD", absl::StrCat(component, "/", migration.name, " has not been applied"));
    }
    if (std::get<1>(applied[i]) != migration.checksum) {
      return Refuse("MIGRATION_CHANGED",
                    absl::StrCat(component, "/", migration.name, " was changed after it was applied"));
    }
  }
  return absl::OkStatus();
}

}  // namespace trellis::db
