// What the tests of bad input share: the five services, started once, and what a refusal must look like.
#ifndef TRELLIS_TESTS_FAULT_BAD_INPUT_FIXTURE_H_
#define TRELLIS_TESTS_FAULT_BAD_INPUT_FIXTURE_H_

#include <initializer_list>
#include <map>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/fault/bad_input_world.h"

namespace trellis::fault {

// Fails where rows have come or gone in a test that did not say that it writes.
class BadInput : public ::testing::Test {
 public:
  // Lives until all tests have run.
  static BadInputWorld& world();

 protected:
  BadInput() : before_(world().Rows()) {}
  void TearDown() override;

  static std::string GoodBytes(const Method& method);
  static std::string ReasonOf(const grpc::Status& status);
  // Which fields the refusal names.
  static std::vector<std::string> FieldsOf(const grpc::Status& status);

  // A refusal as promised, with one of the codes where they are given.
  void ExpectRefused(const Method& method, const std::string& what, const grpc::Status& status,
                     std::initializer_list<grpc::StatusCode> codes = {});
  void ExpectRefusedOrRead(const Method& method, const std::string& what, const grpc::Status& status);
  void ExpectRefusedOrOk(const Method& method, const std::string& what, const grpc::Status& status);
  // Fails, with at most five complaints about one method.
  void Complain(const Method& method, const std::string& what, const std::string& complaint,
                const grpc::Status& status);

  bool may_write_ = false;

 private:
  const std::map<std::string, std::int64_t> before_;
  int calls_ = 0;
  std::map<std::string, int> failures_;
};

}  // namespace trellis::fault

#endif  // TRELLIS_TESTS_FAULT_BAD_INPUT_FIXTURE_H_
