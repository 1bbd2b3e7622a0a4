#include "services/identity/domain/password_rules.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/base/embedded.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "services/identity/domain/text_forms.h"

namespace trellis::identity {

namespace data {
const std::vector<EmbeddedFile>& Files();
}

namespace {

constexpr std::size_t kLeast = 15;
constexpr int kLeastTurns = 4;        // signs that neither repeat the one before nor are its neighbour
constexpr int kMostCommonPieces = 2;  // what is made of more of them is long enough to be left to chance
constexpr std::size_t kShortestCommon = 8;
constexpr std::size_t kLeastBesideKnownWords = 6;
constexpr std::size_t kShortestKnownWord = 4;
constexpr absl::string_view kKnownWords[] = {"administrator", "coordinator", "clinician", "provider",
                                             "analyst",       "officer",     "privacy",   "password",
                                             "welcome",       "mental",      "health"};

absl::Status Unfit(absl::string_view field, absl::string_view why) {
  return Error(absl::StatusCode::kInvalidArgument, "PASSWORD_UNFIT", absl::StrCat("The password ", why, "."))
      .Field(field, why);
}

// The part of a login name that somebody would put into a password.
std::string LocalPart(absl::string_view login) { return std::string(login.substr(0, login.find('@'))); }

// How often a sign comes that does not follow from the one before it: "aaaa", "abcd", "9876" have one each.
int Turns(absl::string_view text) {
  int turns = 0;
  int before = -2;
  for (const char c : text) {
    const int now = static_cast<unsigned char>(c);
    if (std::abs(now - before) > 1) ++turns;
    before = now;
  }
  return turns;
}

// Two signs by turns, and three and four: "abababab", "qweqweqwe".
bool IsRepetition(absl::string_view text) {
  for (std::size_t period = 1; period <= 4 && period * 2 <= text.size(); ++period) {
    if (text.substr(period) == text.substr(0, text.size() - period)) return true;
  }
  return false;
}

std::string LettersAndDigits(absl::string_view text) {
  std::string out;
  std::copy_if(text.begin(), text.end(), std::back_inserter(out), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return absl::ascii_isalnum(byte) || byte >= 0x80;
  });
  return out;
}

// What is left of `folded` without the words that everybody here knows.
std::string WithoutKnownWords(std::string folded, const PasswordOwner& owner) {
  std::vector<std::string> words(std::begin(kKnownWords), std::end(kKnownWords));
  for (const std::string& name : {owner.organization, owner.display_name}) {
    for (std::string& word : NameWords(name)) words.push_back(std::move(word));
  }
  for (const std::string& word : words) {
    if (word.size() >= kShortestKnownWord) folded = absl::StrReplaceAll(folded, {{word, ""}});
  }
  return LettersAndDigits(folded);
}

}  // namespace

PasswordRules::PasswordRules(std::string more) : more_(absl::AsciiStrToLower(more)) {
  for (const EmbeddedFile& file : data::Files()) Add(file.content);
  Add(more_);
}

void PasswordRules::Add(absl::string_view lines) {
  for (absl::string_view line : absl::StrSplit(lines, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (line.size() < kShortestCommon || absl::StartsWith(line, "#")) continue;
    common_.insert(line);
    longest_ = std::max(longest_, line.size());
  }
}

// Walks over the text once: `pieces[i]` is how few common passwords the first i bytes are made of, digits left out.
bool PasswordRules::IsCommon(absl::string_view folded) const {
  constexpr int kNever = kMostCommonPieces + 1;
  std::vector<int> pieces(folded.size() + 1, kNever);
  pieces[0] = 0;
  for (std::size_t at = 0; at < folded.size(); ++at) {
    if (pieces[at] == kNever) continue;
    if (absl::ascii_isdigit(static_cast<unsigned char>(folded[at])))
      pieces[at + 1] = std::min(pieces[at + 1], pieces[at]);
    if (pieces[at] == kMostCommonPieces) continue;
    const std::size_t most = std::min(longest_, folded.size() - at);
    for (std::size_t length = kShortestCommon; length <= most; ++length) {
      int& behind = pieces[at + length];
      if (behind > pieces[at] + 1 && common_.contains(folded.substr(at, length))) behind = pieces[at] + 1;
    }
  }
  return pieces.back() != kNever;
}

absl::Status PasswordRules::Check(absl::string_view password, const PasswordOwner& owner,
                                  absl::string_view field) const {
  const std::optional<std::size_t> length = CountCodePoints(password);
  if (!length.has_value()) return Unfit(field, "must be well-formed UTF-8");
  if (*length < kLeast) return Unfit(field, absl::StrCat("must have at least ", kLeast, " characters"));
  if (absl::StrContains(password, '\0')) return Unfit(field, "must not hold a NUL character");
  if (Turns(password) < kLeastTurns || IsRepetition(password)) {
    return Unfit(field, "must not be a run or a repetition of a few characters");
  }
  const std::string folded = absl::AsciiStrToLower(password);
  const std::string local = LocalPart(owner.login);
  if (local.size() >= 3 && absl::StrContains(folded, local)) return Unfit(field, "must not contain the login name");
  if (absl::StrContains(folded, "trellis")) return Unfit(field, "must not contain the name of this product");
  if (IsCommon(folded) || IsCommon(LettersAndDigits(folded))) {
    return Unfit(field, "must not be made of passwords that are tried first");
  }
  if (WithoutKnownWords(folded, owner).size() < kLeastBesideKnownWords) {
    return Unfit(field, "must not be made of words that everybody here knows");
  }
  return absl::OkStatus();
}

}  // namespace trellis::identity
