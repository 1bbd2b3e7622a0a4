#include "tests/fault/samples.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
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
constexpr int kDefaultMaxItems = 1000;
constexpr std::size_t kMaxBytes = 250'000;  // larger ones are refused for their size alone
constexpr char kMarker[] = "ZZNOTUTF8ZZ";

std::string NewUuid() {
  static IdGenerator& ids = *new IdGenerator(SystemClock(), SystemRandom());
  return ids.Next().ToString();
}

const FieldPolicy& PolicyOf(const FieldDescriptor& field) { return field.options().GetExtension(options::v1::field); }

// Fields that are not ours to fill: the server's, those with an opaque form, and all but the first of a oneof.
bool IsSkipped(const FieldDescriptor& field) {
  if (PolicyOf(field).output_only() || field.is_map()) return true;
  if (field.name() == "page_token" || field.name() == "etag") return true;
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

void Fill(Message& message, const Names& names, int depth) {
  const Descriptor& type = *message.GetDescriptor();
  const Reflection& reflection = *message.GetReflection();
  if (type.full_name() == "google.protobuf.Timestamp") {
    return reflection.SetInt64(&message, type.field(0), 1'700'000'000);
  }
  if (type.full_name() == "google.protobuf.Duration") return reflection.SetInt64(&message, type.field(0), 3600);
  if (IsLeafMessage(type) || depth > kMaxDepth) return;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (IsSkipped(field)) continue;
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      SetScalar(message, field, names);
    } else if (field.message_type()->full_name() != "google.protobuf.FieldMask") {
      Message* const inner = field.is_repeated() ? reflection.AddMessage(&message, &field)
                                                 : reflection.MutableMessage(&message, &field);
      Fill(*inner, names, depth + 1);
    }
  }
}

// Makes the wrong requests: walks all fields, and for each rule changes a copy of the good request.
class Spoiler {
 public:
  Spoiler(const Message& prototype, const Names& names) : names_(names), good_(Sample(prototype, names)) {}

  std::vector<WrongRequest> Run() {
    Visit(*good_->GetDescriptor(), 0);
    return std::move(wrong_);
  }

 private:
  using Change = std::function<void(Message& parent, const FieldDescriptor& field)>;

