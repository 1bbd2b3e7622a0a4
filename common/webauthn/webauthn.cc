#include "common/webauthn/webauthn.h"

#include <algorithm>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/crypto/base64url.h"
#include "common/crypto/digest.h"
#include "common/crypto/es256.h"
#include "common/json/strict_json.h"
#include "common/webauthn/cbor_reader.h"

namespace trellis::webauthn {
namespace {

using nlohmann::json;

constexpr char kMaking[] = "webauthn.create";
constexpr char kShowing[] = "webauthn.get";

// Authenticator data (section 6.1): the hash of the party's id, flags, sign count, then the new credential.
constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kFixedBytes = kHashBytes + 1 + 4;
constexpr std::size_t kModelBytes = 16;  // AAGUID: which model of authenticator; not looked at
constexpr unsigned kUserPresent = 0x01;
constexpr unsigned kUserVerified = 0x04;
constexpr unsigned kHasCredential = 0x40;
constexpr unsigned kHasExtensions = 0x80;

std::uint32_t BigEndian(absl::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

std::string TextOf(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

absl::Status CheckClientData(const RelyingParty& party, absl::string_view type, absl::string_view challenge,
                             absl::string_view text) {
  const std::optional<json> data = ParseStrictObject(text);
  if (!data.has_value()) return PasskeyRefused("the client data is no JSON object");
  if (TextOf(*data, "type") != type) return PasskeyRefused("the client data is of another type");
  const std::optional<std::string> shown = crypto::Base64UrlDecode(TextOf(*data, "challenge"));
  if (challenge.size() != kChallengeBytes || !shown.has_value() || !crypto::ConstantTimeEquals(*shown, challenge)) {
    return PasskeyRefused("the challenge is another one");
  }
  const std::string origin = TextOf(*data, "origin");
  if (std::find(party.origins.begin(), party.origins.end(), origin) == party.origins.end()) {
    return PasskeyRefused("the origin is not one of this installation");
  }
  const auto cross = data->find("crossOrigin");
  const bool framed = data->contains("topOrigin") || (cross != data->end() && *cross != json(false));
  return framed ? PasskeyRefused("the page was in another site's frame") : absl::OkStatus();
}

struct AuthenticatorData {
  std::uint32_t sign_count = 0;
  bool extensions = false;
  absl::string_view rest;  // what follows the fixed part
};

// Authenticators may add extensions that nobody asked for; they are passed over.
absl::Status ReadEnd(CborReader& reader, bool extensions) {
  if (extensions && !reader.Skip()) return PasskeyRefused("the extensions are cut off");
  return reader.AtEnd() ? absl::OkStatus() : PasskeyRefused("bytes follow the authenticator data");
}

absl::StatusOr<AuthenticatorData> ReadAuthenticatorData(const RelyingParty& party, absl::string_view data,
                                                        bool with_credential) {
  if (data.size() < kFixedBytes) return PasskeyRefused("the authenticator data is cut off");
  if (!crypto::ConstantTimeEquals(data.substr(0, kHashBytes), crypto::Sha256(party.id))) {
    return PasskeyRefused("the passkey is for another relying party");
  }
  const auto flags = static_cast<unsigned char>(data[kHashBytes]);
  if ((flags & kUserPresent) == 0) return PasskeyRefused("nobody was present");
  if ((flags & kUserVerified) == 0) return PasskeyRefused("the authenticator did not verify its user");
  if (((flags & kHasCredential) != 0) != with_credential) return PasskeyRefused("the flag for a new key is wrong");
  AuthenticatorData out{BigEndian(data.substr(kHashBytes + 1, 4)), (flags & kHasExtensions) != 0,
                        data.substr(kFixedBytes)};
  if (with_credential) return out;
  CborReader rest(out.rest);
  TRELLIS_RETURN_IF_ERROR(ReadEnd(rest, out.extensions));
  return out;
}

absl::StatusOr<absl::string_view> FindAuthenticatorData(absl::string_view object) {
  CborReader reader(object);
  const auto pairs = reader.Map();
  if (pairs != 3U) return PasskeyRefused("the attestation object is no map of three");
  std::optional<absl::string_view> format;
  std::optional<absl::string_view> data;
  bool statement = false;
  for (int i = 0; i < 3; ++i) {
    const auto key = reader.Text();
    if (key == "fmt" && !format.has_value()) {
      format = reader.Text();
    } else if (key == "authData" && !data.has_value()) {
      data = reader.Bytes();
    } else if (key == "attStmt" && !statement && reader.Skip()) {
      statement = true;
    } else {
      return PasskeyRefused("the attestation object holds something else");
    }
  }
  const bool whole = format.has_value() && data.has_value() && statement && reader.AtEnd();
  if (!whole) return PasskeyRefused("the attestation object is cut off, or bytes follow it");
  return *data;
}

// COSE_Key (RFC 8152, section 13.1.1) of an ES256 key: exactly these five, as section 6.5.1.1 has them.
absl::StatusOr<std::string> ReadPublicKey(CborReader& reader) {
  constexpr std::int64_t kKeyType = 1, kAlgorithm = 3, kCurve = -1, kX = -2, kY = -3;
  constexpr std::int64_t kTwoCoordinates = 2, kEs256 = -7, kP256 = 1;
  if (reader.Map() != 5U) return PasskeyRefused("the key is no map of five");
  if (reader.Integer() != kKeyType || reader.Integer() != kTwoCoordinates) return PasskeyRefused("not an EC key");
  if (reader.Integer() != kAlgorithm || reader.Integer() != kEs256) return PasskeyRefused("not an ES256 key");
  if (reader.Integer() != kCurve || reader.Integer() != kP256) return PasskeyRefused("not a key of P-256");
  std::string point = "\x04";
  for (const std::int64_t coordinate : {kX, kY}) {
    const bool named = reader.Integer() == coordinate;
    const auto bytes = reader.Bytes();
    if (!named || !bytes.has_value()) return PasskeyRefused("a coordinate is missing");
    absl::StrAppend(&point, *bytes);
  }
  if (!crypto::IsP256Point(point)) return PasskeyRefused("the key is no point on its curve");
  return point;
}

}  // namespace

absl::Status CheckRelyingParty(const RelyingParty& party) {
  if (party.enabled() == party.origins.empty()) {
    return absl::InvalidArgumentError("--passkey-rp-id and --passkey-origins: set both or neither");
  }
  for (const std::string& origin : party.origins) {
    // A browser has passkeys on encrypted pages alone, and on those of its own machine.
    absl::string_view host = origin;
    const bool safe =
        absl::ConsumePrefix(&host, "https://") || (party.id == "localhost" && absl::ConsumePrefix(&host, "http://"));
    host = host.substr(0, host.find(':'));
    const bool within = host == party.id || absl::EndsWith(host, absl::StrCat(".", party.id));
    if (safe && within && !absl::StrContains(host, '/')) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("--passkey-origins: ", origin, " is no https:// origin within ", party.id));
  }
  return absl::OkStatus();
}

absl::StatusOr<NewPasskey> CheckRegistration(const RelyingParty& party, absl::string_view challenge,
                                             const ShownRegistration& shown) {
  TRELLIS_RETURN_IF_ERROR(CheckClientData(party, kMaking, challenge, shown.client_data_json));
  TRELLIS_ASSIGN_OR_RETURN(const absl::string_view bytes, FindAuthenticatorData(shown.attestation_object));
  TRELLIS_ASSIGN_OR_RETURN(const AuthenticatorData data, ReadAuthenticatorData(party, bytes, true));
  absl::string_view rest = data.rest;
  if (rest.size() < kModelBytes + 2) return PasskeyRefused("the new key is cut off");
  const std::size_t size = BigEndian(rest.substr(kModelBytes, 2));
  rest.remove_prefix(kModelBytes + 2);
  if (size == 0 || size > kMostCredentialIdBytes || size > rest.size()) {
    return PasskeyRefused("the credential id has a wrong length");
  }
  NewPasskey passkey;
  passkey.credential_id = std::string(rest.substr(0, size));
  CborReader reader(rest.substr(size));
  TRELLIS_ASSIGN_OR_RETURN(passkey.public_key, ReadPublicKey(reader));
  TRELLIS_RETURN_IF_ERROR(ReadEnd(reader, data.extensions));
  passkey.sign_count = data.sign_count;
  return passkey;
}

absl::StatusOr<std::uint32_t> CheckAssertion(const RelyingParty& party, absl::string_view challenge,
                                             absl::string_view public_key, const ShownAssertion& shown) {
  TRELLIS_RETURN_IF_ERROR(CheckClientData(party, kShowing, challenge, shown.client_data_json));
  TRELLIS_ASSIGN_OR_RETURN(const AuthenticatorData data, ReadAuthenticatorData(party, shown.authenticator_data, false));
  const std::string message = absl::StrCat(shown.authenticator_data, crypto::Sha256(shown.client_data_json));
  if (!crypto::VerifyEs256(public_key, message, shown.signature)) return PasskeyRefused("the signature is not valid");
  return data.sign_count;
}

bool CountWentBack(std::uint32_t before, std::uint32_t shown) { return (before != 0 || shown != 0) && shown <= before; }

absl::Status PasskeyRefused(absl::string_view why) {
  return Error(absl::StatusCode::kPermissionDenied, "PASSKEY_REFUSED", absl::StrCat("The passkey is refused: ", why));
}

}  // namespace trellis::webauthn
