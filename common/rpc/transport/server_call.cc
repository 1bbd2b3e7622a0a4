#include "common/rpc/transport/server_call.h"

#include <utility>

#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/pipeline/audit.h"
#include "common/rpc/pipeline/deadline.h"
#include "common/rpc/pipeline/error_masking.h"
#include "common/rpc/status_mapping.h"
#include "common/trace/context.h"

namespace trellis::rpc {
namespace {

// The one traceparent that came along, or a new trace.
trace::Context TraceOf(const Metadata& metadata) {
  const auto [first, last] = metadata.equal_range("traceparent");
  if (first != last && std::next(first) == last) {
    if (auto parent = trace::ParseTraceparent(absl::string_view(first->second.data(), first->second.size()))) {
      return parent->Child();
    }
  }
  return trace::NewRoot();
}

absl::Status Cancelled() {
  return Error(absl::StatusCode::kCancelled, "CANCELLED", "the caller does not wait any more");
}

}  // namespace

// --- the transport's side ----------------------------------------------------------------------------------------

ServerCall::ServerCall(CallEnvironment* environment, QueueState* queue)
    : environment_(environment), queue_(queue), io_(&context_) {
  environment_->live_calls.fetch_add(1, std::memory_order_relaxed);
}

ServerCall::~ServerCall() { environment_->live_calls.fetch_sub(1, std::memory_order_release); }

void ServerCall::AcceptNext(CallEnvironment* environment, QueueState* queue) {
  auto* call = new ServerCall(environment, queue);
  call->context_.AsyncNotifyWhenDone(&call->done_);
  environment->service->RequestCall(&call->context_, &call->io_, queue->queue, queue->queue, &call->accepted_);
}

Lane& ServerCall::lane() const {
  if (is_stream() && method_->policy.audience() == options::v1::AUDIENCE_PUBLIC) {
    return *environment_->public_stream_lane;
  }
  return method_->policy.waits() ? *environment_->waiting_lane : *environment_->short_lane;
}

void ServerCall::Unref() {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

void ServerCall::OnAccepted(bool ok) {
  if (!ok) return Unref();  // shutting down; such an object never hears that it is done
  AcceptNext(environment_, queue_);
  references_.fetch_add(1, std::memory_order_relaxed);  // one for OnFinished, one for OnDone
  started_ = std::chrono::steady_clock::now();
  accepted_at_ = environment_->clock->Now();
  trace_ = TraceOf(context_.client_metadata());
  method_ = environment_->router->Find(context_.method());
  for (CallObserver* observer : *environment_->observers) {
    observer->OnStart(method_ == nullptr ? nullptr : method_->descriptor);
  }
  if (method_ == nullptr) {
    return Respond(Error(absl::StatusCode::kUnimplemented, "UNKNOWN_METHOD", "this server has no such method"), nullptr,
                   nullptr);
  }
  deadline_ = EffectiveDeadline(context_.deadline(), absl::Now(), method_->policy.max_deadline_ms());
  if (lane().admission.full()) return Respond(Admission::Refusal(), nullptr, nullptr);
  if (is_stream()) return Enqueue();
  if (is_push()) BeginPush();
  queue_->reading.insert(this);
  io_.Read(&request_, &request_read_);
}

void ServerCall::OnRequestRead(bool ok) {
  queue_->reading.erase(this);
  if (ok) {
    received_ = 1;
    return Enqueue();
  }
  if (is_push()) return push_->End(Cancelled());
  if (cancelled_.load(std::memory_order_acquire)) return Respond(Cancelled(), nullptr, nullptr);
  Respond(Error(absl::StatusCode::kInvalidArgument, "MESSAGE_MISSING", "the call ended without a request"), nullptr,
          nullptr);
}

void ServerCall::Enqueue() {
  if (!lane().admission.TryEnter()) {
    return is_push() ? push_->End(Admission::Refusal()) : Respond(Admission::Refusal(), nullptr, nullptr);
  }
  if (is_push()) references_.fetch_add(1, std::memory_order_relaxed);  // for Run: the call may end before it
  lane().pool.Submit(this);
}

void ServerCall::CancelIfStale(std::chrono::steady_clock::time_point now) {
  if (now - started_ >= absl::ToChronoNanoseconds(environment_->first_message_timeout)) context_.TryCancel();
}

void ServerCall::OnStreamEvent(bool ok) {
  bool abandoned = false;
  {
    absl::MutexLock lock(&stream_mutex_);
    stream_event_ready_ = true;
    stream_event_ok_ = ok;
    abandoned = read_abandoned_;
  }
  if (abandoned) Unref();
}

void ServerCall::OnPushed(bool ok) {
  const std::shared_ptr<PushedCall> push = push_;  // outlives this object, which may end with its last word
  push->OnWritten(ok);
}

void ServerCall::OnFinished(bool) { Unref(); }

void ServerCall::OnDone(bool) {
  if (context_.IsCancelled()) cancelled_.store(true, std::memory_order_release);
  if (push_ != nullptr) {
    const std::shared_ptr<PushedCall> push = push_;
    push->End(Cancelled());
  }
  Unref();
}

// --- the worker's side -------------------------------------------------------------------------------------------

void ServerCall::Run() {
  const trace::Scope scope(trace_);
  call_.emplace(CallContext::Parts{.method = method_->descriptor,
                                   .policy = &method_->policy,
                                   .start_time = accepted_at_,
                                   .deadline = deadline_,
                                   .trace = trace_,
                                   .caller = {},
                                   .bearer_token = {},
                                   .cancelled = &cancelled_,
                                   .transport = &context_,
                                   .audit = {}});
  if (is_push()) return RunPush();
  std::unique_ptr<AuditEntry> entry;
  outcome_ = is_stream() ? ServeStream(&entry) : ServeUnary(&entry);
  if (entry == nullptr) return Conclude(outcome_);
  // The worker does not wait: records of many calls are written together, and this one goes on when its own is.
  environment_->auditor->Write(std::move(entry),
                               [this](const absl::Status& written) { Conclude(AfterAudit(outcome_, written)); });
}

absl::Status ServerCall::ServeUnary(std::unique_ptr<AuditEntry>* entry) {
  absl::Status status =
      environment_->pipeline->Unary(*method_, *call_, context_.client_metadata(), request_, &response_, entry);
  if (status.ok()) sent_ = 1;
  return status;
}

void ServerCall::Conclude(const absl::Status& status) {
  lane().admission.Leave();
  if (is_stream() && !single_response_.has_value()) return Respond(status, &*call_, nullptr);
  Respond(status, &*call_, is_stream() ? &*single_response_ : &response_);
}

absl::Status ServerCall::ServeStream(std::unique_ptr<AuditEntry>* entry) {
  absl::Status status = environment_->pipeline->Stream(*method_, *call_, context_.client_metadata(), *this, entry);
  if (status.ok() && !method_->descriptor->server_streaming() && !single_response_.has_value()) {
    return absl::InternalError("the handler of a client stream returned without an answer");
  }
  return status;
}

void ServerCall::BeginPush() {
  push_ = std::make_shared<PushedCall>(PushedCall::Transport{
      .serialize = [pipeline = environment_->pipeline](
                       const google::protobuf::Message& message,
                       grpc::ByteBuffer* bytes) { return pipeline->SerializeResponse(message, bytes); },
      .write =
          [this](const grpc::ByteBuffer& bytes) {
            ++sent_;
            io_.Write(bytes, &pushed_);
          },
      .finish = [this](const absl::Status& status) { Respond(status, nullptr, nullptr); }});
}

void ServerCall::RunPush() {
  const absl::Status status =
      environment_->pipeline->Push(*method_, *call_, context_.client_metadata(), request_, push_);
  lane().admission.Leave();
  if (!status.ok()) push_->End(status);
  Unref();
}

// After this the call may be gone at any moment.
void ServerCall::Respond(const absl::Status& status, const CallContext* call, grpc::ByteBuffer* response) {
  const absl::Status masked = MaskError(status, trace_);
  Observe(status, masked.code(), call);
  if (status.ok() && response != nullptr) {
    io_.WriteAndFinish(*response, grpc::WriteOptions(), grpc::Status::OK, &finished_);
  } else {
    io_.Finish(ToGrpc(masked, environment_->domain), &finished_);
  }
}

void ServerCall::Observe(const absl::Status& status, absl::StatusCode code, const CallContext* call) {
  if (environment_->observers->empty()) return;
  CallOutcome outcome;
  outcome.method = method_ == nullptr ? nullptr : method_->descriptor;
  outcome.code = code;
  outcome.status = status;
  outcome.duration = absl::FromChrono(std::chrono::steady_clock::now() - started_);
  outcome.received = received_;
  outcome.sent = sent_;
  outcome.caller = call == nullptr ? nullptr : &call->caller();
  outcome.trace = call == nullptr ? nullptr : &call->trace();
  for (CallObserver* observer : *environment_->observers) observer->OnFinish(outcome);
}

// --- streams -----------------------------------------------------------------------------------------------------

absl::StatusOr<bool> ServerCall::Read(google::protobuf::Message& message) {
  if (stream_broken_) return Cancelled();
  io_.Read(&request_, &stream_event_);
  bool ok = false;
  if (!WaitForStreamEvent(deadline_, &ok)) {
    AbandonRead();
    return CheckDeadline(deadline_, absl::InfiniteFuture());
  }
  if (!ok) {
    if (StillAliveAtEndOfStream()) return false;
    stream_broken_ = true;
    return Cancelled();
  }
  ++received_;
  TRELLIS_RETURN_IF_ERROR(environment_->pipeline->ParseRequest(*method_, request_, message));
  TRELLIS_RETURN_IF_ERROR(environment_->pipeline->Validate(message));
  return true;
}

// The end of the caller's messages and the end of the caller look the same to a read. Taking the second for the first
// would complete half an import, so the answer's headers are sent: that works only while the call lives.
bool ServerCall::StillAliveAtEndOfStream() {
  if (cancelled_.load(std::memory_order_acquire)) return false;
  if (sent_ > 0) return true;
  io_.SendInitialMetadata(&stream_event_);
  bool ok = false;
  WaitForStreamEvent(absl::InfiniteFuture(), &ok);
  return ok;
}

absl::Status ServerCall::Write(const google::protobuf::Message& message) {
  if (stream_broken_) return Cancelled();
  grpc::ByteBuffer bytes;
  TRELLIS_RETURN_IF_ERROR(environment_->pipeline->SerializeResponse(message, &bytes));
  if (!method_->descriptor->server_streaming()) {
    if (single_response_.has_value()) return absl::InternalError("a client stream is answered once");
    single_response_ = std::move(bytes);
    sent_ = 1;
    return absl::OkStatus();
  }
  io_.Write(bytes, &stream_event_);
  bool ok = false;
  if (!WaitForStreamEvent(deadline_, &ok)) {
    stream_broken_ = true;
    context_.TryCancel();  // a caller that does not take its messages
    WaitForStreamEvent(absl::InfiniteFuture(), &ok);
    return CheckDeadline(deadline_, absl::InfiniteFuture());
  }
  if (!ok) {
    stream_broken_ = true;
    return Cancelled();
  }
  ++sent_;
  return absl::OkStatus();
}

bool ServerCall::WaitForStreamEvent(absl::Time deadline, bool* ok) {
  absl::MutexLock lock(&stream_mutex_);
  if (!stream_mutex_.AwaitWithDeadline(absl::Condition(&stream_event_ready_), deadline)) return false;
  stream_event_ready_ = false;
  *ok = stream_event_ok_;
  return true;
}

void ServerCall::AbandonRead() {
  stream_broken_ = true;
  absl::MutexLock lock(&stream_mutex_);
  if (stream_event_ready_) return;  // it came a moment too late
  read_abandoned_ = true;
  references_.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace trellis::rpc
