#include "common/rpc/transport/credentials.h"

#include <functional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/rpc/spiffe_name.h"
#include "grpc/grpc_security_constants.h"
#include "grpcpp/security/tls_certificate_verifier.h"
#include "grpcpp/security/tls_credentials_options.h"
#include "openssl/crypto.h"

namespace trellis::rpc {
namespace {

// gRPC's threads live on after main(): a handshake that is still going on would find OpenSSL's tables freed by its exit
// handler, and abort a process that has ended well. The handler is registered by whoever uses OpenSSL first, so before
// main() it is told not to: the kernel frees the memory.
[[maybe_unused]] const int kOpenSslStaysToTheEnd = OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);

using grpc::experimental::ExternalCertificateVerifier;
using grpc::experimental::TlsCustomVerificationCheckRequest;

// The service that the certificate names; "" where it has not exactly one URI, or another's.
std::string ServiceOf(const TlsCustomVerificationCheckRequest& request, const std::string& trust_domain) {
  const std::vector<grpc::string_ref> uris = request.uri_names();
  if (uris.size() != 1) return "";
  return ServiceOfSpiffeName(absl::string_view(uris[0].data(), uris[0].size()), trust_domain);
}

// What both sides look at after the library has followed the certificate to one of our authorities.
class Verifier : public ExternalCertificateVerifier {
 public:
  bool Verify(TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)>,
              grpc::Status* status) final {
    *status = Check(*request);
    return true;  // done at once
  }
  void Cancel(TlsCustomVerificationCheckRequest*) final {}

 private:
  virtual grpc::Status Check(TlsCustomVerificationCheckRequest& request) = 0;
};

class CallerVerifier final : public Verifier {
 public:
  explicit CallerVerifier(CallerCheck check) : check_(std::move(check)) {}

 private:
  grpc::Status Check(TlsCustomVerificationCheckRequest& request) override {
    if (!check_.certificate_required && request.peer_cert().empty()) return grpc::Status::OK;
    if (!ServiceOf(request, check_.trust_domain).empty()) return grpc::Status::OK;
    return grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "the certificate does not name one service of the suite");
  }

  const CallerCheck check_;
};

class ServerVerifier final : public Verifier {
 public:
  explicit ServerVerifier(ServerCheck check) : check_(std::move(check)) {}

 private:
  grpc::Status Check(TlsCustomVerificationCheckRequest& request) override {
    grpc::Status status;
    if (check_.host_name) host_name_.Verify(&request, nullptr, &status);
    if (!status.ok() || check_.service.empty() || ServiceOf(request, check_.trust_domain) == check_.service) {
      return status;
    }
    return grpc::Status(grpc::StatusCode::UNAUTHENTICATED,
                        absl::StrCat("the certificate does not name the service ", check_.service));
  }

  const ServerCheck check_;
  grpc::experimental::HostNameCertificateVerifier host_name_;
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> ServerTls(const TlsMaterial& material, CallerCheck check) {
  grpc::experimental::TlsServerCredentialsOptions options(material.provider());
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(check.certificate_required ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                                                           : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  options.set_certificate_verifier(ExternalCertificateVerifier::Create<CallerVerifier>(std::move(check)));
  return grpc::experimental::TlsServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> ChannelTls(const TlsMaterial& material, ServerCheck check) {
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(material.provider());
  options.watch_root_certs();
  if (material.has_identity()) options.watch_identity_key_cert_pairs();
  options.set_check_call_host(check.host_name);
  options.set_certificate_verifier(ExternalCertificateVerifier::Create<ServerVerifier>(std::move(check)));
  return grpc::experimental::TlsCredentials(options);
}

}  // namespace trellis::rpc
