// The texts of a message, found by its descriptor, and how to put hostile ones in their place.
#ifndef TRELLIS_TESTS_FAULT_TEXT_FIELDS_H_
#define TRELLIS_TESTS_FAULT_TEXT_FIELDS_H_

#include <functional>
#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace trellis::fault {

// A field of a message in the tree, or one element of a repeated text.
struct Place {
  std::string path;  // "person.names[0].family"
  google::protobuf::Message* parent = nullptr;
  const google::protobuf::FieldDescriptor* field = nullptr;
  int index = -1;  // -1: not an element
};

// Calls `visit` for each field that may be set, in the messages that are set: for each element of a repeated text.
void ForEachPlace(google::protobuf::Message& message, const std::function<void(const Place&)>& visit);

// Any words that a caller likes: no name, code, address or token. Not one that would drive out another of its oneof.
bool IsFreeText(const Place& place);

void SetText(const Place& place, const std::string& text);

// The text as far as the field takes it: whole characters, and on one line where there may be only one.
std::string Fit(const google::protobuf::FieldDescriptor& field, absl::string_view text);
// A character repeated until the field holds no more.
std::string Longest(const google::protobuf::FieldDescriptor& field, absl::string_view character);

// All texts that are set, by path.
std::map<std::string, std::string> TextsOf(const google::protobuf::Message& message);

}  // namespace trellis::fault

#endif  // TRELLIS_TESTS_FAULT_TEXT_FIELDS_H_
