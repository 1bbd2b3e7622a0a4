#include "services/identity/domain/name_sound.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"

namespace trellis::identity {
namespace {

constexpr std::size_t kFewestLetters = 3;

// Letters that stand for one sound together; the longer ones first.
constexpr std::pair<absl::string_view, absl::string_view> kTogether[] = {
    {"sch", "S"}, {"ph", "F"}, {"th", "T"}, {"ch", "K"}, {"ck", "K"}, {"kh", "K"}, {"gh", "G"},
    {"sh", "S"},  {"ts", "S"}, {"tz", "S"}, {"dz", "S"}, {"qu", "K"}, {"x", "KS"},
};

bool IsVowel(char c) { return absl::string_view("aeiouy").find(c) != absl::string_view::npos; }

char VowelClass(char c) { return c == 'a' || c == 'e' ? 'a' : c == 'o' || c == 'u' ? 'o' : 'i'; }

// The class of a consonant that stands alone; 0 for one that is not heard.
char ConsonantClass(char c, char next) {
  switch (c) {
    case 'd':
    case 't':
      return 'T';
    case 'f':
    case 'v':
    case 'w':
      return 'F';
    case 'c':
      return next == 'e' || next == 'i' || next == 'y' ? 'S' : 'K';
    case 'k':
    case 'q':
      return 'K';
    case 's':
    case 'z':
      return 'S';
    case 'h':
    case 'j':
      return 0;
    default:
      return static_cast<char>(c - 'a' + 'A');
  }
}

// Collects consonants; equal ones side by side count once, unless a vowel was between them.
class Skeleton {
 public:
  void Vowel(char c) {
    if (vowel_ == 0) vowel_ = VowelClass(c);
    last_ = 0;
  }
  void Consonant(char sound) {
    if (sound == 0 || sound == last_) return;
    consonants_.push_back(sound);
    last_ = sound;
  }
  std::string Text() const {
    if (consonants_.empty()) return "";
    return (vowel_ == 0 ? std::string("-") : std::string(1, vowel_)) + consonants_;
  }

 private:
  char vowel_ = 0;
  char last_ = 0;
  std::string consonants_;
};

// Takes the beginning of the word, where h, j, y and vowels say more than later.
absl::string_view TakeBeginning(absl::string_view word, Skeleton& skeleton) {
  if (word[0] == 'h') {
    skeleton.Consonant('H');
  } else if ((word[0] == 'j' || word[0] == 'y') && IsVowel(word[1])) {
    skeleton.Consonant('J');
  } else if (IsVowel(word[0])) {
    skeleton.Consonant('A');
    skeleton.Vowel(word[0]);
  } else {
    return word;
  }
  return word.substr(1);
}

}  // namespace

std::string SoundOf(absl::string_view word) {
  const bool latin = std::all_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  if (!latin || word.size() < kFewestLetters) return "";
  Skeleton skeleton;
  word = TakeBeginning(word, skeleton);
  while (!word.empty()) {
    const auto* together = std::find_if(std::begin(kTogether), std::end(kTogether),
                                        [&word](const auto& rule) { return absl::StartsWith(word, rule.first); });
    if (together != std::end(kTogether)) {
      for (const char sound : together->second) skeleton.Consonant(sound);
      word.remove_prefix(together->first.size());
      continue;
    }
    if (IsVowel(word[0])) {
      skeleton.Vowel(word[0]);
    } else {
      skeleton.Consonant(ConsonantClass(word[0], word.size() > 1 ? word[1] : '\0'));
    }
    word.remove_prefix(1);
  }
  return skeleton.Text();
}

}  // namespace trellis::identity
