#include "common/rpc/pipeline/authentication.h"

#include <algorithm>
#include <array>
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
constexpr std::size_t kMaxAddress = 45;

absl::Status Unauthenticated(absl::string_view reason, absl::string_view message) {
  return Error(absl::StatusCode::kUnauthenticated, reason, message);
}

// RFC 6750's b64token. A table: every call shows a token of many hundred characters.
bool IsTokenText(absl::string_view text) {
  static const std::array<bool, 256> allowed = [] {
    std::array<bool, 256> table{};
    for (unsigned c = 0; c < 256; ++c) table[c] = absl::ascii_isalnum(static_cast<unsigned char>(c));
    for (const unsigned char c : {'-', '.', '_', '~', '+', '/', '='}) table[c] = true;
    return table;
  }();
  if (text.empty() || text.size() > kMaxToken) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return allowed[static_cast<unsigned char>(c)]; });
}

// Addresses as they are written, nothing else: the value becomes a key of counters.
bool IsAddress(absl::string_view text) {
  for (const char c : text) {
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c)) && c != '.' && c != ':') return false;
  }
  return !text.empty() && text.size() <= kMaxAddress;
}

// "10.1.2.3" of the transport's "ipv4:10.1.2.3:41000", "2001:db8::1" of its "ipv6:%5B2001:db8::1%5D:41000".
std::string AddressOf(absl::string_view peer) {
  if (!absl::ConsumePrefix(&peer, "ipv4:") && !absl::ConsumePrefix(&peer, "ipv6:")) return "";
  peer = peer.substr(0, peer.rfind(':'));
  absl::ConsumePrefix(&peer, "%5B");
  absl::ConsumeSuffix(&peer, "%5D");
  return IsAddress(peer) ? std::string(peer) : "";
}

// Who called the door, as the door says: it puts this one entry in the place of all that came along.
std::string ForwardedAddress(const Metadata& metadata) {
  const auto [first, last] = metadata.equal_range("x-forwarded-for");
  if (first == last || std::next(first) != last) return "";
  const absl::string_view value(first->second.data(), first->second.size());
  return IsAddress(value) ? std::string(value) : "";
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

std::string PrincipalOf(const grpc::ServerContextBase* transport) {
  const std::shared_ptr<const grpc::AuthContext> auth = transport == nullptr ? nullptr : transport->auth_context();
  if (auth == nullptr || !auth->IsPeerAuthenticated()) return "";
  // The transport sets it only where the certificate carries exactly one URI and that is a SPIFFE name.
  const std::vector<grpc::string_ref> names = auth->FindPropertyValues(GRPC_PEER_SPIFFE_ID_PROPERTY_NAME);
  return names.size() == 1 ? std::string(names[0].data(), names[0].size()) : "";
}

Peer PeerOf(const grpc::ServerContextBase& transport, absl::string_view trust_domain) {
  Peer peer;
  peer.address = AddressOf(transport.peer());
  peer.service = ServiceOfSpiffeName(PrincipalOf(&transport), trust_domain);
  return peer;
}

Peer BehindTheDoor(Peer peer, const Metadata& metadata) {
  if (peer.service != kDoor) return peer;
  peer.service.clear();
  if (std::string address = ForwardedAddress(metadata); !address.empty()) peer.address = std::move(address);
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
