// The assessment service: its settings and parts.
#ifndef TRELLIS_SERVICES_ASSESSMENT_API_SERVICE_H_
#define TRELLIS_SERVICES_ASSESSMENT_API_SERVICE_H_

#include "common/runtime/service.h"

namespace trellis::assessment {

runtime::Service Describe();

}  // namespace trellis::assessment

#endif  // TRELLIS_SERVICES_ASSESSMENT_API_SERVICE_H_
