#include "services/directory/api/capacities_api.h"

#include <optional>
#include <string>
#include <utility>

#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/db/errors.h"
#include "common/rpc/etag.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/timestamps.h"
#include "services/directory/api/convert.h"
#include "services/directory/api/holding.h"
#include "services/directory/storage/capacities.h"
#include "services/directory/storage/holds.h"
#include "trellis/directory/v1/directory_events.pb.h"

namespace trellis::directory {
namespace {

absl::Status Refused(absl::string_view reason, absl::string_view message, absl::string_view service) {
  return Error(absl::StatusCode::kFailedPrecondition, reason, message).With("healthcare_service", service);
}

absl::Status CheckMayState(const rpc::Caller& caller, const ServiceFacts& facts) {
  if (caller.HasRole(options::v1::ROLE_DIRECTORY_ADMINISTRATOR)) return absl::OkStatus();
  if (caller.HasRole(options::v1::ROLE_PROVIDER_STAFF) && !caller.organization.is_nil() &&
      caller.organization == facts.managing_organization) {
    return absl::OkStatus();
  }
  return Error(absl::StatusCode::kPermissionDenied, "NOT_MANAGED_BY_CALLER",
               "only staff of the organization that manages the provider say how many places there are");
}

absl::StatusOr<absl::Duration> HoldTime(const v1::HoldCapacityRequest& request) {
  if (!request.has_ttl()) return kDefaultHold;
  const absl::Duration ttl = absl::Seconds(request.ttl().seconds()) + absl::Nanoseconds(request.ttl().nanos());
  TRELLIS_RETURN_IF_ERROR(CheckHoldTime(ttl));
  return ttl;
}

// The capacity without what has run out; its row is locked.
absl::StatusOr<std::optional<StoredCapacity>> CurrentCapacity(runtime::WriteUnit& unit, const Id& service) {
  TRELLIS_ASSIGN_OR_RETURN(std::optional<StoredCapacity> capacity, LockCapacity(unit.db, service));
  if (!capacity.has_value()) return capacity;
  while (true) {
    TRELLIS_ASSIGN_OR_RETURN(const int expired, ExpireOverdueHolds(unit, service));
    if (expired == 0) return capacity;
    capacity->places.held -= expired;
  }
}

absl::Status CheckEtag(const std::optional<StoredCapacity>& stored, absl::string_view etag) {
  if (!stored.has_value()) return etag.empty() ? absl::OkStatus() : absl::Status(rpc::EtagMismatch());
  if (etag.empty()) return InvalidField("etag", "is needed: the capacity is known already, read it first");
  return rpc::CheckEtag(etag, stored->version);
}

absl::Status WriteFigures(runtime::WriteUnit& unit, const Id& service, bool known, const StoredCapacity& capacity) {
  if (known) return UpdateFigures(unit.db, service, capacity, unit.now);
  absl::Status inserted = InsertCapacity(unit.db, service, capacity, unit.now);
  return db::IsDuplicateKey(inserted) ? absl::Status(rpc::EtagMismatch()) : inserted;
}

absl::Status PublishFigures(runtime::WriteUnit& unit, const std::string& service, const Places& places) {
  v1::CapacityChanged event;
  event.set_healthcare_service(service);
  event.set_available(places.available());
  event.set_maximum(places.maximum);
  return unit.PublishFor(Id(), event);
}

}  // namespace

absl::StatusOr<v1::GetCapacityResponse> CapacitiesApi::GetCapacity(rpc::CallContext& call,
                                                                   const v1::GetCapacityRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id service,
                           rpc::ParseName(kServices, request.healthcare_service(), "healthcare_service"));
  v1::GetCapacityResponse response;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const std::optional<StoredCapacity> capacity,
                             FindCapacity(session, service, runtime_.clock().Now()));
    if (!capacity.has_value()) {
      TRELLIS_ASSIGN_OR_RETURN(const std::optional<ServiceFacts> facts, FindServiceFacts(session, service));
      if (!facts.has_value()) return NotFound(request.healthcare_service());
    }
    *response.mutable_capacity() = ToProto(service, capacity);
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::SetCapacityResponse> CapacitiesApi::SetCapacity(rpc::CallContext& call,
                                                                   const v1::SetCapacityRequest& request) {
  const std::string& name = request.healthcare_service();
  TRELLIS_ASSIGN_OR_RETURN(const Id service, rpc::ParseName(kServices, name, "healthcare_service"));
  return runtime_.Write<v1::SetCapacityResponse>(
      call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::SetCapacityResponse> {
        TRELLIS_ASSIGN_OR_RETURN(const std::optional<ServiceFacts> facts, FindServiceFacts(unit.db, service));
        if (!facts.has_value()) return NotFound(name);
        TRELLIS_RETURN_IF_ERROR(CheckMayState(call.caller(), *facts));
        TRELLIS_ASSIGN_OR_RETURN(const std::optional<StoredCapacity> old, CurrentCapacity(unit, service));
        TRELLIS_RETURN_IF_ERROR(CheckEtag(old, request.etag()));
        StoredCapacity capacity = old.value_or(StoredCapacity());
        TRELLIS_ASSIGN_OR_RETURN(capacity.places, Restate(capacity.places, request.maximum(), request.available()));
        if (!request.unit().empty()) capacity.unit = request.unit();
        if (capacity.unit.empty()) capacity.unit = "place";
        capacity.description = request.description();
        capacity.stated_by = StatedBy::kStaff;
        TRELLIS_RETURN_IF_ERROR(WriteFigures(unit, service, old.has_value(), capacity));
        ++capacity.version;
        capacity.update_time = unit.now;
        TRELLIS_RETURN_IF_ERROR(PublishFigures(unit, name, capacity.places));
        v1::SetCapacityResponse response;
        *response.mutable_capacity() = ToProto(service, capacity);
        return response;
      });
}

