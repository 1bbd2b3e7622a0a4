// Secrets are compared by crypto::ConstantTimeEquals and by nothing else.
#include "tests/contract/secret_comparison.h"

#include <iterator>
#include <set>

#include "gtest/gtest.h"

namespace trellis::contract {
namespace {

struct Excuse {
  const char* path;
  const char* text;
  const char* why;
};

constexpr char kOfAnInstrument[] = "the code of an item, a band or an instrument; anybody may know it";
constexpr char kOfTheChain[] = "the chain's hashes are recorded for all to check";
constexpr char kBothStored[] = "both are what the database held, before and after; none is a caller's";

constexpr Excuse kExcuses[] = {
    {"common/access/token.cc", "code != absl::AsciiStrToLower(code)",
     "the name of a role, checked to be in lower case"},
    {"common/audit/chain_verifier.cc", "Extend(head_, body) != hash", kOfTheChain},
    {"common/audit/chain_verifier.cc", "expected->second != hash", kOfTheChain},
    {"common/audit/checkpoint.cc", "signature.substr(0, kKeyHashSize) != KeyHash(checkpoint.origin, public_key)",
     "says which public key is meant; the signature itself is verified"},
    {"common/audit/database_verifier.cc", "record.code() != code", "the code of a status"},
    {"common/crypto/digest.cc", "CRYPTO_memcmp", "this is ConstantTimeEquals"},
    {"common/db/idempotency.cc", "hash != key.request_hash", "of a request that the caller knows and just sent"},
    {"common/rpc/page_token.cc", "bytes.compare", "a digest without a key of what the caller just sent"},
    {"common/seal/file_key_ring.cc", "sodium_memcmp", "takes the same time; the keys never leave locked memory"},
    {"services/assessment/api/assessment_convert.cc", "value.code != definition.code", kOfAnInstrument},
    {"services/assessment/api/assessment_convert.cc", "hit.rule != rule.code", kOfAnInstrument},
    {"services/assessment/domain/change.cc", "BandOf(system, earlier).code != BandOf(system, now).code",
     kOfAnInstrument},
    {"services/assessment/domain/instrument.cc", "value.code == code", kOfAnInstrument},
    {"services/assessment/domain/instrument_parser.cc", "stages[i].code == code", kOfAnInstrument},
    {"services/assessment/domain/instrument_registry.cc", "a.stages[i].code != b.stages[i].code", kOfAnInstrument},
    {"services/assessment/domain/instrument_registry.cc", "other.code != parsed->code", kOfAnInstrument},
    {"services/assessment/domain/instrument_registry.cc", "it->second.code == code", kOfAnInstrument},
    {"services/assessment/domain/instrument_registry.cc", "newest.back()->code == instrument.code", kOfAnInstrument},
    {"services/assessment/domain/scoring.cc", "outcome.stages[i].code == fact.option", kOfAnInstrument},
    {"services/cli/answers.cc", "item.code() == key", kOfAnInstrument},
    {"services/cli/answers.cc", "option.code() == text", kOfAnInstrument},
    {"services/identity/api/passkeys_api.cc", "now->password_hash != shown.password_hash", kBothStored},
    {"services/identity/api/passwords_api.cc", "now->password_hash != before->password_hash", kBothStored},
    {"services/identity/api/sign_in_api.cc", "now->password_hash != credentials.password_hash", kBothStored},
    {"services/identity/api/second_factors_api.cc", "now->password_hash != password_hash", kBothStored},
};

std::vector<std::string> Found(const std::string& code) {
  std::vector<std::string> texts;
  for (const Comparison& comparison : SecretComparisons({"sample.cc", code})) texts.push_back(comparison.text);
  return texts;
}

const Excuse* ExcuseFor(const std::string& path, const Comparison& comparison) {
  for (const Excuse& excuse : kExcuses) {
    if (path == excuse.path && comparison.text == excuse.text) return &excuse;
  }
  return nullptr;
}

using Texts = std::vector<std::string>;

// Without this the rest would prove nothing.
TEST(SecretComparison, IsFoundInASample) {
  EXPECT_EQ(Found("return token == other;"), Texts{"token == other"});
  EXPECT_EQ(Found("if (row->user.password_hash.value() != given) return;"),
            Texts{"row->user.password_hash.value() != given"});
  EXPECT_EQ(Found("return given ==\n    *refresh_token;"), Texts{"given == refresh_token"});
  EXPECT_EQ(Found("if (!(Sha256(x) == row.token_hash())) {"), Texts{"Sha256(x) == row.token_hash()"});
  EXPECT_EQ(Found("ok = signature.substr(0, 4) != KeyHash(origin, key);"),
            Texts{"signature.substr(0, 4) != KeyHash(origin, key)"});
  EXPECT_EQ(Found("HmacSha256(key, data) == sent;"), Texts{"HmacSha256(key, data) == sent"});
  EXPECT_EQ(Found("if (std::memcmp(a, b, 32) == 0) {}"), Texts{"memcmp"});
  EXPECT_EQ(Found("strcmp(a, b)"), Texts{"strcmp"});
  EXPECT_EQ(Found("if (sent.compare(mac) == 0) {}"), Texts{"sent.compare"});
  EXPECT_EQ(SecretComparisons({"sample.cc", "// x\n\nmac == y;"}).at(0).line, 3);
}

TEST(SecretComparison, IsNotSeenWhereThereIsNone) {
  for (const char* const code :
       {"if (ConstantTimeEquals(token, other)) {}", "// token == other", "Log(\"token == other\");",
        "if (token.size() != kTokenBytes) {}", "if (token == nullptr) {}", "if (password.empty() == true) {}",
        "status.code() == absl::StatusCode::kNotFound", "if (code == 0) {}", "return token_id == other_id;",
        "kind == Kind::kToken", "a.code() != grpc::StatusCode::OK", "if (token.user == caller.user) {}"}) {
    EXPECT_EQ(Found(code), Texts{}) << code;
  }
}

TEST(SecretComparison, IsNowhereInTheServices) {
  std::set<const Excuse*> used;
  int files = 0;
  for (const char* const folder : {"services", "common"}) {
    for (const SourceFile& file : FilesBelow(folder, {".cc"})) {
      if (file.path.rfind("common/testing/", 0) == 0) continue;  // does not ship
      ++files;
      for (const Comparison& comparison : SecretComparisons(file)) {
        const Excuse* const excuse = ExcuseFor(file.path, comparison);
        used.insert(excuse);
        EXPECT_NE(excuse, nullptr) << file.path << ":" << comparison.line << " compares '" << comparison.text
                                   << "': use crypto::ConstantTimeEquals, or excuse it with the reason";
      }
    }
  }
  EXPECT_GT(files, 100);
  used.erase(nullptr);
  EXPECT_EQ(used.size(), std::size(kExcuses)) << "an excuse is not needed any more";
}

}  // namespace
}  // namespace trellis::contract
