#ifndef TRELLIS_SERVICES_DIRECTORY_API_SERVICE_H_
#define TRELLIS_SERVICES_DIRECTORY_API_SERVICE_H_

#include "common/runtime/service.h"

namespace trellis::directory {

// The directory service: who offers what, where, with live capacity.
runtime::Service Describe();

}  // namespace trellis::directory

#endif  // TRELLIS_SERVICES_DIRECTORY_API_SERVICE_H_
