#include "common/runtime/sealed_response.h"

#include <mutex>
#include <optional>
#include <set>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/base/id.h"
#include "common/base/status_macros.h"
#include "common/base/text.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "trellis/options/v1/options.pb.h"

namespace trellis::runtime {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool IsSensitive(const FieldDescriptor* field) {
  return field->options().GetExtension(options::v1::field).sensitivity() != options::v1::SENSITIVITY_NONE;
}

bool LookFor(const Descriptor* type, std::set<const Descriptor*>& seen) {
  if (!seen.insert(type).second) return false;
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* const field = type->field(i);
    if (IsSensitive(field)) return true;
    if (field->message_type() != nullptr && LookFor(field->message_type(), seen)) return true;
  }
  return false;
}

// Whether any field of the type, or of a message in it, is declared as sensitive.
bool HoldsSensitive(const Descriptor* type) {
  static std::mutex mutex;
  static auto* const known = new absl::flat_hash_map<const Descriptor*, bool>();  // guarded by mutex
  std::lock_guard lock(mutex);
  const auto found = known->find(type);
  if (found != known->end()) return found->second;
  std::set<const Descriptor*> seen;
  return known->emplace(type, LookFor(type, seen)).first->second;
}

std::optional<Id> PersonIn(const std::string& text) {
  const std::optional<absl::string_view> id = StripCollection(text, "persons");
  if (!id.has_value()) return std::nullopt;
  const absl::StatusOr<Id> person = Id::Parse(*id);
  return person.ok() ? std::optional<Id>(*person) : std::nullopt;
}

// The first person's name in the message, in the order of fields.
std::optional<Id> PersonIn(const Message& message) {
  const auto* const reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* const field : fields) {
    std::optional<Id> person;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      std::string scratch;
      person = PersonIn(field->is_repeated() ? reflection->GetRepeatedStringReference(message, field, 0, &scratch)
                                             : reflection->GetStringReference(message, field, &scratch));
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field->is_map()) {
      person = PersonIn(field->is_repeated() ? reflection->GetRepeatedMessage(message, field, 0)
                                             : reflection->GetMessage(message, field));
    }
    if (person.has_value()) return person;
  }
  return std::nullopt;
}

seal::Place PlaceOf(const db::IdempotencyKey& key, const Id& person) {
  return {{key.organization, person},
          "idempotency",
          "response",
          absl::StrCat(key.principal.bytes(), key.request_id.bytes(), key.method)};
}

}  // namespace

absl::StatusOr<std::string> SealResponse(seal::Sealer& sealer, db::Session& tx, const db::IdempotencyKey& key,
                                         const Message& request, const Message& response) {
  std::string bytes = response.SerializeAsString();
  if (bytes.empty() || !HoldsSensitive(response.GetDescriptor())) return bytes;
  std::optional<Id> person = PersonIn(response);
  if (!person.has_value()) person = PersonIn(request);
  const Id owner = person.value_or(Id());
  TRELLIS_ASSIGN_OR_RETURN(const std::string sealed, sealer.Seal(tx, PlaceOf(key, owner), bytes));
  return absl::StrCat(owner.bytes(), sealed);  // whose key opens it
}

absl::Status OpenResponse(seal::Sealer& sealer, db::Session& tx, const db::IdempotencyKey& key,
                          absl::string_view stored, Message& response) {
  std::string bytes(stored);
  if (!stored.empty() && HoldsSensitive(response.GetDescriptor())) {
    const absl::StatusOr<Id> owner = Id::FromBytes(stored.substr(0, Id::kSize));
    if (!owner.ok()) return absl::InternalError("a stored response cannot be read");
    TRELLIS_ASSIGN_OR_RETURN(bytes, sealer.Open(tx, PlaceOf(key, *owner), stored.substr(Id::kSize)));
  }
  if (!response.ParseFromString(bytes)) return absl::InternalError("a stored response cannot be read");
  return absl::OkStatus();
}

}  // namespace trellis::runtime
