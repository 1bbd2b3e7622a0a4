#include "common/rpc/resource_name.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/text.h"

namespace trellis::rpc {

absl::StatusOr<Id> ParseName(absl::string_view collection, absl::string_view name, absl::string_view field) {
  if (const std::optional<absl::string_view> text = StripCollection(name, collection)) {
    if (absl::StatusOr<Id> id = Id::Parse(*text); id.ok()) return id;
  }
  return InvalidField(field, absl::StrCat("must have the form \"", collection, "/<UUID>\""));
}

std::string MakeName(absl::string_view collection, const Id& id) {
  return absl::StrCat(collection, "/", id.ToString());
}

absl::StatusOr<Id> RequestIdOr(absl::string_view request_id, const Id& otherwise) {
  if (request_id.empty()) return otherwise;
  if (absl::StatusOr<Id> id = Id::Parse(request_id); id.ok() && !id->is_nil()) return id;
  return InvalidField("request_id", "must be a UUID");
}

}  // namespace trellis::rpc
