#include "services/assessment/api/instruments_api.h"

#include <string>

#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/page_token.h"
#include "services/assessment/api/instrument_convert.h"

namespace trellis::assessment {
namespace {

constexpr int kDefaultPage = 50;
constexpr int kLargestPage = 100;

}  // namespace

absl::StatusOr<v1::GetInstrumentResponse> InstrumentsApi::GetInstrument(rpc::CallContext& /*call*/,
                                                                        const v1::GetInstrumentRequest& request) {
  const std::optional<std::string> code = InstrumentCode(request.name());
  if (!code.has_value()) return InvalidField("name", "must have the form \"instruments/<code>\"");
  const Instrument* instrument = registry_.Find(*code, request.version());
  if (instrument == nullptr) return NotFound(request.name());
  v1::GetInstrumentResponse response;
  *response.mutable_instrument() = ToProto(*instrument);
  return response;
}

absl::StatusOr<v1::ListInstrumentsResponse> InstrumentsApi::ListInstruments(rpc::CallContext& call,
                                                                            const v1::ListInstrumentsRequest& request) {
  const std::string filter = rpc::PageFilter(call, request);
  TRELLIS_ASSIGN_OR_RETURN(const std::string after, rpc::DecodePageToken(request.page_token(), filter));
  TRELLIS_ASSIGN_OR_RETURN(const int size, rpc::ClampPageSize(request.page_size(), kDefaultPage, kLargestPage));
  v1::ListInstrumentsResponse response;
  std::string last;
  for (const Instrument* instrument : registry_.Newest()) {
    if (instrument->code <= after) continue;
    if (response.instruments_size() == size) {
      response.set_next_page_token(rpc::EncodePageToken(last, filter));
      break;
    }
    *response.add_instruments() = ToProto(*instrument);
    last = instrument->code;
  }
  return response;
}

}  // namespace trellis::assessment
