// Last stage: no answer leaves before there is a record of it.
#ifndef TRELLIS_COMMON_RPC_PIPELINE_AUDIT_H_
#define TRELLIS_COMMON_RPC_PIPELINE_AUDIT_H_

#include <memory>

#include "absl/status/status.h"
#include "common/base/error.h"
#include "common/rpc/auditor.h"
#include "common/rpc/message_stream.h"

namespace trellis::rpc {

// What leaves once the record was written, or could not be. Errors that tell nothing about data stay as they are.
inline absl::Status AfterAudit(const absl::Status& outcome, const absl::Status& written) {
  if (written.ok()) return outcome;
  switch (outcome.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
      return outcome;
    default:
      return Error(absl::StatusCode::kUnavailable, "AUDIT_UNAVAILABLE",
                   "the audit record of this call cannot be written; try again")
          .RetryAfter(absl::Seconds(1));
  }
}

// The single answer of a client stream is described when the handler writes it.
class DescribingStream final : public RawStream {
 public:
  DescribingStream(RawStream& raw, Auditor& auditor, const CallContext& call, std::unique_ptr<AuditEntry>* entry)
      : raw_(raw), auditor_(auditor), call_(call), entry_(entry) {}

  absl::StatusOr<bool> Read(google::protobuf::Message& message) override { return raw_.Read(message); }
  absl::Status Write(const google::protobuf::Message& message) override {
    absl::Status status = raw_.Write(message);
    if (status.ok()) *entry_ = auditor_.Describe(call_, nullptr, &message, status);
    return status;
  }

 private:
  RawStream& raw_;
  Auditor& auditor_;
  const CallContext& call_;
  std::unique_ptr<AuditEntry>* const entry_;
};

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_PIPELINE_AUDIT_H_
