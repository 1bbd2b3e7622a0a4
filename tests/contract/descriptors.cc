#include "tests/contract/descriptors.h"

#include <cstdlib>
#include <fstream>
#include <iostream>

#include "absl/strings/match.h"

namespace trellis::contract {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FileDescriptor;

std::vector<const FileDescriptor*> Load() {
  // Options of ours are known to this binary, so the pool must build on the generated one.
  static auto* const pool = new google::protobuf::DescriptorPool(google::protobuf::DescriptorPool::generated_pool());
  std::vector<const FileDescriptor*> files;
  const google::protobuf::FileDescriptorSet set = ReadSet(TRELLIS_DESCRIPTORS);
  for (const auto& file : set.file()) {
    const FileDescriptor* known = pool->FindFileByName(file.name());
    const bool ours = absl::StartsWith(file.package(), "trellis.");
    // options.proto is compiled in without comments; the rest is built from the set.
    if (known == nullptr) known = pool->BuildFile(file);
    if (known == nullptr) {
      std::cerr << "cannot build " << file.name() << "\n";
      std::abort();
    }
    if (ours) files.push_back(known);
  }
  return files;
}

void Visit(const Descriptor& message, const std::function<void(const Descriptor&)>& visit) {
  if (message.options().map_entry()) return;
  visit(message);
  for (int i = 0; i < message.nested_type_count(); ++i) Visit(*message.nested_type(i), visit);
}

}  // namespace

google::protobuf::FileDescriptorSet ReadSet(const std::string& path) {
  google::protobuf::FileDescriptorSet set;
  std::ifstream in(path, std::ios::binary);
  if (!in || !set.ParseFromIstream(&in)) {
    std::cerr << "cannot read " << path << "\n";
    std::abort();
  }
  return set;
}

const std::vector<const FileDescriptor*>& TrellisFiles() {
  static const auto* const files = new std::vector<const FileDescriptor*>(Load());
  return *files;
}

void ForEachMessage(const std::function<void(const Descriptor&)>& visit) {
  for (const FileDescriptor* file : TrellisFiles()) {
    for (int i = 0; i < file->message_type_count(); ++i) Visit(*file->message_type(i), visit);
  }
}

void ForEachField(const std::function<void(const google::protobuf::FieldDescriptor&)>& visit) {
  ForEachMessage([&](const Descriptor& message) {
    for (int i = 0; i < message.field_count(); ++i) visit(*message.field(i));
  });
}

void ForEachEnum(const std::function<void(const google::protobuf::EnumDescriptor&)>& visit) {
  for (const FileDescriptor* file : TrellisFiles()) {
    for (int i = 0; i < file->enum_type_count(); ++i) visit(*file->enum_type(i));
  }
  ForEachMessage([&](const Descriptor& message) {
    for (int i = 0; i < message.enum_type_count(); ++i) visit(*message.enum_type(i));
  });
}

void ForEachMethod(const std::function<void(const google::protobuf::MethodDescriptor&)>& visit) {
  for (const FileDescriptor* file : TrellisFiles()) {
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) visit(*file->service(i)->method(j));
    }
  }
}

}  // namespace trellis::contract
