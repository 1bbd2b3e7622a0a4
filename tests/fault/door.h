// The door as an installation runs it: HAProxy with the configuration of services/door, on a free port.
#ifndef TRELLIS_TESTS_FAULT_DOOR_H_
#define TRELLIS_TESTS_FAULT_DOOR_H_

#include <sys/types.h>

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace trellis::fault {

// To be used by one thread, which outlives it: the kernel ends the process together with the thread that started it.
class Door {
 public:
  struct Options {
    std::string folder;                                 // with tls/ca.crt and tls/door/; the log goes there, too
    std::map<std::string, std::string> variables = {};  // "DOOR_IDENTITY" -> "127.0.0.1:15001"
  };
  // Answers calls once this returns. NOT_FOUND: this machine has no HAProxy.
  static absl::StatusOr<std::unique_ptr<Door>> Start(Options options, int port, int http_port);
  ~Door();
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;

  int port() const { return port_; }
  pid_t pid() const { return pid_; }
  bool Lives() const;  // answers /livez
  std::string Metrics() const;
  std::string log() const { return folder_ + "/door.log"; }  // a path

 private:
  Door(std::string folder, int port, int http_port) : folder_(std::move(folder)), port_(port), http_port_(http_port) {}

  const std::string folder_;
  const int port_;
  const int http_port_;
  pid_t pid_ = 0;
};

}  // namespace trellis::fault

#endif  // TRELLIS_TESTS_FAULT_DOOR_H_
