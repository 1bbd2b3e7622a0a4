// The cells of the access matrix: what to call, as whom, and what ought to happen.
#ifndef TRELLIS_TESTS_ACCESS_CELLS_H_
#define TRELLIS_TESTS_ACCESS_CELLS_H_

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tests/access/world.h"
#include "tests/fault/raw_call.h"

namespace trellis::matrix {

struct Cell {
  std::string phase;  // "read", "refused", "write"
  std::string service;
  std::string method;  // "trellis.identity.v1.Persons.GetPerson"
  std::string
      caller;  // "user:own:coordinator", "through:none:analyst", "service:caseload", "none", "garbage", "expired"
  std::string label;  // what it is about: a case of the world
  std::string outcome;
  std::vector<std::string> shows;
  std::vector<std::string> hides;
  std::string state;
  bool revive = false;
  bool never = false;  // cannot succeed, only pass
  std::string title;
  std::string request;  // in protobuf's text format
};

// Asks the evaluator, a program of its own, what ought to happen in this world. Ends the process where it cannot say.
std::vector<Cell> AskEvaluator(const World& world);

// What the answer amounts to, in the evaluator's words.
std::string OutcomeOf(const grpc::Status& status);

// The cell's request, and an empty answer.
std::unique_ptr<google::protobuf::Message> RequestOf(const Cell& cell);
std::unique_ptr<google::protobuf::Message> ResponseOf(const Cell& cell);

// Makes the calls. Thread-safe but for Prepare.
class Caller {
 public:
  explicit Caller(World* world) : world_(world) {}

  fault::RawAnswer Call(const Cell& cell, const std::string& bytes);
  // The request as the wire carries it, with a request id of its own where it takes one.
  static std::string BytesOf(const Cell& cell);
  // Brings the world into the state that the cell asks for.
  void Prepare(const Cell& cell);

 private:
  std::string TokenFor(const testing::TestUser& who, bool expired = false);
  std::shared_ptr<grpc::Channel> ChannelOf(const std::string& service, const std::string& callee);

  World* const world_;
  std::mutex mutex_;
  std::map<std::string, std::string> tokens_;
  std::map<std::string, std::shared_ptr<grpc::Channel>> channels_;
};

// Nothing where the answer is what it ought to be, otherwise what is wrong.
std::string Mismatch(const Cell& cell, const fault::RawAnswer& answer);

// The same text about things that do not exist: those names of the case that `mentioned` holds, with other digits.
std::string WithUnknownIds(const Case& about, const std::string& mentioned, std::string text);

}  // namespace trellis::matrix

#endif  // TRELLIS_TESTS_ACCESS_CELLS_H_
