// The token by which a device of a user is known at later sign-ins.
#ifndef TRELLIS_SERVICES_IDENTITY_API_DEVICE_TOKENS_H_
#define TRELLIS_SERVICES_IDENTITY_API_DEVICE_TOKENS_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/base/id.h"
#include "common/runtime/runtime.h"

namespace trellis::identity {

// Makes one for another device of the user, in the transaction in which the user proved who they are. Only its hash is
// kept; of more than twenty devices the one that was used longest ago is forgotten.
absl::StatusOr<std::string> RecognizeDevice(runtime::Runtime& runtime, runtime::WriteUnit& unit, const Id& user);

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_DEVICE_TOKENS_H_
