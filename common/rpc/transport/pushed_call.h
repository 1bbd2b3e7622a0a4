// The answers of a call that are sent when something happens, not when a worker comes by.
#ifndef TRELLIS_COMMON_RPC_TRANSPORT_PUSHED_CALL_H_
#define TRELLIS_COMMON_RPC_TRANSPORT_PUSHED_CALL_H_

#include <functional>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "common/rpc/message_stream.h"
#include "google/protobuf/message.h"
#include "grpcpp/support/byte_buffer.h"

namespace trellis::rpc {

// One message is on its way at a time; behind it waits the newest one only, since older news is of no use. Shared by
// the call and by whoever feeds it. Thread-safe.
class PushedCall final : public PushStream {
 public:
  struct Transport {
    std::function<absl::Status(const google::protobuf::Message&, grpc::ByteBuffer*)> serialize;
    std::function<void(const grpc::ByteBuffer&)> write;  // begins; OnWritten tells its end
    std::function<void(const absl::Status&)> finish;     // called once; neither is called afterwards
  };
  explicit PushedCall(Transport transport) : transport_(std::move(transport)) {}

  bool Send(const google::protobuf::Message& message) override;
  void End(absl::Status status) override;
  bool ended() const override;

  // The transport's: the message that was on its way has arrived, or never will.
  void OnWritten(bool ok);

 private:
  void BeginWrite(const grpc::ByteBuffer& bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Transport transport_;
  mutable absl::Mutex mutex_;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<grpc::ByteBuffer> waiting_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_TRANSPORT_PUSHED_CALL_H_
