#include "common/rpc/pipeline/withholding.h"

#include <set>

#include "trellis/options/v1/options.pb.h"

namespace trellis::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using options::v1::FieldPolicy;

const FieldPolicy& PolicyOf(const FieldDescriptor& field) { return field.options().GetExtension(options::v1::field); }

bool HoldsLabels(const Descriptor& type, std::set<const Descriptor*>& seen) {
  if (!seen.insert(&type).second) return false;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const FieldPolicy& policy = PolicyOf(field);
    if (policy.labels() || policy.label() != options::v1::SECURITY_LABEL_UNSPECIFIED) return true;
    if (field.message_type() != nullptr && HoldsLabels(*field.message_type(), seen)) return true;
  }
  return false;
}

bool HoldsLabels(const Descriptor& type) {
  std::set<const Descriptor*> seen;
  return HoldsLabels(type, seen);
}

LabelSet LabelsIn(const Message& message, const FieldDescriptor& field) {
  LabelSet labels;
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    labels.Add(reflection.GetRepeatedEnumValue(message, &field, i));
  }
  return labels;
}

template <class Visit>
void ForEachMessage(Message& message, const FieldDescriptor& field, const Visit& visit) {
  const Reflection& reflection = *message.GetReflection();
  if (!field.is_repeated()) {
    if (reflection.HasField(message, &field)) visit(*reflection.MutableMessage(&message, &field));
    return;
  }
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    visit(*reflection.MutableRepeatedMessage(&message, &field, i));
  }
}

void ClearContent(Message& message) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* const field : fields) {
    const FieldPolicy& policy = PolicyOf(*field);
    if (policy.never_withheld()) continue;
    if (policy.sensitivity() != options::v1::SENSITIVITY_NONE) {
      message.GetReflection()->ClearField(&message, field);
    } else if (field->message_type() != nullptr) {
      ForEachMessage(message, *field, ClearContent);
    }
  }
}

// All labels that this version knows, but one.
LabelSet AllBut(options::v1::SecurityLabel closed) {
  LabelSet all;
  for (int label = options::v1::SecurityLabel_MIN + 1; label <= options::v1::SecurityLabel_MAX; ++label) {
    if (label != closed) all.Add(label);
  }
  return all;
}

}  // namespace

LabelSet ReadableLabels(const CallContext& call) {
  static const LabelSet kEmergency = AllBut(options::v1::SECURITY_LABEL_SEALED);
  const LabelSet own = call.caller().clearances;
  return call.audit().purpose == kEmergencyPurpose ? own | kEmergency : own;
}

const Withholding::Plan& Withholding::PlanFor(const Descriptor& type) {
  auto& place = plans_[&type];
  if (place != nullptr) return *place;
  place = std::make_unique<Plan>();
  Plan& plan = *place;  // stays where it is when the table grows
  plan.concerned = HoldsLabels(type);
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* const field = type.field(i);
    const FieldPolicy& policy = PolicyOf(*field);
    if (policy.labels()) plan.labels = field;
    if (policy.withheld()) plan.withheld = field;
    if (policy.label() != options::v1::SECURITY_LABEL_UNSPECIFIED) plan.labelled.push_back(field);
    if (field->message_type() == nullptr || !HoldsLabels(*field->message_type())) continue;
    plan.inner.push_back(field);
    PlanFor(*field->message_type());
  }
  return plan;
}

const Withholding::Plan* Withholding::Find(const Descriptor& type) const {
  const auto found = plans_.find(&type);
  return found == plans_.end() || !found->second->concerned ? nullptr : found->second.get();
}

void Withholding::Apply(LabelSet readable, Message& answer) const {
  if (const Plan* const plan = Find(*answer.GetDescriptor())) Apply(*plan, readable, answer);
}

void Withholding::Apply(const Plan& plan, LabelSet readable, Message& message) const {
  const Reflection& reflection = *message.GetReflection();
  bool withheld = false;
  if (plan.labels != nullptr && !readable.Covers(LabelsIn(message, *plan.labels))) {
    ClearContent(message);
    withheld = true;
  }
  for (const FieldDescriptor* const field : plan.labelled) {
    if (readable.Has(PolicyOf(*field).label())) continue;
    reflection.ClearField(&message, field);
    withheld = true;  // also where it was not set: that it was set is no less of a secret
  }
  if (withheld && plan.withheld != nullptr) reflection.SetBool(&message, plan.withheld, true);
  for (const FieldDescriptor* const field : plan.inner) {
    ForEachMessage(message, *field, [&](Message& inner) { Apply(*Find(*inner.GetDescriptor()), readable, inner); });
  }
}

}  // namespace trellis::rpc
