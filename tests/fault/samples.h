// Requests made from descriptors alone, right by the declared rules; and bytes that are none.
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

// Sets a field, or adds an element, in the same way.
void AddSample(google::protobuf::Message& parent, const google::protobuf::FieldDescriptor& field, const Names& names);

// Bytes that are no message at all.
std::vector<std::string> MalformedBytes(const std::string& good);

}  // namespace trellis::fault

#endif  // TRELLIS_TESTS_FAULT_SAMPLES_H_
