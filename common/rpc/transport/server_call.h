// One call on its way through the transport: accepted, read, worked on, answered, freed.
#ifndef TRELLIS_COMMON_RPC_TRANSPORT_SERVER_CALL_H_
#define TRELLIS_COMMON_RPC_TRANSPORT_SERVER_CALL_H_

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/rpc/auditor.h"
#include "common/rpc/message_stream.h"
#include "common/rpc/observer.h"
#include "common/rpc/pipeline/admission.h"
#include "common/rpc/pipeline/pipeline.h"
#include "common/rpc/router.h"
#include "common/rpc/transport/pushed_call.h"
#include "common/rpc/transport/worker_pool.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/server_context.h"

namespace trellis::rpc {

class ServerCall;

// Short calls, waiting calls and the streams that anybody may open (reflection) have a lane each: long polls cannot
// keep a worker from short calls, and nobody without a token can keep one from the long polls of followers.
struct Lane {
  Lane(int workers, int bound) : admission(bound), pool(workers) {}
  Admission admission;
  WorkerPool pool;
};

// What all calls of one server share.
struct CallEnvironment {
  const Router* router;
  const Pipeline* pipeline;
  Auditor* auditor;  // may be null
  const std::vector<CallObserver*>* observers;
  const Clock* clock;
  std::string domain;
  absl::Duration first_message_timeout;
  Lane* short_lane;
  Lane* waiting_lane;
  Lane* public_stream_lane;
  grpc::AsyncGenericService* service;
  std::atomic<int> live_calls{0};  // call objects that exist, also those that wait for a call
};

// One completion queue and what only its thread touches.
struct QueueState {
  grpc::ServerCompletionQueue* queue;
  absl::flat_hash_set<ServerCall*> reading;  // calls whose request has not come yet
};

// What a completion queue gives back: who is to hear of which event.
struct Tag {
  ServerCall* call;
  void (ServerCall::*on_event)(bool ok);
};

// Frees itself when the transport has said its last word about the call. Events arrive on the queue's thread, Run()
// on a worker; the two never touch the call at the same time except through atomics and the mutex.
class ServerCall final : public Job, public RawStream {
 public:
  // Makes an object that waits for the next call of `queue`.
  static void AcceptNext(CallEnvironment* environment, QueueState* queue);

  void Run() override;

  // Cancels a call whose request has been awaited for too long. Queue's thread.
  void CancelIfStale(std::chrono::steady_clock::time_point now);

  // RawStream, for handlers of streams.
  absl::StatusOr<bool> Read(google::protobuf::Message& message) override;
  absl::Status Write(const google::protobuf::Message& message) override;

 private:
  ServerCall(CallEnvironment* environment, QueueState* queue);
  ~ServerCall() override;

  // Events.
  void OnAccepted(bool ok);
  void OnRequestRead(bool ok);
  void OnStreamEvent(bool ok);
  void OnPushed(bool ok);
  void OnFinished(bool ok);
  void OnDone(bool ok);

  bool is_stream() const { return method_->stream != nullptr; }
  bool is_push() const { return method_->push != nullptr; }
  Lane& lane() const;
  void Enqueue();
  absl::Status ServeUnary(std::unique_ptr<AuditEntry>* entry);
  absl::Status ServeStream(std::unique_ptr<AuditEntry>* entry);
  void Conclude(const absl::Status& status);
  void BeginPush();
  void RunPush();
  void Respond(const absl::Status& status, const CallContext* call, grpc::ByteBuffer* response);
  void Observe(const absl::Status& status, absl::StatusCode code, const CallContext* call);
  void Unref();
  // Waits for the one stream operation under way. False: `deadline` passed first.
  bool WaitForStreamEvent(absl::Time deadline, bool* ok);
  void AbandonRead();
  bool StillAliveAtEndOfStream();

  CallEnvironment* const environment_;
  QueueState* const queue_;
  Tag accepted_{this, &ServerCall::OnAccepted};
  Tag request_read_{this, &ServerCall::OnRequestRead};
  Tag stream_event_{this, &ServerCall::OnStreamEvent};
  Tag pushed_{this, &ServerCall::OnPushed};
  Tag finished_{this, &ServerCall::OnFinished};
  Tag done_{this, &ServerCall::OnDone};

  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter io_;
  grpc::ByteBuffer request_;
  const Router::Method* method_ = nullptr;
  absl::Time accepted_at_;
  std::chrono::steady_clock::time_point started_;
  absl::Time deadline_;
  trace::Context trace_;
  std::optional<CallContext> call_;  // from Run() on
  grpc::ByteBuffer response_;
  absl::Status outcome_;  // what the caller gets unless the audit fails
  std::atomic<bool> cancelled_{false};
  std::atomic<int> references_{1};
  int received_ = 0;
  int sent_ = 0;

  absl::Mutex stream_mutex_;
  bool stream_event_ready_ ABSL_GUARDED_BY(stream_mutex_) = false;
  bool stream_event_ok_ ABSL_GUARDED_BY(stream_mutex_) = false;
  bool read_abandoned_ ABSL_GUARDED_BY(stream_mutex_) = false;  // a read is under way, nobody waits for it
  bool stream_broken_ = false;                                  // the worker's: nothing more can be read or written
  std::shared_ptr<PushedCall> push_;                            // where answers are pushed
  std::optional<grpc::ByteBuffer> single_response_;             // of a client stream: sent together with the status
};

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_TRANSPORT_SERVER_CALL_H_
