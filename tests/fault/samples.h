// Requests made from descriptors alone: right ones by the declared rules, and wrong ones that break one rule each.
#ifndef TRELLIS_TESTS_FAULT_SAMPLES_H_
#define TRELLIS_TESTS_FAULT_SAMPLES_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/message.h"

namespace trellis::fault {

// Collection -> name of a resource in it ("persons" -> "persons/{uuid}").
using Names = std::map<std::string, std::string>;

// Every field that a caller may set is set, as its rules want it; of a oneof the first. Names that are not given are
// those of resources that do not exist.
std::unique_ptr<google::protobuf::Message> Sample(const google::protobuf::Message& prototype, const Names& names);

struct WrongRequest {
  std::string what;   // "person.given_names: too long"
  std::string field;  // which the refusal must name; empty where it cannot
  std::string bytes;
};

// For every field that a caller may set, every way to break its rules.
std::vector<WrongRequest> WrongRequests(const google::protobuf::Message& prototype, const Names& names);

// Bytes that are no message at all.
std::vector<std::string> MalformedBytes(const std::string& good);

}  // namespace trellis::fault

#endif  // TRELLIS_TESTS_FAULT_SAMPLES_H_
