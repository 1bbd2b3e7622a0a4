// Certificate, key and authorities of this process, reloaded while it runs.
#ifndef TRELLIS_COMMON_RPC_TRANSPORT_TLS_MATERIAL_H_
#define TRELLIS_COMMON_RPC_TRANSPORT_TLS_MATERIAL_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/rpc/tls_files.h"
#include "common/rpc/transport/reloader.h"
#include "grpcpp/security/tls_certificate_provider.h"

namespace trellis::rpc {

// The library's own file watcher neither checks that key and certificate fit together nor keeps the last good pair.
// So it watches files of ours in memory (memfd), into which only checked material is put; the secret never touches a
// disk again. Thread-safe.
class TlsMaterial {
 public:
  // Reads and checks; then looks again every files.reload_interval.
  // Error: FAILED_PRECONDITION saying which file is wrong. Certificate and key may both be empty: authorities only.
  static absl::StatusOr<std::shared_ptr<TlsMaterial>> Load(TlsFiles files);

  const std::shared_ptr<grpc::experimental::CertificateProviderInterface>& provider() const { return provider_; }
  bool has_identity() const { return !files_.certificate.empty(); }

 private:
  // A file that lives in memory only and whose content is replaced in one step.
  class MemoryFile {
   public:
    MemoryFile() = default;
    ~MemoryFile();
    // `generation` becomes the file's time: the watcher notices that it read halves of two generations.
    absl::Status Replace(const std::string& content, int generation);
    std::string path() const;

   private:
    int fd_ = -1;
  };
  struct Material {
    std::string identity;  // certificate chain and key
    std::string ca;
    friend bool operator==(const Material&, const Material&) = default;
  };

  explicit TlsMaterial(TlsFiles files) : files_(std::move(files)) {}
  absl::StatusOr<Material> Read() const;
  absl::Status Publish(const Material& material);
  absl::StatusOr<bool> Reload();

  const TlsFiles files_;
  MemoryFile identity_;
  MemoryFile ca_;
  Material current_;  // the reloading thread's, after Load
  int generation_ = 0;
  std::shared_ptr<grpc::experimental::CertificateProviderInterface> provider_;
  std::unique_ptr<Reloader> reloader_;
};

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_TRANSPORT_TLS_MATERIAL_H_
