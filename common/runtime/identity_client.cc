#include "common/runtime/identity_client.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/crypto/base64url.h"
#include "common/rpc/channel.h"
#include "trellis/identity/v1/access_relations.grpc.pb.h"
#include "trellis/identity/v1/keys.grpc.pb.h"
#include "trellis/identity/v1/sessions.grpc.pb.h"

namespace trellis::runtime {
namespace {

constexpr absl::Duration kKeysLimit = absl::Seconds(5);
constexpr absl::Duration kAccessLimit = absl::Seconds(2);

absl::StatusOr<std::vector<access::VerificationKey>> FetchKeys(identity::v1::Keys::Stub& stub) {
  const std::unique_ptr<grpc::ClientContext> context = rpc::AsService(absl::Now() + kKeysLimit);
  identity::v1::GetKeySetResponse response;
  TRELLIS_RETURN_IF_ERROR(rpc::FromGrpc(stub.GetKeySet(context.get(), identity::v1::GetKeySetRequest(), &response)));
  std::vector<access::VerificationKey> keys;
  for (const identity::v1::JsonWebKey& key : response.keys()) {
    if (key.kty() != "OKP" || key.crv() != "Ed25519" || key.alg() != "EdDSA" || key.use() != "sig") continue;
    std::optional<std::string> bytes = crypto::Base64UrlDecode(key.x());
    if (!bytes.has_value() || bytes->size() != 32 || !access::IsKeyId(key.kid())) continue;
    keys.push_back({key.kid(), *std::move(bytes)});
  }
  return keys;
}

}  // namespace

access::KeySet::Fetch FetchKeysFrom(std::shared_ptr<grpc::Channel> identity) {
  const std::shared_ptr<identity::v1::Keys::Stub> stub = identity::v1::Keys::NewStub(identity);
  return [stub] { return FetchKeys(*stub); };
}

access::AskIdentity AskAccessOf(std::shared_ptr<grpc::Channel> identity) {
  const std::shared_ptr<identity::v1::AccessRelations::Stub> stub = identity::v1::AccessRelations::NewStub(identity);
  return [stub](rpc::CallContext& call, const Id& person) -> absl::StatusOr<access::Sight> {
    const std::unique_ptr<grpc::ClientContext> context = rpc::OnBehalfOf(call, kAccessLimit);
    identity::v1::CheckAccessRequest request;
    request.set_person(absl::StrCat("persons/", person.ToString()));
    identity::v1::CheckAccessResponse response;
    TRELLIS_RETURN_IF_ERROR(rpc::FromGrpc(stub->CheckAccess(context.get(), request, &response)));
    if (response.allowed()) return access::Sight::kRelation;
    return response.allowed_in_emergency() ? access::Sight::kEmergency : access::Sight::kNone;
  };
}

access::AskSession AskSessionOf(std::shared_ptr<grpc::Channel> identity) {
  const std::shared_ptr<identity::v1::Sessions::Stub> stub = identity::v1::Sessions::NewStub(identity);
  return [stub](rpc::CallContext& call) {
    const std::unique_ptr<grpc::ClientContext> context = rpc::OnBehalfOf(call, kAccessLimit);
    identity::v1::CheckSessionResponse response;
    return rpc::FromGrpc(stub->CheckSession(context.get(), identity::v1::CheckSessionRequest(), &response));
  };
}

}  // namespace trellis::runtime
