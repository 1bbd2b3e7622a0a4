#include "services/cli/args.h"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"

namespace trellis::cli {
namespace {

const Flag* Find(const std::vector<Flag>& flags, const std::string& name) {
  const auto it = std::find_if(flags.begin(), flags.end(), [&](const Flag& flag) { return flag.name == name; });
  return it == flags.end() ? nullptr : &*it;
}

absl::Status Wrong(const std::vector<std::string>& mistakes) {
  return Error(absl::StatusCode::kInvalidArgument, "USAGE", absl::StrJoin(mistakes, "\n"));
}

}  // namespace

absl::StatusOr<Args> Args::Parse(const std::vector<std::string>& words, const std::vector<Flag>& flags,
                                 const std::string& positional) {
  Args args;
  std::vector<std::string> mistakes;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word.rfind("--", 0) != 0) {
      if (positional.empty() || !args.positional_.empty()) {
        mistakes.push_back(absl::StrCat("'", word, "' is not expected here"));
      }
      args.positional_ = word;
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(2, equals == std::string::npos ? equals : equals - 2);
    const Flag* flag = Find(flags, name);
    if (flag == nullptr) {
      mistakes.push_back(absl::StrCat("--", name, " is not a flag of this command"));
    } else if (flag->is_switch) {
      args.values_[name].push_back("true");
    } else if (equals != std::string::npos) {
      args.values_[name].push_back(word.substr(equals + 1));
    } else if (i + 1 < words.size()) {
      args.values_[name].push_back(words[++i]);
    } else {
      mistakes.push_back(absl::StrCat("--", name, " needs a value"));
    }
  }
  for (const Flag& flag : flags) {
    if (flag.required && !args.Has(flag.name)) mistakes.push_back(absl::StrCat("--", flag.name, " is missing"));
  }
  if (!positional.empty() && positional.front() != '[' && args.positional_.empty()) {
    mistakes.push_back(absl::StrCat(positional, " is missing"));
  }
  if (!mistakes.empty()) return Wrong(mistakes);
  return args;
}

std::string Args::Get(const std::string& name, const std::string& otherwise) const {
  const auto it = values_.find(name);
  return it == values_.end() ? otherwise : it->second.back();
}

std::vector<std::string> Args::All(const std::string& name) const {
  std::vector<std::string> out;
  const auto it = values_.find(name);
  if (it == values_.end()) return out;
  for (const std::string& value : it->second) {
    for (const absl::string_view part : absl::StrSplit(value, ',', absl::SkipWhitespace())) {
      out.emplace_back(absl::StripAsciiWhitespace(part));
    }
  }
  return out;
}

absl::StatusOr<std::optional<int>> Args::Int(const std::string& name) const {
  if (!Has(name)) return std::nullopt;
  int value = 0;
  if (!absl::SimpleAtoi(Get(name), &value)) return Wrong({absl::StrCat("--", name, " wants a whole number")});
  return value;
}

absl::StatusOr<std::string> Args::File(const std::string& name) const {
  const std::string path = Get(name);
  std::string text;
  if (path == "-") {
    text.assign(std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>());
  } else {
    std::ifstream in(path, std::ios::binary);
    if (!in) return Wrong({absl::StrCat("--", name, ": there is no readable file '", path, "'")});
    text.assign(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

}  // namespace trellis::cli
