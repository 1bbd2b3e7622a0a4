#include "common/rpc/transport/tls_material.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/rpc/transport/pem_check.h"
#include "common/rpc/transport/read_file.h"

namespace trellis::rpc {
namespace {

using grpc::experimental::FileWatcherCertificateProvider;

absl::Status InFile(const std::string& path, const absl::Status& status) {
  return status.ok() ? status : absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
}

bool WriteAll(int fd, const std::string& content) {
  std::size_t done = 0;
  while (done < content.size()) {
    const ssize_t n = write(fd, content.data() + done, content.size() - done);
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

}  // namespace

TlsMaterial::MemoryFile::~MemoryFile() {
  if (fd_ >= 0) close(fd_);
}

std::string TlsMaterial::MemoryFile::path() const { return absl::StrCat("/proc/self/fd/", fd_); }

absl::Status TlsMaterial::MemoryFile::Replace(const std::string& content, int generation) {
  const int fd = memfd_create("tls", MFD_CLOEXEC);
  if (fd < 0) return absl::InternalError("memfd_create failed");
  const struct timespec times[2] = {{1'000'000'000 + generation, 0}, {1'000'000'000 + generation, 0}};
  if (!WriteAll(fd, content) || futimens(fd, times) != 0) {
    close(fd);
    return absl::InternalError("cannot fill a file in memory");
  }
  if (fd_ < 0) {
    fd_ = fd;
    return absl::OkStatus();
  }
  // The descriptor, and with it the path, now names the new file.
  const bool replaced = dup3(fd, fd_, O_CLOEXEC) >= 0;
  close(fd);
  return replaced ? absl::OkStatus() : absl::InternalError("dup3 failed");
}

absl::StatusOr<std::shared_ptr<TlsMaterial>> TlsMaterial::Load(TlsFiles files) {
  if (files.certificate.empty() != files.key.empty()) {
    return absl::FailedPreconditionError("certificate and key belong together");
  }
  std::shared_ptr<TlsMaterial> self(new TlsMaterial(std::move(files)));
  TRELLIS_ASSIGN_OR_RETURN(self->current_, self->Read());
  TRELLIS_RETURN_IF_ERROR(self->Publish(self->current_));
  const auto seconds = std::clamp<std::int64_t>(absl::ToInt64Seconds(self->files_.reload_interval), 1, 30);
  const std::string identity = self->has_identity() ? self->identity_.path() : "";
  const std::string ca = self->files_.ca.empty() ? "" : self->ca_.path();
  self->provider_ =
      std::make_shared<FileWatcherCertificateProvider>(identity, identity, ca, static_cast<unsigned int>(seconds));
  self->reloader_ = std::make_unique<Reloader>(
      self->files_.reload_interval, [raw = self.get()] { return raw->Reload(); }, self->files_.on_reload);
  return self;
}

absl::StatusOr<TlsMaterial::Material> TlsMaterial::Read() const {
  Material material;
  if (has_identity()) {
    TRELLIS_ASSIGN_OR_RETURN(const std::string certificate, ReadFile(files_.certificate));
    TRELLIS_ASSIGN_OR_RETURN(const std::string key, ReadFile(files_.key));
    TRELLIS_RETURN_IF_ERROR(InFile(files_.certificate, CheckKeyPair(certificate, key)));
    material.identity = absl::StrCat(certificate, "\n", key);
  }
  if (!files_.ca.empty()) {
    TRELLIS_ASSIGN_OR_RETURN(material.ca, ReadFile(files_.ca));
    TRELLIS_RETURN_IF_ERROR(InFile(files_.ca, CheckAuthorities(material.ca)));
  }
  return material;
}

absl::Status TlsMaterial::Publish(const Material& material) {
  ++generation_;
  if (has_identity()) TRELLIS_RETURN_IF_ERROR(identity_.Replace(material.identity, generation_));
  if (!files_.ca.empty()) TRELLIS_RETURN_IF_ERROR(ca_.Replace(material.ca, generation_));
  return absl::OkStatus();
}

absl::StatusOr<bool> TlsMaterial::Reload() {
  TRELLIS_ASSIGN_OR_RETURN(Material material, Read());
  if (material == current_) return false;
  TRELLIS_RETURN_IF_ERROR(Publish(material));
  current_ = std::move(material);
  return true;
}

}  // namespace trellis::rpc
