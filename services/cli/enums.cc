#include "services/cli/enums.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/base/error.h"

namespace trellis::cli {
namespace {

std::string Spoken(const google::protobuf::EnumValueDescriptor& value) {
  std::string prefix;
  for (const char c : value.type()->name()) {
    if (absl::ascii_isupper(static_cast<unsigned char>(c)) && !prefix.empty()) prefix.push_back('_');
    prefix.push_back(absl::ascii_toupper(static_cast<unsigned char>(c)));
  }
  absl::string_view name = value.name();
  absl::ConsumePrefix(&name, prefix + "_");
  return absl::StrReplaceAll(absl::AsciiStrToLower(name), {{"_", "-"}});
}

}  // namespace

std::string EnumText(const google::protobuf::EnumDescriptor& type, int number) {
  const auto* value = type.FindValueByNumber(number);
  if (value == nullptr) return absl::StrCat(number);
  return number == 0 ? "" : Spoken(*value);
}

absl::StatusOr<int> ParseEnumNumber(const google::protobuf::EnumDescriptor& type, absl::string_view flag,
                                    absl::string_view text) {
  std::vector<std::string> known;
  const std::string wanted = absl::StrReplaceAll(absl::AsciiStrToLower(text), {{"_", "-"}});
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() == 0) continue;
    if (Spoken(*type.value(i)) == wanted) return type.value(i)->number();
    known.push_back(Spoken(*type.value(i)));
  }
  return Error(absl::StatusCode::kInvalidArgument, "USAGE",
               absl::StrCat("--", flag, " '", text, "' is not one of ", absl::StrJoin(known, ", ")));
}

}  // namespace trellis::cli
