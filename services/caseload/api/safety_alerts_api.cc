#include "services/caseload/api/safety_alerts_api.h"

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/access/access.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/etag.h"
#include "common/rpc/labels.h"
#include "common/rpc/page.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/timestamps.h"
#include "services/caseload/api/convert.h"
#include "services/caseload/api/refresh.h"
#include "services/caseload/api/sealed_texts.h"
#include "services/caseload/storage/cases.h"
#include "services/caseload/storage/persons.h"
#include "trellis/caseload/v1/caseload_events.pb.h"

namespace trellis::caseload {
namespace {

using rpc::MakeName;
using rpc::ParseName;

// The key of a page: the id, then the time in decimals.
std::string KeyOf(const AlertPosition& position) {
  return absl::StrCat(position.id.bytes(), absl::ToUnixMicros(position.open_time));
}

absl::StatusOr<std::optional<AlertPosition>> PositionOf(const std::string& key) {
  if (key.empty()) return std::nullopt;
  const absl::StatusOr<Id> id = Id::FromBytes(absl::string_view(key).substr(0, Id::kSize));
  std::int64_t micros = 0;
  if (!id.ok() || !absl::SimpleAtoi(absl::string_view(key).substr(Id::kSize), &micros)) {
    return InvalidField("page_token", "is not a token of this list");
  }
  return AlertPosition{absl::FromUnixMicros(micros), *id};
}

absl::StatusOr<std::optional<Id>> OpenCaseOf(db::Session& session, const Id& organization, const Id& person) {
  TRELLIS_ASSIGN_OR_RETURN(const auto record, FindOpenCase(session, organization, person));
  if (!record.has_value()) return std::nullopt;
  return record->id;
}

absl::Status PublishAcknowledged(runtime::WriteUnit& unit, const SafetyAlertRecord& alert) {
  v1::SafetyAlertAcknowledged event;
  event.set_safety_alert(MakeName("safetyAlerts", alert.id));
  event.set_person(MakeName("persons", alert.person));
  event.set_action(static_cast<v1::SafetyAlert::Action>(alert.action));
  *event.mutable_occur_time() = rpc::ToTimestamp(unit.now);
  return unit.Publish(event);
}

}  // namespace

absl::StatusOr<SafetyAlertRecord> SafetyAlertsApi::RequireAlert(rpc::CallContext& call, absl::string_view name) {
  TRELLIS_ASSIGN_OR_RETURN(const Id id, ParseName("safetyAlerts", name));
  std::optional<SafetyAlertRecord> alert;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(alert, FindAlert(session, call.caller().organization, id));
    return absl::OkStatus();
  }));
  if (!alert.has_value()) return NotFound(name);
  TRELLIS_RETURN_IF_ERROR(runtime_.access().RequirePerson(call, alert->person, name));
  return *std::move(alert);
}

absl::StatusOr<v1::GetSafetyAlertResponse> SafetyAlertsApi::GetSafetyAlert(rpc::CallContext& call,
                                                                           const v1::GetSafetyAlertRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const SafetyAlertRecord alert, RequireAlert(call, request.name()));
  v1::GetSafetyAlertResponse response;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const auto open_case, OpenCaseOf(session, call.caller().organization, alert.person));
    TRELLIS_ASSIGN_OR_RETURN(
        *response.mutable_safety_alert(),
        WithTexts(runtime_.seal(), session, call.caller().organization, alert, ToMessage(alert, open_case)));
    return absl::OkStatus();
  }));
  // Again, now that it is read: who was removed meanwhile must not see what was written after that.
  TRELLIS_RETURN_IF_ERROR(runtime_.access().RequirePerson(call, alert.person, request.name()));
  return response;
}

