// The three RPCs that are measured, each as requests and as the same work done by the bare C client.
#ifndef TRELLIS_TESTS_BENCH_SUITE_WORKLOAD_H_
#define TRELLIS_TESTS_BENCH_SUITE_WORKLOAD_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "tests/bench/suite/suite.h"

namespace trellis::bench {

// What one call hashes, seals and opens, as sizes in bytes: the token's digest and the audit's chain included.
struct Crypto {
  std::vector<std::size_t> hashed;
  std::vector<std::size_t> sealed;
  std::vector<std::size_t> opened;
};

// CPU time of doing that once, by the bare libraries, on one thread.
absl::Duration CpuOf(const Crypto& crypto);

// A call to a peer that a call makes, alone or together with others that come at the same time.
struct PeerCall {
  std::string service;  // the peer
  std::string method;   // "GetHead"; empty: none is made
  std::string path;
};

struct Workload {
  std::string service;                               // "identity"
  std::string method;                                // "trellis.identity.v1.Persons.GetPerson"
  std::string path;                                  // "/trellis.identity.v1.Persons/GetPerson"
  std::function<std::string(std::int64_t)> request;  // the bytes of call number n
  std::string response;                              // the bytes of a typical answer
  // What so many connections do, which it opens. The statements are those of the service and its audit, word for word.
  std::function<std::vector<SqlWork>(int connections)> sql;
  Crypto crypto;
  PeerCall peer;
};

Workload GetPersonCalls(Suite& suite);  // the requests alone
Workload GetPerson(Suite& suite);
Workload RecordAssessment(Suite& suite);
Workload ListWorklist(Suite& suite);

// A PHQ-9 of that person, without a critical answer unless asked for. `n` varies the answers.
std::string RecordRequest(const std::string& person, std::int64_t n, bool critical);

}  // namespace trellis::bench

#endif  // TRELLIS_TESTS_BENCH_SUITE_WORKLOAD_H_
