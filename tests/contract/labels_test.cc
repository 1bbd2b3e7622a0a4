// What each labelled message keeps back from whom: every field x label x clearance, against a table that people read.
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/rpc/pipeline/withholding.h"
#include "google/protobuf/dynamic_message.h"
#include "gtest/gtest.h"
#include "tests/contract/descriptors.h"
#include "trellis/options/v1/options.pb.h"

namespace trellis::contract {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using google::protobuf::Reflection;
using options::v1::FieldPolicy;

constexpr char kLabel[] = "trellis.options.v1.SecurityLabel";
constexpr int kLaterLabel = 29;

// Labelled messages and what of them is withheld, with everything below it. All else stays.
const std::map<std::string, std::set<std::string>>& Withheld() {
  static const auto* const table = new std::map<std::string, std::set<std::string>>{
      {"trellis.assessment.v1.Assessment", {"answers", "outcomes", "critical_answers"}},
      {"trellis.assessment.v1.Change", {"difference", "label", "response", "bands_crossed"}},
      {"trellis.assessment.v1.TrajectoryPoint", {"outcome", "position"}},
      {"trellis.caseload.v1.AssessmentSummary", {"instrument", "outcome", "number", "band", "stage", "flag"}},
      {"trellis.caseload.v1.Case", {"close_note"}},
      {"trellis.caseload.v1.SafetyAlert", {"instrument", "rule", "item", "action_note"}},
      {"trellis.caseload.v1.ServiceNeed", {"need", "note"}},
      {"trellis.caseload.v1.WorklistReason", {"values.value"}},
      {"trellis.referral.v1.Placement", {"healthcare_service"}},
      {"trellis.referral.v1.Referral", {"healthcare_service", "need", "note", "state_reason.text"}},
  };
  return *table;
}

// Clinical fields of answers that no label guards, and why.
const std::map<std::string, std::string>& Unguarded() {
  static const auto* const table = new std::map<std::string, std::string>{
      {"trellis.assessment.v1.Trajectory.points", "each point has labels of its own"},
      {"trellis.identity.v1.EmergencyAccess.explanation", "why somebody looked, for whoever reviews it"},
      {"trellis.identity.v1.EmergencyAccess.review_note", "what the reviewer found"},
  };
  return *table;
}

const FieldPolicy& PolicyOf(const FieldDescriptor& field) { return field.options().GetExtension(options::v1::field); }

bool IsLabels(const FieldDescriptor& field) {
  return field.is_repeated() && field.enum_type() != nullptr && field.enum_type()->full_name() == kLabel;
}

// The field with a role in the message; null where there is none.
template <class Role>
const FieldDescriptor* FieldWith(const Descriptor& type, const Role& role) {
  for (int i = 0; i < type.field_count(); ++i) {
    if (role(PolicyOf(*type.field(i)))) return type.field(i);
  }
  return nullptr;
}
const FieldDescriptor* LabelsOf(const Descriptor& type) {
  return FieldWith(type, [](const FieldPolicy& policy) { return policy.labels(); });
}
const FieldDescriptor* WithheldOf(const Descriptor& type) {
  return FieldWith(type, [](const FieldPolicy& policy) { return policy.withheld(); });
}

void SetScalar(Message& message, const FieldDescriptor& field) {
  const Reflection& to = *message.GetReflection();
  const bool many = field.is_repeated();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return many ? to.AddInt32(&message, &field, 7) : to.SetInt32(&message, &field, 7);
    case FieldDescriptor::CPPTYPE_INT64:
      return many ? to.AddInt64(&message, &field, 7) : to.SetInt64(&message, &field, 7);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return many ? to.AddDouble(&message, &field, 7) : to.SetDouble(&message, &field, 7);
    case FieldDescriptor::CPPTYPE_BOOL:
      return many ? to.AddBool(&message, &field, true) : to.SetBool(&message, &field, true);
    case FieldDescriptor::CPPTYPE_ENUM:
      return many ? to.AddEnumValue(&message, &field, 1) : to.SetEnumValue(&message, &field, 1);
    case FieldDescriptor::CPPTYPE_STRING:
      return many ? to.AddString(&message, &field, "x") : to.SetString(&message, &field, "x");
    default:
      FAIL() << field.full_name() << " has a type that this test does not fill";
  }
}

// Sets everything, at any depth, but labels and what says that something was withheld.
void Fill(Message& message) {
  const Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (PolicyOf(field).labels() || PolicyOf(field).withheld()) continue;
    if (field.message_type() == nullptr) {
      SetScalar(message, field);
    } else {
      const Reflection& to = *message.GetReflection();
      Fill(field.is_repeated() ? *to.AddMessage(&message, &field) : *to.MutableMessage(&message, &field));
    }
  }
}

// Paths of all fields that are set, those of messages in it included.
void Collect(const Message& message, const std::string& prefix, std::set<std::string>* paths) {
  std::vector<const FieldDescriptor*> fields;
  const Reflection& from = *message.GetReflection();
  from.ListFields(message, &fields);
  for (const FieldDescriptor* const field : fields) {
    const std::string path = absl::StrCat(prefix, field->name());
    paths->insert(path);
    if (field->message_type() == nullptr) continue;
    for (int i = 0; field->is_repeated() && i < from.FieldSize(message, field); ++i) {
      Collect(from.GetRepeatedMessage(message, field, i), path + ".", paths);
    }
    if (!field->is_repeated()) Collect(from.GetMessage(message, field), path + ".", paths);
  }
}
std::set<std::string> PathsIn(const Message& message) {
  std::set<std::string> paths;
  Collect(message, "", &paths);
  return paths;
}

