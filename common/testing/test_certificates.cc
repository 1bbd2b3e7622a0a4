#include "common/testing/test_certificates.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <mutex>
#include <sstream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace trellis::testing {
namespace {

class Authority {
 public:
  Authority() {
    std::string folder = (std::filesystem::temp_directory_path() / "trellis-ca-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) Die("cannot make a folder", folder);
    folder_ = folder;
  }
  ~Authority() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  rpc::TlsFiles Make(absl::string_view service) {
    std::lock_guard lock(mutex_);
    const std::string command =
        absl::StrCat("'", TRELLIS_SOURCE_DIR, "/common/scripts/local-ca' '", folder_, "' '", service, "'");
    if (std::system(command.c_str()) != 0) Die("cannot make a certificate", command);
    const std::string own = absl::StrCat(folder_, "/", service);
    return {.certificate = own + "/tls.crt", .key = own + "/tls.key", .ca = folder_ + "/ca.crt"};
  }

 private:
  [[noreturn]] static void Die(const std::string& what, const std::string& where) {
    std::cerr << what << ": " << where << std::endl;
    std::abort();
  }

  std::mutex mutex_;
  std::string folder_;
};

std::string Contents(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return std::move(out).str();
}

}  // namespace

rpc::TlsFiles CertificateOf(absl::string_view service) {
  static Authority authority;
  return authority.Make(service);
}

grpc::SslCredentialsOptions Showing(const rpc::TlsFiles& files) {
  return {.pem_root_certs = Contents(files.ca),
          .pem_private_key = Contents(files.key),
          .pem_cert_chain = Contents(files.certificate)};
}

}  // namespace trellis::testing
