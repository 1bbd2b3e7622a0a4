// What a message is about: which resources it names, with which sensitivity labels. Found by the declarations of its
// fields, so that no handler lists them by hand.
#ifndef TRELLIS_COMMON_AUDIT_NAMES_H_
#define TRELLIS_COMMON_AUDIT_NAMES_H_

#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "common/base/label_set.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace trellis::audit {

// "<collection>/<UUID in lower case>", and nothing else: a text of that form tells nothing but which resource it is.
bool IsResourceName(absl::string_view text);

struct Mentioned {
  std::vector<std::string> names;
  LabelSet labels;
  bool withheld = false;  // something was left out for a lack of clearance
};

// Remembers for each message type where names and labels can be. Thread-safe.
class NameCollector {
 public:
  // Adds every label, and every name in the fields that may hold one: text that is not sensitive and declares
  // FORMAT_NAME, or no form and a length of at most 80. Records of the audit itself are not looked into: reading the
  // audit would otherwise repeat it.
  void Collect(const google::protobuf::Message& message, Mentioned* mentioned);

 private:
  struct Plan {
    std::vector<const google::protobuf::FieldDescriptor*> texts;
    std::vector<const google::protobuf::FieldDescriptor*> messages;
    const google::protobuf::FieldDescriptor* labels = nullptr;
    const google::protobuf::FieldDescriptor* withheld = nullptr;
  };
  const Plan& PlanOf(const google::protobuf::Descriptor& type);

  std::shared_mutex mutex_;
  absl::flat_hash_map<const google::protobuf::Descriptor*, std::unique_ptr<const Plan>> plans_;  // guarded by mutex_
};

}  // namespace trellis::audit

#endif  // TRELLIS_COMMON_AUDIT_NAMES_H_
