#include "common/db/pool.h"

#include <chrono>
#include <utility>

#include "common/base/error.h"
#include "common/base/random.h"
#include "common/db/connection.h"
#include "common/db/errors.h"
#include "common/db/loan.h"

namespace trellis::db {
namespace {

absl::Status Invalid(absl::string_view what) {
  return Error(absl::StatusCode::kInvalidArgument, "DATABASE_SETTINGS", what);
}

absl::Status Check(const Settings& settings, const PoolOptions& options) {
  if (settings.host.empty() && settings.unix_socket.empty()) return Invalid("the database needs a host or a socket");
  if (settings.unix_socket.empty() && (settings.port < 1 || settings.port > 65535)) {
    return Invalid("the port of the database is not between 1 and 65535");
  }
  if (settings.tls_required && settings.unix_socket.empty() && settings.tls_ca.empty()) {
    return Invalid("TLS to the database needs the certificate of its authority");
  }
  if (options.size < 1 || options.size > 1000) return Invalid("the pool's size is not between 1 and 1000");
  return absl::OkStatus();
}

absl::Status Closed() {
  return Error(absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE", "the connections to the database are closed");
}

PoolMetrics& NoMetrics() {
  static auto* const metrics = new PoolMetrics();
  return *metrics;
}

}  // namespace

struct Pool::Waiter {
  std::condition_variable ready;
  bool granted = false;
  std::unique_ptr<Connection> connection;  // with the grant, where there is one
};

absl::StatusOr<std::unique_ptr<Pool>> Pool::Open(Settings settings, PoolOptions options, PoolMetrics* metrics) {
  TRELLIS_RETURN_IF_ERROR(Check(settings, options));
  std::unique_ptr<Pool> pool(
      new Pool(std::move(settings), std::move(options), metrics == nullptr ? &NoMetrics() : metrics));
  pool->WarmUp();
  return pool;
}

Pool::Pool(Settings settings, PoolOptions options, PoolMetrics* metrics)
    : settings_(std::move(settings)), options_(std::move(options)), metrics_(*metrics), permits_(options_.size) {}

Pool::~Pool() { Close(); }

void Pool::WarmUp() {
  for (int i = 0; i < std::min(options_.warm, options_.size); ++i) {
    absl::StatusOr<std::unique_ptr<Connection>> connection =
        Connect(absl::Now() + options_.connect_timeout, options_.statement_limit);
    if (!connection.ok()) return;
    (*connection)->last_used = options_.clock->Now();
    const std::lock_guard lock(mutex_);
    idle_.push_back(*std::move(connection));
  }
}

absl::Status Pool::Read(absl::Time deadline, absl::FunctionRef<absl::Status(Session&)> body) {
  TRELLIS_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, Acquire(deadline));
  Loan loan(*this, std::move(connection), /*pooled=*/true);
  Session session(loan, deadline, /*in_transaction=*/false);
  return body(session);
}

absl::Status Pool::ReadUnpooled(absl::Time deadline, absl::Duration statement_limit,
                                absl::FunctionRef<absl::Status(Session&)> body) {
  TRELLIS_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, Connect(deadline, statement_limit));
  Loan loan(*this, std::move(connection), /*pooled=*/false);
  Session session(loan, deadline, /*in_transaction=*/false);
  return body(session);
}

absl::Status Pool::Ping(absl::Time deadline) {
  TRELLIS_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, Acquire(deadline));
  Loan loan(*this, std::move(connection), /*pooled=*/true);
  if (loan.connection()->Ping().ok()) return absl::OkStatus();
  return loan.Replace(deadline);
}

absl::StatusOr<std::unique_ptr<Connection>> Pool::Acquire(absl::Time deadline) {
  const absl::Time start = absl::Now();
  std::unique_ptr<Connection> idle;
  {
    std::unique_lock lock(mutex_);
    if (closed_) return Closed();
    if (permits_ > 0) {
      --permits_;
      if (!idle_.empty()) {
        idle = std::move(idle_.back());
        idle_.pop_back();
      }
    } else {
      const absl::Duration patience = std::min(options_.max_wait, deadline - start);
      Waiter self;
      const auto place = waiters_.insert(waiters_.end(), &self);
      self.ready.wait_for(lock, absl::ToChronoNanoseconds(patience), [&self] { return self.granted; });
      if (!self.granted) {
        waiters_.erase(place);
        lock.unlock();
        metrics_.OnWait(absl::Now() - start);
        if (deadline - start <= options_.max_wait) {
          return Error(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
                       "no connection to the database was free before the deadline");
        }
        return Error(absl::StatusCode::kResourceExhausted, "DATABASE_BUSY", "no connection to the database was free")
            .RetryAfter(options_.max_wait);
      }
      idle = std::move(self.connection);
    }
  }
  metrics_.OnWait(absl::Now() - start);
  ReportState();
  return ReadyConnection(std::move(idle), deadline);
}

