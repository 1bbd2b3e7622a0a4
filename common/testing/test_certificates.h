// Certificates for services in tests, made by the same script as on a developer's machine.
#ifndef TRELLIS_COMMON_TESTING_TEST_CERTIFICATES_H_
#define TRELLIS_COMMON_TESTING_TEST_CERTIFICATES_H_

#include "absl/strings/string_view.h"
#include "common/rpc/tls_files.h"
#include "grpcpp/security/credentials.h"

namespace trellis::testing {

// The certificate of `service`, from an authority that this process alone has. Made when first asked for, removed with
// the process. Ends the process where it cannot be made. Thread-safe.
rpc::TlsFiles CertificateOf(absl::string_view service);

// Of a client that shows these files.
grpc::SslCredentialsOptions Showing(const rpc::TlsFiles& files);

}  // namespace trellis::testing

#endif  // TRELLIS_COMMON_TESTING_TEST_CERTIFICATES_H_