  void Visit(const Descriptor& type, int depth) {
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor& field = *type.field(i);
      if (PolicyOf(field).output_only() || field.is_map()) continue;
      path_.push_back(&field);
      VisitField(field, depth);
      path_.pop_back();
    }
  }

  void VisitField(const FieldDescriptor& field, int depth) {
    const FieldPolicy& policy = PolicyOf(field);
    if (policy.required() && field.cpp_type() != FieldDescriptor::CPPTYPE_BOOL) {
      Add("missing", true,
          [](Message& parent, const FieldDescriptor& f) { parent.GetReflection()->ClearField(&parent, &f); });
    }
    if (field.is_repeated()) TooMany(field, policy);
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return field.type() == FieldDescriptor::TYPE_BYTES ? Bytes(policy) : Text(policy);
      case FieldDescriptor::CPPTYPE_ENUM:
        return Add("unknown value", true, [](Message& parent, const FieldDescriptor& f) {
          if (!f.is_repeated()) return parent.GetReflection()->SetEnumValue(&parent, &f, 9999);
          parent.GetReflection()->SetRepeatedEnumValue(&parent, &f, 0, 9999);
        });
      case FieldDescriptor::CPPTYPE_INT32:
      case FieldDescriptor::CPPTYPE_INT64:
        return Whole(policy);
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return Number(policy);
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return Nested(*field.message_type(), depth);
      default:
        return;
    }
  }

  void Nested(const Descriptor& type, int depth) {
    if (type.full_name() == "google.protobuf.Timestamp" || type.full_name() == "google.protobuf.Duration") {
      const bool ends_here = path_.back()->is_repeated();
      return Add("out of all bounds", !ends_here, [](Message& parent, const FieldDescriptor& f) {
        Message* const time = f.is_repeated() ? parent.GetReflection()->MutableRepeatedMessage(&parent, &f, 0)
                                              : parent.GetReflection()->MutableMessage(&parent, &f);
        time->GetReflection()->SetInt64(time, time->GetDescriptor()->field(0), std::int64_t{1} << 60);
      });
    }
    if (!IsLeafMessage(type) && depth < kMaxDepth) Visit(type, depth + 1);
  }

  void SetText(const std::string& what, bool is_named, const std::string& text) {
    Add(what, is_named, [text](Message& parent, const FieldDescriptor& f) {
      if (!f.is_repeated()) return parent.GetReflection()->SetString(&parent, &f, text);
      parent.GetReflection()->SetRepeatedString(&parent, &f, 0, text);
    });
  }

  void Text(const FieldPolicy& policy) {
    if (policy.max_length() > 0) SetText("too long", true, std::string(policy.max_length() + 1, 'q'));
    SetText("a NUL", true, std::string("ab\0cd", 5));
    SetText("a control character", true, "ab\x01");
    SetText("not UTF-8", false, kMarker);
    SetText("text turned around", true, "ab\xE2\x80\xAE" "cd");
    switch (policy.format()) {
      case options::v1::FORMAT_NAME:
        SetText("another collection", true, absl::StrCat("nothings/", NewUuid()));
        SetText("no UUID", true, absl::StrCat(policy.collection(), "/1' OR '1'='1"));
        SetText("a path too many", true, absl::StrCat(policy.collection(), "/", NewUuid(), "/x"));
        return;
      case options::v1::FORMAT_UUID:
        SetText("no UUID", true, "not-a-uuid");
        SetText("almost a UUID", true, "01234567-89ab-cdef-0123-456789abcdeg");
        return;
      case options::v1::FORMAT_CODE:
        return SetText("no code", true, "a b;");
      case options::v1::FORMAT_LANGUAGE:
        return SetText("no language", true, "1nglish");
      case options::v1::FORMAT_EMAIL:
        return SetText("no e-mail address", true, "nobody");
      default:
        return;
    }
  }

  void Bytes(const FieldPolicy& policy) {
    if (policy.max_length() > 0) SetText("too long", true, std::string(policy.max_length() + 1, 'q'));
  }

  void SetWhole(const std::string& what, std::int64_t value) {
    if (value == 0 && !path_.back()->has_presence()) return;  // the same as not set
    Add(what, true, [value](Message& parent, const FieldDescriptor& f) {
      const Reflection& reflection = *parent.GetReflection();
      if (f.is_repeated()) return;
      if (f.cpp_type() == FieldDescriptor::CPPTYPE_INT64) return reflection.SetInt64(&parent, &f, value);
      reflection.SetInt32(&parent, &f, static_cast<int>(value));
    });
  }

  void Whole(const FieldPolicy& policy) {
    if (path_.back()->is_repeated()) return;
    if (policy.has_min()) SetWhole("too small", policy.min() - 1);
    if (policy.has_max()) SetWhole("too large", policy.max() + 1);
  }

  void Number(const FieldPolicy& policy) {
    const auto set = [this](const std::string& what, double value) {
      Add(what, true, [value](Message& parent, const FieldDescriptor& f) {
        if (!f.is_repeated()) parent.GetReflection()->SetDouble(&parent, &f, value);
      });
    };
    if (path_.back()->is_repeated()) return;
    set("not a number", std::numeric_limits<double>::quiet_NaN());
    set("infinite", std::numeric_limits<double>::infinity());
    if (policy.has_min_value()) set("too small", policy.min_value() - 1);
    if (policy.has_max_value()) set("too large", policy.max_value() + 1);
  }

  void TooMany(const FieldDescriptor& field, const FieldPolicy& policy) {
    const int most = policy.max_items() > 0 ? static_cast<int>(policy.max_items()) : kDefaultMaxItems;
    const bool is_message = field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    Add("too many", true, [this, most, is_message](Message& parent, const FieldDescriptor& f) {
      for (int i = 0; i <= most; ++i) {
        if (is_message) {
          parent.GetReflection()->AddMessage(&parent, &f);
        } else {
          SetScalar(parent, f, names_);
        }
      }
    });
  }

  // Applies a change at the current path to a copy of the good request.
  void Add(const std::string& what, bool is_named, const Change& change) {
    std::unique_ptr<Message> request(good_->New());
    request->CopyFrom(*good_);
    Message* at = request.get();
    std::string name;
    for (const FieldDescriptor* const field : path_) {
      const bool is_last = field == path_.back();
      absl::StrAppend(&name, name.empty() ? "" : ".", field->name());
      const Reflection& reflection = *at->GetReflection();
      if (field->is_repeated() && reflection.FieldSize(*at, field) == 0) {
        if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
          Fill(*reflection.AddMessage(at, field), names_, 0);
        } else {
          SetScalar(*at, *field, names_);
        }
      }
      if (is_last) break;
      if (field->is_repeated()) absl::StrAppend(&name, "[0]");
      at = field->is_repeated() ? reflection.MutableRepeatedMessage(at, field, 0)
                                : reflection.MutableMessage(at, field);
    }
    change(*at, *path_.back());
    std::string bytes = request->SerializeAsString();
    if (bytes.size() > kMaxBytes) return;
    if (!is_named) bytes = absl::StrReplaceAll(bytes, {{kMarker, std::string(sizeof(kMarker) - 1, '\xFF')}});
    wrong_.push_back({absl::StrCat(name, ": ", what), is_named ? name : "", std::move(bytes)});
  }

  const Names& names_;
  const std::unique_ptr<Message> good_;
  std::vector<const FieldDescriptor*> path_;
  std::vector<WrongRequest> wrong_;
};

}  // namespace

std::unique_ptr<Message> Sample(const Message& prototype, const Names& names) {
  std::unique_ptr<Message> message(prototype.New());
  Fill(*message, names, 0);
  return message;
}

std::vector<WrongRequest> WrongRequests(const Message& prototype, const Names& names) {
  return Spoiler(prototype, names).Run();
}

std::vector<std::string> MalformedBytes(const std::string& good) {
  std::vector<std::string> malformed = {
      std::string("\x0A\xFF\xFF\xFF\xFF\x0F", 6),                          // a text of four gigabytes
      std::string("\x0A\x20" "short", 7),                                  // a text longer than the message
      std::string("\x0F", 1),                                              // a wire type that does not exist
      std::string("\x00\x00", 2),                                          // field number 0
      std::string("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 12),  // a number that does not end
      std::string("\x0B", 1),                                              // a group that does not end
      std::string(1000, '\x0B'),                                           // a thousand of them
      "{\"person\": {}}",                                                  // JSON
  };
  if (!good.empty()) malformed.push_back(good.substr(0, good.size() - 1));
  return malformed;
}

}  // namespace trellis::fault
