#include "tests/support/planted_fields.h"

#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/timestamp.pb.h"
#include "trellis/options/v1/options.pb.h"

namespace trellis::testing {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::Timestamp;

constexpr std::int64_t kSeconds = 923'456'789;  // in 1999: nothing here was made then
constexpr std::int32_t kNumber = 424'242;
constexpr char kUuid[] = "0190b0b0-5eed-7bad-8bad-badbadbadbad";

const options::v1::FieldPolicy& PolicyOf(const FieldDescriptor& field) {
  return field.options().GetExtension(options::v1::field);
}

bool PlantField(Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  if (field.is_repeated()) return false;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string& collection = PolicyOf(field).collection();
      reflection.SetString(&message, &field, collection.empty() ? kUuid : absl::StrCat(collection, "/", kUuid));
      return true;
    }
    case FieldDescriptor::CPPTYPE_INT32:
      reflection.SetInt32(&message, &field, kNumber);
      return true;
    case FieldDescriptor::CPPTYPE_INT64:
      reflection.SetInt64(&message, &field, kNumber);
      return true;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (field.message_type() != Timestamp::descriptor()) return false;
      static_cast<Timestamp*>(reflection.MutableMessage(&message, &field))->set_seconds(kSeconds);
      return true;
    default:
      return false;
  }
}

}  // namespace

int Plant(Message& request) {
  const Reflection& reflection = *request.GetReflection();
  int planted = 0;
  for (int i = 0; i < request.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *request.GetDescriptor()->field(i);
    if (PolicyOf(field).output_only()) {
      // A name says which resource to change, and is what the request is about.
      const bool says_which = field.name() == "name" && reflection.HasField(request, &field);
      planted += !says_which && PlantField(request, field) ? 1 : 0;
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field.is_repeated() &&
               reflection.HasField(request, &field)) {
      planted += Plant(*reflection.MutableMessage(&request, &field));
    }
  }
  return planted;
}

std::string PlantedIn(const Message& response) {
  const std::string text = response.DebugString();
  for (const std::string& value : {std::string(kUuid), absl::StrCat(kSeconds), absl::StrCat(kNumber)}) {
    if (absl::StrContains(text, value)) return value;
  }
  return "";
}

}  // namespace trellis::testing
