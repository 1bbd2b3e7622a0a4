#include "common/access/token.h"

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/access/key_set.h"
#include "common/json/strict_json.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/crypto/base64url.h"

namespace trellis::access {
namespace {

using nlohmann::json;

constexpr char kAlgorithm[] = "EdDSA";
constexpr char kType[] = "at+jwt";
constexpr char kRolePrefix[] = "ROLE_";
constexpr char kLabelPrefix[] = "SECURITY_LABEL_";
constexpr std::size_t kMaxListItems = 32;

// One answer for everything that is wrong with a token: why is nobody's business but the log's.
absl::Status Invalid(absl::string_view why) {
  return Error(absl::StatusCode::kUnauthenticated, "TOKEN_INVALID",
               absl::StrCat("the access token is not valid: ", why));
}

std::optional<std::string> Text(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

std::optional<Id> IdOf(const json& object, const char* key) {
  const std::optional<std::string> text = Text(object, key);
  if (!text.has_value()) return std::nullopt;
  const absl::StatusOr<Id> id = Id::Parse(*text);
  if (!id.ok() || id->is_nil()) return std::nullopt;
  return *id;
}

// Whole seconds since 1970; a fraction, a sign, a string or a year beyond 9999 is no time.
std::optional<absl::Time> TimeOf(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
  const auto seconds = found->get<std::uint64_t>();
  constexpr std::uint64_t kYear9999 = 253402300799;
  if (seconds > kYear9999) return std::nullopt;
  return absl::FromUnixSeconds(static_cast<std::int64_t>(seconds));
}

std::optional<std::vector<std::string>> TextsOf(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array() || found->size() > kMaxListItems) return std::nullopt;
  std::vector<std::string> out;
  for (const json& item : *found) {
    if (!item.is_string()) return std::nullopt;
    out.push_back(item.get<std::string>());
  }
  return out;
}

// Roles that this version does not know give no rights; they are no reason to refuse a token of a newer identity.
std::vector<options::v1::Role> RolesOf(const std::vector<std::string>& codes) {
  std::vector<options::v1::Role> roles;
  for (const std::string& code : codes) {
    options::v1::Role role = options::v1::ROLE_UNSPECIFIED;
    if (code != absl::AsciiStrToLower(code)) continue;
    if (!options::v1::Role_Parse(absl::StrCat(kRolePrefix, absl::AsciiStrToUpper(code)), &role)) continue;
    if (role != options::v1::ROLE_UNSPECIFIED) roles.push_back(role);
  }
  return roles;
}

// The same for labels: one that this version does not know clears nobody for anything.
LabelSet ClearancesOf(const std::vector<std::string>& codes) {
  LabelSet clearances;
  for (const std::string& code : codes) {
    options::v1::SecurityLabel label = options::v1::SECURITY_LABEL_UNSPECIFIED;
    if (code != absl::AsciiStrToLower(code)) continue;
    options::v1::SecurityLabel_Parse(absl::StrCat(kLabelPrefix, absl::AsciiStrToUpper(code)), &label);
    if (label != options::v1::SECURITY_LABEL_UNSPECIFIED) clearances.Add(label);
  }
  return clearances;
}

json ClearancesAsJson(LabelSet clearances) {
  json codes = json::array();
  for (int label = options::v1::SecurityLabel_MIN + 1; label <= options::v1::SecurityLabel_MAX; ++label) {
    const std::string& name = options::v1::SecurityLabel_Name(static_cast<options::v1::SecurityLabel>(label));
    if (clearances.Has(label)) codes.push_back(absl::AsciiStrToLower(absl::StripPrefix(name, kLabelPrefix)));
  }
  return codes;
}

json ClaimsAsJson(const TokenIssuer::Options& options, const TokenSubject& subject, const Id& token, absl::Time now) {
  json roles = json::array();
  for (const options::v1::Role role : subject.roles) roles.push_back(RoleCode(role));
  return json{{"iss", options.issuer},
              {"aud", options.audience},
              {"sub", subject.user.ToString()},
              {"tid", subject.organization.ToString()},
              {"sid", subject.session.ToString()},
              {"jti", token.ToString()},
              {"roles", std::move(roles)},
              {"clr", ClearancesAsJson(subject.clearances)},
              {"amr", subject.methods},
              {"auth_time", absl::ToUnixSeconds(subject.auth_time)},
              {"iat", absl::ToUnixSeconds(now)},
              {"nbf", absl::ToUnixSeconds(now)},
              {"exp", absl::ToUnixSeconds(now + options.life)}};
}

// Our own header and nothing else: what names a key by address, brings a key along or demands an extension is refused
// with all other strangers.
absl::StatusOr<std::string> ReadHeader(absl::string_view encoded) {
  const std::optional<std::string> text = crypto::Base64UrlDecode(encoded);
  if (!text.has_value()) return Invalid("header");
  const std::optional<json> header = ParseStrictObject(*text);
  if (!header.has_value() || header->size() != 3) return Invalid("header");
  if (Text(*header, "alg") != kAlgorithm) return Invalid("algorithm");
  if (Text(*header, "typ") != kType) return Invalid("type");
  std::optional<std::string> key_id = Text(*header, "kid");
  if (!key_id.has_value() || !IsKeyId(*key_id)) return Invalid("key");
  return *std::move(key_id);
}

}  // namespace

std::string RoleCode(options::v1::Role role) {
  return absl::AsciiStrToLower(absl::StripPrefix(options::v1::Role_Name(role), kRolePrefix));
}

absl::StatusOr<TokenIssuer> TokenIssuer::Make(Options options, const crypto::SigningKey* key, const Clock* clock,
                                              IdGenerator* ids) {
  if (options.issuer.empty() || options.audience.empty()) {
    return absl::InvalidArgumentError("tokens need an issuer and an audience");
  }
  if (!IsKeyId(options.key_id)) return absl::InvalidArgumentError("the key id must match [A-Za-z0-9_-]{1,64}");
  if (options.life < absl::Seconds(1) || options.life > kMaxTokenLife) {
    return absl::InvalidArgumentError("tokens live between one second and five minutes");
  }
  return TokenIssuer(std::move(options), key, clock, ids);
}

absl::StatusOr<IssuedToken> TokenIssuer::Issue(const TokenSubject& subject) const {
  const absl::Time now = absl::FromUnixSeconds(absl::ToUnixSeconds(clock_->Now()));
  const json header = {{"alg", kAlgorithm}, {"typ", kType}, {"kid", options_.key_id}};
  const json claims = ClaimsAsJson(options_, subject, ids_->Next(), now);
  TRELLIS_ASSIGN_OR_RETURN(std::string token, SignToken(header.dump(), claims.dump(), *key_));
  return IssuedToken{std::move(token), now + options_.life};
}

absl::StatusOr<std::string> SignToken(absl::string_view header, absl::string_view payload,
                                      const crypto::SigningKey& key) {
  std::string text = absl::StrCat(crypto::Base64UrlEncode(header), ".", crypto::Base64UrlEncode(payload));
  TRELLIS_ASSIGN_OR_RETURN(const std::string signature, key.Sign(text));
  absl::StrAppend(&text, ".", crypto::Base64UrlEncode(signature));
  return text;
}

absl::StatusOr<TokenParts> SplitToken(absl::string_view token) {
  if (token.empty() || token.size() > kMaxTokenBytes) return Invalid("size");
  const std::vector<absl::string_view> parts = absl::StrSplit(token, absl::MaxSplits('.', 3));
  if (parts.size() != 3) return Invalid("form");
  TokenParts out;
  TRELLIS_ASSIGN_OR_RETURN(out.key_id, ReadHeader(parts[0]));
  std::optional<std::string> payload = crypto::Base64UrlDecode(parts[1]);
  std::optional<std::string> signature = crypto::Base64UrlDecode(parts[2]);
  if (!payload.has_value() || payload->empty()) return Invalid("payload");
  if (!signature.has_value() || signature->size() != crypto::SigningKey::kSignatureSize) return Invalid("signature");
  out.signed_text = std::string(token.substr(0, parts[0].size() + 1 + parts[1].size()));
  out.payload = *std::move(payload);
  out.signature = *std::move(signature);
  return out;
}

absl::StatusOr<TokenClaims> ReadClaims(absl::string_view payload, absl::string_view issuer,
                                       absl::string_view audience) {
  const std::optional<json> object = ParseStrictObject(payload);
  if (!object.has_value()) return Invalid("claims");
  if (Text(*object, "iss") != std::string(issuer)) return Invalid("issuer");
  if (Text(*object, "aud") != std::string(audience)) return Invalid("audience");

  const std::optional<Id> user = IdOf(*object, "sub"), organization = IdOf(*object, "tid");
  const std::optional<Id> session = IdOf(*object, "sid"), token = IdOf(*object, "jti");
  if (!user || !organization || !session || !token) return Invalid("ids");

  const std::optional<absl::Time> auth_time = TimeOf(*object, "auth_time"), issue_time = TimeOf(*object, "iat");
  const std::optional<absl::Time> not_before = TimeOf(*object, "nbf"), expire_time = TimeOf(*object, "exp");
  if (!auth_time || !issue_time || !not_before || !expire_time) return Invalid("times");

  const std::optional<std::vector<std::string>> roles = TextsOf(*object, "roles"), methods = TextsOf(*object, "amr");
  if (!roles || !methods || methods->empty()) return Invalid("lists");

  std::optional<std::vector<std::string>> clearances;
  if (object->contains("clr")) {
    clearances = TextsOf(*object, "clr");
    if (!clearances) return Invalid("clearances");
  }

  return TokenClaims{.user = *user,
                     .organization = *organization,
                     .session = *session,
                     .token = *token,
                     .roles = RolesOf(*roles),
                     .clearances = ClearancesOf(clearances.value_or(std::vector<std::string>())),
                     .methods = *methods,
                     .auth_time = *auth_time,
                     .issue_time = *issue_time,
                     .not_before = *not_before,
                     .expire_time = *expire_time};
}

absl::Status CheckTimes(const TokenClaims& claims, absl::Time now, absl::Duration leeway) {
  if (now >= claims.expire_time + leeway) {
    return Error(absl::StatusCode::kUnauthenticated, "TOKEN_EXPIRED", "the access token has expired");
  }
  if (claims.expire_time <= claims.issue_time || claims.expire_time - claims.issue_time > kMaxTokenLife) {
    return Invalid("life");
  }
  const absl::Time latest = now + leeway;
  if (claims.not_before > latest || claims.issue_time > latest || claims.auth_time > latest)
    return Invalid("too early");
  return absl::OkStatus();
}

}  // namespace trellis::access
