// Stage after the handler: what went wrong inside stays inside.
#ifndef TRELLIS_COMMON_RPC_PIPELINE_ERROR_MASKING_H_
#define TRELLIS_COMMON_RPC_PIPELINE_ERROR_MASKING_H_

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/trace/context.h"

namespace trellis::rpc {

// INTERNAL, UNKNOWN and DATA_LOSS lose their text and their details: they may hold SQL, paths and values. The caller
// gets the trace id, under which the log has the original.
inline absl::Status MaskError(const absl::Status& status, const trace::Context& trace) {
  const absl::StatusCode code = status.code();
  if (code != absl::StatusCode::kInternal && code != absl::StatusCode::kUnknown &&
      code != absl::StatusCode::kDataLoss) {
    return status;
  }
  return Error(code, absl::StatusCodeToString(code),
               absl::StrCat("something went wrong on our side; it is recorded under ", trace.trace_id))
      .With("correlation_id", trace.trace_id);
}

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_PIPELINE_ERROR_MASKING_H_
