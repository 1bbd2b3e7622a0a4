#include "common/rpc/transport/pushed_call.h"

#include <utility>

#include "common/base/error.h"

namespace trellis::rpc {

bool PushedCall::Send(const google::protobuf::Message& message) {
  grpc::ByteBuffer bytes;
  if (const absl::Status status = transport_.serialize(message, &bytes); !status.ok()) {
    End(status);
    return false;
  }
  const absl::MutexLock lock(&mutex_);
  if (end_.has_value()) return false;
  if (writing_) {
    waiting_ = std::move(bytes);
  } else {
    BeginWrite(bytes);
  }
  return true;
}

void PushedCall::BeginWrite(const grpc::ByteBuffer& bytes) {
  writing_ = true;
  transport_.write(bytes);
}

void PushedCall::End(absl::Status status) {
  {
    const absl::MutexLock lock(&mutex_);
    if (end_.has_value()) return;
    end_ = status;
    if (writing_) return;  // OnWritten finishes
  }
  transport_.finish(status);
}

void PushedCall::OnWritten(bool ok) {
  absl::Status end;
  {
    const absl::MutexLock lock(&mutex_);
    writing_ = false;
    if (!ok && !end_.has_value()) {
      end_ = Error(absl::StatusCode::kCancelled, "CANCELLED", "the caller does not wait any more");
    }
    if (!end_.has_value()) {
      if (waiting_.has_value()) BeginWrite(*std::exchange(waiting_, std::nullopt));
      return;
    }
    end = *end_;
  }
  transport_.finish(end);
}

bool PushedCall::ended() const {
  const absl::MutexLock lock(&mutex_);
  return end_.has_value();
}

}  // namespace trellis::rpc
