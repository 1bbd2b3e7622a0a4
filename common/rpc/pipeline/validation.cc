#include "common/rpc/pipeline/validation.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/rpc/pipeline/field_rules.h"
#include "trellis/options/v1/options.pb.h"

namespace trellis::rpc {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// What is to be looked at in one field.
struct FieldPlan {
  const FieldDescriptor* field = nullptr;
  options::v1::FieldPolicy policy;
  const TypePlan* nested = nullptr;  // of the message in it
};

struct TypePlan {
  enum class Kind { kFields, kTimestamp, kDuration, kMask };
  Kind kind = Kind::kFields;
  std::vector<FieldPlan> fields;
};

namespace {

constexpr int kMaxNesting = 32;
constexpr std::size_t kMaxViolations = 100;
constexpr int kDefaultMaxItems = 1000;
constexpr int kMaxPaths = 100;

TypePlan::Kind KindOf(const Descriptor& type) {
  if (type.full_name() == "google.protobuf.Timestamp") return TypePlan::Kind::kTimestamp;
  if (type.full_name() == "google.protobuf.Duration") return TypePlan::Kind::kDuration;
  if (type.full_name() == "google.protobuf.FieldMask") return TypePlan::Kind::kMask;
  return TypePlan::Kind::kFields;
}

// One walk through one message. The path is kept as a stack and written out only where something is wrong.
class Walk {
 public:
  void Visit(const Message& message, const TypePlan& plan) {
    if (static_cast<int>(path_.size()) > kMaxNesting) return Report("is nested too deeply");
    for (const FieldPlan& field : plan.fields) {
      if (full()) return;
      path_.push_back({field.field, -1});
      if (field.field->is_repeated()) {
        VisitRepeated(message, field);
      } else {
        VisitSingle(message, field);
      }
      path_.pop_back();
    }
  }

  const std::vector<FieldError>& violations() const { return violations_; }

 private:
  struct Step {
    const FieldDescriptor* field;
    int index;  // -1: not an element
  };

  bool full() const { return violations_.size() >= kMaxViolations; }

  void VisitSingle(const Message& message, const FieldPlan& plan) {
    const Reflection& reflection = *message.GetReflection();
    const FieldDescriptor* field = plan.field;
    if (!reflection.HasField(message, field)) {
      // Without presence, "not set" and the default value are the same.
      if (plan.policy.required() && !IsFlag(*field)) Report("is required");
      return;
    }
    if (plan.policy.required() && IsEmpty(message, field)) return Report("is required");
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      return VisitMessage(reflection.GetMessage(message, field), plan);
    }
    std::string scratch;
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return CheckString(plan, reflection.GetStringReference(message, field, &scratch));
      case FieldDescriptor::CPPTYPE_ENUM:
        return CheckEnum(*field, reflection.GetEnumValue(message, field));
      case FieldDescriptor::CPPTYPE_INT32:
        return Report(WrongWithInteger(plan.policy, reflection.GetInt32(message, field)));
      case FieldDescriptor::CPPTYPE_INT64:
        return Report(WrongWithInteger(plan.policy, reflection.GetInt64(message, field)));
      case FieldDescriptor::CPPTYPE_UINT32:
        return Report(WrongWithUnsigned(plan.policy, reflection.GetUInt32(message, field)));
      case FieldDescriptor::CPPTYPE_UINT64:
        return Report(WrongWithUnsigned(plan.policy, reflection.GetUInt64(message, field)));
      case FieldDescriptor::CPPTYPE_FLOAT:
        return Report(WrongWithNumber(plan.policy, reflection.GetFloat(message, field)));
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return Report(WrongWithNumber(plan.policy, reflection.GetDouble(message, field)));
      default:
        return;
    }
  }

  void VisitRepeated(const Message& message, const FieldPlan& plan) {
    const Reflection& reflection = *message.GetReflection();
    const int size = reflection.FieldSize(message, plan.field);
    const int most = plan.policy.max_items() > 0 ? static_cast<int>(plan.policy.max_items()) : kDefaultMaxItems;
    if (size > most) return Report(absl::StrCat("must have at most ", most, " elements"));
    if (size == 0 && plan.policy.required()) return Report("is required");
    if (size < static_cast<int>(plan.policy.min_items())) {
      return Report(absl::StrCat("must have at least ", plan.policy.min_items(), " elements"));
    }
    for (int i = 0; i < size && !full(); ++i) {
      path_.back().index = i;
      VisitElement(message, plan, i);
    }
  }

