// Reads one instrument file. The format is described in data/instruments/README.md.
#ifndef TRELLIS_SERVICES_ASSESSMENT_DOMAIN_INSTRUMENT_PARSER_H_
#define TRELLIS_SERVICES_ASSESSMENT_DOMAIN_INSTRUMENT_PARSER_H_

#include "absl/status/statusor.h"
#include "common/base/embedded.h"
#include "services/assessment/domain/instrument.h"
#include "services/assessment/domain/json_reader.h"

namespace trellis::assessment {

// Reads and checks a file. Errors: INVALID_ARGUMENT with a line for every mistake: file name, path, what is wrong.
absl::StatusOr<Instrument> ParseInstrument(const EmbeddedFile& file);

// Notes what does not fit together in an instrument whose parts are well-formed: double codes, references to items that
// do not exist, weights that do not reach the range declared, bands with a gap.
void CheckInstrument(const Instrument& instrument, Problems* problems);

}  // namespace trellis::assessment

#endif  // TRELLIS_SERVICES_ASSESSMENT_DOMAIN_INSTRUMENT_PARSER_H_
