#include "common/runtime/erasure.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/base/text.h"
#include "common/feed/handlers.h"
#include "common/seal/data_keys.h"
#include "trellis/identity/v1/identity_events.pb.h"

namespace trellis::runtime {

absl::Status ApplyErasure(seal::Sealer& sealer, db::Session& tx, const events::v1::Event& event) {
  feed::Handlers handlers;
  handlers.On<identity::v1::PersonErased>([&sealer](db::Session& session, const events::v1::Event& told,
                                                    const identity::v1::PersonErased& erased) -> absl::Status {
    const auto text = StripCollection(erased.person(), "persons");
    if (!text.has_value()) return absl::InvalidArgumentError("an erasure without a person");
    seal::KeyOwner owner;
    TRELLIS_ASSIGN_OR_RETURN(owner.organization, feed::OrganizationOf(told));
    TRELLIS_ASSIGN_OR_RETURN(owner.person, Id::Parse(*text));
    return sealer.Destroy(session, owner);
  });
  return handlers(tx, event);
}

absl::Status DestroyAgain(seal::Sealer& sealer, db::Pool& pool, absl::Time deadline) {
  const auto destroyed = sealer.ring().Destroyed();
  // Without a key ring nothing is sealed, and nothing was destroyed.
  if (absl::IsUnavailable(destroyed.status())) return absl::OkStatus();
  TRELLIS_RETURN_IF_ERROR(destroyed.status());
  std::vector<seal::KeyOwner> back;
  TRELLIS_RETURN_IF_ERROR(pool.Read(deadline, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(back, seal::LiveAmong(session, *destroyed));
    return absl::OkStatus();
  }));
  for (const seal::KeyOwner& owner : back) {
    TRELLIS_RETURN_IF_ERROR(pool.Transact(deadline, [&](db::Session& tx) { return sealer.Destroy(tx, owner); }));
  }
  return absl::OkStatus();
}

}  // namespace trellis::runtime
