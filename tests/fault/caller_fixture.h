// For tests whose requests are carried out: any request as anybody, by the names of its method.
#ifndef TRELLIS_TESTS_FAULT_CALLER_FIXTURE_H_
#define TRELLIS_TESTS_FAULT_CALLER_FIXTURE_H_

#include <memory>
#include <string>

#include "google/protobuf/message.h"
#include "tests/fault/bad_input_fixture.h"

namespace trellis::fault {

class Caller : public BadInput {
 protected:
  // "Persons/RegisterPerson"
  static const Method& MethodOf(const std::string& path);

  // As `who_`, with the roles that the method asks for and cleared for every label. Nothing, and a failure, where it is refused.
  std::unique_ptr<google::protobuf::Message> Must(const Method& method, const google::protobuf::Message& request);
  template <class Response>
  Response Must(const std::string& path, const google::protobuf::Message& request) {
    const auto response = Must(MethodOf(path), request);
    return response == nullptr ? Response() : static_cast<const Response&>(*response);
  }

  std::string RegisterPerson();

  testing::TestUser who_ = world().native();
  std::string what_;  // for complaints
};

}  // namespace trellis::fault

#endif  // TRELLIS_TESTS_FAULT_CALLER_FIXTURE_H_
