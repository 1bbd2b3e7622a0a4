#include "tests/contract/secret_comparison.h"

#include <algorithm>
#include <cctype>
#include <regex>
#include <set>

namespace trellis::contract {
namespace {

bool IsNameCharacter(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool IsSpace(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

// Comments and what stands in quotes become spaces; every line stays where it is.
std::string CodeOf(const std::string& text) {
  static const std::regex no_code(R"re(//[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)')re");
  std::string code = text;
  for (auto it = std::sregex_iterator(text.begin(), text.end(), no_code); it != std::sregex_iterator(); ++it) {
    const auto from = code.begin() + it->position();
    // A pair of quotes stays, so that what is compared with a literal can be told from what is compared with a name.
    std::replace_if(
        from, from + it->length(), [](char c) { return c != '\n'; }, ' ');
    if (it->str()[0] != '/') *from = *(from + it->length() - 1) = '"';
  }
  return code;
}

// The operand that ends before `at`: names, what leads from one to the next, and what stands in brackets.
std::string Before(const std::string& code, std::size_t at) {
  std::size_t end = at;
  while (end > 0 && IsSpace(code[end - 1])) --end;
  std::size_t begin = end;
  int depth = 0;
  while (begin > 0) {
    const char c = code[begin - 1];
    if (c == ')' || c == ']') ++depth;
    if (c == '(' || c == '[') --depth;
    const bool is_arrow = c == '>' && begin > 1 && code[begin - 2] == '-';
    if (depth < 0 || (depth == 0 && !IsNameCharacter(c) && c != '.' && c != ':' && c != '(' && c != '[' && !is_arrow)) {
      break;
    }
    begin -= is_arrow ? 2 : 1;
  }
  return code.substr(begin, end - begin);
}

std::string After(const std::string& code, std::size_t at) {
  std::size_t begin = at;
  while (begin < code.size() && (IsSpace(code[begin]) || code[begin] == '*' || code[begin] == '&')) ++begin;
  std::size_t end = begin;
  int depth = 0;
  for (; end < code.size(); ++end) {
    const char c = code[end];
    if (c == '(' || c == '[') ++depth;
    if (c == ')' || c == ']') --depth;
    const bool is_arrow = code.compare(end, 2, "->") == 0;
    if (depth < 0 || (depth == 0 && !IsNameCharacter(c) && c != '.' && c != ':' && c != ')' && c != ']' && !is_arrow)) {
      break;
    }
    if (is_arrow) ++end;
  }
  return code.substr(begin, end - begin);
}

// "now->user.password_hash.value()" -> "password_hash": the last name, but for what only hands the value on.
std::string NameOf(const std::string& operand) {
  static const std::set<std::string> kHandOn = {"value", "substr", "data", "c_str", "get", "str"};
  std::string last;
  std::string name;
  int depth = 0;
  for (const char c : operand + ".") {
    if (c == '(' || c == '[') ++depth;
    if (depth == 0 && IsNameCharacter(c)) name += c;
    if (depth == 0 && !IsNameCharacter(c)) {
      if (!name.empty() && (last.empty() || kHandOn.count(name) == 0)) last = name;
      name.clear();
    }
    if (c == ')' || c == ']') --depth;
    if (depth == 0 && (c == ')' || c == ']')) continue;
    if (depth == 1 && (c == '(' || c == '[') && !name.empty()) {
      if (last.empty() || kHandOn.count(name) == 0) last = name;
      name.clear();
    }
  }
  return last;
}

// "kTokenHash", "token_hash" -> {"token", "hash"}, with "k" as a word of its own.
std::vector<std::string> WordsOf(const std::string& name) {
  std::vector<std::string> words(1);
  for (const char c : name) {
    const bool begins = c == '_' || std::isupper(static_cast<unsigned char>(c)) != 0;
    if (begins && !words.back().empty()) words.emplace_back();
    if (c != '_') words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

bool IsSecret(const std::string& operand) {
  static const std::set<std::string> kSecrets = {"token", "hash",     "secret", "password",  "passphrase",
                                                 "mac",   "hmac",     "digest", "signature", "code",
                                                 "otp",   "verifier", "seed"};
  static const std::set<std::string> kAboutOne = {"size", "bytes", "length", "count",   "type", "id",
                                                  "time", "end",   "state",  "version", "name"};
  const std::vector<std::string> words = WordsOf(NameOf(operand));
  if (words.empty() || kAboutOne.count(words.back()) > 0) return false;
  return std::any_of(words.begin(), words.end(), [](const std::string& word) { return kSecrets.count(word) > 0; });
}

// Nothing of a caller's: a literal, a number, a constant.
bool IsConstant(const std::string& operand) {
  static const std::regex constant(R"(|\d\w*|nullptr|true|false|(\w+::)*(k[A-Z]\w*|[A-Z][A-Z0-9_]*|npos))");
  return std::regex_match(operand, constant);
}

int LineOf(const std::string& code, std::size_t at) {
  return 1 + static_cast<int>(std::count(code.begin(), code.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

}  // namespace

std::vector<Comparison> SecretComparisons(const SourceFile& file) {
  const std::string code = CodeOf(file.text);
  std::vector<Comparison> found;
  for (std::size_t at = 0; at + 1 < code.size(); ++at) {
    if (code[at + 1] != '=' || (code[at] != '=' && code[at] != '!')) continue;
    const std::string left = Before(code, at);
    const std::string right = After(code, at + 2);
    if ((IsSecret(left) || IsSecret(right)) && !IsConstant(left) && !IsConstant(right)) {
      found.push_back({LineOf(code, at), left + " " + code.substr(at, 2) + " " + right});
    }
    ++at;
  }
  static const std::regex function(R"(\b(\w*memcmp|strn?(case)?cmp|bcmp|std::equal|\w+\.compare)\s*\()");
  for (auto it = std::sregex_iterator(code.begin(), code.end(), function); it != std::sregex_iterator(); ++it) {
    found.push_back({LineOf(code, static_cast<std::size_t>(it->position())), (*it)[1]});
  }
  return found;
}

}  // namespace trellis::contract
