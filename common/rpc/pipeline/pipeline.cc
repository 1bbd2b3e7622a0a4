#include "common/rpc/pipeline/pipeline.h"

#include <exception>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/pipeline/audit.h"
#include "common/rpc/pipeline/authorization.h"
#include "common/rpc/pipeline/deadline.h"
#include "google/protobuf/arena.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/proto_buffer_reader.h"
#include "grpcpp/support/slice.h"

namespace trellis::rpc {
namespace {

using google::protobuf::Message;

constexpr std::size_t kArenaBlock = 4096;

bool ParseBytes(const grpc::ByteBuffer& bytes, Message& message) {
  grpc::Slice slice;
  if (bytes.TrySingleSlice(&slice).ok()) return message.ParseFromArray(slice.begin(), static_cast<int>(slice.size()));
  grpc::ByteBuffer copy(bytes);  // shares the slices; the reader wants to own a buffer
  grpc::ProtoBufferReader reader(&copy);
  return reader.status().ok() && message.ParseFromZeroCopyStream(&reader);
}

// The last line of defence: no exception leaves a call.
absl::Status Guarded(absl::FunctionRef<absl::Status()> body) {
  try {
    return body();
  } catch (const std::exception& e) {
    return absl::InternalError(absl::StrCat("exception: ", e.what()));
  } catch (...) {
    return absl::InternalError("exception of an unknown type");
  }
}

absl::Status CheckStillWanted(const CallContext& call) {
  if (call.cancelled()) return Error(absl::StatusCode::kCancelled, "CANCELLED", "the caller does not wait any more");
  return CheckDeadline(call.deadline(), absl::Now());
}

}  // namespace

Pipeline::Pipeline(Options options, const Router* router, Authenticator* authenticator, Authorizer* authorizer,
                   Auditor* auditor)
    : options_(std::move(options)), authenticator_(authenticator), authorizer_(authorizer), auditor_(auditor) {
  for (const Router::Method* method : router->methods()) {
    validator_.Prepare(*method->descriptor->input_type());
    withholding_.Prepare(*method->descriptor->output_type());
  }
}

absl::Status Pipeline::Admit(const Router::Method& method, CallContext& call, const Metadata& metadata) const {
  TRELLIS_RETURN_IF_ERROR(CheckStillWanted(call));
  if (options_.gate != nullptr) {
    TRELLIS_RETURN_IF_ERROR(options_.gate->Check(PrincipalOf(call.transport()), method.path));
  }
  if (call.transport() != nullptr) {
    call.set_peer(BehindTheDoor(PeerOf(*call.transport(), options_.trust_domain), metadata));
  }
  return Authenticate(authenticator_, metadata, call.peer(), call);
}

absl::Status Pipeline::Take(const Router::Method& method, CallContext& call, const Metadata& metadata,
                            const grpc::ByteBuffer& bytes, Message& request) const {
  TRELLIS_RETURN_IF_ERROR(Admit(method, call, metadata));
  TRELLIS_RETURN_IF_ERROR(ParseRequest(method, bytes, request));
  TRELLIS_RETURN_IF_ERROR(Authorize(authorizer_, call, request));
  TRELLIS_RETURN_IF_ERROR(Validate(request));
  return CheckStillWanted(call);
}

std::unique_ptr<AuditEntry> Pipeline::Describe(const CallContext& call, const Message* request, const Message* response,
                                               const absl::Status& outcome) const {
  return auditor_ == nullptr ? nullptr : auditor_->Describe(call, request, response, outcome);
}

absl::Status Pipeline::Unary(const Router::Method& method, CallContext& call, const Metadata& metadata,
                             const grpc::ByteBuffer& request_bytes, grpc::ByteBuffer* response,
                             std::unique_ptr<AuditEntry>* entry) const {
  alignas(8) char block[kArenaBlock];
  google::protobuf::ArenaOptions arena_options;
  arena_options.initial_block = block;
  arena_options.initial_block_size = sizeof(block);
  google::protobuf::Arena arena(arena_options);
  Message* request = method.request_prototype->New(&arena);
  absl::Status status = Guarded([&]() -> absl::Status {
    TRELLIS_RETURN_IF_ERROR(Take(method, call, metadata, request_bytes, *request));
    absl::Status serialized;
    TRELLIS_RETURN_IF_ERROR(method.unary(call, *request, [&](Message& message) {
      withholding_.Apply(ReadableLabels(call), message);
      serialized = SerializeResponse(message, response);
      if (serialized.ok()) *entry = Describe(call, request, &message, serialized);
    }));
    return serialized;
  });
  if (!status.ok()) *entry = Describe(call, request, nullptr, status);
  return status;
}

absl::Status Pipeline::Stream(const Router::Method& method, CallContext& call, const Metadata& metadata, RawStream& raw,
                              std::unique_ptr<AuditEntry>* entry) const {
  absl::Status status = Guarded([&]() -> absl::Status {
    TRELLIS_RETURN_IF_ERROR(Admit(method, call, metadata));
    TRELLIS_RETURN_IF_ERROR(Authorize(authorizer_, call, *method.request_prototype));
    if (auditor_ == nullptr) return method.stream(call, raw);
    DescribingStream described(raw, *auditor_, call, entry);
    return method.stream(call, described);
  });
  if (!status.ok()) *entry = Describe(call, nullptr, nullptr, status);
  return status;
}

absl::Status Pipeline::Push(const Router::Method& method, CallContext& call, const Metadata& metadata,
                            const grpc::ByteBuffer& bytes, std::shared_ptr<PushStream> stream) const {
  return Guarded([&]() -> absl::Status {
    const std::unique_ptr<Message> request(method.request_prototype->New());
    TRELLIS_RETURN_IF_ERROR(Take(method, call, metadata, bytes, *request));
    return method.push(call, *request, std::move(stream));
  });
}

absl::Status Pipeline::CheckSize(const Router::Method& method, std::size_t size) const {
  const std::size_t declared = method.policy.max_request_bytes();
  const std::size_t most = declared > 0 ? declared : options_.max_request_bytes;
  if (size <= most) return absl::OkStatus();
  return Error(absl::StatusCode::kResourceExhausted, "REQUEST_TOO_LARGE",
               absl::StrCat("the request has ", size, " bytes; this method takes at most ", most))
      .With("max_bytes", absl::StrCat(most));
}

absl::Status Pipeline::ParseRequest(const Router::Method& method, const grpc::ByteBuffer& bytes,
                                    Message& message) const {
  TRELLIS_RETURN_IF_ERROR(CheckSize(method, bytes.Length()));
  if (ParseBytes(bytes, message)) {
    message.DiscardUnknownFields();  // nobody can validate them, so nobody may store or repeat them
    return absl::OkStatus();
  }
  return Error(absl::StatusCode::kInvalidArgument, "MALFORMED_MESSAGE",
               "the request is not a well-formed message of the method's type");
}

absl::Status Pipeline::SerializeResponse(const Message& message, grpc::ByteBuffer* bytes) const {
  const std::size_t size = message.ByteSizeLong();
  if (size > options_.max_response_bytes) {
    return Error(absl::StatusCode::kResourceExhausted, "RESPONSE_TOO_LARGE",
                 "the answer is too large; ask for less, for example with a smaller page_size");
  }
  grpc::Slice slice(size);
  message.SerializeWithCachedSizesToArray(const_cast<std::uint8_t*>(slice.begin()));
  grpc::ByteBuffer buffer(&slice, 1);
  bytes->Swap(&buffer);
  return absl::OkStatus();
}

}  // namespace trellis::rpc
