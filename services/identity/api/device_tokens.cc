#include "services/identity/api/device_tokens.h"

#include "common/base/status_macros.h"
#include "common/crypto/base64url.h"
#include "common/crypto/digest.h"
#include "services/identity/storage/known_devices.h"

namespace trellis::identity {
namespace {

constexpr std::size_t kTokenBytes = 32;
constexpr int kMostDevices = 20;  // of one user

}  // namespace

absl::StatusOr<std::string> RecognizeDevice(runtime::Runtime& runtime, runtime::WriteUnit& unit, const Id& user) {
  std::string token = crypto::Base64UrlEncode(runtime.random().Bytes(kTokenBytes));
  TRELLIS_RETURN_IF_ERROR(
      storage::InsertDevice(unit.db, {unit.organization, user, crypto::Sha256(token)}, unit.now, kMostDevices));
  return token;
}

}  // namespace trellis::identity
