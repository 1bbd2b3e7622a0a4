// Fifth stage: does the request obey the rules that its fields declare (trellis.options.v1.FieldPolicy).
#ifndef TRELLIS_COMMON_RPC_PIPELINE_VALIDATION_H_
#define TRELLIS_COMMON_RPC_PIPELINE_VALIDATION_H_

#include <memory>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace trellis::rpc {

struct TypePlan;

// Knows, for each message type it was told of, what is to be looked at. Prepare() all types first; Validate() is then
// thread-safe.
class Validator {
 public:
  Validator();
  ~Validator();

  void Prepare(const google::protobuf::Descriptor& type);

  // INVALID_ARGUMENT naming every field that breaks a rule by its path ("person.names[1].family"), at most 100 of them.
  // Values are never repeated in the error. Fields that only the server sets are not looked at.
  absl::Status Validate(const google::protobuf::Message& message) const;

 private:
  TypePlan* PlanFor(const google::protobuf::Descriptor& type);

  absl::flat_hash_map<const google::protobuf::Descriptor*, std::unique_ptr<TypePlan>> plans_;
};

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_PIPELINE_VALIDATION_H_
