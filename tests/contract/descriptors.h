// The contracts as the compiler sees them, for the tests of this folder.
#ifndef TRELLIS_TESTS_CONTRACT_DESCRIPTORS_H_
#define TRELLIS_TESTS_CONTRACT_DESCRIPTORS_H_

#include <functional>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"

namespace trellis::contract {

// Every file of package trellis.*, from the sources of this build, with comments.
const std::vector<const google::protobuf::FileDescriptor*>& TrellisFiles();

// The descriptor set in a file.
google::protobuf::FileDescriptorSet ReadSet(const std::string& path);

// Visits each element of all files, nested ones included.
void ForEachMessage(const std::function<void(const google::protobuf::Descriptor&)>& visit);
void ForEachField(const std::function<void(const google::protobuf::FieldDescriptor&)>& visit);
void ForEachEnum(const std::function<void(const google::protobuf::EnumDescriptor&)>& visit);
void ForEachMethod(const std::function<void(const google::protobuf::MethodDescriptor&)>& visit);

}  // namespace trellis::contract

#endif  // TRELLIS_TESTS_CONTRACT_DESCRIPTORS_H_
