#include "common/testing/scratch_database.h"

#include <cstdlib>
#include <iostream>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/random.h"
#include "common/db/migrate.h"
#include "common/testing/private_mariadb.h"

namespace trellis::testing {
namespace {

void MustBeOk(const absl::Status& status, absl::string_view what) {
  if (status.ok()) return;
  std::cerr << what << ": " << status << std::endl;
  std::exit(1);
}

std::unique_ptr<db::Pool> MustOpen(const db::Settings& settings, const db::PoolOptions& options,
                                   db::PoolMetrics* metrics) {
  absl::StatusOr<std::unique_ptr<db::Pool>> pool = db::Pool::Open(settings, options, metrics);
  MustBeOk(pool.status(), "cannot open a pool");
  return *std::move(pool);
}

absl::Status Run(const db::Settings& server, const std::string& sql) {
  db::PoolOptions options;
  options.warm = 0;
  return MustOpen(server, options, nullptr)
      ->ReadUnpooled(absl::Now() + absl::Seconds(60), absl::Seconds(60),
                     [&](db::Session& session) { return session.ExecuteText(sql); });
}

}  // namespace

ScratchDatabase::ScratchDatabase(const std::vector<Component>& components)
    : ScratchDatabase(PrivateMariaDb::Shared(), components) {}

ScratchDatabase::ScratchDatabase(const db::Settings& server, const std::vector<Component>& components)
    : server_(server), settings_(server) {
  server_.schema.clear();
  settings_.schema = "test_" + absl::BytesToHexString(SystemRandom().Bytes(8));
  MustBeOk(Run(server_, absl::StrCat("CREATE DATABASE ", settings_.schema,
                                     " CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci")),
           "cannot create a scratch database");
  pool_ = NewPool();
  for (const Component& component : components) {
    MustBeOk(db::Migrate(*pool_, component.name, component.files), "cannot migrate the scratch database");
  }
}

ScratchDatabase::~ScratchDatabase() {
  pool_.reset();
  const absl::Status dropped = Run(server_, absl::StrCat("DROP DATABASE IF EXISTS ", settings_.schema));
  if (!dropped.ok()) std::cerr << "cannot drop " << settings_.schema << ": " << dropped << std::endl;
}

std::unique_ptr<db::Pool> ScratchDatabase::NewPool(const db::PoolOptions& options, db::PoolMetrics* metrics) {
  return MustOpen(settings_, options, metrics);
}

}  // namespace trellis::testing
