#ifndef TRELLIS_SERVICES_IDENTITY_API_PERSON_ERASURE_API_H_
#define TRELLIS_SERVICES_IDENTITY_API_PERSON_ERASURE_API_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "services/identity/domain/relation_rules.h"
#include "trellis/identity/v1/persons.pb.h"

namespace trellis::identity {

// Serves trellis.identity.v1.Persons.ErasePerson. Thread-safe.
class PersonErasureApi {
 public:
  explicit PersonErasureApi(runtime::Runtime& runtime) : runtime_(runtime) {}

  absl::StatusOr<v1::ErasePersonResponse> ErasePerson(rpc::CallContext& call, const v1::ErasePersonRequest& request);

  // A restored backup brings persons back who were erased since: unreadable, because the key ring remembers them.
  // Erases what came back and tells the followers again.
  absl::Status EraseAgain(absl::Time deadline);

 private:
  // All but the destroying of the keys.
  absl::Status Remove(runtime::WriteUnit& unit, const Id& person, v1::ErasureReason reason);
  // `persons`: each is alone, or all of its group are among them.
  absl::Status Erase(runtime::WriteUnit& unit, const std::vector<Id>& persons, v1::ErasureReason reason);
  absl::Status RevokeRelations(runtime::WriteUnit& unit, const Id& person, RelationKind first_kind,
                               RelationKind second_kind);
  absl::Status RevokeConsents(runtime::WriteUnit& unit, const Id& person);

  runtime::Runtime& runtime_;
};

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_PERSON_ERASURE_API_H_
