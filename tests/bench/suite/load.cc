#include "tests/bench/suite/load.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpcpp/client_context.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/support/byte_buffer.h"

namespace trellis::bench {
namespace {

struct Call {
  std::int64_t number = 0;
  grpc::ClientContext context;
  grpc::ByteBuffer response;
  grpc::Status status;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
  absl::Time start;
};

class Runner {
 public:
  Runner(const std::shared_ptr<grpc::Channel>& channel, const Load& load)
      : load_(load), stub_(channel), authorization_(load.token.empty() ? "" : absl::StrCat("Bearer ", load.token)) {}

  Sample Run() {
    const absl::Time start = absl::Now();
    const absl::Time end = start + load_.duration;
    int running = 0;
    for (; running < load_.in_flight && started_ < load_.count; ++running) Start(started_++);
    while (running > 0) {
      void* tag = nullptr;
      bool ok = false;
      queue_.Next(&tag, &ok);
      const std::unique_ptr<Call> call(static_cast<Call*>(tag));
      const absl::Time now = absl::Now();
      if (load_.repeat_refused && call->status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) {
        Start(call->number);
        continue;
      }
      Note(*call, now);
      if (now < end && started_ < load_.count) {
        Start(started_++);
      } else {
        --running;
      }
    }
    sample_.took = absl::Now() - start;
    return std::move(sample_);
  }

 private:
  void Start(std::int64_t number) {
    auto* call = new Call();
    call->number = number;
    const std::string bytes = load_.request(number);
    const grpc::Slice slice(bytes);
    call->start = absl::Now();
    call->context.set_deadline(absl::ToChronoTime(call->start + absl::Seconds(10)));
    if (!authorization_.empty()) call->context.AddMetadata("authorization", authorization_);
    call->reader = stub_.PrepareUnaryCall(&call->context, load_.method, grpc::ByteBuffer(&slice, 1), &queue_);
    call->reader->StartCall();
    call->reader->Finish(&call->response, &call->status, call);
  }

  void Note(Call& call, absl::Time now) {
    if (!call.status.ok()) {
      if (sample_.failed++ == 0) {
        sample_.first_failure = absl::StrCat(load_.method, ": code ", static_cast<int>(call.status.error_code()), ", ",
                                             call.status.error_message());
      }
      return;
    }
    sample_.times.push_back(now - call.start);
    if (!load_.on_response) return;
    grpc::Slice slice;
    if (!call.response.DumpToSingleSlice(&slice).ok()) return;
    load_.on_response(absl::string_view(reinterpret_cast<const char*>(slice.begin()), slice.size()));
  }

  const Load& load_;
  grpc::GenericStub stub_;
  grpc::CompletionQueue queue_;
  const std::string authorization_;
  std::int64_t started_ = 0;
  Sample sample_;
};

}  // namespace

Sample Run(const std::shared_ptr<grpc::Channel>& channel, const Load& load) { return Runner(channel, load).Run(); }

}  // namespace trellis::bench
