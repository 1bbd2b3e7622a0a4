#include "services/identity/api/emergency_accesses_api.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "common/access/relations.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/log/log.h"
#include "common/rpc/id_page.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/timestamps.h"
#include "common/seal/sealer.h"
#include "common/testing/fault_point.h"
#include "services/identity/api/convert.h"
#include "services/identity/api/emergency_texts.h"
#include "services/identity/api/person_index.h"
#include "services/identity/storage/emergency_accesses.h"
#include "services/identity/storage/persons.h"
#include "trellis/identity/v1/identity_events.pb.h"

namespace trellis::identity {
namespace {

// What may be asked for is what the access rules honour.
static_assert(kLongestEmergency == access::kLongestEmergency);

// Whoever asks by a number is not told it again.
constexpr char kSomebody[] = "persons/-";

access::RelationKey KeyOf(const Id& organization, const EmergencyAccess& emergency) {
  return {organization, emergency.person, access::RelationKind::kEmergency, emergency.user};
}

// For how long, once all that the request says is found good but for the person.
absl::StatusOr<absl::Duration> ReadDuration(const v1::RequestEmergencyAccessRequest& request) {
  if (request.person().empty() && !request.has_identifier()) {
    return InvalidField("person", "person or identifier must be set");
  }
  if (request.reason() == v1::EmergencyAccess::REASON_UNSPECIFIED ||
      !v1::EmergencyAccess::Reason_IsValid(request.reason())) {
    return InvalidField("reason", "is required");
  }
  const absl::Duration duration =
      absl::Seconds(request.duration().seconds()) + absl::Microseconds(request.duration().nanos() / 1000);
  TRELLIS_RETURN_IF_ERROR(CheckRequest(duration, request.explanation()));
  return duration;
}

// Who sees the person anyway has no emergency. Reads what is there now, whatever this transaction saw before.
absl::Status CheckNoRelation(runtime::WriteUnit& unit, const EmergencyAccess& emergency) {
  TRELLIS_ASSIGN_OR_RETURN(
      bool live, access::MaySeePerson(unit.db, unit.organization, emergency.user, emergency.person, unit.now));
  if (!live) {
    TRELLIS_ASSIGN_OR_RETURN(const auto found,
                             access::FindRelation(unit.db, KeyOf(unit.organization, emergency), /*lock=*/true));
    live = found.has_value() && found->LiveAt(unit.now);
  }
  if (!live) return absl::OkStatus();
  return Error(absl::StatusCode::kFailedPrecondition, "RELATION_LIVE",
               "You may see this person already: there is no need for emergency access.");
}

absl::Status PublishGiven(runtime::WriteUnit& unit, const EmergencyAccess& emergency, int reason) {
  v1::EmergencyAccessRequested alert;
  alert.set_emergency_access(rpc::MakeName(kEmergencyAccesses, emergency.id));
  alert.set_user(rpc::MakeName(kUsers, emergency.user));
  alert.set_person(rpc::MakeName(kPersons, emergency.person));
  alert.set_reason(static_cast<v1::EmergencyAccess::Reason>(reason));
  *alert.mutable_expire_time() = rpc::ToTimestamp(emergency.expire_time);
  TRELLIS_RETURN_IF_ERROR(unit.Publish(alert));
  v1::RelationGranted granted;
  granted.set_resource(alert.person());
  granted.set_subject(alert.user());
  granted.set_kind(v1::RELATION_KIND_EMERGENCY);
  *granted.mutable_start_time() = rpc::ToTimestamp(emergency.start_time);
  *granted.mutable_end_time() = rpc::ToTimestamp(emergency.expire_time);
  return unit.Publish(granted);
}

absl::Status EndRelation(runtime::WriteUnit& unit, const EmergencyAccess& emergency) {
  TRELLIS_RETURN_IF_ERROR(access::RevokeRelation(unit.db, KeyOf(unit.organization, emergency), unit.now).status());
  v1::RelationRevoked event;
  event.set_resource(rpc::MakeName(kPersons, emergency.person));
  event.set_subject(rpc::MakeName(kUsers, emergency.user));
  event.set_kind(v1::RELATION_KIND_EMERGENCY);
  return unit.Publish(event);
}

bool IsShown(const std::optional<storage::EmergencyAccessRow>& row, const rpc::Caller& caller) {
  return row.has_value() && MaySee(row->access, caller.user, RolesOf(caller));
}

// For operators, who see that it happens; privacy officers have the event and the queue.
void Warn(const v1::EmergencyAccess& emergency) {
  log::Warning("somebody took emergency access", {{"emergency_access", emergency.name()},
                                                  {"user", emergency.user()},
                                                  {"reason", v1::EmergencyAccess::Reason_Name(emergency.reason())}});
}

}  // namespace

EmergencyAccessesApi::EmergencyAccessesApi(runtime::Runtime& runtime)
    : runtime_(runtime),
      given_(runtime.metrics().AddCounter("trellis_emergency_accesses_total", "Emergency accesses that were given.")) {}

absl::StatusOr<Id> EmergencyAccessesApi::FindPerson(runtime::WriteUnit& unit,
                                                    const v1::RequestEmergencyAccessRequest& request) {
  std::optional<Id> person;
  if (request.has_identifier()) {
    TRELLIS_ASSIGN_OR_RETURN(const auto key, runtime_.seal().KeyIfMade(unit.db, {unit.organization}));
    if (!key.has_value()) return NotFound(kSomebody);  // the key is made with the first person
    TRELLIS_ASSIGN_OR_RETURN(const PersonIndex index, PersonIndex::Make(*key));
    const std::string wanted = index.OfIdentifier({request.identifier().system(), request.identifier().value()});
    TRELLIS_ASSIGN_OR_RETURN(person, storage::PersonOfIdentifier(unit.db, unit.organization, wanted));
    if (!person.has_value()) return NotFound(kSomebody);
  } else {
    TRELLIS_ASSIGN_OR_RETURN(person, rpc::ParseName(kPersons, request.person(), "person"));
  }
  TRELLIS_ASSIGN_OR_RETURN(const auto row, storage::LockPerson(unit.db, unit.organization, *person));
  if (!row.has_value()) return NotFound(request.has_identifier() ? kSomebody : request.person());
  return *person;
}

absl::StatusOr<v1::RequestEmergencyAccessResponse> EmergencyAccessesApi::RequestEmergencyAccess(
    rpc::CallContext& call, const v1::RequestEmergencyAccessRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const absl::Duration duration, ReadDuration(request));
  bool given = false;  // not where the request is repeated
  auto response = runtime_.Write<v1::RequestEmergencyAccessResponse>(
      call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::RequestEmergencyAccessResponse> {
        given = true;
        storage::EmergencyAccessRow row;
        row.reason = request.reason();
        EmergencyAccess& emergency = row.access;
        TRELLIS_ASSIGN_OR_RETURN(emergency.person, FindPerson(unit, request));
        emergency.id = unit.NextId();
        emergency.user = call.caller().user;
        emergency.start_time = unit.now;
        emergency.expire_time = unit.now + duration;
        TRELLIS_RETURN_IF_ERROR(CheckNoRelation(unit, emergency));
        TRELLIS_RETURN_IF_ERROR(
            SealExplanation(runtime_.seal(), unit.db, unit.organization, request.explanation(), row));
        TRELLIS_RETURN_IF_ERROR(storage::InsertEmergencyAccess(unit.db, unit.organization, row));
        TRELLIS_RETURN_IF_ERROR(access::PutRelation(
            unit.db, {KeyOf(unit.organization, emergency), emergency.start_time, emergency.expire_time, std::nullopt}));
        TRELLIS_RETURN_IF_ERROR(testing::FaultPoint("identity.before_emergency_alert"));
        TRELLIS_RETURN_IF_ERROR(PublishGiven(unit, emergency, row.reason));

        v1::RequestEmergencyAccessResponse answer;
        TRELLIS_ASSIGN_OR_RETURN(*answer.mutable_emergency_access(),
                                 ToProto(runtime_.seal(), unit.db, unit.organization, row, unit.now));
        return answer;
      });
  if (response.ok() && given) {
    given_.Increment();
    Warn(response->emergency_access());
  }
  return response;
}