absl::StatusOr<v1::ListSafetyAlertsResponse> SafetyAlertsApi::ListSafetyAlerts(
    rpc::CallContext& call, const v1::ListSafetyAlertsRequest& request) {
  std::optional<Id> person;
  if (!request.person().empty()) {
    TRELLIS_ASSIGN_OR_RETURN(person, ParseName("persons", request.person(), "person"));
  }
  const bool acknowledged = request.state() == v1::SafetyAlert::STATE_ACKNOWLEDGED;
  const AlertState state = acknowledged ? AlertState::kAcknowledged : AlertState::kOpen;
  TRELLIS_ASSIGN_OR_RETURN(const rpc::Page page, rpc::ReadPage(call, request));
  TRELLIS_ASSIGN_OR_RETURN(const auto after, PositionOf(page.after));
  TRELLIS_ASSIGN_OR_RETURN(auto allowed, runtime_.access().AllowedPersonCondition(call, "a.person_id"));
  const Visible visible = {std::move(allowed.sql), std::move(allowed.arguments)};

  v1::ListSafetyAlertsResponse response;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    const Id& organization = call.caller().organization;
    TRELLIS_ASSIGN_OR_RETURN(const AlertScan scan,
                             ScanAlerts(session, organization, state, person, visible, after, page.size));
    std::map<Id, std::optional<Id>> cases;
    for (const SafetyAlertRecord& alert : scan.alerts) {
      if (cases.count(alert.person) == 0) {
        TRELLIS_ASSIGN_OR_RETURN(cases[alert.person], OpenCaseOf(session, organization, alert.person));
      }
      TRELLIS_ASSIGN_OR_RETURN(*response.add_safety_alerts(), WithTexts(runtime_.seal(), session, organization, alert,
                                                                        ToMessage(alert, cases[alert.person])));
    }
    if (scan.next.has_value()) response.set_next_page_token(page.TokenAfter(KeyOf(*scan.next)));
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<SafetyAlertRecord> SafetyAlertsApi::Acknowledge(runtime::WriteUnit& unit, const SafetyAlertRecord& seen,
                                                               const Id& user,
                                                               const v1::AcknowledgeSafetyAlertRequest& request) {
  TRELLIS_RETURN_IF_ERROR(LockPerson(unit.db, unit.organization, seen.person, unit.now));
  TRELLIS_ASSIGN_OR_RETURN(std::optional<SafetyAlertRecord> alert, FindAlert(unit.db, unit.organization, seen.id));
  if (!alert.has_value()) return NotFound(request.name());
  TRELLIS_RETURN_IF_ERROR(CheckAcknowledge(alert->state));
  TRELLIS_RETURN_IF_ERROR(rpc::CheckEtag(request.etag(), alert->version));
  alert->state = AlertState::kAcknowledged;
  alert->acknowledge_time = unit.now;
  alert->acknowledged_by = user;
  alert->action = request.action();
  TRELLIS_RETURN_IF_ERROR(SealActionNote(runtime_.seal(), unit.db, unit.organization, request.note(), *alert));
  ++alert->version;
  TRELLIS_RETURN_IF_ERROR(SaveAcknowledgement(unit.db, unit.organization, *alert));
  TRELLIS_RETURN_IF_ERROR(RefreshEntry(unit.db, unit.organization, alert->person, options_.rules(), unit.now));
  TRELLIS_RETURN_IF_ERROR(PublishAcknowledged(unit, *alert));
  return *std::move(alert);
}

absl::StatusOr<v1::AcknowledgeSafetyAlertResponse> SafetyAlertsApi::AcknowledgeSafetyAlert(
    rpc::CallContext& call, const v1::AcknowledgeSafetyAlertRequest& request) {
  if (request.action() == v1::SafetyAlert::ACTION_UNSPECIFIED || !v1::SafetyAlert::Action_IsValid(request.action())) {
    return InvalidField("action", "must say what was done about the alert");
  }
  TRELLIS_ASSIGN_OR_RETURN(const SafetyAlertRecord seen, RequireAlert(call, request.name()));
  TRELLIS_RETURN_IF_ERROR(rpc::RequireClearance(call.caller(), seen.labels));  // an alert's labels never change
  return runtime_.Write<v1::AcknowledgeSafetyAlertResponse>(
      call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::AcknowledgeSafetyAlertResponse> {
        TRELLIS_ASSIGN_OR_RETURN(const auto alert, Acknowledge(unit, seen, call.caller().user, request));
        TRELLIS_ASSIGN_OR_RETURN(const auto open_case, OpenCaseOf(unit.db, unit.organization, alert.person));
        v1::AcknowledgeSafetyAlertResponse response;
        TRELLIS_ASSIGN_OR_RETURN(
            *response.mutable_safety_alert(),
            WithTexts(runtime_.seal(), unit.db, unit.organization, alert, ToMessage(alert, open_case)));
        return response;
      });
}

}  // namespace trellis::caseload
