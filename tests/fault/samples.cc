#include "tests/fault/samples.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/base/random.h"
#include "trellis/options/v1/options.pb.h"

namespace trellis::fault {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using options::v1::FieldPolicy;

constexpr int kMaxDepth = 5;

std::string NewUuid() {
  static IdGenerator& ids = *new IdGenerator(SystemClock(), SystemRandom());
  return ids.Next().ToString();
}

const FieldPolicy& PolicyOf(const FieldDescriptor& field) { return field.options().GetExtension(options::v1::field); }

// Fields that are not ours to fill: the server's, those with an opaque form, and all but the first of a oneof.
bool IsSkipped(const FieldDescriptor& field) {
  if (PolicyOf(field).output_only() || field.is_map()) return true;
  if ((field.name() == "page_token" || field.name() == "etag") && !PolicyOf(field).required()) return true;
  const auto* const oneof = field.real_containing_oneof();
  return oneof != nullptr && oneof->field(0) != &field;
}

bool IsLeafMessage(const Descriptor& type) { return absl::StartsWith(type.full_name(), "google.protobuf."); }

std::string TextFor(const FieldDescriptor& field, const Names& names) {
  const FieldPolicy& policy = PolicyOf(field);
  switch (policy.format()) {
    case options::v1::FORMAT_NAME: {
      const std::string collection = policy.collection().empty() ? "persons" : policy.collection();
      const auto known = names.find(collection);
      return known != names.end() ? known->second : absl::StrCat(collection, "/", NewUuid());
    }
    case options::v1::FORMAT_UUID:
      return NewUuid();
    case options::v1::FORMAT_LANGUAGE:
      return "en";
    case options::v1::FORMAT_EMAIL:
      return "someone@example.org";
    default: {
      const std::size_t most = policy.max_length() > 0 ? policy.max_length() : 64;
      const std::size_t size = std::max<std::size_t>(policy.min_length(), std::min<std::size_t>(most, 16));
      return std::string(size, 'q');
    }
  }
}

void SetScalar(Message& message, const FieldDescriptor& field, const Names& names) {
  const Reflection& reflection = *message.GetReflection();
  const FieldPolicy& policy = PolicyOf(field);
  const bool many = field.is_repeated();
  const std::int64_t whole = policy.has_min() ? std::max<std::int64_t>(policy.min(), 1) : 1;
  const double number = policy.has_min_value() ? policy.min_value() : 1.0;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string text = TextFor(field, names);
      return many ? reflection.AddString(&message, &field, text) : reflection.SetString(&message, &field, text);
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int value = field.enum_type()->value(std::min(1, field.enum_type()->value_count() - 1))->number();
      return many ? reflection.AddEnumValue(&message, &field, value) : reflection.SetEnumValue(&message, &field, value);
    }
    case FieldDescriptor::CPPTYPE_INT32:
      return many ? reflection.AddInt32(&message, &field, static_cast<int>(whole))
                  : reflection.SetInt32(&message, &field, static_cast<int>(whole));
    case FieldDescriptor::CPPTYPE_INT64:
      return many ? reflection.AddInt64(&message, &field, whole) : reflection.SetInt64(&message, &field, whole);
    case FieldDescriptor::CPPTYPE_UINT32:
      if (!many) reflection.SetUInt32(&message, &field, 1);
      return;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return many ? reflection.AddDouble(&message, &field, number) : reflection.SetDouble(&message, &field, number);
    case FieldDescriptor::CPPTYPE_FLOAT:
      if (!many) reflection.SetFloat(&message, &field, static_cast<float>(number));
      return;
    default:
      return;  // flags stay as they are
  }
}

// A path that the mask's resource has: of the field beside it, the first field that can be changed.
void FillMask(Message& mask, const Descriptor& request) {
  std::string path = "name";
  for (int i = 0; i < request.field_count(); ++i) {
    const Descriptor* const resource = request.field(i)->message_type();
    if (resource == nullptr || IsLeafMessage(*resource)) continue;
    for (int j = resource->field_count() - 1; j >= 0; --j) {
      const FieldPolicy& policy = PolicyOf(*resource->field(j));
      if (!policy.output_only() && !policy.immutable()) path = resource->field(j)->name();
    }
  }
  mask.GetReflection()->AddString(&mask, mask.GetDescriptor()->field(0), path);
}

void Fill(Message& message, const Names& names, int depth);

// What is in a field of a message type.
void FillIn(Message& inner, const FieldDescriptor& field, const Names& names, int depth) {
  const std::string& type = inner.GetDescriptor()->full_name();
  const FieldDescriptor* const first = inner.GetDescriptor()->field(0);
  if (type == "google.protobuf.Timestamp") return inner.GetReflection()->SetInt64(&inner, first, 1'700'000'000);
  if (type == "google.protobuf.Duration") return inner.GetReflection()->SetInt64(&inner, first, PolicyOf(field).min());
  if (type == "google.protobuf.FieldMask") return FillMask(inner, *field.containing_type());
  Fill(inner, names, depth);
}

void Fill(Message& message, const Names& names, int depth) {
  const Descriptor& type = *message.GetDescriptor();
  if (IsLeafMessage(type) || depth > kMaxDepth) return;
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (IsSkipped(field)) continue;
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      SetScalar(message, field, names);
    } else if (field.message_type()->full_name() != "google.protobuf.FieldMask" || PolicyOf(field).required()) {
      FillIn(
          field.is_repeated() ? *reflection.AddMessage(&message, &field) : *reflection.MutableMessage(&message, &field),
          field, names, depth + 1);
    }
  }
}

}  // namespace

std::unique_ptr<Message> Sample(const Message& prototype, const Names& names) {
  std::unique_ptr<Message> message(prototype.New());
  Fill(*message, names, 0);
  return message;
}

void AddSample(Message& parent, const FieldDescriptor& field, const Names& names) {
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return SetScalar(parent, field, names);
  const Reflection& reflection = *parent.GetReflection();
  FillIn(field.is_repeated() ? *reflection.AddMessage(&parent, &field) : *reflection.MutableMessage(&parent, &field),
         field, names, 0);
}

std::vector<std::string> MalformedBytes(const std::string& good) {
  std::vector<std::string> malformed = {
      std::string("\x0A\xFF\xFF\xFF\xFF\x0F", 6),  // a text of four gigabytes
      std::string("\x0A\x20"
                  "short",
                  7),                                                       // a text longer than the message
      std::string("\x0F", 1),                                               // a wire type that does not exist
      std::string("\x00\x00", 2),                                           // field number 0
      std::string("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 12),  // a number that does not end
      std::string("\x0B", 1),                                               // a group that does not end
      std::string(1000, '\x0B'),                                            // a thousand of them
      "{\"person\": {}}",                                                   // JSON
  };
  if (!good.empty()) malformed.push_back(good.substr(0, good.size() - 1));
  return malformed;
}

}  // namespace trellis::fault
