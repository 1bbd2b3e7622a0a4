// trellis.assessment.v1.Instruments.
#ifndef TRELLIS_SERVICES_ASSESSMENT_API_INSTRUMENTS_API_H_
#define TRELLIS_SERVICES_ASSESSMENT_API_INSTRUMENTS_API_H_

#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "services/assessment/domain/instrument_registry.h"
#include "trellis/assessment/v1/instruments.pb.h"

namespace trellis::assessment {

// Thread-safe. The registry outlives it.
class InstrumentsApi {
 public:
  explicit InstrumentsApi(const InstrumentRegistry& registry) : registry_(registry) {}

  absl::StatusOr<v1::GetInstrumentResponse> GetInstrument(rpc::CallContext& call,
                                                          const v1::GetInstrumentRequest& request);
  absl::StatusOr<v1::ListInstrumentsResponse> ListInstruments(rpc::CallContext& call,
                                                              const v1::ListInstrumentsRequest& request);

 private:
  const InstrumentRegistry& registry_;
};

}  // namespace trellis::assessment

#endif  // TRELLIS_SERVICES_ASSESSMENT_API_INSTRUMENTS_API_H_
