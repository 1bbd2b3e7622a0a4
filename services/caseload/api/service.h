// The caseload service as a whole: its settings and parts.
#ifndef TRELLIS_SERVICES_CASELOAD_API_SERVICE_H_
#define TRELLIS_SERVICES_CASELOAD_API_SERVICE_H_

#include "common/runtime/service.h"

namespace trellis::caseload {

runtime::Service Describe();

}  // namespace trellis::caseload

#endif  // TRELLIS_SERVICES_CASELOAD_API_SERVICE_H_
