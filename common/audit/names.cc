#include "common/audit/names.h"

#include <mutex>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "trellis/options/v1/options.pb.h"

namespace trellis::audit {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr std::size_t kUuidLength = 36;
constexpr std::size_t kLongestCollection = 40;
constexpr std::uint32_t kLongestName = 80;

bool IsUuid(absl::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    const bool digit = absl::ascii_isdigit(static_cast<unsigned char>(c)) || (c >= 'a' && c <= 'f');
    if (hyphen ? c != '-' : !digit) return false;
  }
  return text.size() == kUuidLength;
}

const options::v1::FieldPolicy& PolicyOf(const FieldDescriptor& field) {
  return field.options().GetExtension(options::v1::field);
}

bool MayHoldAName(const FieldDescriptor& field) {
  if (field.type() != FieldDescriptor::TYPE_STRING) return false;
  const options::v1::FieldPolicy& policy = PolicyOf(field);
  if (policy.sensitivity() != options::v1::SENSITIVITY_NONE) return false;
  if (policy.format() == options::v1::FORMAT_NAME) return true;
  return policy.format() == options::v1::FORMAT_UNSPECIFIED && policy.max_length() > kUuidLength &&
         policy.max_length() <= kLongestName;
}

bool MayBeLookedInto(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
         field.message_type()->file()->package() != "trellis.audit.v1" &&
         field.message_type()->file()->package() != "google.protobuf";
}

// Whether a message of that type, or one within it, can name or label anything. seen: types that are being looked at
// already.
bool CanMentionAnything(const Descriptor& type, std::set<const Descriptor*>& seen) {
  if (!seen.insert(&type).second) return false;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (MayHoldAName(field) || PolicyOf(field).labels() || PolicyOf(field).withheld()) return true;
    if (MayBeLookedInto(field) && CanMentionAnything(*field.message_type(), seen)) return true;
  }
  return false;
}

bool IsWorthALook(const FieldDescriptor& field) {
  std::set<const Descriptor*> seen;
  return MayBeLookedInto(field) && CanMentionAnything(*field.message_type(), seen);
}

}  // namespace

bool IsResourceName(absl::string_view text) {
  if (text.size() < kUuidLength + 2 || text.size() > kUuidLength + 1 + kLongestCollection) return false;
  const std::size_t slash = text.size() - kUuidLength - 1;
  if (text[slash] != '/' || !absl::ascii_islower(static_cast<unsigned char>(text[0]))) return false;
  for (const char c : text.substr(0, slash)) {
    if (!absl::ascii_isalpha(static_cast<unsigned char>(c))) return false;
  }
  return IsUuid(text.substr(slash + 1));
}

const NameCollector::Plan& NameCollector::PlanOf(const Descriptor& type) {
  {
    const std::shared_lock lock(mutex_);
    if (const auto found = plans_.find(&type); found != plans_.end()) return *found->second;
  }
  auto plan = std::make_unique<Plan>();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (MayHoldAName(field)) plan->texts.push_back(&field);
    if (IsWorthALook(field)) plan->messages.push_back(&field);
    if (PolicyOf(field).labels()) plan->labels = &field;
    if (PolicyOf(field).withheld()) plan->withheld = &field;
  }
  const std::unique_lock lock(mutex_);
  return *plans_.try_emplace(&type, std::move(plan)).first->second;
}

void NameCollector::Collect(const Message& message, Mentioned* mentioned) {
  const Plan& plan = PlanOf(*message.GetDescriptor());
  const Reflection& reflection = *message.GetReflection();
  std::string scratch;
  const auto take = [&](const std::string& text) {
    if (IsResourceName(text)) mentioned->names.push_back(text);
  };
  for (const FieldDescriptor* field : plan.texts) {
    if (!field->is_repeated()) {
      take(reflection.GetStringReference(message, field, &scratch));
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      take(reflection.GetRepeatedStringReference(message, field, i, &scratch));
    }
  }
  if (plan.withheld != nullptr && reflection.GetBool(message, plan.withheld)) mentioned->withheld = true;
  for (int i = 0; plan.labels != nullptr && i < reflection.FieldSize(message, plan.labels); ++i) {
    mentioned->labels.Add(reflection.GetRepeatedEnumValue(message, plan.labels, i));
  }
  for (const FieldDescriptor* field : plan.messages) {
    if (!field->is_repeated()) {
      if (reflection.HasField(message, field)) Collect(reflection.GetMessage(message, field), mentioned);
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      Collect(reflection.GetRepeatedMessage(message, field, i), mentioned);
    }
  }
}

}  // namespace trellis::audit
