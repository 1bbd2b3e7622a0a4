// Writers and readers that go on while services die, and what they remember of it.
#ifndef TRELLIS_TESTS_FAULT_LOAD_H_
#define TRELLIS_TESTS_FAULT_LOAD_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "tests/fault/client.h"
#include "trellis/assessment/v1/assessments.pb.h"
#include "trellis/identity/v1/persons.pb.h"

namespace trellis::fault {

// One wish of a user: a request with one request_id, sent until it is acknowledged or the user walks away.
template <class Request, class Response>
struct Operation {
  Request request;
  Response response;  // where acknowledged
  bool acknowledged = false;
  int attempts = 0;
};
using Registration = Operation<identity::v1::RegisterPersonRequest, identity::v1::RegisterPersonResponse>;
using Recording = Operation<assessment::v1::RecordAssessmentRequest, assessment::v1::RecordAssessmentResponse>;

// The item of the PHQ-9 whose every answer but "not at all" is critical.
inline constexpr char kCriticalItem[] = "44260-8";
bool IsCritical(const assessment::v1::Assessment& assessment);

// Each operation can be found again by its content, also where its answer was lost: a registration by its family name,
// a recording by its effective time.
class Load {
 public:
  struct Options {
    std::uint64_t seed = 0;
    int recorders = 4;
    int registrars = 2;
  };

  // persons: who may be assessed from the beginning, "persons/{person}".
  Load(Client& client, std::vector<std::string> persons, Options options);
  ~Load() { Finish(); }

  void Begin();
  // No new operations; those that are under way are repeated until they are acknowledged, for at most a minute.
  void Finish();

  // After Finish.
  const std::deque<Registration>& registrations() const { return registrations_; }
  const std::deque<Recording>& recordings() const { return recordings_; }
  const std::vector<std::string>& persons() const { return persons_; }
  const std::vector<std::string>& surprises() const { return surprises_; }  // answers that no fault explains
  int stale_reads() const { return stale_reads_; }
  // Of reads that were answered well: the trace of each, 32 hexadecimal digits.
  const std::vector<std::string>& answered_reads() const { return answered_reads_; }

  int acknowledged() const { return acknowledged_; }

 private:
  void Record(std::uint64_t seed);
  void Register(std::uint64_t seed);
  void ReadBack(std::uint64_t seed);
  void WatchAlerts();
  // True where it was acknowledged.
  bool Persist(const std::string& service, const Client::Send& send, int* attempts, std::mt19937_64& random);
  void Surprise(const std::string& where, const grpc::Status& status);
  std::string SomePerson(std::mt19937_64& random);
  Recording* NewRecording(std::mt19937_64& random);
  Registration* NewRegistration();

  Client& client_;
  const Options options_;
  const absl::Time first_effective_time_;
  std::atomic<bool> ending_{false};
  std::atomic<std::int64_t> give_up_micros_{INT64_MAX};
  std::atomic<int> acknowledged_{0};
  std::atomic<int> stale_reads_{0};
  std::mutex mutex_;
  std::deque<Registration> registrations_;   // growing guarded by mutex_; elements belong to their writer
  std::deque<Recording> recordings_;         // the same
  std::vector<std::string> persons_;         // guarded by mutex_
  std::vector<std::string> recorded_;        // names of acknowledged assessments, guarded by mutex_
  std::vector<std::string> surprises_;       // guarded by mutex_
  std::vector<std::string> answered_reads_;  // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace trellis::fault

#endif  // TRELLIS_TESTS_FAULT_LOAD_H_
