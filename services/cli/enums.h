// Enum values as people type and read them: STATE_IN_PROGRESS of enum State is "in-progress".
#ifndef TRELLIS_SERVICES_CLI_ENUMS_H_
#define TRELLIS_SERVICES_CLI_ENUMS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/generated_enum_reflection.h"

namespace trellis::cli {

std::string EnumText(const google::protobuf::EnumDescriptor& type, int number);
// Error: INVALID_ARGUMENT naming the flag and what it could be.
absl::StatusOr<int> ParseEnumNumber(const google::protobuf::EnumDescriptor& type, absl::string_view flag,
                                    absl::string_view text);

template <class Enum>
std::string Text(Enum value) {
  return EnumText(*google::protobuf::GetEnumDescriptor<Enum>(), value);
}

template <class Enum>
absl::StatusOr<Enum> ParseEnum(absl::string_view flag, absl::string_view text) {
  const absl::StatusOr<int> number = ParseEnumNumber(*google::protobuf::GetEnumDescriptor<Enum>(), flag, text);
  if (!number.ok()) return number.status();
  return static_cast<Enum>(*number);
}

}  // namespace trellis::cli

#endif  // TRELLIS_SERVICES_CLI_ENUMS_H_
