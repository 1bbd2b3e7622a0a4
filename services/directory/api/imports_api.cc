#include "services/directory/api/imports_api.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/crypto/digest.h"
#include "common/log/log.h"
#include "services/directory/api/importer.h"
#include "services/directory/domain/hsds_package.h"

namespace trellis::directory {
namespace {

using Stream = rpc::MessageStream<v1::ImportPackageRequest, v1::ImportPackageResponse>;

constexpr std::size_t kMostBytes = 64u << 20;

class Turn {
 public:
  explicit Turn(std::atomic<bool>& busy) : busy_(busy), mine_(!busy.exchange(true)) {}
  ~Turn() {
    if (mine_) busy_.store(false);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  bool mine() const { return mine_; }

 private:
  std::atomic<bool>& busy_;
  const bool mine_;
};

absl::StatusOr<v1::ImportOptions> ReadOptions(Stream& stream) {
  v1::ImportPackageRequest message;
  TRELLIS_ASSIGN_OR_RETURN(const bool any, stream.Read(&message));
  if (!any || !message.has_options()) return InvalidField("options", "come first, in a message of their own");
  return message.options();
}

absl::StatusOr<std::string> ReadText(Stream& stream) {
  std::string text;
  v1::ImportPackageRequest message;
  while (true) {
    TRELLIS_ASSIGN_OR_RETURN(const bool any, stream.Read(&message));
    if (!any) return text;
    if (!message.has_chunk()) return InvalidField("chunk", "is what follows the options");
    if (text.size() + message.chunk().size() > kMostBytes) {
      return Error(absl::StatusCode::kResourceExhausted, "PACKAGE_TOO_LARGE",
                   absl::StrCat("a package may have ", kMostBytes, " bytes"));
    }
    text += message.chunk();
  }
}

// Ids that are no UUIDs are unique inside one source and table.
PackageOptions OptionsFor(const std::string& source) {
  PackageOptions options;
  options.source = source;
  options.limits.bytes = kMostBytes;
  options.derive_id = [source](absl::string_view table, absl::string_view identifier) {
    return crypto::DeriveId(Id(), absl::StrCat("hsds/", source, "/", table, "/", identifier));
  };
  return options;
}

}  // namespace

absl::Status ImportsApi::ImportPackage(rpc::CallContext& call, Stream& stream) {
  const Turn turn(busy_);
  if (!turn.mine()) {
    return Error(absl::StatusCode::kResourceExhausted, "IMPORT_RUNNING", "another import is running here: try again")
        .RetryAfter(absl::Seconds(10));
  }
  TRELLIS_ASSIGN_OR_RETURN(const v1::ImportOptions options, ReadOptions(stream));
  TRELLIS_ASSIGN_OR_RETURN(std::string text, ReadText(stream));
  TRELLIS_ASSIGN_OR_RETURN(Package package, ParsePackage(text, OptionsFor(options.source())));
  text = std::string();  // not needed any more, and large
  Importer importer(runtime_, call);
  TRELLIS_ASSIGN_OR_RETURN(v1::ImportReport report, options.validate_only() ? importer.Check(std::move(package))
                                                                            : importer.Write(std::move(package)));
  report.set_source(options.source());
  log::Info("package imported", {{"source", options.source()}, {"skipped", report.skipped_row_count()}});
  v1::ImportPackageResponse response;
  *response.mutable_report() = std::move(report);
  return stream.Write(response);
}

}  // namespace trellis::directory
