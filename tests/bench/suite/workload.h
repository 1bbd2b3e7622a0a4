// The three RPCs that are measured, each as requests and as the same work done by the bare C client.
#ifndef TRELLIS_TESTS_BENCH_SUITE_WORKLOAD_H_
#define TRELLIS_TESTS_BENCH_SUITE_WORKLOAD_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/suite/suite.h"

namespace trellis::bench {

struct Workload {
  std::string service;                               // "identity"
  std::string method;                                // "trellis.identity.v1.Persons.GetPerson"
  std::string path;                                  // "/trellis.identity.v1.Persons/GetPerson"
  std::function<std::string(std::int64_t)> request;  // the bytes of call number n
  std::string response;                              // the bytes of a typical answer
  // Work for connection number i, which it opens. The statements are those of the service, word for word.
  std::function<SqlWork(int)> sql;
};

Workload GetPerson(Suite& suite);
Workload RecordAssessment(Suite& suite);
Workload ListWorklist(Suite& suite);

// A PHQ-9 of that person, without a critical answer unless asked for. `n` varies the answers.
std::string RecordRequest(const std::string& person, std::int64_t n, bool critical);

}  // namespace trellis::bench

#endif  // TRELLIS_TESTS_BENCH_SUITE_WORKLOAD_H_
