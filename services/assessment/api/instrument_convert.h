// Instruments as the contract shows them.
#ifndef TRELLIS_SERVICES_ASSESSMENT_API_INSTRUMENT_CONVERT_H_
#define TRELLIS_SERVICES_ASSESSMENT_API_INSTRUMENT_CONVERT_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "services/assessment/domain/instrument.h"
#include "trellis/assessment/v1/instrument.pb.h"

namespace trellis::assessment {

v1::Instrument ToProto(const Instrument& instrument);
v1::OutcomeDefinition ToProto(const OutcomeDefinition& outcome);
v1::OutcomeKind ToProto(OutcomeKind kind);
v1::CriticalLevel ToProto(CriticalLevel level);

// "instruments/phq-9".
std::string InstrumentName(absl::string_view code);
// The code in such a name; nothing where the name has another shape.
std::optional<std::string> InstrumentCode(absl::string_view name);

}  // namespace trellis::assessment

#endif  // TRELLIS_SERVICES_ASSESSMENT_API_INSTRUMENT_CONVERT_H_
