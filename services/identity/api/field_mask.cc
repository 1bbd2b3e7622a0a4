#include "services/identity/api/field_mask.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/util/message_differencer.h"

namespace trellis::identity {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

const FieldDescriptor* FieldOf(const Message& message, absl::string_view name) {
  return message.GetDescriptor()->FindFieldByName(std::string(name));
}

bool IsSet(const Message& message, const FieldDescriptor* field) {
  const auto* reflection = message.GetReflection();
  return field->is_repeated() ? reflection->FieldSize(message, field) > 0 : reflection->HasField(message, field);
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ResolveMask(const google::protobuf::FieldMask& mask,
                                                     absl::Span<const absl::string_view> changeable,
                                                     const Message& resource) {
  std::vector<std::string> fields;
  if (mask.paths().empty()) {
    for (const absl::string_view field : changeable) {
      if (IsSet(resource, FieldOf(resource, field))) fields.emplace_back(field);
    }
    return fields;
  }
  for (const std::string& path : mask.paths()) {
    if (path == "*" && mask.paths_size() == 1) return std::vector<std::string>(changeable.begin(), changeable.end());
    if (std::find(changeable.begin(), changeable.end(), absl::string_view(path)) == changeable.end()) {
      return InvalidField("update_mask", "names something that is not a field that can be changed");
    }
    if (std::find(fields.begin(), fields.end(), path) == fields.end()) fields.push_back(path);
  }
  return fields;
}

std::vector<std::string> CopyFields(const std::vector<std::string>& fields, const Message& from, Message& to) {
  std::vector<std::string> changed;
  for (const std::string& name : fields) {
    const FieldDescriptor* field = FieldOf(to, name);
    google::protobuf::util::MessageDifferencer differencer;
    if (differencer.CompareWithFields(from, to, {field}, {field})) continue;
    changed.push_back(name);
    // Merging is the one copy that works for fields of all types; what is not to be copied is taken out first.
    const std::unique_ptr<Message> patch(from.New());
    patch->CopyFrom(from);
    std::vector<const FieldDescriptor*> set;
    patch->GetReflection()->ListFields(*patch, &set);
    for (const FieldDescriptor* other : set) {
      if (other != field) patch->GetReflection()->ClearField(patch.get(), other);
    }
    to.GetReflection()->ClearField(&to, field);
    to.MergeFrom(*patch);
  }
  return changed;
}

}  // namespace trellis::identity
