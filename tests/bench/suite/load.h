// Calls a gRPC method again and again and takes the time.
#ifndef TRELLIS_TESTS_BENCH_SUITE_LOAD_H_
#define TRELLIS_TESTS_BENCH_SUITE_LOAD_H_

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "grpcpp/channel.h"
#include "tests/bench/suite/figures.h"

namespace trellis::bench {

struct Load {
  std::string method;                                  // "/trellis.identity.v1.Persons/GetPerson"
  std::string token;                                   // sent along; empty: none
  std::function<std::string(std::int64_t)> request;    // the bytes of call number n
  std::function<void(absl::string_view)> on_response;  // the bytes of an answer; may be empty
  int in_flight = 1;                                   // calls at once, each followed by the next
  bool repeat_refused = false;                         // calls answered RESOURCE_EXHAUSTED are made again
  // Ends with whichever comes first.
  absl::Duration duration = absl::InfiniteDuration();
  std::int64_t count = std::numeric_limits<std::int64_t>::max();
};

// One thread, one connection. Messages stay bytes, so that the client costs little.
Sample Run(const std::shared_ptr<grpc::Channel>& channel, const Load& load);

}  // namespace trellis::bench

#endif  // TRELLIS_TESTS_BENCH_SUITE_LOAD_H_
