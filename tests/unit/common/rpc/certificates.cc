#include "tests/unit/common/rpc/certificates.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"

namespace trellis::rpctest {
namespace {

void Shell(const std::string& command) {
  if (std::system((command + " >/dev/null 2>&1").c_str()) != 0) {
    std::fprintf(stderr, "failed: %s\n", command.c_str());
    std::abort();
  }
}

constexpr char kNewKey[] = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";

}  // namespace

Certificates::Certificates() {
  std::string pattern = (std::filesystem::temp_directory_path() / "trellis-tls-XXXXXX").string();
  folder_ = mkdtemp(pattern.data());
  Shell(absl::StrCat("openssl req -x509 ", kNewKey, " -days 2 -subj /CN=test-ca -keyout ", folder_, "/ca.key -out ",
                     folder_, "/ca.crt"));
}

Certificates::~Certificates() { std::filesystem::remove_all(folder_); }

rpc::TlsFiles Certificates::Issue(const std::string& file, const std::string& names, int days) const {
  const std::string stem = folder_ + "/" + file;
  WriteText(stem + ".ext", absl::StrCat("subjectAltName=", names, "\n"));
  Shell(absl::StrCat("openssl req ", kNewKey, " -subj /CN=", file, " -keyout ", stem, ".key -out ", stem, ".csr"));
  Shell(absl::StrCat("openssl x509 -req -in ", stem, ".csr -CA ", folder_, "/ca.crt -CAkey ", folder_,
                     "/ca.key -CAcreateserial -days ", days, " -extfile ", stem, ".ext -out ", stem, ".crt"));
  return {.certificate = stem + ".crt",
          .key = stem + ".key",
          .ca = ca(),
          .reload_interval = absl::Milliseconds(100),
          .on_reload = {}};
}

rpc::TlsFiles Certificates::IssueService(const std::string& service) const {
  return Issue(service, absl::StrCat("DNS:localhost,IP:127.0.0.1,URI:spiffe://trellis.local/svc/", service));
}

rpc::TlsFiles Certificates::SelfSigned(const std::string& service) const {
  const std::string stem = absl::StrCat(folder_, "/self-signed-", service);
  Shell(absl::StrCat("openssl req -x509 ", kNewKey, " -days 2 -subj /CN=", service,
                     " -addext subjectAltName=", "DNS:localhost,URI:spiffe://trellis.local/svc/", service, " -keyout ",
                     stem, ".key -out ", stem, ".crt"));
  return {.certificate = stem + ".crt", .key = stem + ".key", .ca = ca(), .on_reload = {}};
}

std::string ReadText(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void WriteText(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

}  // namespace trellis::rpctest
