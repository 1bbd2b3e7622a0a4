#include "services/assessment/api/instruments_api.h"

#include <string>

#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/page.h"
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
  TRELLIS_ASSIGN_OR_RETURN(const rpc::Page page, rpc::ReadPage(call, request, kDefaultPage, kLargestPage));
  v1::ListInstrumentsResponse response;
  std::string last;
  for (const Instrument* instrument : registry_.Newest()) {
    if (instrument->code <= page.after) continue;
    if (response.instruments_size() == page.size) {
      response.set_next_page_token(page.TokenAfter(last));
      break;
    }
    *response.add_instruments() = ToProto(*instrument);
    last = instrument->code;
  }
  return response;
}

}  // namespace trellis::assessment
