#ifndef TRELLIS_SERVICES_IDENTITY_API_SERVICE_H_
#define TRELLIS_SERVICES_IDENTITY_API_SERVICE_H_

#include "common/runtime/service.h"

namespace trellis::identity {

// The identity service: who is who, who may see whom.
runtime::Service Describe();

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_SERVICE_H_
