// Changes messages by reflection, so that what comes out can be parsed and the checks behind the parser are reached.
#ifndef TRELLIS_TESTS_FUZZ_MUTATOR_H_
#define TRELLIS_TESTS_FUZZ_MUTATOR_H_

#include <cstdint>
#include <random>
#include <string>

#include "google/protobuf/message.h"

namespace trellis::fuzz {

// The same seed makes the same changes.
class Mutator {
 public:
  explicit Mutator(std::uint32_t seed) : random_(seed) {}

  // One to four changes: fields set, cleared, doubled or taken out of another message of the same type.
  void Mutate(google::protobuf::Message& message);

 private:
  using Field = google::protobuf::FieldDescriptor;

  std::uint32_t Below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }
  void MutateOne(google::protobuf::Message& message, int depth);
  void MutateField(google::protobuf::Message& message, const Field& field, int depth);
  void MutateRepeated(google::protobuf::Message& message, const Field& field, int depth);
  void Set(google::protobuf::Message& message, const Field& field);
  std::int64_t Whole(const Field& field);
  double Fraction(const Field& field);
  int Enum(const Field& field);
  std::string Text(const Field& field);
  std::string Damaged(std::string text);

  std::minstd_rand random_;
};

}  // namespace trellis::fuzz

#endif  // TRELLIS_TESTS_FUZZ_MUTATOR_H_
