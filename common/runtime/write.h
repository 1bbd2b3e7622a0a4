// What a change of state gets to work with. See Runtime::Write (runtime.h).
#ifndef TRELLIS_COMMON_RUNTIME_WRITE_H_
#define TRELLIS_COMMON_RUNTIME_WRITE_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/id.h"

namespace google::protobuf {
class Message;
}

namespace trellis::db {
class Session;
}

namespace trellis::runtime {

// One transaction at work. Lives as long as the change that it is handed to; not thread-safe.
class WriteUnit {
 public:
  WriteUnit(db::Session& session, IdGenerator& ids, const Id& organization_id, absl::Time time, std::string trace_id)
      : db(session), organization(organization_id), now(time), ids_(ids), trace_id_(std::move(trace_id)) {}
  WriteUnit(const WriteUnit&) = delete;
  WriteUnit& operator=(const WriteUnit&) = delete;

  db::Session& db;        // inside the transaction
  const Id organization;  // the tenant that is written for; nil where the work belongs to none
  const absl::Time now;   // the same for everything that this transaction writes, microseconds

  // A new id. Ask inside the change: a repeated change makes new ones, the earlier are never used.
  Id NextId() { return ids_.Next(); }

  // Writes the event into this transaction for `organization`: followers see it if and only if the change commits.
  absl::Status Publish(const google::protobuf::Message& event);
  // For another organization than the writer's, or for none of them (nil: what all organizations share).
  absl::Status PublishFor(const Id& event_organization, const google::protobuf::Message& event);

 private:
  IdGenerator& ids_;
  const std::string trace_id_;
};

}  // namespace trellis::runtime

#endif  // TRELLIS_COMMON_RUNTIME_WRITE_H_
