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

absl::StatusOr<std::vector<Id>> End(runtime::WriteUnit& unit, const Id& user, const std::vector<Id>& sessions,
                                    EndReason reason, std::optional<absl::Time> not_before) {
  std::vector<Id> ended;
  for (const Id& session : sessions) {
    TRELLIS_ASSIGN_OR_RETURN(const bool went_on,
                             storage::EndSession(unit.db, unit.organization, session, reason, unit.now));
    if (went_on) ended.push_back(session);
  }
  if (ended.empty() && !not_before.has_value()) return ended;
  v1::SessionsEnded event;
  event.set_user(rpc::MakeName(kUsers, user));
  for (const Id& session : ended) event.add_sessions(rpc::MakeName(kSessions, session));
  if (not_before.has_value()) *event.mutable_not_before() = rpc::ToTimestamp(*not_before);
  event.set_reason(static_cast<v1::Session::EndReason>(reason));
  TRELLIS_RETURN_IF_ERROR(unit.Publish(event));
  return ended;
}

}  // namespace

absl::StatusOr<std::vector<Id>> EndSessions(runtime::WriteUnit& unit, const Id& user, const std::vector<Id>& sessions,
                                            EndReason reason) {
  return End(unit, user, sessions, reason, std::nullopt);
}

absl::StatusOr<std::vector<Id>> EndAllSessions(runtime::WriteUnit& unit, const Id& user, EndReason reason,
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
