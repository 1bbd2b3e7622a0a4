// The way of a request: deadline, gate, authentication, authorization, validation, handler, withholding, audit, error
// masking. Knows nothing of queues and threads; admission and observers are the transport's, at its two ends, and so is
// waiting for the audit.
#ifndef TRELLIS_COMMON_RPC_PIPELINE_PIPELINE_H_
#define TRELLIS_COMMON_RPC_PIPELINE_PIPELINE_H_

#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "common/base/clock.h"
#include "common/rpc/auditor.h"
#include "common/rpc/call_context.h"
#include "common/rpc/caller.h"
#include "common/rpc/gate.h"
#include "common/rpc/pipeline/authentication.h"
#include "common/rpc/pipeline/validation.h"
#include "common/rpc/pipeline/withholding.h"
#include "common/rpc/router.h"
#include "grpcpp/support/byte_buffer.h"

namespace trellis::rpc {

// Thread-safe after construction.
class Pipeline {
 public:
  struct Options {
    std::string trust_domain;
    std::size_t max_request_bytes = 0;  // where the method declares nothing
    std::size_t max_response_bytes = 0;
    const Gate* gate = nullptr;  // outlives the pipeline; null: every connection may call everything
  };
  // The pointers outlive the pipeline; `auditor` may be null: nothing is recorded.
  Pipeline(Options options, const Router* router, Authenticator* authenticator, Authorizer* authorizer,
           Auditor* auditor = nullptr);

  // Serves a call with one request and one response. On OK `*response` holds the answer. Where `*entry` is set
  // afterwards, neither answer nor error may leave before it was written (Auditor::Write, AfterAudit).
  absl::Status Unary(const Router::Method& method, CallContext& call, const Metadata& metadata,
                     const grpc::ByteBuffer& request, grpc::ByteBuffer* response,
                     std::unique_ptr<AuditEntry>* entry) const;
  // Serves a streaming call. `raw` parses with ParseRequest and writes with SerializeResponse.
  absl::Status Stream(const Router::Method& method, CallContext& call, const Metadata& metadata, RawStream& raw,
                      std::unique_ptr<AuditEntry>* entry) const;

  // Takes the request of a call whose answers are sent later.
  absl::Status Push(const Router::Method& method, CallContext& call, const Metadata& metadata,
                    const grpc::ByteBuffer& request, std::shared_ptr<PushStream> stream) const;

  // Size, wire format and field rules of one message. Errors: RESOURCE_EXHAUSTED, INVALID_ARGUMENT.
  absl::Status ParseRequest(const Router::Method& method, const grpc::ByteBuffer& bytes,
                            google::protobuf::Message& message) const;
  absl::Status Validate(const google::protobuf::Message& message) const { return validator_.Validate(message); }
  absl::Status SerializeResponse(const google::protobuf::Message& message, grpc::ByteBuffer* bytes) const;

 private:
  // Everything that comes before the handler of a single request.
  absl::Status Take(const Router::Method& method, CallContext& call, const Metadata& metadata,
                    const grpc::ByteBuffer& bytes, google::protobuf::Message& request) const;
  absl::Status CheckSize(const Router::Method& method, std::size_t size) const;
  absl::Status Admit(const Router::Method& method, CallContext& call, const Metadata& metadata) const;
  std::unique_ptr<AuditEntry> Describe(const CallContext& call, const google::protobuf::Message* request,
                                       const google::protobuf::Message* response, const absl::Status& outcome) const;

  const Options options_;
  Authenticator* const authenticator_;
  Authorizer* const authorizer_;
  Auditor* const auditor_;
  Validator validator_;
  Withholding withholding_;
};

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_PIPELINE_PIPELINE_H_
