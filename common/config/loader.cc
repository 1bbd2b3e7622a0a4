#include "common/config/loader.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace trellis::config {
namespace {

std::optional<std::string> ProcessEnvironment(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

std::vector<std::string> WithoutProgram(int argc, const char* const* argv) {
  return argc > 1 ? std::vector<std::string>(argv + 1, argv + argc) : std::vector<std::string>();
}

std::optional<bool> ParseBool(absl::string_view text) {
  for (absl::string_view yes : {"true", "yes", "on", "1"}) {
    if (absl::EqualsIgnoreCase(text, yes)) return true;
  }
  for (absl::string_view no : {"false", "no", "off", "0"}) {
    if (absl::EqualsIgnoreCase(text, no)) return false;
  }
  return std::nullopt;
}

// The number of single-character edits from one text to the other (Levenshtein).
std::size_t Distance(absl::string_view a, absl::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

std::string EnvironmentName(absl::string_view flag) {
  return absl::StrCat("TRELLIS_", absl::AsciiStrToUpper(absl::StrReplaceAll(flag, {{"-", "_"}})));
}

Loader::Loader(absl::string_view program, int argc, const char* const* argv)
    : Loader(program, WithoutProgram(argc, argv), ProcessEnvironment) {}

Loader::Loader(absl::string_view program, std::vector<std::string> arguments, Environment environment)
    : program_(program),
      arguments_(std::move(arguments)),
      used_(arguments_.size(), false),
      environment_(std::move(environment)) {
  for (std::size_t i = 0; i < arguments_.size(); ++i) {
    if (arguments_[i] == "--help" || arguments_[i] == "-h") help_wanted_ = used_[i] = true;
  }
}

void Loader::Declare(absl::string_view name, absl::string_view fallback, absl::string_view help, bool secret) {
  declared_.push_back({std::string(name), std::string(fallback), std::string(help), secret});
}

void Loader::AddMistake(absl::string_view description) { mistakes_.emplace_back(description); }

std::optional<Loader::Found> Loader::FindFlag(absl::string_view name, bool is_bool) {
  const std::string flag = absl::StrCat("--", name);
  std::optional<Found> found;
  for (std::size_t i = 0; i < arguments_.size(); ++i) {
    if (used_[i]) continue;
    const std::string& argument = arguments_[i];
    std::optional<std::string> value;
    if (absl::StartsWith(argument, absl::StrCat(flag, "="))) {
      value = argument.substr(flag.size() + 1);
    } else if (is_bool && argument == flag) {
      value = "true";
    } else if (is_bool && argument == absl::StrCat("--no-", name)) {
      value = "false";
    } else if (!is_bool && argument == flag) {
      if (i + 1 == arguments_.size() || absl::StartsWith(arguments_[i + 1], "--")) {
        AddMistake(absl::StrCat(flag, ": no value given"));
        used_[i] = true;
        continue;
      }
      used_[i] = true;
      value = arguments_[++i];
    }
    if (!value.has_value()) continue;
    used_[i] = true;
    if (found.has_value()) AddMistake(absl::StrCat(flag, ": given more than once"));
    found = Found{*std::move(value), flag};
  }
  return found;
}

std::optional<Loader::Found> Loader::FindInEnvironment(absl::string_view name) {
  const std::string variable = EnvironmentName(name);
  std::optional<std::string> value = environment_ ? environment_(variable) : std::nullopt;
  if (!value.has_value() || value->empty()) return std::nullopt;
  return Found{*std::move(value), variable};
}

std::optional<Loader::Found> Loader::Find(absl::string_view name, bool is_bool) {
  std::optional<Found> found = FindFlag(name, is_bool);
  return found.has_value() ? found : FindInEnvironment(name);
}

void Loader::String(absl::string_view name, std::string* out, absl::string_view fallback, absl::string_view help) {
  Declare(name, fallback, help);
  const std::optional<Found> found = Find(name, false);
  *out = found.has_value() ? found->value : std::string(fallback);
}

void Loader::RequiredString(absl::string_view name, std::string* out, absl::string_view help) {
  Declare(name, "(required)", help);
  const std::optional<Found> found = Find(name, false);
  *out = found.has_value() ? found->value : "";
  if (out->empty()) AddMistake(absl::StrCat("--", name, " (or ", EnvironmentName(name), ") is required: ", help));
}

void Loader::Choice(absl::string_view name, std::string* out, const std::vector<std::string>& choices,
                    absl::string_view fallback, absl::string_view help) {
  Declare(name, fallback, absl::StrCat(help, " (", absl::StrJoin(choices, ", "), ")"));
  const std::optional<Found> found = Find(name, false);
  *out = found.has_value() ? found->value : std::string(fallback);
  if (!found.has_value() || std::find(choices.begin(), choices.end(), *out) != choices.end()) return;
  AddMistake(absl::StrCat(found->source, ": '", *out, "' is none of ", absl::StrJoin(choices, ", ")));
  *out = std::string(fallback);
}

void Loader::List(absl::string_view name, std::vector<std::string>* out, absl::string_view fallback,
                  absl::string_view help) {
  std::string text;
  String(name, &text, fallback, help);
  out->clear();
  for (absl::string_view part : absl::StrSplit(text, ',')) {
    part = absl::StripAsciiWhitespace(part);
    if (!part.empty()) out->emplace_back(part);
  }
}

void Loader::Int(absl::string_view name, int* out, int fallback, int min, int max, absl::string_view help) {
  Declare(name, absl::StrCat(fallback), help);
  *out = fallback;
  const std::optional<Found> found = Find(name, false);
  if (!found.has_value()) return;
  int value = 0;
  if (absl::SimpleAtoi(found->value, &value) && value >= min && value <= max) {
    *out = value;
  } else {
    AddMistake(absl::StrCat(found->source, ": '", found->value, "' is not a whole number from ", min, " to ", max));
  }
}

void Loader::Bool(absl::string_view name, bool* out, bool fallback, absl::string_view help) {
  Declare(name, fallback ? "true" : "false", help);
  *out = fallback;
  const std::optional<Found> found = Find(name, true);
  if (!found.has_value()) return;
  if (const std::optional<bool> value = ParseBool(found->value); value.has_value()) {
    *out = *value;
  } else {
    AddMistake(absl::StrCat(found->source, ": '", found->value, "' is neither true nor false"));
  }
}

void Loader::Duration(absl::string_view name, absl::Duration* out, absl::Duration fallback, absl::string_view help) {
  Declare(name, absl::FormatDuration(fallback), help);
  *out = fallback;
  const std::optional<Found> found = Find(name, false);
  if (!found.has_value()) return;
  absl::Duration value;
  if (absl::ParseDuration(found->value, &value) && value >= absl::ZeroDuration() && value < absl::InfiniteDuration()) {
    *out = value;
  } else {
    AddMistake(absl::StrCat(found->source, ": '", found->value, "' is not a duration such as 250ms, 5s or 1h30m"));
  }
}

void Loader::Secret(absl::string_view name, std::string* out, absl::string_view help) {
  LoadSecret(name, out, help, false);
}

void Loader::RequiredSecret(absl::string_view name, std::string* out, absl::string_view help) {
  LoadSecret(name, out, help, true);
}

void Loader::LoadSecret(absl::string_view name, std::string* out, absl::string_view help, bool required) {
  const std::string file_flag = absl::StrCat(name, "-file");
  Declare(file_flag, required ? "(required)" : "", absl::StrCat("file that holds ", help), true);
  out->clear();
  const std::size_t mistakes_before = mistakes_.size();
  if (std::optional<Found> found = FindSecret(name); found.has_value()) *out = std::move(found->value);
  if (required && out->empty() && mistakes_.size() == mistakes_before) {
    AddMistake(absl::StrCat("--", file_flag, " (or ", EnvironmentName(file_flag), ", or ", EnvironmentName(name),
                            ") is required: ", help));
  }
}

std::optional<Loader::Found> Loader::FindSecret(absl::string_view name) {
  if (FindFlag(name, false).has_value()) {
    AddMistake(absl::StrCat("--", name, ": a secret must not stand on the command line; use --", name, "-file=PATH"));
    return std::nullopt;
  }
  const std::optional<Found> path = Find(absl::StrCat(name, "-file"), false);
  if (!path.has_value()) return FindInEnvironment(name);
  std::ifstream file(path->value, std::ios::binary);
  std::ostringstream content;
  if (file) content << file.rdbuf();
  if (!file) {
    AddMistake(absl::StrCat(path->source, ": cannot read ", path->value, ": ", std::strerror(errno)));
    return std::nullopt;
  }
  std::string value = content.str();
  if (absl::EndsWith(value, "\n")) value.pop_back();
  if (absl::EndsWith(value, "\r")) value.pop_back();
  if (value.empty()) AddMistake(absl::StrCat(path->source, ": ", path->value, " is empty"));
  return Found{std::move(value), path->source};
}

std::string Loader::Nearest(absl::string_view unknown) const {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, unknown.size() / 3) + 1;
  for (const Declared& declared : declared_) {
    const std::size_t distance = Distance(unknown, declared.name);
    if (distance < best_distance) {
      best_distance = distance;
      best = declared.name;
    }
  }
  return best;
}

absl::Status Loader::Finish() {
  for (std::size_t i = 0; i < arguments_.size(); ++i) {
    if (used_[i]) continue;
    used_[i] = true;
    absl::string_view argument = arguments_[i];
    if (!absl::ConsumePrefix(&argument, "--")) {
      AddMistake(absl::StrCat("'", argument, "': not expected here"));
      continue;
    }
    const std::string name(argument.substr(0, argument.find('=')));
    const std::string nearest = Nearest(name);
    AddMistake(absl::StrCat("--", name, ": unknown flag",
                            nearest.empty() ? "" : absl::StrCat("; did you mean --", nearest, "?")));
  }
  if (mistakes_.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(mistakes_, "\n"));
}

std::string Loader::Help() const {
  std::size_t widest = 0;
  for (const Declared& declared : declared_) widest = std::max(widest, declared.name.size());
  std::string out = absl::StrCat("Usage: ", program_, " [--flag=value ...]\n\n",
                                 "Each flag can also be set as an environment variable: --db-host is ",
                                 "TRELLIS_DB_HOST.\n\n");
  for (const Declared& declared : declared_) {
    absl::StrAppend(&out, "  --", declared.name, std::string(widest - declared.name.size() + 2, ' '), declared.help);
    if (!declared.fallback.empty()) absl::StrAppend(&out, " [", declared.fallback, "]");
    out.push_back('\n');
  }
  return out;
}

}  // namespace trellis::config
