// What the tests of the database layer share.
#ifndef TRELLIS_TESTS_UNIT_COMMON_DB_SUPPORT_H_
#define TRELLIS_TESTS_UNIT_COMMON_DB_SUPPORT_H_

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/id.h"
#include "common/base/random.h"
#include "common/db/pool.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trellis::db {

inline absl::Time In(absl::Duration duration) { return absl::Now() + duration; }
inline absl::Time Soon() { return In(absl::Seconds(20)); }

inline Id NewId() {
  static auto* const ids = new IdGenerator(SystemClock(), SystemRandom());
  return ids->Next();
}

MATCHER(IsOk, "") {
  *result_listener << arg.ToString();
  return arg.ok();
}

MATCHER_P2(Fails, code, reason, "") {
  *result_listener << arg.ToString();
  return arg.code() == code && ReasonOf(arg) == reason;
}

inline void MustRead(Pool& pool, absl::FunctionRef<absl::Status(Session&)> body) {
  ASSERT_THAT(pool.Read(Soon(), body), IsOk());
}

inline void MustRun(Pool& pool, absl::string_view sql) {
  MustRead(pool, [sql](Session& session) { return session.ExecuteText(sql); });
}

// The first column of the first row; -1 where there is none.
inline std::int64_t Number(Pool& pool, absl::string_view sql) {
  std::int64_t out = -1;
  const absl::Status status = pool.Read(Soon(), [&](Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const auto row, session.QueryOne<std::int64_t>(sql));
    if (row.has_value()) out = std::get<0>(*row);
    return absl::OkStatus();
  });
  EXPECT_THAT(status, IsOk());
  return out;
}

inline std::int64_t ServerCounter(Session& session, absl::string_view name) {
  const auto row = session.QueryOne<std::string, std::string>("SHOW SESSION STATUS WHERE Variable_name = ?", name);
  return row.ok() && row->has_value() ? std::stoll(std::get<1>(**row)) : -1;
}

// Counts what the pool reports. Thread-safe.
class CountingMetrics final : public PoolMetrics {
 public:
  void OnConnect(bool ok, absl::Duration) override {
    const std::lock_guard lock(mutex_);
    ++(ok ? connects_ : failed_connects_);
  }
  void OnRetry(int database_errno) override {
    const std::lock_guard lock(mutex_);
    retries_.push_back(database_errno);
  }
  void OnStatementError(int database_errno, absl::string_view) override {
    const std::lock_guard lock(mutex_);
    errors_.push_back(database_errno);
  }
  int connects() const {
    const std::lock_guard lock(mutex_);
    return connects_;
  }
  int failed_connects() const {
    const std::lock_guard lock(mutex_);
    return failed_connects_;
  }
  std::vector<int> retries() const {
    const std::lock_guard lock(mutex_);
    return retries_;
  }
  std::vector<int> errors() const {
    const std::lock_guard lock(mutex_);
    return errors_;
  }

 private:
  mutable std::mutex mutex_;
  int connects_ = 0;
  int failed_connects_ = 0;
  std::vector<int> retries_;
  std::vector<int> errors_;
};

}  // namespace trellis::db

#endif  // TRELLIS_TESTS_UNIT_COMMON_DB_SUPPORT_H_
