#include "common/webauthn/webauthn.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/crypto/digest.h"
#include "gtest/gtest.h"
#include "tests/support/software_authenticator.h"

namespace trellis::webauthn {
namespace {

using testing::Ceremony;
using testing::SoftwareAuthenticator;

const RelyingParty kParty{"example.org", {"https://app.example.org", "https://admin.example.org"}};
const std::string kChallenge(kChallengeBytes, 'c');

Ceremony Usual() {
  Ceremony ceremony;
  ceremony.challenge = kChallenge;
  return ceremony;
}

void ExpectRefusal(const absl::Status& status, absl::string_view why) {
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << why;
  EXPECT_TRUE(absl::StrContains(status.message(), why)) << status << "\nwanted: " << why;
}

// What both ceremonies refuse.
struct Bent {
  const char* why;
  std::function<void(Ceremony&)> bend;
};
const std::vector<Bent>& Bents() {
  static const auto& bents = *new std::vector<Bent>{
      {"origin", [](Ceremony& c) { c.origin = "https://app.example.org.evil.example"; }},
      {"origin", [](Ceremony& c) { c.origin = "http://app.example.org"; }},
      {"origin", [](Ceremony& c) { c.origin = "https://app.example.org:8443"; }},
      {"origin", [](Ceremony& c) { c.origin = "https://APP.example.org"; }},
      {"origin", [](Ceremony& c) { c.origin = ""; }},
      {"relying party", [](Ceremony& c) { c.party = "app.example.org"; }},
      {"challenge", [](Ceremony& c) { c.challenge = std::string(kChallengeBytes, 'd'); }},
      {"challenge", [](Ceremony& c) { c.challenge.pop_back(); }},
      {"challenge", [](Ceremony& c) { c.challenge.clear(); }},
      {"frame", [](Ceremony& c) { c.cross_origin = true; }},
      {"present", [](Ceremony& c) { c.flags = 0x04; }},
      {"verify", [](Ceremony& c) { c.flags = 0x01; }},
      {"extensions are cut off", [](Ceremony& c) { c.flags |= 0x80; }},
      {"extensions are cut off",
       [](Ceremony& c) {
         c.flags |= 0x80;
         c.extensions = "\xA1\x61";
       }},
      {"bytes follow", [](Ceremony& c) { c.extensions = "\xA0"; }},
      {"another type", [](Ceremony& c) { c.type = "webauthn.other"; }},
  };
  return bents;
}

class WebauthnTest : public ::testing::Test {
 protected:
  absl::StatusOr<NewPasskey> Make(const ShownRegistration& shown) {
    return CheckRegistration(kParty, kChallenge, shown);
  }
  absl::StatusOr<std::uint32_t> Show(const ShownAssertion& shown) {
    return CheckAssertion(kParty, kChallenge, authenticator_.point(), shown);
  }
  // A registration with this key in place of the authenticator's own.
  ShownRegistration WithKey(const std::string& cose_key) {
    ShownRegistration shown = authenticator_.Register(Usual());
    shown.attestation_object =
        SoftwareAuthenticator::AttestationObject(authenticator_.AuthenticatorData(Usual(), cose_key));
    return shown;
  }