absl::StatusOr<v1::HoldCapacityResponse> CapacitiesApi::HoldCapacity(rpc::CallContext& call,
                                                                     const v1::HoldCapacityRequest& request) {
  const std::string& name = request.healthcare_service();
  TRELLIS_ASSIGN_OR_RETURN(const Id service, rpc::ParseName(kServices, name, "healthcare_service"));
  TRELLIS_ASSIGN_OR_RETURN(const absl::Duration ttl, HoldTime(request));
  return runtime_.Write<v1::HoldCapacityResponse>(
      call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::HoldCapacityResponse> {
        TRELLIS_ASSIGN_OR_RETURN(const std::optional<ServiceFacts> facts, FindServiceFacts(unit.db, service));
        if (!facts.has_value()) return NotFound(name);
        if (facts->state != ServiceState::kActive) {
          return Refused("SERVICE_NOT_ACTIVE", "the service takes nobody at present", name);
        }
        TRELLIS_ASSIGN_OR_RETURN(const std::optional<StoredCapacity> capacity, CurrentCapacity(unit, service));
        if (!capacity.has_value()) {
          return Refused("CAPACITY_UNKNOWN", "nobody has said how many places there are: none can be promised", name);
        }
        TRELLIS_ASSIGN_OR_RETURN(const bool taken, TakePlace(unit.db, service));
        if (!taken) return Refused("CAPACITY_EXHAUSTED", "no place is free", name);
        StoredHold hold;
        hold.id = unit.NextId();
        hold.service = service;
        hold.organization = call.caller().organization;
        hold.user = call.caller().user;
        TRELLIS_ASSIGN_OR_RETURN(hold.request, rpc::RequestIdOr(request.request_id(), unit.NextId()));
        hold.reference = request.reference();
        hold.expire_time = absl::FromUnixMicros(absl::ToUnixMicros(unit.now + ttl));
        hold.version = 1;
        hold.create_time = hold.update_time = unit.now;
        TRELLIS_RETURN_IF_ERROR(InsertHold(unit.db, hold));
        v1::HoldPlaced event;
        event.set_hold(rpc::MakeName(kHolds, hold.id));
        event.set_healthcare_service(name);
        event.set_reference(hold.reference);
        *event.mutable_expire_time() = rpc::ToTimestamp(hold.expire_time);
        TRELLIS_RETURN_IF_ERROR(unit.Publish(event));
        v1::HoldCapacityResponse response;
        *response.mutable_hold() = ToProto(hold, unit.now);
        return response;
      });
}

absl::StatusOr<v1::ConfirmHoldResponse> CapacitiesApi::ConfirmHold(rpc::CallContext& call,
                                                                   const v1::ConfirmHoldRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id id, rpc::ParseName(kHolds, request.name()));
  return runtime_.Write<v1::ConfirmHoldResponse>(
      call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::ConfirmHoldResponse> {
        TRELLIS_ASSIGN_OR_RETURN(StoredHold hold,
                                 LockVisibleHold(unit.db, call.caller(), id, request.name(), request.etag()));
        if (!IsManagersStaff(call.caller(), hold)) return NotFound(request.name());
        TRELLIS_ASSIGN_OR_RETURN(const HoldState next, AfterConfirm(StateAt(hold.state, hold.expire_time, unit.now)));
        // First those whose time has come give their places back, this one too: then the count tells what is free.
        TRELLIS_RETURN_IF_ERROR(ExpireOverdueHolds(unit, hold.service).status());
        hold.state = StateAt(hold.state, hold.expire_time, unit.now);
        const absl::Status moved = MoveHold(unit, hold, next);
        if (db::IsConstraintViolation(moved)) {
          return Error(absl::StatusCode::kFailedPrecondition, "HOLD_EXPIRED", "the hold ran out, and no place is free");
        }
        TRELLIS_RETURN_IF_ERROR(moved);
        v1::ConfirmHoldResponse response;
        *response.mutable_hold() = ToProto(hold, unit.now);
        return response;
      });
}

absl::StatusOr<v1::ReleaseHoldResponse> CapacitiesApi::ReleaseHold(rpc::CallContext& call,
                                                                   const v1::ReleaseHoldRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id id, rpc::ParseName(kHolds, request.name()));
  return runtime_.Write<v1::ReleaseHoldResponse>(
      call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::ReleaseHoldResponse> {
        TRELLIS_ASSIGN_OR_RETURN(StoredHold hold,
                                 LockVisibleHold(unit.db, call.caller(), id, request.name(), request.etag()));
        // A hold that ran out is written down as expired here, where nobody has done so yet.
        const HoldState next = AfterRelease(StateAt(hold.state, hold.expire_time, unit.now));
        TRELLIS_RETURN_IF_ERROR(MoveHold(unit, hold, next));
        v1::ReleaseHoldResponse response;
        *response.mutable_hold() = ToProto(hold, unit.now);
        return response;
      });
}

absl::StatusOr<v1::GetHoldResponse> CapacitiesApi::GetHold(rpc::CallContext& call, const v1::GetHoldRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id id, rpc::ParseName(kHolds, request.name()));
  v1::GetHoldResponse response;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const StoredHold hold, VisibleHold(session, call.caller(), id, request.name()));
    *response.mutable_hold() = ToProto(hold, runtime_.clock().Now());
    return absl::OkStatus();
  }));
  return response;
}

}  // namespace trellis::directory
