// A TCP proxy that can be made to misbehave: it stands between a client and a server of a test.
#ifndef TRELLIS_COMMON_TESTING_TCP_GATE_H_
#define TRELLIS_COMMON_TESTING_TCP_GATE_H_

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace trellis::testing {

// Listens on a port of 127.0.0.1 and hands every connection on to target. Thread-safe.
class TcpGate {
 public:
  enum class Mode {
    kPass,
    kClose,      // existing connections are closed at once, new ones right after they were accepted
    kDelay,      // every piece of data waits for the delay before it is handed on, in either direction
    kBlackHole,  // nothing is handed on, nothing is closed
  };

  // How to spoil a COMMIT (MySQL protocol without TLS).
  enum class CommitFault {
    kNone,
    kDropAnswer,   // handed on to the server; the answer is swallowed and the connection closed
    kDropRequest,  // never reaches the server; the connection is closed
  };

  static absl::StatusOr<std::unique_ptr<TcpGate>> Open(int target_port);
  ~TcpGate();
  TcpGate(const TcpGate&) = delete;
  TcpGate& operator=(const TcpGate&) = delete;

  int port() const { return port_; }

  void SetMode(Mode mode);
  void SetDelay(absl::Duration delay);
  void CloseAll();  // closes the existing connections and stays in its mode
  // Spoils the next `count` COMMITs.
  void SpoilCommits(CommitFault fault, int count);
  int commits_spoiled() const { return commits_spoiled_; }

 private:
  struct Link;

  TcpGate(int listener, int port, int target_port);
  void Accept();
  void Serve(Link& link);
  // These return false when the connection is to be closed.
  bool HandOn(Link& link);
  bool HandRequest(Link& link, const std::string& piece);
  CommitFault NextCommitFault();
  void Pause(const Link& link);
  void Reap(bool all);

  const int listener_;
  const int port_;
  const int target_port_;
  std::atomic<bool> stopping_{false};
  std::atomic<Mode> mode_{Mode::kPass};
  std::atomic<std::int64_t> delay_ms_{0};
  std::atomic<int> commits_spoiled_{0};
  std::mutex mutex_;
  std::list<std::unique_ptr<Link>> links_;         // guarded by mutex_
  CommitFault commit_fault_ = CommitFault::kNone;  // guarded by mutex_
  int commits_to_spoil_ = 0;                       // guarded by mutex_
  std::thread acceptor_;
};

}  // namespace trellis::testing

#endif  // TRELLIS_COMMON_TESTING_TCP_GATE_H_
