// Writes a package into the directory.
#ifndef TRELLIS_SERVICES_DIRECTORY_API_IMPORTER_H_
#define TRELLIS_SERVICES_DIRECTORY_API_IMPORTER_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "services/directory/domain/hsds_package.h"
#include "services/directory/storage/entries.h"
#include "trellis/directory/v1/import_report.pb.h"

namespace trellis::directory {

// One for each import.
class Importer {
 public:
  // Both outlive the importer. `call` bounds the time.
  Importer(runtime::Runtime& runtime, const rpc::CallContext& call) : runtime_(runtime), call_(call) {}

  // Writes locations, providers and services, in this order and in transactions of bounded size. What was written
  // stays when a later part fails: the import can be repeated as it is.
  absl::StatusOr<v1::ImportReport> Write(Package package);
  // The same without writing: every good row counts as unchanged.
  absl::StatusOr<v1::ImportReport> Check(Package package);

 private:
  // Leaves out what names a provider or a location that neither package nor directory knows.
  absl::Status Resolve(Package& package);
  absl::Status WriteLocations(const Package& package, v1::ImportCounts& counts);
  absl::Status WriteProviders(const Package& package, v1::ImportCounts& counts);
  absl::Status WriteServices(const Package& package, v1::ImportReport& report);
  absl::Status InTransaction(absl::FunctionRef<absl::Status(runtime::WriteUnit&)> body);
  void Finish(const Package& package, v1::ImportReport& report);

  runtime::Runtime& runtime_;
  const rpc::CallContext& call_;
};

}  // namespace trellis::directory

#endif  // TRELLIS_SERVICES_DIRECTORY_API_IMPORTER_H_
