#include "services/identity/domain/text_forms.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace trellis::identity {
namespace {

// Letters that people write without their stroke or as two letters, and that no Unicode rule takes apart. Folded case.
constexpr std::pair<UChar32, const char*> kBaseLetters[] = {
    {0x00E6, "ae"}, {0x00F0, "d"}, {0x00F8, "o"},  {0x00FE, "th"}, {0x0111, "d"}, {0x0127, "h"}, {0x0131, "i"},
    {0x0138, "k"},  {0x0142, "l"}, {0x0153, "oe"}, {0x0167, "t"},  {0x0180, "b"}, {0x0192, "f"}, {0x019A, "l"},
    {0x01B6, "z"},  {0x0247, "e"}, {0x0249, "j"},  {0x024D, "r"},  {0x024F, "y"}, {0x0268, "i"}, {0x0289, "u"},
};

const char* BaseLetter(UChar32 c) {
  const auto* found = std::lower_bound(std::begin(kBaseLetters), std::end(kBaseLetters), c,
                                       [](const auto& entry, UChar32 value) { return entry.first < value; });
  return found != std::end(kBaseLetters) && found->first == c ? found->second : nullptr;
}

void AppendCodePoint(std::string& out, UChar32 c) {
  char buffer[U8_MAX_LENGTH];
  int length = 0;
  U8_APPEND_UNSAFE(buffer, length, c);
  out.append(buffer, static_cast<std::size_t>(length));
}

template <typename Function>
void ForEachCodePoint(absl::string_view text, Function function) {
  const auto length = static_cast<std::int32_t>(text.size());
  for (std::int32_t i = 0; i < length;) {
    UChar32 c = 0;
    U8_NEXT(text.data(), i, length, c);
    function(c);
  }
}

std::u16string ToUtf16(absl::string_view text, UErrorCode& error) {
  std::u16string out(text.size() + 1, u'\0');  // UTF-16 never needs more units than UTF-8 has bytes
  std::int32_t length = 0;
  u_strFromUTF8(out.data(), static_cast<std::int32_t>(out.size()), &length, text.data(),
                static_cast<std::int32_t>(text.size()), &error);
  out.resize(U_SUCCESS(error) ? static_cast<std::size_t>(length) : 0);
  return out;
}

std::u16string Normalize(const UNormalizer2* normalizer, const std::u16string& text, UErrorCode& error) {
  if (U_FAILURE(error)) return {};
  std::u16string out(text.size() * 18 + 16, u'\0');  // no code point grows more under NFKD
  const std::int32_t length = unorm2_normalize(normalizer, text.data(), static_cast<std::int32_t>(text.size()),
                                               out.data(), static_cast<std::int32_t>(out.size()), &error);
  out.resize(U_SUCCESS(error) ? static_cast<std::size_t>(length) : 0);
  return out;
}

bool IsMark(UChar32 c) { return (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0; }

bool IsApostrophe(UChar32 c) { return c == '\'' || c == 0x2019 || c == 0x02BC || c == '`' || c == 0x00B4; }

void AddWord(std::vector<std::string>& words, const std::string& word) {
  if (!word.empty() && std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
}

}  // namespace

std::string FoldText(absl::string_view text) {
  UErrorCode error = U_ZERO_ERROR;
  const UNormalizer2* fold = unorm2_getNFKCCasefoldInstance(&error);
  const UNormalizer2* decompose = unorm2_getNFKDInstance(&error);
  std::u16string units = ToUtf16(text, error);
  units = Normalize(fold, units, error);
  units = Normalize(decompose, units, error);
  if (U_FAILURE(error)) return "";

  std::string out;
  const auto length = static_cast<std::int32_t>(units.size());
  for (std::int32_t i = 0; i < length;) {
    UChar32 c = 0;
    U16_NEXT(units.data(), i, length, c);
    if (IsMark(c)) continue;
    if (const char* base = BaseLetter(c); base != nullptr) {
      out += base;
    } else {
      AppendCodePoint(out, c);
    }
  }
  return out;
}

std::vector<std::string> NameWords(absl::string_view name) {
  std::vector<std::string> words;
  std::string word;    // since the last thing that parts words
  std::string joined;  // the same over apostrophes
  bool apostrophe = false;
  const auto end_word = [&](bool joins) {
    AddWord(words, word);
    word.clear();
    if (joins) return;
    if (apostrophe) AddWord(words, joined);
    joined.clear();
    apostrophe = false;
  };
  ForEachCodePoint(FoldText(name), [&](UChar32 c) {
    if (u_isalnum(c)) {
      AppendCodePoint(word, c);
      AppendCodePoint(joined, c);
    } else if (IsApostrophe(c)) {
      apostrophe = true;
      end_word(/*joins=*/true);
    } else {
      end_word(/*joins=*/false);
    }
  });
  end_word(/*joins=*/false);
  return words;
}

int CodePoints(absl::string_view text) {
  int count = 0;
  ForEachCodePoint(text, [&count](UChar32) { ++count; });
  return count;
}

std::string FirstCodePoints(absl::string_view text, int count) {
  std::int32_t end = 0;
  const auto length = static_cast<std::int32_t>(text.size());
  U8_FWD_N(text.data(), end, length, count);
  return std::string(text.substr(0, static_cast<std::size_t>(end)));
}

std::string CanonicalLogin(absl::string_view login) { return absl::AsciiStrToLower(absl::StripAsciiWhitespace(login)); }

std::string CanonicalIdentifier(absl::string_view system, absl::string_view value) {
  std::string out = absl::StrCat(system, "\n");
  ForEachCodePoint(FoldText(value), [&out](UChar32 c) {
    const bool dash = (U_GET_GC_MASK(c) & U_GC_PD_MASK) != 0;
    if (!dash && !u_isUWhiteSpace(c) && c != '.' && c != '/') AppendCodePoint(out, c);
  });
  return out;
}

}  // namespace trellis::identity
