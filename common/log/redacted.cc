#include "common/log/redacted.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "trellis/options/v1/options.pb.h"

namespace trellis::log {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr std::size_t kMaxSize = 8192;

// What stands in place of the value; empty where the value may be shown. What nobody declared is not shown: only
// messages of ours are looked into, where each field speaks for itself.
absl::string_view Placeholder(const FieldDescriptor& field) {
  if (!field.options().HasExtension(options::v1::field)) {
    const bool looked_into = field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
                             (field.message_type()->file()->package() != "google.protobuf" ||
                              field.message_type()->full_name() == "google.protobuf.Any");
    return looked_into ? "" : "[undeclared]";
  }
  switch (field.options().GetExtension(options::v1::field).sensitivity()) {
    case options::v1::SENSITIVITY_NONE:
      return "";
    case options::v1::SENSITIVITY_PERSONAL:
      return "[personal]";
    case options::v1::SENSITIVITY_CLINICAL:
      return "[clinical]";
    default:
      return "[secret]";
  }
}

class Printer {
 public:
  std::string Print(const Message& message) {
    AppendMessage(message);
    if (out_.size() > kMaxSize) {
      out_.resize(kMaxSize);
      out_ += "...";
    }
    return std::move(out_);
  }

 private:
  bool full() const { return out_.size() > kMaxSize; }

  void AppendMessage(const Message& message) {
    const std::string& type = message.GetDescriptor()->full_name();
    if (type == "google.protobuf.Any") return AppendAny(message);
    if (type == "google.protobuf.Timestamp" || type == "google.protobuf.Duration") {
      absl::StrAppend(&out_, "{", message.ShortDebugString(), "}");
      return;
    }
    // Wrapped and free-form values of Google's own types carry no declaration of ours.
    if (message.GetDescriptor()->file()->package() == "google.protobuf") {
      out_ += "[undeclared]";
      return;
    }
    std::vector<const FieldDescriptor*> fields;
    message.GetReflection()->ListFields(message, &fields);
    out_ += "{";
    bool first = true;
    for (const FieldDescriptor* field : fields) {
      if (full()) return;
      absl::StrAppend(&out_, first ? "" : " ", field->name(), ":");
      first = false;
      AppendField(message, *field);
    }
    out_ += "}";
  }

  // The type's name may have been chosen by a caller: only its own characters are let through.
  void AppendAny(const Message& any) {
    const FieldDescriptor* const url = any.GetDescriptor()->FindFieldByNumber(1);
    const std::string text = url != nullptr ? any.GetReflection()->GetString(any, url) : "";
    absl::StrAppend(&out_, "{@type:", absl::CEscape(absl::string_view(text).substr(0, 200)), "}");
  }

  void AppendField(const Message& message, const FieldDescriptor& field) {
    if (const absl::string_view placeholder = Placeholder(field); !placeholder.empty()) {
      absl::StrAppend(&out_, placeholder);
      return;
    }
    if (!field.is_repeated()) return AppendValue(message, field, -1);
    out_ += "[";
    const int size = message.GetReflection()->FieldSize(message, &field);
    for (int i = 0; i < size && !full(); ++i) {
      if (i > 0) out_ += " ";
      AppendValue(message, field, i);
    }
    out_ += "]";
  }

  // index -1: a field that stands alone. Map entries are messages here: the values' own declarations hold, and a
  // text in them, having none, is not shown.
  void AppendValue(const Message& message, const FieldDescriptor& field, int index) {
    const Reflection& reflection = *message.GetReflection();
    const bool alone = index < 0;
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        AppendMessage(alone ? reflection.GetMessage(message, &field)
                            : reflection.GetRepeatedMessage(message, &field, index));
        break;
      case FieldDescriptor::CPPTYPE_STRING: {
        const std::string text =
            alone ? reflection.GetString(message, &field) : reflection.GetRepeatedString(message, &field, index);
        absl::StrAppend(&out_, "\"", absl::CHexEscape(text), "\"");
        break;
      }
      case FieldDescriptor::CPPTYPE_ENUM: {
        const auto* const value =
            alone ? reflection.GetEnum(message, &field) : reflection.GetRepeatedEnum(message, &field, index);
        absl::StrAppend(&out_, value->name());
        break;
      }
      case FieldDescriptor::CPPTYPE_BOOL:
        out_ += (alone ? reflection.GetBool(message, &field) : reflection.GetRepeatedBool(message, &field, index))
                    ? "true"
                    : "false";
        break;
      default:
        AppendNumber(message, field, index);
    }
  }

  void AppendNumber(const Message& message, const FieldDescriptor& field, int index) {
    const Reflection& r = *message.GetReflection();
    const bool alone = index < 0;
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        absl::StrAppend(&out_, alone ? r.GetInt32(message, &field) : r.GetRepeatedInt32(message, &field, index));
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        absl::StrAppend(&out_, alone ? r.GetInt64(message, &field) : r.GetRepeatedInt64(message, &field, index));
        break;
      case FieldDescriptor::CPPTYPE_UINT32:
        absl::StrAppend(&out_, alone ? r.GetUInt32(message, &field) : r.GetRepeatedUInt32(message, &field, index));
        break;
      case FieldDescriptor::CPPTYPE_UINT64:
        absl::StrAppend(&out_, alone ? r.GetUInt64(message, &field) : r.GetRepeatedUInt64(message, &field, index));
        break;
      case FieldDescriptor::CPPTYPE_DOUBLE:
        absl::StrAppend(&out_, alone ? r.GetDouble(message, &field) : r.GetRepeatedDouble(message, &field, index));
        break;
      default:
        absl::StrAppend(&out_, alone ? r.GetFloat(message, &field) : r.GetRepeatedFloat(message, &field, index));
    }
  }

  std::string out_;
};

}  // namespace

std::string Redacted(const Message& message) { return Printer().Print(message); }

}  // namespace trellis::log
