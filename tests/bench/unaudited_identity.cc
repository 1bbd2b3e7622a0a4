// The identity service without its audit, for the one question what the audit costs (trellis_bench). It takes the flags
// of `trellis-identity serve`. It is built for the benchmark alone and is part of no image: the service itself has no
// setting that turns the audit off.
#include <cstdio>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/config/loader.h"
#include "common/rpc/auditor.h"
#include "common/runtime/host.h"
#include "common/runtime/process.h"
#include "common/runtime/settings.h"
#include "common/runtime/stop_signal.h"
#include "services/identity/api/service.h"

namespace trellis::bench {
namespace {

class NoAudit final : public rpc::Auditor {
 public:
  std::unique_ptr<rpc::AuditEntry> Describe(const rpc::CallContext&, const google::protobuf::Message*,
                                            const google::protobuf::Message*, const absl::Status&) override {
    return nullptr;  // nothing is to be written
  }
  void Write(std::unique_ptr<rpc::AuditEntry>, Done done) override { done(absl::OkStatus()); }
};

absl::Status Serve(int argc, const char* const* argv) {
  runtime::StopSignal stop;
  const runtime::Service service = identity::Describe();
  runtime::Settings settings;
  config::Loader flags("unaudited_identity", argc, argv);
  runtime::DeclareDatabase(flags, service, settings);
  runtime::DeclareServing(flags, service, settings);
  runtime::DeclareLogging(flags, settings);
  service.flags(flags);
  TRELLIS_RETURN_IF_ERROR(flags.Finish());
  runtime::PrepareProcess();
  NoAudit audit;
  TRELLIS_ASSIGN_OR_RETURN(const std::unique_ptr<runtime::Host> host,
                           runtime::Host::Make(service, settings, {.auditor = &audit}));
  TRELLIS_RETURN_IF_ERROR(host->StartHttp());
  TRELLIS_RETURN_IF_ERROR(host->CheckDatabase());
  TRELLIS_RETURN_IF_ERROR(host->Start());
  stop.Wait();
  return absl::OkStatus();
}

}  // namespace
}  // namespace trellis::bench

int main(int argc, char** argv) {
  const absl::Status status = trellis::bench::Serve(argc, argv);
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