absl::StatusOr<std::unique_ptr<Connection>> Pool::ReadyConnection(std::unique_ptr<Connection> idle,
                                                                  absl::Time deadline) {
  if (idle != nullptr && (IsFresh(*idle) || idle->Ping().ok())) return idle;
  idle.reset();
  absl::StatusOr<std::unique_ptr<Connection>> connection = Connect(deadline, options_.statement_limit);
  if (!connection.ok()) Release(nullptr, /*lost=*/false);
  return connection;
}

bool Pool::IsFresh(const Connection& connection) const {
  absl::Time last_loss;
  {
    const std::lock_guard lock(mutex_);
    last_loss = last_loss_;
  }
  return connection.last_used > last_loss && options_.clock->Now() - connection.last_used <= options_.validate_after;
}

absl::StatusOr<std::unique_ptr<Connection>> Pool::Connect(absl::Time deadline, absl::Duration statement_limit) {
  const absl::Time start = absl::Now();
  if (deadline <= start) {
    return Error(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED", "no time is left for the database");
  }
  const ConnectionLimits limits = {.connect_timeout = std::min(options_.connect_timeout, deadline - start),
                                   .statement_limit = statement_limit,
                                   .read_timeout = statement_limit + options_.read_margin};
  absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(settings_, limits);
  metrics_.OnConnect(connection.ok(), absl::Now() - start);
  if (connection.ok()) {
    // Not all at once: connections that were opened together shall not be closed together.
    const double share = 0.8 + 0.2 * static_cast<double>(SystemRandom().Below(1000)) / 1000;
    (*connection)->retire_at = options_.clock->Now() + share * options_.max_lifetime;
  }
  return connection;
}

void Pool::Release(std::unique_ptr<Connection> connection, bool lost) {
  const absl::Time now = options_.clock->Now();
  std::unique_ptr<Connection> retired;  // closed after the lock is let go
  {
    const std::lock_guard lock(mutex_);
    if (lost) last_loss_ = now;
    if (connection != nullptr && (closed_ || now >= connection->retire_at)) retired = std::move(connection);
    if (connection != nullptr) connection->last_used = now;
    if (!waiters_.empty()) {
      Waiter& first = *waiters_.front();
      waiters_.pop_front();
      first.connection = std::move(connection);
      first.granted = true;
      first.ready.notify_one();  // under the lock: the waiter and its condition end as soon as it is let go
    } else {
      ++permits_;
      if (connection != nullptr) idle_.push_back(std::move(connection));
    }
  }
  ReportState();
}

void Pool::Close() {
  std::vector<std::unique_ptr<Connection>> idle;
  const std::lock_guard lock(mutex_);
  closed_ = true;
  idle.swap(idle_);
}

PoolState Pool::StateLocked() const {
  const int in_use = options_.size - permits_;
  return {
      .open = in_use + static_cast<int>(idle_.size()), .in_use = in_use, .waiting = static_cast<int>(waiters_.size())};
}

PoolState Pool::state() const {
  const std::lock_guard lock(mutex_);
  return StateLocked();
}

void Pool::ReportState() { metrics_.OnState(state()); }

Loan::~Loan() {
  const bool lost = connection_ != nullptr && connection_->broken();
  if (lost || in_transaction_) connection_.reset();
  if (pooled_) pool_.Release(std::move(connection_), lost);
}

absl::Status Loan::Replace(absl::Time deadline) {
  const absl::Duration limit = connection_ == nullptr ? pool_.options_.statement_limit : connection_->hard_limit();
  connection_.reset();
  in_transaction_ = false;
  TRELLIS_ASSIGN_OR_RETURN(connection_, pool_.Connect(deadline, limit));
  return absl::OkStatus();
}

}  // namespace trellis::db
