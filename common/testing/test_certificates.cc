#include "common/testing/test_certificates.h"

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <mutex>
#include <string>

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

}  // namespace

rpc::TlsFiles CertificateOf(absl::string_view service) {
  static Authority authority;
  return authority.Make(service);
}

}  // namespace trellis::testing
