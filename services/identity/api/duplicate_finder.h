// Who of an organization may be the same human being as somebody: candidates by their keys, weighed on their records.
#ifndef TRELLIS_SERVICES_IDENTITY_API_DUPLICATE_FINDER_H_
#define TRELLIS_SERVICES_IDENTITY_API_DUPLICATE_FINDER_H_

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/access/access.h"
#include "common/base/id.h"
#include "common/db/session.h"
#include "common/rpc/call_context.h"
#include "common/seal/sealer.h"
#include "services/identity/domain/person_rules.h"
#include "services/identity/storage/persons.h"
#include "trellis/identity/v1/person.pb.h"

namespace trellis::identity {

struct FoundDuplicates {
  std::vector<v1::PossibleDuplicate> visible;  // most likely first, at most 10
  int hidden = 0;                              // LIKELIHOOD_HIGH, and not the reader's to see
  bool any_high = false;
};

// Looks at all persons of the organization, at most 75 of them closely, and names those that the reader may see.
// Not thread-safe: one for each call.
class DuplicateFinder {
 public:
  DuplicateFinder(seal::Sealer& sealer, const Id& organization) : sealer_(sealer), organization_(organization) {}

  absl::Status SetReader(rpc::CallContext& call, const access::Access& access);
  // `self`: the person whose facts these are, where there is one already.
  absl::StatusOr<FoundDuplicates> Find(db::Session& session, const PersonFacts& facts,
                                       const std::optional<Id>& self) const;

 private:
  absl::StatusOr<std::vector<storage::PersonRow>> Candidates(db::Session& session, const PersonFacts& facts) const;

  seal::Sealer& sealer_;
  const Id organization_;
  storage::Allowed allowed_;
};

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_DUPLICATE_FINDER_H_
