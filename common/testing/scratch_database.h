// A schema for one test.
#ifndef TRELLIS_COMMON_TESTING_SCRATCH_DATABASE_H_
#define TRELLIS_COMMON_TESTING_SCRATCH_DATABASE_H_

#include <memory>
#include <string>
#include <vector>

#include "common/base/embedded.h"
#include "common/db/pool.h"
#include "common/db/settings.h"

namespace trellis::testing {

// Creates a schema with a name of its own on PrivateMariaDb::Shared() (or on the server given), applies the migrations
// and drops the schema at the end. Failure to do so ends the process with the reason: no test can go on without.
class ScratchDatabase {
 public:
  struct Component {
    std::string name;  // "runtime", "identity"
    std::vector<EmbeddedFile> files;
  };

  explicit ScratchDatabase(const std::vector<Component>& components = {});
  ScratchDatabase(const db::Settings& server, const std::vector<Component>& components);
  ~ScratchDatabase();
  ScratchDatabase(const ScratchDatabase&) = delete;
  ScratchDatabase& operator=(const ScratchDatabase&) = delete;

  const db::Settings& settings() const { return settings_; }
  db::Pool& pool() { return *pool_; }

  // A further pool on the same schema; ends the process when the options make no sense.
  std::unique_ptr<db::Pool> NewPool(const db::PoolOptions& options = {}, db::PoolMetrics* metrics = nullptr);

 private:
  db::Settings server_;
  db::Settings settings_;
  std::unique_ptr<db::Pool> pool_;
};

}  // namespace trellis::testing

#endif  // TRELLIS_COMMON_TESTING_SCRATCH_DATABASE_H_
