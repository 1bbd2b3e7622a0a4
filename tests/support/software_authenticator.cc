#include "tests/support/software_authenticator.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "common/crypto/base64url.h"
#include "common/crypto/digest.h"
#include "common/crypto/es256.h"

namespace trellis::testing {
namespace {

std::string BigEndian(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(value >> (8 * i)));
  return out;
}

void Need(bool done) {
  if (!done) std::abort();  // OpenSSL has failed; no test could say anything
}

}  // namespace

void SoftwareAuthenticator::Free::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

SoftwareAuthenticator::SoftwareAuthenticator(absl::string_view credential_id)
    : credential_id_(credential_id), key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")) {
  Need(key_ != nullptr);
}

std::string SoftwareAuthenticator::point() const {
  std::string point(crypto::kP256PointBytes, '\0');
  std::size_t size = 0;
  Need(EVP_PKEY_get_octet_string_param(key_.get(), OSSL_PKEY_PARAM_PUB_KEY,
                                       reinterpret_cast<unsigned char*>(point.data()), point.size(), &size) == 1 &&
       size == point.size());
  return point;
}

std::string SoftwareAuthenticator::CoseKey() const {
  const std::string bytes = point();
  // {1: 2, 3: -7, -1: 1, -2: x, -3: y}
  return absl::StrCat("\xA5\x01\x02\x03\x26\x20\x01\x21\x58\x20", bytes.substr(1, crypto::kP256CoordinateBytes),
                      "\x22\x58\x20", bytes.substr(1 + crypto::kP256CoordinateBytes));
}

std::string SoftwareAuthenticator::AuthenticatorData(const Ceremony& ceremony, absl::string_view cose_key) const {
  std::string data = crypto::Sha256(ceremony.party);
  const bool makes = !cose_key.empty();
  data.push_back(static_cast<char>(makes ? ceremony.flags | 0x40 : ceremony.flags));
  absl::StrAppend(&data, BigEndian(ceremony.sign_count, 4));
  if (makes)
    absl::StrAppend(&data, std::string(16, '\0'), BigEndian(credential_id_.size(), 2), credential_id_, cose_key);
  return absl::StrCat(data, ceremony.extensions);
}

std::string SoftwareAuthenticator::AttestationObject(absl::string_view authenticator_data) {
  // {"fmt": "none", "attStmt": {}, "authData": ...}; a length of two bytes, as all that is made here needs
  const std::string head = authenticator_data.size() < 256
                               ? absl::StrCat("\x58", BigEndian(authenticator_data.size(), 1))
                               : absl::StrCat("\x59", BigEndian(authenticator_data.size(), 2));
  return absl::StrCat(
      "\xA3\x63"
      "fmt\x64none\x67"
      "attStmt\xA0\x68"
      "authData",
      head, authenticator_data);
}

std::string SoftwareAuthenticator::ClientData(const Ceremony& ceremony, absl::string_view usual_type) {
  const absl::string_view type = ceremony.type.empty() ? usual_type : absl::string_view(ceremony.type);
  return absl::StrCat(R"({"type":")", type, R"(","challenge":")", crypto::Base64UrlEncode(ceremony.challenge),
                      R"(","origin":")", ceremony.origin, R"(","crossOrigin":)",
                      ceremony.cross_origin ? "true" : "false", "}");
}

std::string SoftwareAuthenticator::Sign(absl::string_view message) const {
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  const auto* const bytes = reinterpret_cast<const unsigned char*>(message.data());
  std::string signature(128, '\0');
  std::size_t size = signature.size();
  Need(context != nullptr && EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
       EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size, bytes, message.size()) == 1);
  EVP_MD_CTX_free(context);
  signature.resize(size);
  return signature;
}

webauthn::ShownRegistration SoftwareAuthenticator::Register(const Ceremony& ceremony) const {
  return {ClientData(ceremony, "webauthn.create"), AttestationObject(AuthenticatorData(ceremony, CoseKey()))};
}

webauthn::ShownAssertion SoftwareAuthenticator::Show(const Ceremony& ceremony) const {
  webauthn::ShownAssertion shown;
  shown.client_data_json = ClientData(ceremony, "webauthn.get");
  shown.authenticator_data = AuthenticatorData(ceremony, "");
  shown.signature = Sign(absl::StrCat(shown.authenticator_data, crypto::Sha256(shown.client_data_json)));
  return shown;
}

}  // namespace trellis::testing
