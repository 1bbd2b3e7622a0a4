// Official wording of instruments, from files that an installation adds where the licence allows it.
#ifndef TRELLIS_SERVICES_ASSESSMENT_DOMAIN_WORDING_H_
#define TRELLIS_SERVICES_ASSESSMENT_DOMAIN_WORDING_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "common/base/embedded.h"
#include "services/assessment/domain/instrument.h"

namespace trellis::assessment {

// Adds the texts of one wording file to the instrument that it names, which `find` looks up by code and version.
// Errors: INVALID_ARGUMENT with a line for every mistake; also where the licence asks for a permission and the file
// does not say which one the installation has.
absl::Status ApplyWording(const EmbeddedFile& file, absl::FunctionRef<Instrument*(const std::string&, int)> find);

}  // namespace trellis::assessment

#endif  // TRELLIS_SERVICES_ASSESSMENT_DOMAIN_WORDING_H_
