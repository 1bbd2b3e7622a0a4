#include "services/directory/api/hold_sweeper.h"

#include <vector>

#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"
#include "services/directory/api/holding.h"
#include "services/directory/storage/capacities.h"
#include "services/directory/storage/holds.h"

namespace trellis::directory {

namespace {
constexpr int kServicesAtOnce = 200;
}

absl::Status HoldSweeper::Sweep(absl::Time deadline) {
  while (absl::Now() < deadline) {
    std::vector<Id> services;
    TRELLIS_RETURN_IF_ERROR(runtime_.pool().Read(deadline, [&](db::Session& session) -> absl::Status {
      TRELLIS_ASSIGN_OR_RETURN(services, ServicesWithOverdueHolds(session, runtime_.clock().Now(), kServicesAtOnce));
      return absl::OkStatus();
    }));
    if (services.empty()) return absl::OkStatus();
    for (const Id& service : services) TRELLIS_RETURN_IF_ERROR(SweepService(service, deadline));
  }
  return absl::OkStatus();
}

absl::Status HoldSweeper::SweepService(const Id& service, absl::Time deadline) {
  runtime::BackgroundWork work;
  work.purpose = "directory.expire_holds";
  work.deadline = deadline;
  return runtime_.WriteAs(work, [&](runtime::WriteUnit& unit) -> absl::Status {
    TRELLIS_RETURN_IF_ERROR(LockCapacity(unit.db, service).status());
    return ExpireOverdueHolds(unit, service).status();
  });
}

}  // namespace trellis::directory
