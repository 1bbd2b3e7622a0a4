#include "common/feed/handlers.h"

#include "absl/strings/strip.h"

namespace trellis::feed {

absl::StatusOr<Id> OrganizationOf(const events::v1::Event& event) {
  if (event.organization().empty()) return Id();
  absl::string_view name = event.organization();
  if (!absl::ConsumePrefix(&name, "organizations/")) {
    return absl::InvalidArgumentError(absl::StrCat("event ", event.position(), " names no organization"));
  }
  return Id::Parse(name);
}

}  // namespace trellis::feed
