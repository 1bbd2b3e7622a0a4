#include "common/rpc/pipeline/authentication.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "grpc/grpc_security_constants.h"
#include "grpcpp/security/auth_context.h"
#include "grpcpp/server_context.h"

namespace trellis::rpc {
namespace {

constexpr std::size_t kMaxToken = 6 * 1024;
constexpr std::size_t kMaxServiceName = 63;

absl::Status Unauthenticated(absl::string_view reason, absl::string_view message) {
  return Error(absl::StatusCode::kUnauthenticated, reason, message);
}

// RFC 6750's b64token.
bool IsTokenText(absl::string_view text) {
  for (const char c : text) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) &&
        absl::string_view("-._~+/=").find(c) == absl::string_view::npos) {
      return false;
    }
  }
  return !text.empty() && text.size() <= kMaxToken;
}

bool IsServiceName(absl::string_view text) {
  for (const char c : text) {
    if (!absl::ascii_islower(static_cast<unsigned char>(c)) && !absl::ascii_isdigit(static_cast<unsigned char>(c)) &&
        c != '-') {
      return false;
    }
  }
  return !text.empty() && text.size() <= kMaxServiceName;
}

}  // namespace

absl::StatusOr<std::string> BearerToken(const Metadata& metadata) {
  const auto [first, last] = metadata.equal_range("authorization");
  if (first == last) return std::string();
  if (std::next(first) != last) return Unauthenticated("TOKEN_INVALID", "more than one authorization entry");
  absl::string_view value(first->second.data(), first->second.size());
  if (!absl::ConsumePrefix(&value, "Bearer ") || !IsTokenText(value)) {
    return Unauthenticated("TOKEN_INVALID", "the authorization entry must have the form \"Bearer <token>\"");
  }
  return std::string(value);
}

std::string ServiceOfSpiffeName(absl::string_view uri, absl::string_view trust_domain) {
  if (!absl::ConsumePrefix(&uri, "spiffe://") || !absl::ConsumePrefix(&uri, trust_domain) ||
      !absl::ConsumePrefix(&uri, "/svc/") || !IsServiceName(uri)) {
    return "";
  }
  return std::string(uri);
}

Peer PeerOf(const grpc::ServerContextBase& transport, absl::string_view trust_domain) {
  Peer peer;
  peer.address = transport.peer();
  const std::shared_ptr<const grpc::AuthContext> auth = transport.auth_context();
  if (auth == nullptr || !auth->IsPeerAuthenticated()) return peer;
  // The transport sets it only where the certificate carries exactly one URI and that is a SPIFFE name.
  const std::vector<grpc::string_ref> names = auth->FindPropertyValues(GRPC_PEER_SPIFFE_ID_PROPERTY_NAME);
  if (names.size() == 1) {
    peer.service = ServiceOfSpiffeName(absl::string_view(names[0].data(), names[0].size()), trust_domain);
  }
  return peer;
}

absl::Status Authenticate(Authenticator* authenticator, const Metadata& metadata, const Peer& peer, CallContext& call) {
  const bool is_public = call.policy().audience() == options::v1::AUDIENCE_PUBLIC;
  Caller caller;
  if (!is_public) {
    TRELLIS_ASSIGN_OR_RETURN(std::string token, BearerToken(metadata));
    if (!token.empty()) {
      if (authenticator == nullptr) return Unauthenticated("TOKEN_INVALID", "the access token is not valid");
      TRELLIS_ASSIGN_OR_RETURN(caller, authenticator->Authenticate(token, peer));
      call.set_bearer_token(std::move(token));
    }
  }
  if (!peer.service.empty()) {
    caller.service = peer.service;
    if (caller.kind == Caller::Kind::kAnonymous) caller.kind = Caller::Kind::kService;
  }
  if (caller.kind == Caller::Kind::kAnonymous && !is_public) {
    return Unauthenticated("TOKEN_MISSING", "an access token is required");
  }
  call.set_caller(std::move(caller));
  return absl::OkStatus();
}

}  // namespace trellis::rpc
