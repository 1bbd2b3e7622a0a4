// What the transport and the pipeline cost by themselves: an echo with nothing behind it, beside gRPC's own synchronous
// server with the same messages. Each server runs in a process of its own, so that its CPU time can be told from the
// client's. Prints figures, judges nothing.
//   echo_transport [seconds for each row, default 3]
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/rpc/server.h"
#include "grpcpp/grpcpp.h"
#include "tests/unit/common/rpc/echo_service.h"
#include "trellis/rpctest/v1/rpctest.grpc.pb.h"

namespace trellis::rpctest {
namespace {

void Report(int port_pipe, int port) {
  if (port == 0 || write(port_pipe, &port, sizeof(port)) != sizeof(port)) std::abort();
  while (true) pause();
}

void ServeTrellis(int port_pipe) {
  EchoApi api;
  api.say = [](rpc::CallContext&, const v1::SayRequest& request) -> absl::StatusOr<v1::SayResponse> {
    v1::SayResponse response;
    response.set_text(request.text());
    return response;
  };
  rpc::ServerOptions options;
  options.service = "bench";
  options.plaintext = true;
  options.workers = 4;
  options.max_in_flight = 1000;
  AllowAll allow;
  rpc::Server server(options, api.MakeRouter(), nullptr, &allow);
  if (!server.Start().ok()) std::abort();
  server.SetServing(true);
  Report(port_pipe, server.port());
}

class BareEcho final : public v1::Echo::Service {
  grpc::Status Say(grpc::ServerContext*, const v1::SayRequest* request, v1::SayResponse* response) override {
    response->set_text(request->text());
    return grpc::Status::OK;
  }
};

void ServeBare(int port_pipe) {
  BareEcho echo;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&echo);
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 8);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 32);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  Report(port_pipe, port);
}

// A process that serves until it is killed.
pid_t Spawn(void (*serve)(int port_pipe), int* port) {
  int ends[2];
  if (pipe(ends) != 0) std::abort();
  const pid_t process = fork();
  if (process == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // as a service may
    serve(ends[1]);
    std::abort();
  }
  if (read(ends[0], port, sizeof(*port)) != sizeof(*port)) std::abort();
  return process;
}

absl::Duration CpuTimeOf(pid_t process) {
  clockid_t clock;
  timespec time{};
  if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &time) != 0) std::abort();
  return absl::DurationFromTimespec(time);
}

struct Call {
  grpc::ClientContext context;
  v1::SayResponse response;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<v1::SayResponse>> reader;
  absl::Time start;
};

class Load {
 public:
  explicit Load(int port)
      : stub_(v1::Echo::NewStub(
            grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()))) {
    request_.set_text("twenty bytes of text");
  }

  // Keeps `in_flight` calls running for `duration`. Returns their times.
  std::vector<absl::Duration> Run(int in_flight, absl::Duration duration) {
    std::vector<absl::Duration> times;
    const absl::Time end = absl::Now() + duration;
    for (int i = 0; i < in_flight; ++i) Start();
    for (int running = in_flight; running > 0;) {
      void* tag = nullptr;
      bool ok = false;
      queue_.Next(&tag, &ok);
      const std::unique_ptr<Call> call(static_cast<Call*>(tag));
      if (!call->status.ok()) std::abort();
      times.push_back(absl::Now() - call->start);
      if (absl::Now() < end) {
        Start();
      } else {
        --running;
      }
    }
    return times;
  }

 private:
  void Start() {
    auto* call = new Call();
    call->start = absl::Now();
    call->context.set_deadline(absl::ToChronoTime(call->start + absl::Seconds(10)));
    call->reader = stub_->AsyncSay(&call->context, request_, &queue_);
    call->reader->Finish(&call->response, &call->status, call);
  }

  std::unique_ptr<v1::Echo::Stub> stub_;
  grpc::CompletionQueue queue_;
  v1::SayRequest request_;
};

void Measure(const char* name, pid_t server, int port, absl::Duration duration) {
  Load load(port);
  load.Run(8, absl::Seconds(1));  // warm
  for (const int in_flight : {1, 8, 32}) {
    const absl::Duration cpu = CpuTimeOf(server);
    const absl::Time start = absl::Now();
    std::vector<absl::Duration> times = load.Run(in_flight, duration);
    const double calls = static_cast<double>(times.size());
    const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
    const double used = absl::ToDoubleMicroseconds(CpuTimeOf(server) - cpu);
    std::sort(times.begin(), times.end());
    std::printf("%-28s %9d %10.0f %20.1f %9.3f %9.3f\n", name, in_flight, calls / seconds, used / calls,
                absl::ToDoubleMilliseconds(times[times.size() / 2]),
                absl::ToDoubleMilliseconds(times[times.size() * 99 / 100]));
    std::fflush(stdout);
  }
}

int Main(int argc, char** argv) {
  const absl::Duration duration = absl::Seconds(argc > 1 ? std::atoi(argv[1]) : 3);
  // All processes before the first thread.
  int trellis_port = 0;
  int bare_port = 0;
  const pid_t trellis = Spawn(ServeTrellis, &trellis_port);
  const pid_t bare = Spawn(ServeBare, &bare_port);
  std::printf("%-28s %9s %10s %20s %9s %9s\n", "server", "in flight", "calls/s", "server CPU us/call", "p50 ms",
              "p99 ms");
  Measure("trellis, whole pipeline", trellis, trellis_port, duration);
  Measure("bare gRPC, synchronous", bare, bare_port, duration);
  for (const pid_t process : {trellis, bare}) {
    kill(process, SIGKILL);
    waitpid(process, nullptr, 0);
  }
  return 0;
}

}  // namespace
}  // namespace trellis::rpctest

int main(int argc, char** argv) { return trellis::rpctest::Main(argc, argv); }