absl::StatusOr<v1::EndEmergencyAccessResponse> EmergencyAccessesApi::EndEmergencyAccess(
    rpc::CallContext& call, const v1::EndEmergencyAccessRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id id, rpc::ParseName(kEmergencyAccesses, request.name()));
  return runtime_.Write<v1::EndEmergencyAccessResponse>(
      call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::EndEmergencyAccessResponse> {
        TRELLIS_ASSIGN_OR_RETURN(auto row, storage::LockEmergencyAccess(unit.db, unit.organization, id));
        if (!IsShown(row, call.caller())) return NotFound(request.name());
        TRELLIS_RETURN_IF_ERROR(CheckEnd(row->access, unit.now));
        row->access.end_time = unit.now;
        TRELLIS_RETURN_IF_ERROR(storage::UpdateEmergencyAccess(unit.db, unit.organization, *row));
        TRELLIS_RETURN_IF_ERROR(EndRelation(unit, row->access));
        v1::EndEmergencyAccessResponse response;
        *response.mutable_end_time() = rpc::ToTimestamp(unit.now);
        return response;
      });
}

absl::StatusOr<v1::GetEmergencyAccessResponse> EmergencyAccessesApi::GetEmergencyAccess(
    rpc::CallContext& call, const v1::GetEmergencyAccessRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id id, rpc::ParseName(kEmergencyAccesses, request.name()));
  const Id organization = call.caller().organization;
  v1::GetEmergencyAccessResponse response;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const auto row, storage::FindEmergencyAccess(session, organization, id));
    if (!IsShown(row, call.caller())) return NotFound(request.name());
    TRELLIS_ASSIGN_OR_RETURN(*response.mutable_emergency_access(),
                             ToProto(runtime_.seal(), session, organization, *row, runtime_.clock().Now()));
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::ListEmergencyAccessesResponse> EmergencyAccessesApi::ListEmergencyAccesses(
    rpc::CallContext& call, const v1::ListEmergencyAccessesRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const rpc::IdPage page, rpc::ReadIdPage(call, request));
  const Id organization = call.caller().organization;
  storage::EmergencyAccessFilter filter{.unreviewed = request.unreviewed()};
  if (!RolesOf(call.caller()).contains(Role::kPrivacyOfficer)) filter.user = call.caller().user;
  v1::ListEmergencyAccessesResponse response;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    response.Clear();
    TRELLIS_ASSIGN_OR_RETURN(auto rows, storage::ListEmergencyAccesses(session, organization, filter,
                                                                       page.last.value_or(Id()), page.size + 1));
    if (rows.size() > static_cast<std::size_t>(page.size)) {
      rows.pop_back();
      response.set_next_page_token(page.TokenAfter(rows.back().access.id));
    }
    TRELLIS_RETURN_IF_ERROR(OpenKeysOf(runtime_.seal(), session, organization, rows));
    for (const storage::EmergencyAccessRow& row : rows) {
      TRELLIS_ASSIGN_OR_RETURN(*response.add_emergency_accesses(),
                               ToProto(runtime_.seal(), session, organization, row, runtime_.clock().Now()));
    }
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::ReviewEmergencyAccessResponse> EmergencyAccessesApi::ReviewEmergencyAccess(
    rpc::CallContext& call, const v1::ReviewEmergencyAccessRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id id, rpc::ParseName(kEmergencyAccesses, request.name()));
  return runtime_.Write<v1::ReviewEmergencyAccessResponse>(
      call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::ReviewEmergencyAccessResponse> {
        TRELLIS_ASSIGN_OR_RETURN(auto row, storage::LockEmergencyAccess(unit.db, unit.organization, id));
        if (!IsShown(row, call.caller())) return NotFound(request.name());
        const Id reviewer = call.caller().user;
        TRELLIS_RETURN_IF_ERROR(CheckReview(row->access, reviewer, request.verdict(), request.note(), unit.now));
        row->access.verdict = static_cast<Verdict>(request.verdict());
        row->reviewer = reviewer;
        row->review_time = unit.now;
        TRELLIS_RETURN_IF_ERROR(SealReviewNote(runtime_.seal(), unit.db, unit.organization, request.note(), *row));
        TRELLIS_RETURN_IF_ERROR(storage::UpdateEmergencyAccess(unit.db, unit.organization, *row));
        v1::ReviewEmergencyAccessResponse response;
        *response.mutable_review_time() = rpc::ToTimestamp(unit.now);
        return response;
      });
}

}  // namespace trellis::identity
