// The referral service as a list of its parts.
#ifndef TRELLIS_SERVICES_REFERRAL_API_SERVICE_H_
#define TRELLIS_SERVICES_REFERRAL_API_SERVICE_H_

#include "common/runtime/service.h"

namespace trellis::referral {

runtime::Service Describe();

}  // namespace trellis::referral

#endif  // TRELLIS_SERVICES_REFERRAL_API_SERVICE_H_
