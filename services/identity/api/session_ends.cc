#include "services/identity/api/session_ends.h"

#include "common/base/status_macros.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/timestamps.h"
#include "services/identity/api/convert.h"
#include "services/identity/storage/sessions.h"
#include "trellis/identity/v1/identity_events.pb.h"

namespace trellis::identity {
namespace {

// Sessions that begin are kept below a bound; this many can only be there by an older, larger bound.
constexpr int kMostAtOnce = 200;

absl::Status Revoke(runtime::WriteUnit& unit, const access::Revocation& revocation, Ended& ended) {
  ended.revocations.push_back(revocation);
  return access::PutRevocation(unit.db, revocation);
}

absl::StatusOr<Ended> End(runtime::WriteUnit& unit, const Id& user, const std::vector<Id>& sessions, EndReason reason,
                          std::optional<absl::Time> issued_before) {
  Ended ended;
  v1::SessionsEnded event;
  event.set_user(rpc::MakeName(kUsers, user));
  event.set_reason(static_cast<v1::Session::EndReason>(reason));
  for (const Id& session : sessions) {
    TRELLIS_ASSIGN_OR_RETURN(const bool went_on,
                             storage::EndSession(unit.db, unit.organization, session, reason, unit.now));
    if (went_on) ++ended.sessions;
    TRELLIS_RETURN_IF_ERROR(Revoke(unit, {unit.organization, user, session, std::nullopt}, ended));
    event.add_sessions(rpc::MakeName(kSessions, session));
  }
  if (issued_before.has_value()) {
    TRELLIS_RETURN_IF_ERROR(Revoke(unit, {unit.organization, user, Id(), issued_before}, ended));
    *event.mutable_issued_before_time() = rpc::ToTimestamp(*issued_before);
  }
  if (ended.revocations.empty()) return ended;
  TRELLIS_RETURN_IF_ERROR(unit.Publish(event));
  return ended;
}

}  // namespace

absl::StatusOr<Ended> EndSessions(runtime::WriteUnit& unit, const Id& user, const std::vector<Id>& sessions,
                                  EndReason reason) {
  return End(unit, user, sessions, reason, std::nullopt);
}

absl::StatusOr<Ended> EndAllSessions(runtime::WriteUnit& unit, const Id& user, EndReason reason,
                                     std::optional<Id> keep) {
  TRELLIS_ASSIGN_OR_RETURN(const auto rows,
                           storage::ListSessions(unit.db, unit.organization, user, unit.now, Id(), kMostAtOnce));
  std::vector<Id> sessions;
  for (const storage::SessionRow& row : rows) {
    if (row.id != keep) sessions.push_back(row.id);
  }
  if (keep.has_value()) return End(unit, user, sessions, reason, std::nullopt);
  // Tokens tell when they were issued in whole seconds; what was issued within this second is known by its session.
  return End(unit, user, sessions, reason, absl::FromUnixSeconds(absl::ToUnixSeconds(unit.now)));
}

}  // namespace trellis::identity