  void VisitElement(const Message& message, const FieldPlan& plan, int i) {
    const Reflection& reflection = *message.GetReflection();
    const FieldDescriptor* field = plan.field;
    std::string scratch;
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return VisitMessage(reflection.GetRepeatedMessage(message, field, i), plan);
      case FieldDescriptor::CPPTYPE_STRING: {
        const std::string& text = reflection.GetRepeatedStringReference(message, field, i, &scratch);
        if (text.empty()) return Report("must not be empty");
        return CheckString(plan, text);
      }
      case FieldDescriptor::CPPTYPE_ENUM: {
        const int value = reflection.GetRepeatedEnumValue(message, field, i);
        return value == 0 ? Report("must not be unspecified") : CheckEnum(*field, value);
      }
      case FieldDescriptor::CPPTYPE_INT32:
        return Report(WrongWithInteger(plan.policy, reflection.GetRepeatedInt32(message, field, i)));
      case FieldDescriptor::CPPTYPE_INT64:
        return Report(WrongWithInteger(plan.policy, reflection.GetRepeatedInt64(message, field, i)));
      case FieldDescriptor::CPPTYPE_UINT32:
        return Report(WrongWithUnsigned(plan.policy, reflection.GetRepeatedUInt32(message, field, i)));
      case FieldDescriptor::CPPTYPE_UINT64:
        return Report(WrongWithUnsigned(plan.policy, reflection.GetRepeatedUInt64(message, field, i)));
      case FieldDescriptor::CPPTYPE_FLOAT:
        return Report(WrongWithNumber(plan.policy, reflection.GetRepeatedFloat(message, field, i)));
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return Report(WrongWithNumber(plan.policy, reflection.GetRepeatedDouble(message, field, i)));
      default:
        return;
    }
  }

  static bool IsFlag(const FieldDescriptor& field) {
    return field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL && !field.has_presence();
  }

  // Set, but to nothing: an optional field with an empty text or the "unspecified" value.
  static bool IsEmpty(const Message& message, const FieldDescriptor* field) {
    const Reflection& reflection = *message.GetReflection();
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) return reflection.GetEnumValue(message, field) == 0;
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) return false;
    std::string scratch;
    return reflection.GetStringReference(message, field, &scratch).empty();
  }

  void CheckString(const FieldPlan& plan, const std::string& value) {
    Report(plan.field->type() == FieldDescriptor::TYPE_BYTES ? WrongWithBytes(plan.policy, value)
                                                             : WrongWithText(plan.policy, value));
  }

  void CheckEnum(const FieldDescriptor& field, int value) {
    if (field.enum_type()->FindValueByNumber(value) == nullptr) Report("has a value that is not known");
  }

  void VisitMessage(const Message& message, const FieldPlan& plan) {
    switch (plan.nested->kind) {
      case TypePlan::Kind::kFields:
        return Visit(message, *plan.nested);
      case TypePlan::Kind::kTimestamp:
        return Report(WrongWithTime(Seconds(message), Nanos(message)));
      case TypePlan::Kind::kDuration:
        return Report(WrongWithDuration(plan.policy, Seconds(message), Nanos(message)));
      case TypePlan::Kind::kMask:
        return VisitMask(message);
    }
  }

  // Both types of time have the same two fields.
  static std::int64_t Seconds(const Message& message) {
    return message.GetReflection()->GetInt64(message, message.GetDescriptor()->field(0));
  }
  static std::int32_t Nanos(const Message& message) {
    return message.GetReflection()->GetInt32(message, message.GetDescriptor()->field(1));
  }

  void VisitMask(const Message& message) {
    const Reflection& reflection = *message.GetReflection();
    const FieldDescriptor* const paths = message.GetDescriptor()->field(0);
    const int size = reflection.FieldSize(message, paths);
    if (size > kMaxPaths) return Report(absl::StrCat("must have at most ", kMaxPaths, " paths"));
    std::string scratch;
    for (int i = 0; i < size; ++i) {
      const std::string wrong = WrongWithPath(reflection.GetRepeatedStringReference(message, paths, i, &scratch));
      if (!wrong.empty()) return Report(wrong);
    }
  }

  void Report(std::string wrong) {
    if (wrong.empty() || full()) return;
    violations_.push_back({PathText(), std::move(wrong)});
  }

  std::string PathText() const {
    std::string text;
    for (const Step& step : path_) {
      absl::StrAppend(&text, text.empty() ? "" : ".", step.field->name());
      if (step.index >= 0) absl::StrAppend(&text, "[", step.index, "]");
    }
    return text;
  }

  std::vector<Step> path_;
  std::vector<FieldError> violations_;
};

// Flags, and numbers without a bound, cannot be wrong.
bool CanBeWrong(const FieldDescriptor& field, const options::v1::FieldPolicy& policy) {
  if (field.is_repeated() || policy.required()) return true;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return false;
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return policy.has_min() || policy.has_max();
    default:
      return true;
  }
}

}  // namespace

Validator::Validator() = default;
Validator::~Validator() = default;

void Validator::Prepare(const Descriptor& type) { PlanFor(type); }

TypePlan* Validator::PlanFor(const Descriptor& type) {
  auto [place, is_new] = plans_.try_emplace(&type, nullptr);
  if (!is_new) return place->second.get();
  place->second = std::make_unique<TypePlan>();
  TypePlan* plan = place->second.get();  // stays where it is while the map grows
  plan->kind = KindOf(type);
  if (plan->kind != TypePlan::Kind::kFields) return plan;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    FieldPlan step;
    step.field = field;
    step.policy = field->options().GetExtension(options::v1::field);
    if (step.policy.output_only() || !CanBeWrong(*field, step.policy)) continue;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) step.nested = PlanFor(*field->message_type());
    plan->fields.push_back(std::move(step));
  }
  return plan;
}

absl::Status Validator::Validate(const Message& message) const {
  const auto plan = plans_.find(message.GetDescriptor());
  if (plan == plans_.end()) return absl::InternalError(absl::StrCat("no plan for ", message.GetTypeName()));
  Walk walk;
  walk.Visit(message, *plan->second);
  const std::vector<FieldError>& violations = walk.violations();
  if (violations.empty()) return absl::OkStatus();
  std::string text = absl::StrCat(violations[0].field, " ", violations[0].description);
  if (violations.size() > 1) absl::StrAppend(&text, "; and ", violations.size() - 1, " more");
  Error error(absl::StatusCode::kInvalidArgument, "INVALID_FIELD", text);
  error.With("field", violations[0].field);
  for (const FieldError& violation : violations) error.Field(violation.field, violation.description);
  return error;
}

}  // namespace trellis::rpc
