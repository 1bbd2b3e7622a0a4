#include "tests/fault/boundaries.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/fault/boundary_values.h"
#include "trellis/options/v1/options.pb.h"

namespace trellis::fault {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using options::v1::FieldPolicy;

constexpr std::size_t kMaxBytes = 250'000;  // larger ones are refused for their size alone

const FieldPolicy& PolicyOf(const FieldDescriptor& field) { return field.options().GetExtension(options::v1::field); }

bool IsOf(const FieldDescriptor& field, const char* type) { return field.message_type()->full_name() == type; }

// Sets a field, or the first element of a repeated one.
void SetText(Message& parent, const FieldDescriptor& field, const std::string& value) {
  const Reflection& reflection = *parent.GetReflection();
  if (!field.is_repeated()) return reflection.SetString(&parent, &field, value);
  reflection.SetRepeatedString(&parent, &field, 0, value);
}
void SetEnum(Message& parent, const FieldDescriptor& field, int value) {
  const Reflection& reflection = *parent.GetReflection();
  if (!field.is_repeated()) return reflection.SetEnumValue(&parent, &field, value);
  reflection.SetRepeatedEnumValue(&parent, &field, 0, value);
}
void SetWhole(Message& parent, const FieldDescriptor& field, std::int64_t value) {
  const Reflection& reflection = *parent.GetReflection();
  const auto narrow = static_cast<std::int32_t>(value);
  const bool is_wide = field.cpp_type() == FieldDescriptor::CPPTYPE_INT64;
  if (field.is_repeated()) {
    return is_wide ? reflection.SetRepeatedInt64(&parent, &field, 0, value)
                   : reflection.SetRepeatedInt32(&parent, &field, 0, narrow);
  }
  return is_wide ? reflection.SetInt64(&parent, &field, value) : reflection.SetInt32(&parent, &field, narrow);
}
void SetUnsigned(Message& parent, const FieldDescriptor& field, std::uint64_t value) {
  const Reflection& reflection = *parent.GetReflection();
  const auto narrow = static_cast<std::uint32_t>(value);
  const bool is_wide = field.cpp_type() == FieldDescriptor::CPPTYPE_UINT64;
  if (field.is_repeated()) {
    return is_wide ? reflection.SetRepeatedUInt64(&parent, &field, 0, value)
                   : reflection.SetRepeatedUInt32(&parent, &field, 0, narrow);
  }
  return is_wide ? reflection.SetUInt64(&parent, &field, value) : reflection.SetUInt32(&parent, &field, narrow);
}
void SetFraction(Message& parent, const FieldDescriptor& field, double value) {
  const Reflection& reflection = *parent.GetReflection();
  if (!field.is_repeated()) return reflection.SetDouble(&parent, &field, value);
  reflection.SetRepeatedDouble(&parent, &field, 0, value);
}
Message& MessageIn(Message& parent, const FieldDescriptor& field) {
  const Reflection& reflection = *parent.GetReflection();
  return field.is_repeated() ? *reflection.MutableRepeatedMessage(&parent, &field, 0)
                             : *reflection.MutableMessage(&parent, &field);
}
void SetTime(Message& parent, const FieldDescriptor& field, const TimeParts& value) {
  Message& time = MessageIn(parent, field);
  time.GetReflection()->SetInt64(&time, time.GetDescriptor()->field(0), value.seconds);
  time.GetReflection()->SetInt32(&time, time.GetDescriptor()->field(1), value.nanos);
}
void SetMask(Message& parent, const FieldDescriptor& field, const std::vector<std::string>& paths) {
  Message& mask = MessageIn(parent, field);
  mask.Clear();
  for (const std::string& path : paths) {
    mask.GetReflection()->AddString(&mask, mask.GetDescriptor()->field(0), path);
  }
}

class Walker {
 public:
  Walker(const Message& prototype, const Names& names, const std::function<void(const Boundary&)>& visit)
      : names_(names), visit_(visit), good_(Sample(prototype, names)) {}

  int Run() {
    Visit(*good_->GetDescriptor());
    return fields_;
  }

 private:
  using Change = std::function<void(Message& parent, const FieldDescriptor& field)>;
  enum class Of { kField, kElement };

  void Visit(const Descriptor& type) {
    for (int i = 0; i < type.field_count(); ++i) {
      if (PolicyOf(*type.field(i)).output_only()) continue;
      path_.push_back(type.field(i));
      ++fields_;
      VisitField(*path_.back());
      path_.pop_back();
    }
  }

