// The protos are the product's documentation: nothing in them goes without a comment.
#include <set>

#include "gtest/gtest.h"
#include "tests/contract/descriptors.h"

namespace trellis::contract {
namespace {

// Reads comments from the set itself: files that are compiled into this binary have lost theirs.
class Comments {
 public:
  Comments() {
    const google::protobuf::FileDescriptorSet set = ReadSet(TRELLIS_DESCRIPTORS);
    for (const auto& file : set.file()) {
      if (file.package().rfind("trellis.", 0) != 0) continue;
      for (const auto& location : file.source_code_info().location()) {
        std::string key = file.name();
        for (const int part : location.path()) key += "/" + std::to_string(part);
        if (!location.leading_comments().empty() || !location.trailing_comments().empty()) commented_.insert(key);
      }
      files_.push_back(file);
    }
  }

  std::vector<std::string> Missing() const {
    std::vector<std::string> missing;
    for (const auto& file : files_) {
      for (int i = 0; i < file.message_type_size(); ++i) {
        Message(file.message_type(i), file.name() + "/4/" + std::to_string(i), file.package(), missing);
      }
      for (int i = 0; i < file.enum_type_size(); ++i) {
        Enum(file.enum_type(i), file.name() + "/5/" + std::to_string(i), file.package(), missing);
      }
      for (int i = 0; i < file.service_size(); ++i) {
        const std::string at = file.name() + "/6/" + std::to_string(i);
        Check(at, file.package() + "." + file.service(i).name(), missing);
        for (int j = 0; j < file.service(i).method_size(); ++j) {
          Check(at + "/2/" + std::to_string(j), file.service(i).name() + "." + file.service(i).method(j).name(),
                missing);
        }
      }
    }
    return missing;
  }

 private:
  void Check(const std::string& key, const std::string& name, std::vector<std::string>& missing) const {
    if (commented_.count(key) == 0) missing.push_back(name);
  }
  void Message(const google::protobuf::DescriptorProto& message, const std::string& at, const std::string& scope,
               std::vector<std::string>& missing) const {
    if (message.options().map_entry()) return;
    const std::string name = scope + "." + message.name();
    Check(at, name, missing);
    for (int i = 0; i < message.field_size(); ++i) {
      Check(at + "/2/" + std::to_string(i), name + "." + message.field(i).name(), missing);
    }
    for (int i = 0; i < message.nested_type_size(); ++i) {
      Message(message.nested_type(i), at + "/3/" + std::to_string(i), name, missing);
    }
    for (int i = 0; i < message.enum_type_size(); ++i) {
      Enum(message.enum_type(i), at + "/4/" + std::to_string(i), name, missing);
    }
  }
  void Enum(const google::protobuf::EnumDescriptorProto& type, const std::string& at, const std::string& scope,
            std::vector<std::string>& missing) const {
    Check(at, scope + "." + type.name(), missing);
    for (int i = 0; i < type.value_size(); ++i) {
      Check(at + "/2/" + std::to_string(i), scope + "." + type.value(i).name(), missing);
    }
  }

  std::set<std::string> commented_;
  std::vector<google::protobuf::FileDescriptorProto> files_;
};

TEST(Comments, StandOnEveryElement) {
  for (const std::string& name : Comments().Missing()) ADD_FAILURE() << name << " has no comment";
}

}  // namespace
}  // namespace trellis::contract
