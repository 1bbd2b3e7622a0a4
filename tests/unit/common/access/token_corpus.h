// Tokens that somebody might try, made with the right key wherever that is what it takes. None of them is good.
#ifndef TRELLIS_TESTS_UNIT_COMMON_ACCESS_TOKEN_CORPUS_H_
#define TRELLIS_TESTS_UNIT_COMMON_ACCESS_TOKEN_CORPUS_H_

#include <functional>
#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/crypto/signing_key.h"
#include "nlohmann/json.hpp"

namespace trellis::access {

using BadTokens = std::map<std::string, std::string>;  // by what is bad about them

class TokenForge {
 public:
  // What a good token of the verifier under test looks like.
  struct Setting {
    const crypto::SigningKey* key;
    std::string key_id;
    std::string issuer;
    std::string audience;
    Id user, organization, session;
    absl::Time now;
    std::function<std::string()> issue;  // a good token, another one each time
    std::string keys_elsewhere = "https://evil.test/keys";
  };
  explicit TokenForge(Setting setting) : setting_(std::move(setting)) {}

  // Well over 150.
  BadTokens All() const;

  // Correctly signed, whatever they say. Without a change they are good.
  std::string WithHeader(const std::function<void(nlohmann::json&)>& change) const;
  std::string WithClaims(const std::function<void(nlohmann::json&)>& change) const;
  std::string WithRawClaim(const std::string& key, const std::string& raw) const;

 private:
  std::string Named(const std::string& header) const;
  std::string Encoded(const std::string& header) const;
  std::string Signed(const std::string& header, const std::string& payload) const;
  nlohmann::json Claims() const;
  // HS256 keyed with something that everybody knows.
  std::string Hs256(absl::string_view key) const;

  BadTokens Algorithms() const;
  BadTokens Headers() const;
  BadTokens Signatures() const;
  BadTokens ClaimsThatLie() const;
  BadTokens Times() const;
  BadTokens Forms() const;

  const Setting setting_;
};

}  // namespace trellis::access

#endif  // TRELLIS_TESTS_UNIT_COMMON_ACCESS_TOKEN_CORPUS_H_