  void VisitField(const FieldDescriptor& field) {
    if (field.is_repeated()) {
      VisitSizes(field);
    } else if (field.cpp_type() != FieldDescriptor::CPPTYPE_BOOL) {
      Emit(Of::kField, "not set", !PolicyOf(field).required(),
           [](Message& parent, const FieldDescriptor& f) { parent.GetReflection()->ClearField(&parent, &f); });
    }
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return VisitText(field);
      case FieldDescriptor::CPPTYPE_ENUM:
        return EmitAll(EnumValues(field), SetEnum);
      case FieldDescriptor::CPPTYPE_INT32:
      case FieldDescriptor::CPPTYPE_INT64:
        return EmitAll(WholeValues(field), SetWhole);
      case FieldDescriptor::CPPTYPE_UINT32:
      case FieldDescriptor::CPPTYPE_UINT64:
        return EmitAll(UnsignedValues(field), SetUnsigned);
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return EmitAll(FractionValues(field), SetFraction);
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return VisitMessage(field);
      default:
        return;  // flags cannot be wrong
    }
  }

  void VisitText(const FieldDescriptor& field) {
    if (field.type() == FieldDescriptor::TYPE_BYTES) return EmitAll(BytesValues(field), SetText);
    EmitAll(TextValues(field, names_), SetText);
    for (const std::string& text : NotUtf8()) {
      Emit(
          Of::kElement, "not UTF-8", false,
          [&](Message& parent, const FieldDescriptor& f) { SetText(parent, f, text); }, /*is_message=*/false);
    }
  }

  void VisitMessage(const FieldDescriptor& field) {
    if (IsOf(field, "google.protobuf.Timestamp")) return EmitAll(TimestampValues(), SetTime);
    if (IsOf(field, "google.protobuf.Duration")) return EmitAll(DurationValues(field), SetTime);
    if (IsOf(field, "google.protobuf.FieldMask")) return EmitAll(MaskValues(), SetMask);
    Visit(*field.message_type());
  }

  void VisitSizes(const FieldDescriptor& field) {
    for (const Value<int>& size : Sizes(field)) {
      Emit(Of::kField, size.what, size.is_allowed, [&](Message& parent, const FieldDescriptor& f) {
        parent.GetReflection()->ClearField(&parent, &f);
        for (int i = 0; i < size.value; ++i) AddSample(parent, f, names_);
      });
    }
  }

  template <class T, class Set>
  void EmitAll(const std::vector<Value<T>>& values, const Set& set) {
    for (const Value<T>& value : values) {
      Emit(Of::kElement, value.what, value.is_allowed,
           [&](Message& parent, const FieldDescriptor& field) { set(parent, field, value.value); });
    }
  }

  // Applies a change at the current path to a copy of the good request.
  void Emit(Of what_changes, const std::string& what, bool is_allowed, const Change& change, bool is_message = true) {
    Boundary boundary;
    boundary.what = what;
    boundary.is_allowed = is_allowed;
    boundary.is_message = is_message;
    boundary.request.reset(good_->New());
    boundary.request->CopyFrom(*good_);
    Message* at = boundary.request.get();
    for (const FieldDescriptor* const field : path_) {
      const bool is_last = field == path_.back();
      Supply(*at, *field);
      absl::StrAppend(&boundary.field, boundary.field.empty() ? "" : ".", field->name());
      if (field->is_repeated() && (!is_last || what_changes == Of::kElement)) absl::StrAppend(&boundary.field, "[0]");
      if (!is_last) at = &MessageIn(*at, *field);
    }
    change(*at, *path_.back());
    if (boundary.request->ByteSizeLong() <= kMaxBytes) visit_(boundary);
  }

  // Sees to it that there is something to change, with everything that it requires.
  void Supply(Message& parent, const FieldDescriptor& field) const {
    const Reflection& reflection = *parent.GetReflection();
    const bool is_message = field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (field.is_repeated() ? reflection.FieldSize(parent, &field) == 0
                            : is_message && !reflection.HasField(parent, &field)) {
      AddSample(parent, field, names_);
    }
  }

  const Names& names_;
  const std::function<void(const Boundary&)>& visit_;
  const std::unique_ptr<Message> good_;
  std::vector<const FieldDescriptor*> path_;
  int fields_ = 0;
};

}  // namespace

int ForEachBoundary(const Message& prototype, const Names& names, const std::function<void(const Boundary&)>& visit) {
  return Walker(prototype, names, visit).Run();
}

}  // namespace trellis::fault
