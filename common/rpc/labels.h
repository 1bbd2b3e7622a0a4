// Sensitivity labels on their way between messages and rows, and the check before a labelled record is changed. What is
// read needs no check: a stage of the pipeline withholds it (pipeline/withholding.h).
#ifndef TRELLIS_COMMON_RPC_LABELS_H_
#define TRELLIS_COMMON_RPC_LABELS_H_

#include "absl/status/status.h"
#include "common/base/error.h"
#include "common/base/label_set.h"
#include "common/rpc/caller.h"
#include "google/protobuf/repeated_field.h"

namespace trellis::rpc {

inline LabelSet LabelsFrom(const google::protobuf::RepeatedField<int>& labels) {
  LabelSet out;
  for (const int label : labels) out.Add(label);
  return out;
}

// Replaces what is there, smallest number first.
inline void PutLabels(LabelSet labels, google::protobuf::RepeatedField<int>* out) {
  out->Clear();
  for (int label = 0; label <= LabelSet::kLargest && !labels.empty(); ++label) {
    if (labels.Has(label)) out->Add(label);
  }
}

// Before a record with these labels is changed, and before anything else is said about it. Emergency access does not
// count: it only reads. Error: PERMISSION_DENIED LABEL_NOT_CLEARED.
inline absl::Status RequireClearance(const Caller& caller, LabelSet labels) {
  if (caller.clearances.Covers(labels)) return absl::OkStatus();
  return Error(absl::StatusCode::kPermissionDenied, "LABEL_NOT_CLEARED",
               "you are not cleared for the labels of this record");
}

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_LABELS_H_
