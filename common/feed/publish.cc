#include "common/feed/publish.h"

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/db/session.h"
#include "google/protobuf/message.h"

namespace trellis::feed {

absl::Status Publish(db::Session& tx, const Event& event) {
  std::string payload;
  if (!event.payload.SerializeToString(&payload)) return absl::InternalError("the event cannot be serialized");
  const std::string& type = event.payload.GetDescriptor()->full_name();
  if (payload.size() > kMaxPayloadBytes) {
    return absl::InternalError(absl::StrCat("an event of type ", type, " has ", payload.size(), " bytes"));
  }
  return tx
      .Execute(
          "INSERT INTO event (event_id, organization_id, position, write_time, occur_time, type, trace_id, payload) "
          "VALUES (?, ?, NULL, UTC_TIMESTAMP(6), ?, ?, ?, ?)",
          event.id, event.organization, event.occur_time, type, event.trace_id, payload)
      .status();
}

}  // namespace trellis::feed
