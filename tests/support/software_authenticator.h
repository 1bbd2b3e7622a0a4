// A passkey made of software, and the browser around it: real keys, real signatures, and every byte of what it shows
// can be bent by a test.
#ifndef TRELLIS_TESTS_SUPPORT_SOFTWARE_AUTHENTICATOR_H_
#define TRELLIS_TESTS_SUPPORT_SOFTWARE_AUTHENTICATOR_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "common/webauthn/webauthn.h"

struct evp_pkey_st;

namespace trellis::testing {

// What the browser and the authenticator put into an answer.
struct Ceremony {
  std::string type;  // "": the right one
  std::string challenge;
  std::string origin = "https://app.example.org";
  std::string party = "example.org";
  bool cross_origin = false;
  unsigned flags = 0x05;  // user present, user verified; that of a new key is added
  std::uint32_t sign_count = 0;
  std::string extensions = "";  // CBOR; set the flag 0x80 with it
};

class SoftwareAuthenticator {
 public:
  explicit SoftwareAuthenticator(absl::string_view credential_id);

  webauthn::ShownRegistration Register(const Ceremony& ceremony) const;
  webauthn::ShownAssertion Show(const Ceremony& ceremony) const;

  // The parts of the answer to a registration.
  std::string CoseKey() const;
  std::string AuthenticatorData(const Ceremony& ceremony, absl::string_view cose_key) const;
  static std::string AttestationObject(absl::string_view authenticator_data);
  static std::string ClientData(const Ceremony& ceremony, absl::string_view usual_type);
  std::string Sign(absl::string_view message) const;

  const std::string& credential_id() const { return credential_id_; }
  std::string point() const;  // uncompressed

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
  };
  std::string credential_id_;
  std::unique_ptr<evp_pkey_st, Free> key_;
};

}  // namespace trellis::testing

#endif  // TRELLIS_TESTS_SUPPORT_SOFTWARE_AUTHENTICATOR_H_
