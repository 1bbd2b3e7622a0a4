#include "services/directory/api/holding.h"

#include <optional>
#include <vector>

#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/etag.h"
#include "common/rpc/resource_name.h"
#include "services/directory/api/convert.h"
#include "services/directory/storage/capacities.h"
#include "trellis/directory/v1/directory_events.pb.h"

namespace trellis::directory {
namespace {

constexpr int kOverdueAtOnce = 100;

bool MaySee(const rpc::Caller& caller, const StoredHold& hold) {
  if (caller.kind != rpc::Caller::Kind::kUser || caller.organization.is_nil()) return false;
  const bool holder = hold.organization == caller.organization &&
                      (caller.HasRole(options::v1::ROLE_COORDINATOR) || caller.HasRole(options::v1::ROLE_CLINICIAN));
  return holder || IsManagersStaff(caller, hold);
}

struct PlaceChange {
  int held = 0;
  int placed = 0;
};

// What leaving one state and entering another does to the counts.
PlaceChange Between(HoldState from, HoldState to) {
  PlaceChange change;
  if (from == HoldState::kActive) change.held = -1;
  if (from == HoldState::kConfirmed) change.placed = -1;
  if (to == HoldState::kConfirmed) change.placed += 1;
  return change;
}

template <class Event>
absl::Status PublishAbout(runtime::WriteUnit& unit, const StoredHold& hold) {
  Event event;
  event.set_hold(rpc::MakeName(kHolds, hold.id));
  event.set_healthcare_service(rpc::MakeName(kServices, hold.service));
  event.set_reference(hold.reference);
  return unit.PublishFor(hold.organization, event);
}

absl::Status PublishMove(runtime::WriteUnit& unit, const StoredHold& hold, HoldState next) {
  if (next == HoldState::kConfirmed) return PublishAbout<v1::HoldConfirmed>(unit, hold);
  if (next == HoldState::kExpired) return PublishAbout<v1::HoldExpired>(unit, hold);
  return PublishAbout<v1::HoldReleased>(unit, hold);
}

}  // namespace

bool IsManagersStaff(const rpc::Caller& caller, const StoredHold& hold) {
  return !caller.organization.is_nil() && hold.managing_organization == caller.organization &&
         caller.HasRole(options::v1::ROLE_PROVIDER_STAFF);
}

absl::StatusOr<StoredHold> VisibleHold(db::Session& session, const rpc::Caller& caller, const Id& id,
                                       absl::string_view name) {
  TRELLIS_ASSIGN_OR_RETURN(std::optional<StoredHold> hold, FindHold(session, id));
  if (!hold.has_value() || !MaySee(caller, *hold)) return NotFound(name);
  return *std::move(hold);
}

absl::StatusOr<StoredHold> LockVisibleHold(db::Session& session, const rpc::Caller& caller, const Id& id,
                                           absl::string_view name, absl::string_view etag) {
  TRELLIS_ASSIGN_OR_RETURN(const StoredHold seen, VisibleHold(session, caller, id, name));
  TRELLIS_RETURN_IF_ERROR(LockCapacity(session, seen.service).status());
  TRELLIS_ASSIGN_OR_RETURN(std::optional<StoredHold> hold, LockHold(session, id));
  if (!hold.has_value()) return NotFound(name);
  TRELLIS_RETURN_IF_ERROR(rpc::CheckEtag(etag, hold->version));
  hold->managing_organization = seen.managing_organization;
  return *std::move(hold);
}

absl::Status MoveHold(runtime::WriteUnit& unit, StoredHold& hold, HoldState next) {
  if (hold.state == next) return absl::OkStatus();
  const PlaceChange change = Between(hold.state, next);
  TRELLIS_RETURN_IF_ERROR(MovePlaces(unit.db, hold.service, change.held, change.placed));
  TRELLIS_RETURN_IF_ERROR(SetHoldState(unit.db, hold.id, next, unit.now));
  hold.state = next;
  hold.update_time = unit.now;
  ++hold.version;
  return PublishMove(unit, hold, next);
}

absl::StatusOr<int> ExpireOverdueHolds(runtime::WriteUnit& unit, const Id& service) {
  TRELLIS_ASSIGN_OR_RETURN(std::vector<StoredHold> overdue,
                           LockOverdueHolds(unit.db, service, unit.now, kOverdueAtOnce));
  for (StoredHold& hold : overdue) TRELLIS_RETURN_IF_ERROR(MoveHold(unit, hold, HoldState::kExpired));
  return static_cast<int>(overdue.size());
}

}  // namespace trellis::directory
