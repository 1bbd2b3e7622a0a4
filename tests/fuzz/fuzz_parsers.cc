// Any bytes for everything else that reads what strangers wrote. TRELLIS_FUZZ_TARGET names the parser; "list" prints
// all of them.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "common/access/token.h"
#include "common/base/text.h"
#include "common/rpc/page_token.h"
#include "common/rpc/pipeline/authentication.h"
#include "common/rpc/transport/pem_check.h"
#include "common/trace/context.h"
#include "common/webauthn/webauthn.h"
#include "services/assessment/domain/instrument_parser.h"
#include "services/directory/domain/hsds_package.h"

namespace trellis::fuzz {
namespace {

[[noreturn]] void Fail(const char* what) {
  std::fprintf(stderr, "TRELLIS: %s\n", what);
  std::abort();
}

// Refusing is all that a parser may do with bad bytes.
void ExpectRefusal(const absl::Status& status) {
  if (status.ok() || status.code() == absl::StatusCode::kInternal || status.code() == absl::StatusCode::kUnknown) {
    Fail("an error of another kind");
  }
}

void AccessToken(absl::string_view text) {
  const auto parts = access::SplitToken(text);
  if (!parts.ok()) return ExpectRefusal(parts.status());
  (void)access::ReadClaims(parts->payload, "https://identity.test", "trellis");
}

// The payload by itself: nobody but the holder of a key can make the verifier read it, so only here is it reached.
void TokenClaims(absl::string_view text) {
  const auto claims = access::ReadClaims(text, "https://identity.test", "trellis");
  if (!claims.ok()) return ExpectRefusal(claims.status());
  (void)access::CheckTimes(*claims, absl::FromUnixSeconds(1790000000), absl::Seconds(5));
}

void Bearer(absl::string_view text) {
  rpc::Metadata metadata;
  metadata.emplace("authorization", grpc::string_ref(text.data(), text.size()));
  const auto token = rpc::BearerToken(metadata);
  if (!token.ok()) ExpectRefusal(token.status());
}

void PageToken(absl::string_view text) {
  const auto key = rpc::DecodePageToken(text, "filter");
  if (!key.ok()) return ExpectRefusal(key.status());
  if (!text.empty() && *rpc::DecodePageToken(rpc::EncodePageToken(*key, "filter"), "filter") != *key) {
    Fail("a page token changes on the way");
  }
}

void HsdsPackage(absl::string_view text) {
  directory::PackageOptions options;
  options.source = "fuzz";
  options.derive_id = [](absl::string_view, absl::string_view) { return Id(); };
  const auto package = directory::ParsePackage(text, options);
  if (!package.ok()) ExpectRefusal(package.status());
}

void Instrument(absl::string_view text) {
  const auto instrument = assessment::ParseInstrument({.name = "fuzz.json", .content = std::string(text)});
  if (!instrument.ok()) ExpectRefusal(instrument.status());
}

// The same bytes in each place of an answer: whichever is read first, all are read by something.
void Passkey(absl::string_view text) {
  const webauthn::RelyingParty party{"example.org", {"https://app.example.org"}};
  const std::string challenge(webauthn::kChallengeBytes, 'c');
  const std::string client_data =
      R"({"type":"webauthn.create","challenge":"Y2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2M","origin":"https://app.example.org"})";
  const std::string bytes(text);
  const auto made = webauthn::CheckRegistration(party, challenge, {client_data, bytes});
  if (!made.ok()) ExpectRefusal(made.status());
  if (made.ok() && made->credential_id.empty()) Fail("a passkey without an id");
  const auto told = webauthn::CheckRegistration(party, challenge, {bytes, bytes});
  if (!told.ok()) ExpectRefusal(told.status());
  const auto shown = webauthn::CheckAssertion(party, challenge, text.substr(0, 65), {bytes, bytes, bytes});
  if (!shown.ok()) ExpectRefusal(shown.status());
}

void Traceparent(absl::string_view text) { (void)trace::ParseTraceparent(text); }

void SpiffeName(absl::string_view text) {
  const std::string service = rpc::ServiceOfSpiffeName(text, "trellis.local");
  if (service.find_first_of("/%:?#") != std::string::npos) Fail("a service's name with a path in it");
}

void Pem(absl::string_view text) {
  (void)rpc::CheckAuthorities(std::string(text));
  (void)rpc::CheckKeyPair(std::string(text), std::string(text));
}

void Text(absl::string_view text) {
  const auto count = CountCodePoints(text);
  if (count.has_value() && *count > text.size()) Fail("more characters than bytes");
  if (!count.has_value() && !HasUnsafeCharacter(text)) Fail("bytes that are no text pass for harmless");
  (void)HasReadingMark(text);
}

const std::map<std::string, std::function<void(absl::string_view)>>& Parsers() {
  static const auto* const parsers =
      new std::map<std::string, std::function<void(absl::string_view)>>{{"access_token", AccessToken},
                                                                        {"token_claims", TokenClaims},
                                                                        {"bearer", Bearer},
                                                                        {"page_token", PageToken},
                                                                        {"hsds_package", HsdsPackage},
                                                                        {"instrument", Instrument},
                                                                        {"passkey", Passkey},
                                                                        {"traceparent", Traceparent},
                                                                        {"spiffe_name", SpiffeName},
                                                                        {"pem", Pem},
                                                                        {"text", Text}};
  return *parsers;
}

const std::function<void(absl::string_view)>* parser = nullptr;

}  // namespace
}  // namespace trellis::fuzz

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  const char* const given = std::getenv("TRELLIS_FUZZ_TARGET");
  const std::string wanted = given == nullptr ? "" : given;
  if (wanted == "list") {
    for (const auto& [name, unused] : trellis::fuzz::Parsers()) std::puts(name.c_str());
    std::fflush(stdout);
    std::_Exit(0);
  }
  const auto found = trellis::fuzz::Parsers().find(wanted);
  if (found == trellis::fuzz::Parsers().end()) std::_Exit(2);
  trellis::fuzz::parser = &found->second;
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (*trellis::fuzz::parser)(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
