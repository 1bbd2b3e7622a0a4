#include "tests/fuzz/mutator.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "trellis/options/v1/options.pb.h"

namespace trellis::fuzz {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using options::v1::FieldPolicy;

constexpr int kMaxDepth = 8;
constexpr char kUuid[] = "0190c5a2-7f3e-7c11-9d55-0123456789ab";

const FieldPolicy& PolicyOf(const FieldDescriptor& field) { return field.options().GetExtension(options::v1::field); }

}  // namespace

void Mutator::Mutate(Message& message) {
  for (std::uint32_t n = 1 + Below(4); n > 0; --n) MutateOne(message, 0);
}

void Mutator::MutateOne(Message& message, int depth) {
  const auto* const type = message.GetDescriptor();
  if (type->field_count() == 0 || depth > kMaxDepth) return;
  const FieldDescriptor& field = *type->field(static_cast<int>(Below(static_cast<std::uint32_t>(type->field_count()))));
  if (Below(8) == 0) return message.GetReflection()->ClearField(&message, &field);
  field.is_repeated() ? MutateRepeated(message, field, depth) : MutateField(message, field, depth);
}

void Mutator::MutateField(Message& message, const FieldDescriptor& field, int depth) {
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return Set(message, field);
  MutateOne(*message.GetReflection()->MutableMessage(&message, &field), depth + 1);
}

void Mutator::MutateRepeated(Message& message, const FieldDescriptor& field, int depth) {
  const Reflection& reflection = *message.GetReflection();
  const int size = reflection.FieldSize(message, &field);
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
    if (size > 0 && Below(3) == 0) return reflection.RemoveLast(&message, &field);
    return Set(message, field);
  }
  const std::uint32_t choice = size == 0 ? 0 : Below(6);
  if (choice == 1) return reflection.RemoveLast(&message, &field);
  if (choice == 2 && size < 64) {  // doubled
    const std::unique_ptr<Message> copy(reflection.GetRepeatedMessage(message, &field, 0).New());
    copy->CopyFrom(reflection.GetRepeatedMessage(message, &field, 0));
    return reflection.AddMessage(&message, &field)->CopyFrom(*copy);
  }
  Message* const inner = choice == 0 ? reflection.AddMessage(&message, &field)
                                     : reflection.MutableRepeatedMessage(
                                           &message, &field, static_cast<int>(Below(static_cast<std::uint32_t>(size))));
  MutateOne(*inner, depth + 1);
}

// Sets a scalar, or adds one to a repeated field.
void Mutator::Set(Message& message, const FieldDescriptor& field) {
  const Reflection& r = *message.GetReflection();
  const bool many = field.is_repeated();
  const std::int64_t whole = Whole(field);
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string text = Text(field);
      return many ? r.AddString(&message, &field, text) : r.SetString(&message, &field, text);
    }
    case FieldDescriptor::CPPTYPE_ENUM:
      return many ? r.AddEnumValue(&message, &field, Enum(field)) : r.SetEnumValue(&message, &field, Enum(field));
    case FieldDescriptor::CPPTYPE_BOOL:
      return many ? r.AddBool(&message, &field, Below(2) == 1) : r.SetBool(&message, &field, Below(2) == 1);
    case FieldDescriptor::CPPTYPE_INT32:
      return many ? r.AddInt32(&message, &field, static_cast<std::int32_t>(whole))
                  : r.SetInt32(&message, &field, static_cast<std::int32_t>(whole));
    case FieldDescriptor::CPPTYPE_INT64:
      return many ? r.AddInt64(&message, &field, whole) : r.SetInt64(&message, &field, whole);
    case FieldDescriptor::CPPTYPE_UINT32:
      return many ? r.AddUInt32(&message, &field, static_cast<std::uint32_t>(whole))
                  : r.SetUInt32(&message, &field, static_cast<std::uint32_t>(whole));
    case FieldDescriptor::CPPTYPE_UINT64:
      return many ? r.AddUInt64(&message, &field, static_cast<std::uint64_t>(whole))
                  : r.SetUInt64(&message, &field, static_cast<std::uint64_t>(whole));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return many ? r.AddFloat(&message, &field, static_cast<float>(Fraction(field)))
                  : r.SetFloat(&message, &field, static_cast<float>(Fraction(field)));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return many ? r.AddDouble(&message, &field, Fraction(field)) : r.SetDouble(&message, &field, Fraction(field));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return;
  }
}

std::int64_t Mutator::Whole(const FieldDescriptor& field) {
  const FieldPolicy& policy = PolicyOf(field);
  switch (Below(6)) {
    case 0:
      return policy.min();
    case 1:
      return policy.max();
    case 2:
      return static_cast<std::int64_t>(static_cast<std::uint64_t>(policy.max()) + 1);
    case 3:
      return Below(2) == 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
    default:
      return static_cast<std::int64_t>(Below(100)) - 10;
  }
}

double Mutator::Fraction(const FieldDescriptor& field) {
  const double choices[] = {PolicyOf(field).min_value(),
                            PolicyOf(field).max_value(),
                            std::nan(""),
                            HUGE_VAL,
                            -0.0,
                            static_cast<double>(Below(1000)) / 7,
                            -1e300};
  return choices[Below(std::size(choices))];
}

int Mutator::Enum(const FieldDescriptor& field) {
  const auto* const type = field.enum_type();
  if (Below(8) == 0) return static_cast<int>(Below(1000)) - 5;
  return type->value(static_cast<int>(Below(static_cast<std::uint32_t>(type->value_count()))))->number();
}

// Mostly in the field's form, sometimes not quite.
std::string Mutator::Text(const FieldDescriptor& field) {
  const FieldPolicy& policy = PolicyOf(field);
  std::string text;
  switch (policy.format()) {
    case options::v1::FORMAT_NAME:
      text = absl::StrCat(policy.collection(), "/", kUuid);
      break;
    case options::v1::FORMAT_UUID:
      text = kUuid;
      break;
    case options::v1::FORMAT_LANGUAGE:
      text = "ur-PK";
      break;
    case options::v1::FORMAT_EMAIL:
      text = "someone@example.org";
      break;
    default: {
      static const std::vector<std::string> kUnits = {"q",           "\xC3\xA9", "\xF0\x9F\x98\x80",
                                                      "' OR 1=1 --", "\xCC\x81", "%s"};
      const std::string& unit = kUnits[Below(static_cast<std::uint32_t>(kUnits.size()))];
      const std::uint32_t most = std::min<std::uint32_t>(policy.max_length() + 2, 300);
      for (std::uint32_t n = Below(most + 1); n > 0; --n) text += unit;
    }
  }
  return Below(4) == 0 ? Damaged(std::move(text)) : text;
}

std::string Mutator::Damaged(std::string text) {
  static const std::vector<std::string> kPieces = {
      std::string(1, '\0'), "\xE2\x80\xAE", "\n", "\r", "\xED\xA0\x80", "\xC0\xAF", "\xE2\x80\x8F", "/", "\xF0\x9F"};
  const std::size_t at = text.empty() ? 0 : Below(static_cast<std::uint32_t>(text.size()));
  if (Below(3) == 0) return text.substr(0, at);
  return text.insert(at, kPieces[Below(static_cast<std::uint32_t>(kPieces.size()))]);
}

}  // namespace trellis::fuzz
