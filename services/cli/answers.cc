#include "services/cli/answers.h"

#include <istream>
#include <ostream>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "services/cli/table.h"

namespace trellis::cli {
namespace {

using assessment::v1::Answer;
using assessment::v1::Assessment;
using assessment::v1::Instrument;
using assessment::v1::Item;
using assessment::v1::Option;

const Item* FindItem(const Instrument& instrument, const std::string& key) {
  for (const Item& item : instrument.items()) {
    if (item.code() == key || item.ordinal() == key) return &item;
  }
  return nullptr;
}

// The code of the option that the text means: its code, or its weight.
std::string OptionCode(const Item& item, const std::string& text) {
  double weight = 0;
  for (const Option& option : item.options()) {
    if (option.code() == text) return text;
    if (option.has_weight() && absl::SimpleAtod(text, &weight) && option.weight() == weight) return option.code();
  }
  return text;
}

void SetAnswer(const Item* item, const std::string& key, const std::string& text, Assessment& assessment) {
  Answer& answer = *assessment.add_answers();
  answer.set_item(item == nullptr ? key : item->code());
  std::int64_t number = 0;
  if (item != nullptr && item->type() == Item::TYPE_INTEGER && absl::SimpleAtoi(text, &number)) {
    answer.set_number(number);
  } else if (item != nullptr && item->type() == Item::TYPE_TEXT) {
    answer.set_text(text);
  } else {
    answer.set_option(item == nullptr ? text : OptionCode(*item, text));
  }
}

}  // namespace

absl::Status ReadAnswers(const std::string& text, const Instrument& instrument, Assessment& assessment) {
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    const std::string content(absl::StripAsciiWhitespace(line.substr(0, line.find('#'))));
    if (content.empty()) continue;
    const std::pair<std::string, std::string> parts = absl::StrSplit(content, absl::MaxSplits('=', 1));
    if (parts.second.empty()) {
      return Error(absl::StatusCode::kInvalidArgument, "USAGE",
                   absl::StrCat("answers, line ", number, ": '", content, "' is not of the form item=answer"));
    }
    const std::string key(absl::StripAsciiWhitespace(parts.first));
    SetAnswer(FindItem(instrument, key), key, std::string(absl::StripAsciiWhitespace(parts.second)), assessment);
  }
  return absl::OkStatus();
}

void AskAnswers(std::istream& in, std::ostream& out, const Instrument& instrument, Assessment& assessment) {
  for (const Item& item : instrument.items()) {
    out << "    " << item.ordinal() << ". " << item.label();
    if (!item.condition().empty()) out << " (" << item.condition() << ")";
    out << "\n";
    for (const Option& option : item.options()) {
      out << "       " << (option.has_weight() ? FormatNumber(option.weight()) : option.code()) << "  "
          << option.label() << "\n";
    }
    out << "    > " << std::flush;
    std::string line;
    if (!std::getline(in, line)) return;
    const std::string text(absl::StripAsciiWhitespace(line));
    if (!text.empty()) SetAnswer(&item, item.code(), text, assessment);
  }
}

}  // namespace trellis::cli
