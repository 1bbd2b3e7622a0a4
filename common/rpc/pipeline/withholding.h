// A stage after the handler: what the caller is not cleared for leaves the answer (FieldPolicy.labels, .label).
#ifndef TRELLIS_COMMON_RPC_PIPELINE_WITHHOLDING_H_
#define TRELLIS_COMMON_RPC_PIPELINE_WITHHOLDING_H_

#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/base/label_set.h"
#include "common/rpc/call_context.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace trellis::rpc {

// The labels that the call may read: the caller's clearances; in an emergency, which is reviewed, all others that are
// known besides, but for SEALED.
LabelSet ReadableLabels(const CallContext& call);

// Thread-safe once every type that answers are made of was prepared.
class Withholding {
 public:
  // Finds out where answers of this type hold labelled messages or fields.
  void Prepare(const google::protobuf::Descriptor& type) { PlanFor(type); }
  // Whether they do; if not, Apply has nothing to do.
  bool Concerns(const google::protobuf::Descriptor& type) const { return Find(type) != nullptr; }

  // In every message whose labels `readable` does not cover: clears each field that is declared personal or clinical,
  // at any depth, and each field whose own label it does not hold, and sets the field that says so.
  void Apply(LabelSet readable, google::protobuf::Message& answer) const;

 private:
  struct Plan {
    const google::protobuf::FieldDescriptor* labels = nullptr;
    const google::protobuf::FieldDescriptor* withheld = nullptr;
    std::vector<const google::protobuf::FieldDescriptor*> labelled;  // fields with a label of their own
    std::vector<const google::protobuf::FieldDescriptor*> inner;     // messages to look into
    bool concerned = false;
  };

  const Plan& PlanFor(const google::protobuf::Descriptor& type);
  const Plan* Find(const google::protobuf::Descriptor& type) const;
  void Apply(const Plan& plan, LabelSet readable, google::protobuf::Message& message) const;

  absl::flat_hash_map<const google::protobuf::Descriptor*, std::unique_ptr<Plan>> plans_;
};

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_PIPELINE_WITHHOLDING_H_
