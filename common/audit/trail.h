// The audit as the pipeline and the runtime see it: every call leaves its record.
#ifndef TRELLIS_COMMON_AUDIT_TRAIL_H_
#define TRELLIS_COMMON_AUDIT_TRAIL_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/audit/batcher.h"
#include "common/audit/names.h"
#include "common/audit/record.h"
#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/rpc/auditor.h"
#include "common/rpc/call_context.h"

namespace trellis::db {
class Session;
}

namespace trellis::audit {

// Which calls are recorded:
// - every call of a method whose data class is not DATA_CLASS_PUBLIC, whatever came of it;
// - of the other methods every change and every refusal (UNAUTHENTICATED, PERMISSION_DENIED).
// A call that the server was too busy to begin, or of a method that it does not have, leaves none: nothing was decided.
// Thread-safe.
class Trail final : public rpc::Auditor {
 public:
  // The pointers outlive the trail.
  Trail(std::string service, const Clock* clock, IdGenerator* ids, Batcher* batcher)
      : service_(std::move(service)), clock_(*clock), ids_(*ids), batcher_(*batcher) {}

  std::unique_ptr<rpc::AuditEntry> Describe(const rpc::CallContext& call, const google::protobuf::Message* request,
                                            const google::protobuf::Message* response,
                                            const absl::Status& outcome) override;
  void Write(std::unique_ptr<rpc::AuditEntry> entry, Done done) override;

  // The record of a change, in the transaction of the change. `repeated`: the request had been done before.
  // Set AuditNotes::recorded once the transaction has committed.
  absl::Status RecordChange(db::Session& tx, const rpc::CallContext& call, const google::protobuf::Message& request,
                            const google::protobuf::Message& response, bool repeated);
  // The same for work that no call asked for.
  absl::Status RecordWork(db::Session& tx, const Id& organization, absl::string_view purpose);

 private:
  std::vector<JournalRow> RowsOf(const rpc::CallContext& call, const google::protobuf::Message* request,
                                 const google::protobuf::Message* response, const absl::Status& outcome, bool repeated);
  // What the call discloses to other organizations, in the chains of those whose data they are.
  void AddDisclosures(const rpc::CallContext& call, const google::protobuf::Message& response, v1::AuditRecord& record,
                      std::vector<JournalRow>& rows);

  const std::string service_;
  const Clock& clock_;
  IdGenerator& ids_;
  Batcher& batcher_;
  NameCollector names_;
};

}  // namespace trellis::audit

#endif  // TRELLIS_COMMON_AUDIT_TRAIL_H_
