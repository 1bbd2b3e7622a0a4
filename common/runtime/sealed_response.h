// Stored responses of changes (common/db/idempotency.h), sealed where they hold something personal.
#ifndef TRELLIS_COMMON_RUNTIME_SEALED_RESPONSE_H_
#define TRELLIS_COMMON_RUNTIME_SEALED_RESPONSE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/db/idempotency.h"
#include "common/db/session.h"
#include "common/seal/sealer.h"

namespace google::protobuf {
class Message;
}

namespace trellis::runtime {

// What to store. Where a field of the response is declared as sensitive, all
// of it is sealed with the key of the person whom response or request name first, or else the organization's; so
// erasing a person erases these responses, too.
absl::StatusOr<std::string> SealResponse(seal::Sealer& sealer, db::Session& tx, const db::IdempotencyKey& key,
                                         const google::protobuf::Message& request,
                                         const google::protobuf::Message& response);

// The response again. Errors: NOT_FOUND PERSON_ERASED; those of Sealer; INTERNAL where it cannot be read.
absl::Status OpenResponse(seal::Sealer& sealer, db::Session& tx, const db::IdempotencyKey& key,
                          absl::string_view stored, google::protobuf::Message& response);

}  // namespace trellis::runtime

#endif  // TRELLIS_COMMON_RUNTIME_SEALED_RESPONSE_H_
