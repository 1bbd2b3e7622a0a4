#include "tests/unit/common/access/token_corpus.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/access/token.h"
#include "common/crypto/base64url.h"
#include "common/crypto/digest.h"

namespace trellis::access {
namespace {

using nlohmann::json;

constexpr char kHeader[] = R"({"alg":"EdDSA","typ":"at+jwt","kid":"key-1"})";

std::vector<std::string> PartsOf(const std::string& token) { return absl::StrSplit(token, '.'); }

}  // namespace

// The headers of this file call the key "key-1", whatever it is called.
std::string TokenForge::Named(const std::string& header) const {
  return absl::StrReplaceAll(header, {{"key-1", setting_.key_id}});
}

std::string TokenForge::Encoded(const std::string& header) const { return crypto::Base64UrlEncode(Named(header)); }

std::string TokenForge::Signed(const std::string& header, const std::string& payload) const {
  return *SignToken(Named(header), payload, *setting_.key);
}

std::string TokenForge::WithHeader(const std::function<void(json&)>& change) const {
  json header = {{"alg", "EdDSA"}, {"typ", "at+jwt"}, {"kid", "key-1"}};
  change(header);
  return Signed(header.dump(), Claims().dump());
}

std::string TokenForge::WithClaims(const std::function<void(json&)>& change) const {
  json claims = Claims();
  change(claims);
  return Signed(kHeader, claims.dump());
}

std::string TokenForge::WithRawClaim(const std::string& key, const std::string& raw) const {
  json claims = Claims();
  claims[key] = "@";
  return Signed(kHeader, absl::StrReplaceAll(claims.dump(), {{"\"@\"", raw}}));
}

json TokenForge::Claims() const {
  const std::int64_t now = absl::ToUnixSeconds(setting_.now);
  return {{"iss", setting_.issuer},
          {"aud", setting_.audience},
          {"sub", setting_.user.ToString()},
          {"tid", setting_.organization.ToString()},
          {"sid", setting_.session.ToString()},
          {"jti", setting_.session.ToString()},
          {"roles", {"coordinator"}},
          {"amr", {"pwd"}},
          {"auth_time", now},
          {"iat", now},
          {"nbf", now},
          {"exp", now + 300}};
}

std::string TokenForge::Hs256(absl::string_view key) const {
  const std::string text = absl::StrCat(Encoded(R"({"alg":"HS256","typ":"at+jwt","kid":"key-1"})"), ".",
                                        crypto::Base64UrlEncode(Claims().dump()));
  return absl::StrCat(text, ".", crypto::Base64UrlEncode(crypto::HmacSha256(key, text)));
}

BadTokens TokenForge::All() const {
  BadTokens all;
  for (BadTokens group : {Algorithms(), Headers(), Signatures(), ClaimsThatLie(), Times(), Forms()}) {
    all.merge(group);
  }
  return all;
}

BadTokens TokenForge::Algorithms() const {
  BadTokens out;
  for (const char* alg : {"none", "None", "NONE", "nOnE", "HS256", "HS512", "ES256", "RS256", "PS256", "Ed25519",
                          "eddsa", "EDDSA", "EdDSA ", ""}) {
    out[absl::StrCat("alg ", alg)] = WithHeader([&](json& header) { header["alg"] = alg; });
  }
  const std::vector<std::string> good = PartsOf(setting_.issue());
  for (const char* alg : {"none", "NONE"}) {
    const std::string header = Encoded(json{{"alg", alg}, {"typ", "at+jwt"}, {"kid", "key-1"}}.dump());
    out[absl::StrCat("unsigned, alg ", alg)] = absl::StrCat(header, ".", good[1], ".");
  }
  out["alg missing"] = WithHeader([](json& header) { header.erase("alg"); });
  out["alg a list"] = WithHeader([](json& header) { header["alg"] = json::array({"EdDSA"}); });
  out["alg null"] = WithHeader([](json& header) { header["alg"] = nullptr; });
  out["HS256 with the raw public key"] = Hs256(setting_.key->PublicKey());
  out["HS256 with the public key as DER"] =
      Hs256(absl::StrCat(absl::HexStringToBytes("302a300506032b6570032100"), setting_.key->PublicKey()));
  out["HS256 with the public key as JWK"] = Hs256(crypto::Base64UrlEncode(setting_.key->PublicKey()));
  out["HS256 with the public key as PEM"] = Hs256(absl::StrCat(
      "-----BEGIN PUBLIC KEY-----\n",
      absl::Base64Escape(absl::StrCat(absl::HexStringToBytes("302a300506032b6570032100"), setting_.key->PublicKey())),
      "\n-----END PUBLIC KEY-----\n"));
  return out;
}

BadTokens TokenForge::Headers() const {
  BadTokens out;
  for (const char* name : {"jku", "x5u", "x5t", "cty", "url", "zip", "b64"}) {
    out[absl::StrCat("header with ", name)] = WithHeader([&](json& header) { header[name] = setting_.keys_elsewhere; });
  }
  const crypto::SigningKey own = *crypto::SigningKey::Generate();
  json with_key = {{"alg", "EdDSA"}, {"typ", "at+jwt"}, {"kid", "key-1"}};
  with_key["jwk"] = {{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", crypto::Base64UrlEncode(own.PublicKey())}};
  out["brings its key along"] = *SignToken(with_key.dump(), Claims().dump(), own);
  out["x5c"] = WithHeader([](json& header) { header["x5c"] = json::array({"MIIB"}); });
  out["crit"] = WithHeader([](json& header) { header["crit"] = json::array({"exp"}); });
  for (const char* typ : {"JWT", "jwt", "at+JWT", "AT+JWT", "rt+jwt", "id+jwt", "application/at+jwt", ""}) {
    out[absl::StrCat("typ ", typ)] = WithHeader([&](json& header) { header["typ"] = typ; });
  }
  out["typ missing"] = WithHeader([](json& header) { header.erase("typ"); });
  out["kid missing"] = WithHeader([](json& header) { header.erase("kid"); });
  for (const char* kid : {"", "../../dev/null", "' OR 1=1 --", "key-1\n", "key 1", "key-2", "KEY-1", "k\xC3\xA9y"}) {
    out[absl::StrCat("kid ", kid)] = WithHeader([&](json& header) { header["kid"] = kid; });
  }
  out["kid with NUL"] = Signed(R"({"alg":"EdDSA","typ":"at+jwt","kid":"key-1\u0000x"})", Claims().dump());
  out["kid a number"] = WithHeader([](json& header) { header["kid"] = 1; });
  out["kid long"] = WithHeader([](json& header) { header["kid"] = std::string(65, 'k'); });
  out["kid of a megabyte"] = WithHeader([](json& header) { header["kid"] = std::string(1 << 20, 'k'); });
  out["header twice kid"] = Signed(R"({"alg":"EdDSA","typ":"at+jwt","kid":"key-2","kid":"key-1"})", Claims().dump());
  out["header twice alg"] = Signed(R"({"alg":"none","alg":"EdDSA","typ":"at+jwt","kid":"key-1"})", Claims().dump());
  out["header twice alg, escaped"] =
      Signed(R"({"alg":"EdDSA","\u0061lg":"EdDSA","typ":"at+jwt","kid":"key-1"})", Claims().dump());
  out["header a list"] = Signed(R"(["EdDSA","at+jwt","key-1"])", Claims().dump());
  out["header no JSON"] = Signed("alg=EdDSA", Claims().dump());
  out["header with a BOM"] = Signed(absl::StrCat("\xEF\xBB\xBF", kHeader), Claims().dump());
  out["header with a tail"] = Signed(absl::StrCat(kHeader, "{}"), Claims().dump());
  out["header cut off"] = Signed(std::string(kHeader).substr(0, 30), Claims().dump());
  out["header empty"] = Signed("", Claims().dump());
  return out;
}

BadTokens TokenForge::Signatures() const {
  BadTokens out;
  const std::vector<std::string> good = PartsOf(setting_.issue()), other = PartsOf(setting_.issue());
  const auto with = [&](absl::string_view signature) {
    return absl::StrCat(good[0], ".", good[1], ".", crypto::Base64UrlEncode(signature));
  };
  const std::string signature = *crypto::Base64UrlDecode(good[2]);
  out["no signature"] = absl::StrCat(good[0], ".", good[1], ".");
  out["signature of another token"] = absl::StrCat(good[0], ".", good[1], ".", other[2]);
  out["signature cut"] = with(signature.substr(0, 63));
  out["signature long"] = with(signature + "x");
  out["signature zero"] = with(std::string(64, '\0'));
  out["signature r = 0"] = with(std::string(32, '\0') + signature.substr(32));
  out["signature s = 0"] = with(signature.substr(0, 32) + std::string(32, '\0'));
  out["signature s + L"] = with(signature.substr(0, 32) + std::string(32, '\xff'));
  std::string bent = signature;
  bent[63] = static_cast<char>(bent[63] ^ 1);
  out["signature with one bit changed"] = with(bent);
  out["signed by somebody else"] = *SignToken(kHeader, Claims().dump(), *crypto::SigningKey::Generate());
  json claims = Claims();
  claims["roles"] = {"platform_administrator"};
  out["payload exchanged"] = absl::StrCat(good[0], ".", crypto::Base64UrlEncode(claims.dump()), ".", good[2]);
  out["header exchanged"] =
      absl::StrCat(Encoded(R"({"kid":"key-1","alg":"EdDSA","typ":"at+jwt"})"), ".", good[1], ".", good[2]);
  return out;
}

BadTokens TokenForge::ClaimsThatLie() const {
  BadTokens out;
  for (const char* claim :
       {"iss", "aud", "sub", "tid", "sid", "jti", "roles", "amr", "auth_time", "iat", "nbf", "exp"}) {
    out[absl::StrCat("without ", claim)] = WithClaims([&](json& claims) { claims.erase(claim); });
    out[absl::StrCat("null ", claim)] = WithClaims([&](json& claims) { claims[claim] = nullptr; });
    out[absl::StrCat("object ", claim)] = WithClaims([&](json& claims) { claims[claim] = json::object(); });
    json doubled = Claims();
    const std::string once = json{{claim, doubled[claim]}}.dump();
    out[absl::StrCat("twice ", claim)] =
        Signed(kHeader, absl::StrCat(once.substr(0, once.size() - 1), ",", doubled.dump().substr(1)));
  }
  out["other issuer"] = WithClaims([](json& claims) { claims["iss"] = "https://evil.test"; });
  out["issuer with a slash"] = WithClaims([&](json& claims) { claims["iss"] = setting_.issuer + "/"; });
  out["other audience"] = WithClaims([](json& claims) { claims["aud"] = "another"; });
  out["audience in capitals"] =
      WithClaims([&](json& claims) { claims["aud"] = absl::AsciiStrToUpper(setting_.audience); });
  out["audience a list"] = WithClaims([&](json& claims) { claims["aud"] = {setting_.audience, "another"}; });
  for (const char* id : {"", "1", "00000000-0000-0000-0000-000000000000", "0190c5a27f3e7c119d550123456789ab",
                         "' OR 1=1", "{0190c5a2-7f3e-7c11-9d55-0123456789ab}"}) {
    out[absl::StrCat("sub ", id)] = WithClaims([&](json& claims) { claims["sub"] = id; });
    out[absl::StrCat("tid ", id)] = WithClaims([&](json& claims) { claims["tid"] = id; });
  }
  out["amr empty"] = WithClaims([](json& claims) { claims["amr"] = json::array(); });
  out["roles a text"] = WithClaims([](json& claims) { claims["roles"] = "coordinator"; });
  out["roles of numbers"] = WithClaims([](json& claims) { claims["roles"] = {3}; });
  out["a hundred roles"] = WithClaims([](json& claims) { claims["roles"] = json(std::vector<std::string>(100, "x")); });
  out["deeply nested"] = WithRawClaim("x", std::string(200, '[') + std::string(200, ']'));
  return out;
}

BadTokens TokenForge::Times() const {
  BadTokens out;
  const std::int64_t now = absl::ToUnixSeconds(setting_.now);
  const auto times = [&](std::int64_t iat, std::int64_t nbf, std::int64_t exp) {
    return WithClaims([=](json& claims) {
      claims["iat"] = iat;
      claims["nbf"] = nbf;
      claims["exp"] = exp;
    });
  };
  out["expired"] = times(now - 400, now - 400, now - 100);
  out["not yet"] = times(now, now + 60, now + 200);
  out["issued in the future"] = times(now + 60, now, now + 200);
  out["lives for six minutes"] = times(now, now, now + 360);
  out["lives for ever"] = times(now, now, 253402300799);
  out["expires before it is issued"] = times(now + 3, now, now + 2);
  out["signed in tomorrow"] = WithClaims([&](json& claims) { claims["auth_time"] = now + 86400; });
  const std::string good = absl::StrCat(now + 300);
  for (const std::string& raw :
       {absl::StrCat("\"", good, "\""), absl::StrCat(good, ".0"),
        absl::StrCat(good.substr(0, 9), ".", good.substr(9), "e1"), std::string("1e400"), std::string("-1"),
        std::string("true"), absl::StrCat("[", good, "]"), std::string("99999999999999999999"),
        std::string("18446744073709551615"), std::string("253402300800"), std::string("0x6AB"), std::string("NaN"),
        absl::StrCat("0", good)}) {
    out[absl::StrCat("exp ", raw)] = WithRawClaim("exp", raw);
  }
  return out;
}

BadTokens TokenForge::Forms() const {
  BadTokens out;
  const std::string good = setting_.issue();
  const std::vector<std::string> parts = PartsOf(good);
  out["empty"] = "";
  out["a word"] = "token";
  out["dots"] = "..";
  out["two parts"] = absl::StrCat(parts[0], ".", parts[1]);
  out["four parts"] = good + "." + parts[2];
  out["five parts"] = good + ".." + parts[2];
  out["a dot behind"] = good + ".";
  out["a dot before"] = "." + good;
  out["space before"] = " " + good;
  out["space behind"] = good + " ";
  out["newline behind"] = good + "\n";
  out["NUL behind"] = good + std::string(1, '\0');
  out["scheme inside"] = "Bearer " + good;
  out["two tokens"] = good + "," + good;
  out["padded header"] = absl::StrCat(parts[0], "=.", parts[1], ".", parts[2]);
  out["padded payload"] = absl::StrCat(parts[0], ".", parts[1], "=.", parts[2]);
  out["padded signature"] = good + "==";
  out["newline in the payload"] =
      absl::StrCat(parts[0], ".", parts[1].substr(0, 9), "\n", parts[1].substr(9), ".", parts[2]);
  out["other alphabet"] = absl::StrReplaceAll(good, {{"-", "+"}, {"_", "/"}}) == good
                              ? good + "+"
                              : absl::StrReplaceAll(good, {{"-", "+"}, {"_", "/"}});
  // The last character of 64 bytes carries four idle bits; with one of them set it is another text for the same bytes.
  std::string idle = good;
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  idle.back() = alphabet[alphabet.find(idle.back()) + 1];
  out["idle bits set"] = idle;
  out["payload empty"] = Signed(kHeader, "");
  out["payload a list"] = Signed(kHeader, "[]");
  out["payload a text"] = Signed(kHeader, "\"x\"");
  out["payload with a tail"] = Signed(kHeader, Claims().dump() + "x");
  out["payload with comments"] = Signed(kHeader, "/**/" + Claims().dump());
  out["payload not UTF-8"] = WithRawClaim("x", "\"\xff\xfe\"");
  out["a megabyte"] = std::string(1 << 20, 'A');
  out["a megabyte of dots"] = std::string(1 << 20, '.');
  out["a long good one"] = WithClaims([](json& claims) { claims["x"] = std::string(5000, 'x'); });
  return out;
}

}  // namespace trellis::access
