// Certificates made by the openssl tool, for tests of TLS.
#ifndef TRELLIS_TESTS_UNIT_COMMON_RPC_CERTIFICATES_H_
#define TRELLIS_TESTS_UNIT_COMMON_RPC_CERTIFICATES_H_

#include <string>

#include "common/rpc/tls_files.h"

namespace trellis::rpctest {

// A folder with a certificate authority; removed at the end.
class Certificates {
 public:
  Certificates();
  ~Certificates();

  // A pair for localhost. `names` are subject alternative names, as openssl writes them.
  rpc::TlsFiles Issue(const std::string& file, const std::string& names, int days = 2) const;
  rpc::TlsFiles IssueService(const std::string& service) const;
  // With the right names, and from nobody but itself.
  rpc::TlsFiles SelfSigned(const std::string& service) const;
  std::string ca() const { return folder_ + "/ca.crt"; }
  const std::string& folder() const { return folder_; }

 private:
  std::string folder_;
};

std::string ReadText(const std::string& path);
void WriteText(const std::string& path, const std::string& text);

}  // namespace trellis::rpctest

#endif  // TRELLIS_TESTS_UNIT_COMMON_RPC_CERTIFICATES_H_
