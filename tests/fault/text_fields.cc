#include "tests/fault/text_fields.h"

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "trellis/options/v1/options.pb.h"

namespace trellis::fault {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using options::v1::FieldPolicy;

const FieldPolicy& PolicyOf(const FieldDescriptor& field) { return field.options().GetExtension(options::v1::field); }

class Walk {
 public:
  Walk(const std::function<void(const Place&)>& visit, bool with_server_fields)
      : visit_(visit), with_server_fields_(with_server_fields) {}

  void Visit(Message& message, const std::string& prefix) const {
    if (absl::StartsWith(message.GetDescriptor()->full_name(), "google.protobuf.")) return;
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
      const FieldDescriptor& field = *message.GetDescriptor()->field(i);
      if (field.is_map() || (PolicyOf(field).output_only() && !with_server_fields_)) continue;
      VisitField({prefix.empty() ? field.name() : absl::StrCat(prefix, ".", field.name()), &message, &field});
    }
  }

 private:
  void VisitField(const Place& place) const {
    const Reflection& reflection = *place.parent->GetReflection();
    const bool is_message = place.field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    visit_(place);
    if (!place.field->is_repeated()) {
      if (is_message && reflection.HasField(*place.parent, place.field)) {
        Visit(*reflection.MutableMessage(place.parent, place.field), place.path);
      }
      return;
    }
    for (int i = 0; i < reflection.FieldSize(*place.parent, place.field); ++i) {
      const std::string path = absl::StrCat(place.path, "[", i, "]");
      if (is_message) {
        Visit(*reflection.MutableRepeatedMessage(place.parent, place.field, i), path);
      } else if (place.field->type() == FieldDescriptor::TYPE_STRING) {
        visit_({path, place.parent, place.field, i});
      }
    }
  }

  const std::function<void(const Place&)>& visit_;
  const bool with_server_fields_;
};

// Where the character that begins at `at` ends.
std::size_t NextCharacter(absl::string_view text, std::size_t at) {
  do {
    ++at;
  } while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
  return at;
}

}  // namespace

void ForEachPlace(Message& message, const std::function<void(const Place&)>& visit) {
  Walk(visit, /*with_server_fields=*/false).Visit(message, "");
}

bool IsFreeText(const Place& place) {
  const FieldDescriptor& field = *place.field;
  if (field.type() != FieldDescriptor::TYPE_STRING || field.is_repeated() != (place.index >= 0)) return false;
  if (field.name() == "page_token" || field.name() == "etag") return false;
  const auto format = PolicyOf(field).format();
  if (format != options::v1::FORMAT_UNSPECIFIED && format != options::v1::FORMAT_MULTILINE) return false;
  return field.real_containing_oneof() == nullptr || place.parent->GetReflection()->HasField(*place.parent, &field);
}

void SetText(const Place& place, const std::string& text) {
  const Reflection& reflection = *place.parent->GetReflection();
  if (place.index < 0) return reflection.SetString(place.parent, place.field, text);
  reflection.SetRepeatedString(place.parent, place.field, place.index, text);
}

std::string Fit(const FieldDescriptor& field, absl::string_view text) {
  std::string fit(text);
  if (PolicyOf(field).format() != options::v1::FORMAT_MULTILINE) {
    fit = absl::StrReplaceAll(fit, {{"\n", " "}, {"\t", " "}, {"\xE2\x80\x8F", ""}});
  }
  std::size_t end = 0;
  for (std::uint32_t count = 0; count < PolicyOf(field).max_length() && end < fit.size(); ++count) {
    end = NextCharacter(fit, end);
  }
  fit.resize(end);
  return fit;
}

std::string Longest(const FieldDescriptor& field, absl::string_view character) {
  std::string text;
  for (std::uint32_t i = 0; i < PolicyOf(field).max_length(); ++i) absl::StrAppend(&text, character);
  return text;
}

std::map<std::string, std::string> TextsOf(const Message& message) {
  const std::unique_ptr<Message> copy(message.New());
  copy->CopyFrom(message);
  std::map<std::string, std::string> texts;
  const std::function<void(const Place&)> visit = [&](const Place& place) {
    if (place.field->type() != FieldDescriptor::TYPE_STRING || place.field->is_repeated() != (place.index >= 0)) return;
    const Reflection& reflection = *place.parent->GetReflection();
    texts[place.path] = place.index < 0 ? reflection.GetString(*place.parent, place.field)
                                        : reflection.GetRepeatedString(*place.parent, place.field, place.index);
  };
  Walk(visit, /*with_server_fields=*/true).Visit(*copy, "");
  return texts;
}

}  // namespace trellis::fault