  SoftwareAuthenticator authenticator_{"credential one"};
};

TEST_F(WebauthnTest, MakingAndShowing) {
  Ceremony ceremony = Usual();
  ceremony.sign_count = 7;
  const auto made = Make(authenticator_.Register(ceremony));
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->credential_id, "credential one");
  EXPECT_EQ(made->public_key, authenticator_.point());
  EXPECT_EQ(made->sign_count, 7U);
  ceremony.sign_count = 0x01020304;
  ceremony.origin = kParty.origins[1];
  const auto shown = Show(authenticator_.Show(ceremony));
  ASSERT_TRUE(shown.ok()) << shown.status();
  EXPECT_EQ(*shown, 0x01020304U);
}

TEST_F(WebauthnTest, ExtensionsThatNobodyAskedForArePassedOver) {
  Ceremony ceremony = Usual();
  ceremony.flags |= 0x80;
  ceremony.extensions =
      "\xA1\x6B"
      "credProtect\x02";
  EXPECT_TRUE(Make(authenticator_.Register(ceremony)).ok());
  EXPECT_TRUE(Show(authenticator_.Show(ceremony)).ok());
  ceremony.extensions += "\xA0";
  ExpectRefusal(Make(authenticator_.Register(ceremony)).status(), "bytes follow");
  ExpectRefusal(Show(authenticator_.Show(ceremony)).status(), "bytes follow");
}

TEST_F(WebauthnTest, WhatBothRefuse) {
  for (const Bent& bent : Bents()) {
    Ceremony ceremony = Usual();
    bent.bend(ceremony);
    ExpectRefusal(Make(authenticator_.Register(ceremony)).status(), bent.why);
    ExpectRefusal(Show(authenticator_.Show(ceremony)).status(), bent.why);
  }
}

TEST_F(WebauthnTest, NeitherStandsForTheOther) {
  ShownAssertion shown = authenticator_.Show(Usual());
  shown.client_data_json = authenticator_.Register(Usual()).client_data_json;
  shown.signature = authenticator_.Sign(absl::StrCat(shown.authenticator_data, crypto::Sha256(shown.client_data_json)));
  ExpectRefusal(Show(shown).status(), "another type");
  ShownRegistration made = authenticator_.Register(Usual());
  made.client_data_json = authenticator_.Show(Usual()).client_data_json;
  ExpectRefusal(Make(made).status(), "another type");
  Ceremony with_key = Usual();
  with_key.flags |= 0x40;
  ExpectRefusal(Show(authenticator_.Show(with_key)).status(), "flag");
}

TEST_F(WebauthnTest, ClientDataIsOneObjectWithEachKeyOnce) {
  const std::string good = SoftwareAuthenticator::ClientData(Usual(), "webauthn.create");
  const std::string twice = absl::StrReplaceAll(good, {{"{", R"({"origin":"https://evil.example",)"}});
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("null"), " " + good, good + "x", good + good,
        "\xEF\xBB\xBF" + good, good.substr(0, good.size() - 1), twice,
        absl::StrReplaceAll(good, {{"false", "\"false\""}}), absl::StrReplaceAll(good, {{"false", "null"}}),
        absl::StrReplaceAll(good, {{"}", R"(,"topOrigin":"https://evil.example"})"}}),
        absl::StrReplaceAll(good, {{"}", R"(,"a":[[[[[1]]]]]})"}})}) {
    ShownRegistration shown = authenticator_.Register(Usual());
    shown.client_data_json = text;
    EXPECT_EQ(Make(shown).status().code(), absl::StatusCode::kPermissionDenied) << text;
  }
  ShownRegistration shown = authenticator_.Register(Usual());
  shown.client_data_json = absl::StrReplaceAll(good, {{R"(,"crossOrigin":false)", R"(,"future":{"a":[1]})"}});
  EXPECT_TRUE(Make(shown).ok()) << "what is not known is passed over: " << Make(shown).status();
}

TEST_F(WebauthnTest, OtherKeysAreRefused) {
  const std::string good = authenticator_.CoseKey();
  const auto with = [&](std::size_t at, char byte) {
    std::string key = good;
    key[at] = byte;
    return key;
  };
  const std::pair<const char*, std::string> table[] = {
      {"EC key", with(2, '\x01')},                                                     // an octet key pair
      {"ES256", with(4, '\x27')},                                                      // -8: EdDSA
      {"ES256", good.substr(0, 4) + std::string("\x39\x01\x00", 3) + good.substr(5)},  // -257: RS256
      {"P-256", with(6, '\x02')},                                                      // P-384
      {"on its curve", with(12, static_cast<char>(good[12] ^ 1))},
      {"on its curve", good.substr(0, 10) + std::string(32, '\0') + good.substr(42, 3) + std::string(32, '\0')},
      {"map of five", "\xA0"},
      {"bytes follow", good + std::string(1, '\0')},
      {"coordinate", good.substr(0, good.size() - 1)},
      {"on its curve", good.substr(0, 8) + "\x58\x1F" + good.substr(11)},  // a coordinate of 31 bytes
  };
  for (const auto& [why, key] : table) ExpectRefusal(Make(WithKey(key)).status(), why);
  EXPECT_TRUE(Make(WithKey(good)).ok());
}

TEST_F(WebauthnTest, EveryTruncationAndEveryTailIsRefused) {
  const ShownRegistration made = authenticator_.Register(Usual());
  for (std::size_t size = 0; size < made.attestation_object.size(); ++size) {
    ShownRegistration cut = made;
    cut.attestation_object.resize(size);
    EXPECT_FALSE(Make(cut).ok()) << size;
  }
  ShownRegistration longer = made;
  longer.attestation_object.push_back('\0');
  EXPECT_FALSE(Make(longer).ok());

  const ShownAssertion shown = authenticator_.Show(Usual());
  for (std::size_t size = 0; size < shown.authenticator_data.size(); ++size) {
    ShownAssertion cut = shown;
    cut.authenticator_data.resize(size);
    EXPECT_FALSE(Show(cut).ok()) << size;
  }
  ShownAssertion tail = shown;
  tail.authenticator_data.push_back('\0');
  ExpectRefusal(Show(tail).status(), "bytes follow");
}

TEST_F(WebauthnTest, AttestationIsReadOverWhateverItSays) {
  const std::string data = authenticator_.AuthenticatorData(Usual(), authenticator_.CoseKey());
  const std::string good = SoftwareAuthenticator::AttestationObject(data);
  ShownRegistration shown = authenticator_.Register(Usual());
  // {"alg": -7, "sig": h'00', "x5c": [h'01']} of the format "packed"
  shown.attestation_object = absl::StrReplaceAll(good, {{"\x64none", "\x66packed"},
                                                        {"\xA0\x68"
                                                         "auth",
                                                         absl::StrCat("\xA3\x63"
                                                                      "alg\x26\x63"
                                                                      "sig\x41",
                                                                      std::string(1, '\0'),
                                                                      "\x63x5c\x81\x41\x01\x68"
                                                                      "auth")}});
  EXPECT_TRUE(Make(shown).ok()) << Make(shown).status();
  // Nested without end, or claiming lengths that are not there.
  for (const std::string& statement : {std::string(20000, '\x81'), std::string("\xBB\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"),
                                       std::string("\x7B\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), std::string("\xBF\xFF"),
                                       std::string("\xC1\x01"), std::string("\x18\x01")}) {
    shown.attestation_object = absl::StrReplaceAll(good, {{"\xA0\x68"
                                                           "auth",
                                                           absl::StrCat(statement,
                                                                        "\x68"
                                                                        "auth")}});
    EXPECT_FALSE(Make(shown).ok());
  }
  shown.attestation_object = absl::StrReplaceAll(good, {{"\x67"
                                                         "attStmt\xA0",
                                                         "\x63"
                                                         "fmt\x64none"}});
  EXPECT_FALSE(Make(shown).ok()) << "a key twice";
}

TEST_F(WebauthnTest, CredentialIdsHaveABound) {
  const SoftwareAuthenticator longest{std::string(kMostCredentialIdBytes, 'i')};
  EXPECT_TRUE(Make(longest.Register(Usual())).ok());
  const SoftwareAuthenticator longer{std::string(kMostCredentialIdBytes + 1, 'i')};
  ExpectRefusal(Make(longer.Register(Usual())).status(), "credential id");
  ExpectRefusal(Make(SoftwareAuthenticator{""}.Register(Usual())).status(), "credential id");
}

TEST_F(WebauthnTest, TheSignatureCoversAllThatIsShown) {
  const ShownAssertion good = authenticator_.Show(Usual());
  Ceremony counted = Usual();
  counted.sign_count = 9;
  ShownAssertion other = good;
  other.authenticator_data = authenticator_.Show(counted).authenticator_data;
  ExpectRefusal(Show(other).status(), "signature");
  other = good;
  other.client_data_json.insert(1, " ");
  ExpectRefusal(Show(other).status(), "signature");
  other = good;
  other.signature.push_back('\0');
  ExpectRefusal(Show(other).status(), "signature");
  other.signature.clear();
  ExpectRefusal(Show(other).status(), "signature");
  ExpectRefusal(Show(SoftwareAuthenticator{"credential one"}.Show(Usual())).status(), "signature");
  EXPECT_TRUE(Show(good).ok());
}

TEST_F(WebauthnTest, AChallengeThatWasNeverGivenOutMatchesNothing) {
  Ceremony ceremony = Usual();
  ceremony.challenge.clear();
  ExpectRefusal(CheckRegistration(kParty, "", authenticator_.Register(ceremony)).status(), "challenge");
}

TEST_F(WebauthnTest, SettingsThatNoBrowserWouldFollow) {
  EXPECT_TRUE(CheckRelyingParty({}).ok());
  EXPECT_TRUE(CheckRelyingParty(kParty).ok());
  EXPECT_TRUE(CheckRelyingParty({"example.org", {"https://example.org:8443"}}).ok());
  EXPECT_TRUE(CheckRelyingParty({"localhost", {"http://localhost:3000"}}).ok());
  const RelyingParty bad[] = {
      {"example.org", {}},
      {"", {"https://example.org"}},
      {"example.org", {"http://example.org"}},
      {"example.org", {"https://example.com"}},
      {"example.org", {"https://badexample.org"}},
      {"example.org", {"https://example.org/"}},
      {"example.org", {"https://example.org", "http://localhost"}},
      {"localhost", {"http://localhost.example.org"}},
      {"example.org", {"example.org"}},
  };
  for (const RelyingParty& party : bad) {
    EXPECT_EQ(CheckRelyingParty(party).code(), absl::StatusCode::kInvalidArgument) << party.id;
  }
}

TEST_F(WebauthnTest, ACountThatComesAgainGivesACopyAway) {
  EXPECT_FALSE(CountWentBack(0, 0)) << "does not count";
  EXPECT_FALSE(CountWentBack(0, 1));
  EXPECT_FALSE(CountWentBack(7, 8));
  EXPECT_TRUE(CountWentBack(7, 7));
  EXPECT_TRUE(CountWentBack(7, 6));
  EXPECT_TRUE(CountWentBack(7, 0)) << "it counted before";
}

}  // namespace
}  // namespace trellis::webauthn
