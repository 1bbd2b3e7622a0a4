// The messages of a streaming call, read and written one by one by a blocking handler.
#ifndef TRELLIS_COMMON_RPC_MESSAGE_STREAM_H_
#define TRELLIS_COMMON_RPC_MESSAGE_STREAM_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"

namespace trellis::rpc {

// The transport's side of a stream.
class RawStream {
 public:
  virtual ~RawStream() = default;
  virtual absl::StatusOr<bool> Read(google::protobuf::Message& message) = 0;
  virtual absl::Status Write(const google::protobuf::Message& message) = 0;
};

// A stream of answers to one request, sent when something happens: the handler keeps it and returns, and no worker waits
// meanwhile. Thread-safe.
class PushStream {
 public:
  virtual ~PushStream() = default;
  // Newer messages take the place of one that has not yet begun its way. False: the call has ended.
  virtual bool Send(const google::protobuf::Message& message) = 0;
  // OK or an error reaches the caller as on any call. Later calls do nothing.
  virtual void End(absl::Status status) = 0;
  // The caller is gone, or End was called.
  virtual bool ended() const = 0;
};

// Belongs to the handler's thread. The handler's return value ends the stream: an error reaches the caller as on any
// call. Where the method answers with a single message, the handler writes exactly one before it returns OK.
template <class Request, class Response>
class MessageStream {
 public:
  explicit MessageStream(RawStream& raw) : raw_(raw) {}

  // Waits for the next message, which has passed the field rules. True: `*message` is it. False: the caller has sent
  // its last one. Errors: INVALID_ARGUMENT (broken rule, malformed bytes), CANCELLED, DEADLINE_EXCEEDED,
  // RESOURCE_EXHAUSTED (larger than the method allows).
  absl::StatusOr<bool> Read(Request* message) { return raw_.Read(*message); }

  // Waits until the transport has taken the message. Errors: CANCELLED, DEADLINE_EXCEEDED.
  absl::Status Write(const Response& message) { return raw_.Write(message); }

 private:
  RawStream& raw_;
};

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_MESSAGE_STREAM_H_
