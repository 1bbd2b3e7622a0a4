// Single values on and beside the limits that a field declares.
#ifndef TRELLIS_TESTS_FAULT_BOUNDARY_VALUES_H_
#define TRELLIS_TESTS_FAULT_BOUNDARY_VALUES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "tests/fault/samples.h"

namespace trellis::fault {

template <class T>
struct Value {
  std::string what;
  T value;
  bool is_allowed;
};

struct TimeParts {
  std::int64_t seconds;
  std::int32_t nanos;
};

// Of a text field or of an element of one. Text that is not UTF-8 is not among them.
std::vector<Value<std::string>> TextValues(const google::protobuf::FieldDescriptor& field, const Names& names);
std::vector<Value<std::string>> BytesValues(const google::protobuf::FieldDescriptor& field);
// Within what the field's type can hold: signed, and the unsigned ones that a signed number cannot hold.
std::vector<Value<std::int64_t>> WholeValues(const google::protobuf::FieldDescriptor& field);
std::vector<Value<std::uint64_t>> UnsignedValues(const google::protobuf::FieldDescriptor& field);
std::vector<Value<double>> FractionValues(const google::protobuf::FieldDescriptor& field);
std::vector<Value<int>> EnumValues(const google::protobuf::FieldDescriptor& field);
std::vector<Value<TimeParts>> TimestampValues();
std::vector<Value<TimeParts>> DurationValues(const google::protobuf::FieldDescriptor& field);
std::vector<Value<std::vector<std::string>>> MaskValues();
// How many elements.
std::vector<Value<int>> Sizes(const google::protobuf::FieldDescriptor& field);

// Bytes that are no UTF-8: overlong, surrogates, cut off, beyond Unicode.
const std::vector<std::string>& NotUtf8();

}  // namespace trellis::fault

#endif  // TRELLIS_TESTS_FAULT_BOUNDARY_VALUES_H_