bool IsAt(const std::string& path, const std::set<std::string>& places) {
  for (const std::string& place : places) {
    if (path == place || path.rfind(place + ".", 0) == 0) return true;
  }
  return false;
}

struct Clearance {
  std::string name;
  LabelSet labels;
};
std::vector<Clearance> ClearancesFor(int label) {
  LabelSet all;
  LabelSet others;
  LabelSet own;
  for (int one = 1; one <= options::v1::SecurityLabel_MAX; ++one) {
    all.Add(one);
    (one == label ? own : others).Add(one);
  }
  return {{"none", LabelSet()}, {"its own", own}, {"all others", others}, {"all", all}};
}

// One labelled message, before and after.
void ExpectTable(const Descriptor& type, const std::set<std::string>& withheld, int* cells) {
  google::protobuf::DynamicMessageFactory factory;
  rpc::Withholding stage;
  stage.Prepare(type);
  for (const int label : {1, 2, 3, 4, 5, 6, 7, 0, kLaterLabel}) {
    const bool known = 0 < label && label <= options::v1::SecurityLabel_MAX;
    for (const Clearance& clearance : ClearancesFor(label)) {
      const bool cleared = known && (clearance.name == "its own" || clearance.name == "all");
      const std::unique_ptr<Message> message(factory.GetPrototype(&type)->New());
      Fill(*message);
      message->GetReflection()->AddEnumValue(message.get(), LabelsOf(type), label);
      const std::set<std::string> before = PathsIn(*message);
      stage.Apply(clearance.labels, *message);
      const std::set<std::string> after = PathsIn(*message);
      for (const std::string& path : before) {
        const bool stays = cleared || !IsAt(path, withheld);
        EXPECT_EQ(after.count(path) > 0, stays)
            << type.full_name() << "." << path << ", label " << label << ", cleared for " << clearance.name;
        ++*cells;
      }
      EXPECT_EQ(message->GetReflection()->GetBool(*message, WithheldOf(type)), !cleared) << type.full_name();
    }
  }
}

TEST(LabelsTest, EveryFieldOfEveryLabelledMessageIsWithheldAsTheTableSays) {
  std::set<std::string> seen;
  int cells = 0;
  ForEachMessage([&](const Descriptor& type) {
    if (LabelsOf(type) == nullptr) return;
    const auto row = Withheld().find(type.full_name());
    ASSERT_NE(row, Withheld().end()) << type.full_name() << " has labels: say here what they keep back";
    ASSERT_NE(WithheldOf(type), nullptr) << type.full_name() << " does not say that something was withheld";
    seen.insert(type.full_name());
    ExpectTable(type, row->second, &cells);
  });
  for (const auto& [name, fields] : Withheld()) EXPECT_EQ(seen.count(name), 1u) << name << " has no labels";
  RecordProperty("cells", cells);
  EXPECT_GT(cells, 2000);
}

TEST(LabelsTest, FieldsWithARoleHaveTheTypeForIt) {
  ForEachField([](const FieldDescriptor& field) {
    const FieldPolicy& policy = PolicyOf(field);
    EXPECT_TRUE(!policy.labels() || IsLabels(field)) << field.full_name();
    if (policy.withheld()) {
      EXPECT_EQ(field.type(), FieldDescriptor::TYPE_BOOL) << field.full_name();
      EXPECT_TRUE(policy.output_only()) << field.full_name();
    }
    if (policy.never_withheld()) {
      EXPECT_NE(policy.sensitivity(), options::v1::SENSITIVITY_NONE) << field.full_name();
    }
  });
}

// Walks an answer down to the messages that labels guard.
void FindUnguarded(const Descriptor& type, std::set<const Descriptor*>& seen, std::set<std::string>& found) {
  if (LabelsOf(type) != nullptr || !seen.insert(&type).second) return;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (PolicyOf(field).sensitivity() == options::v1::SENSITIVITY_CLINICAL) found.insert(field.full_name());
    if (field.message_type() != nullptr) FindUnguarded(*field.message_type(), seen, found);
  }
}

TEST(LabelsTest, WhatIsClinicalInAnAnswerIsGuardedOrSaysWhyNot) {
  std::set<const Descriptor*> seen;
  std::set<std::string> found;
  ForEachMethod([&](const MethodDescriptor& method) { FindUnguarded(*method.output_type(), seen, found); });
  std::set<std::string> excused;
  for (const auto& [name, why] : Unguarded()) excused.insert(name);
  for (const std::string& name : found) {
    if (excused.count(name) > 0) continue;
    ADD_FAILURE() << name << " tells how somebody is and has no labels: give its message labels, or say why not";
  }
  for (const std::string& name : excused) EXPECT_EQ(found.count(name), 1u) << name << " needs no excuse";
}

}  // namespace
}  // namespace trellis::contract
