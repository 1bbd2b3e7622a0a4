#include "common/access/replica.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/access/relations.h"
#include "common/access/revocations.h"
#include "common/base/status_macros.h"
#include "common/base/text.h"
#include "common/feed/handlers.h"
#include "common/rpc/timestamps.h"
#include "trellis/identity/v1/identity_events.pb.h"

namespace trellis::access {
namespace {

struct Collections {
  absl::string_view resource;
  absl::string_view subject;
};

// Nothing for a kind that this version does not know: it opens nothing here, and whoever holds it is found by asking
// identity. No reason to stop the feed.
std::optional<Collections> CollectionsOf(RelationKind kind) {
  switch (kind) {
    case RelationKind::kCareTeam:
    case RelationKind::kEmergency:
      return Collections{"persons", "users"};
    case RelationKind::kMember:
      return Collections{"persons", "populations"};
    case RelationKind::kLead:
      return Collections{"populations", "users"};
  }
  return std::nullopt;
}

absl::StatusOr<Id> IdIn(absl::string_view name, absl::string_view collection) {
  const std::optional<absl::string_view> text = StripCollection(name, collection);
  if (!text.has_value()) return absl::InvalidArgumentError(absl::StrCat("an event without ", collection));
  return Id::Parse(*text);
}

// Payload: RelationGranted or RelationRevoked, which name a relation in the same way.
template <class Payload>
absl::StatusOr<std::optional<RelationKey>> KeyOf(const events::v1::Event& event, const Payload& payload) {
  RelationKey key;
  key.kind = static_cast<RelationKind>(payload.kind());  // the contract's numbers are the database's
  const std::optional<Collections> collections = CollectionsOf(key.kind);
  if (!collections.has_value()) return std::nullopt;
  TRELLIS_ASSIGN_OR_RETURN(key.organization, feed::OrganizationOf(event));
  TRELLIS_ASSIGN_OR_RETURN(key.resource, IdIn(payload.resource(), collections->resource));
  TRELLIS_ASSIGN_OR_RETURN(key.subject, IdIn(payload.subject(), collections->subject));
  return key;
}

absl::Status ApplyGranted(db::Session& tx, const events::v1::Event& event,
                          const identity::v1::RelationGranted& granted) {
  TRELLIS_ASSIGN_OR_RETURN(const std::optional<RelationKey> key, KeyOf(event, granted));
  if (!key.has_value()) return absl::OkStatus();
  Relation relation = {.key = *key};
  if (granted.has_start_time()) relation.valid_from = rpc::FromTimestamp(granted.start_time());
  if (granted.has_end_time()) relation.valid_to = rpc::FromTimestamp(granted.end_time());
  return PutRelation(tx, relation);
}

absl::Status ApplyRevoked(db::Session& tx, const events::v1::Event& event,
                          const identity::v1::RelationRevoked& revoked) {
  TRELLIS_ASSIGN_OR_RETURN(const std::optional<RelationKey> key, KeyOf(event, revoked));
  if (!key.has_value()) return absl::OkStatus();
  return RevokeRelation(tx, *key, rpc::FromTimestamp(event.occur_time())).status();
}

absl::Status ApplyEnded(db::Session& tx, const events::v1::Event& event, const identity::v1::SessionsEnded& ended) {
  Revocation revocation;
  TRELLIS_ASSIGN_OR_RETURN(revocation.organization, feed::OrganizationOf(event));
  TRELLIS_ASSIGN_OR_RETURN(revocation.user, IdIn(ended.user(), "users"));
  for (const std::string& session : ended.sessions()) {
    TRELLIS_ASSIGN_OR_RETURN(revocation.session, IdIn(session, "sessions"));
    TRELLIS_RETURN_IF_ERROR(PutRevocation(tx, revocation));
  }
  if (!ended.has_issued_before_time()) return absl::OkStatus();
  revocation.session = Id();
  revocation.issued_before = rpc::FromTimestamp(ended.issued_before_time());
  return PutRevocation(tx, revocation);
}

feed::Handlers MakeHandlers() {
  feed::Handlers handlers;
  handlers.On<identity::v1::RelationGranted>(ApplyGranted).On<identity::v1::RelationRevoked>(ApplyRevoked);
  handlers.On<identity::v1::SessionsEnded>(ApplyEnded);
  return handlers;
}

}  // namespace

absl::Status ApplyAccessEvent(db::Session& tx, const events::v1::Event& event) {
  static const auto* const handlers = new feed::Handlers(MakeHandlers());
  return (*handlers)(tx, event);
}

}  // namespace trellis::access
