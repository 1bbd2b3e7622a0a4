#include "services/caseload/api/cases_api.h"

#include <map>
#include <utility>
#include <vector>

#include "common/access/access.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/etag.h"
#include "common/rpc/id_page.h"
#include "common/rpc/labels.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/timestamps.h"
#include "services/caseload/api/convert.h"
#include "services/caseload/api/refresh.h"
#include "services/caseload/api/require_case.h"
#include "services/caseload/api/sealed_texts.h"
#include "services/caseload/storage/persons.h"
#include "services/caseload/storage/worklist.h"
#include "trellis/caseload/v1/caseload_events.pb.h"

namespace trellis::caseload {
namespace {

using rpc::MakeName;
using rpc::ParseName;

absl::StatusOr<absl::Duration> ReviewIntervalOf(const v1::Case& wanted, absl::Duration otherwise) {
  if (!wanted.has_review_interval()) return otherwise;
  const auto& given = wanted.review_interval();
  const absl::Duration interval = absl::Seconds(given.seconds());
  if (given.nanos() != 0 || interval < kMinReviewInterval || interval > kMaxReviewInterval) {
    return InvalidField("case_record.review_interval", "must be whole seconds between 1 day and 366 days");
  }
  return interval;
}

absl::Status CheckNoOpenCase(db::Session& tx, const Id& organization, const Id& person) {
  TRELLIS_ASSIGN_OR_RETURN(const auto open, FindOpenCase(tx, organization, person));
  if (!open.has_value()) return absl::OkStatus();
  return Error(absl::StatusCode::kAlreadyExists, "CASE_OPEN", "the person has an open case")
      .With("case", MakeName("cases", open->id));
}

absl::Status CheckCoordinator(runtime::WriteUnit& unit, const CaseRecord& record, const Id& caller) {
  if (record.coordinator == caller) return absl::OkStatus();  // checked already, as the caller
  TRELLIS_ASSIGN_OR_RETURN(
      const bool sees, access::MaySeePerson(unit.db, unit.organization, record.coordinator, record.person, unit.now));
  if (sees) return absl::OkStatus();
  return InvalidField("case_record.coordinator", "must be a user with a relation to the person");
}

absl::Status PublishOpened(runtime::WriteUnit& unit, const CaseRecord& record) {
  v1::CaseOpened event;
  event.set_case_record(MakeName("cases", record.id));
  event.set_person(MakeName("persons", record.person));
  event.set_coordinator(MakeName("users", record.coordinator));
  *event.mutable_occur_time() = rpc::ToTimestamp(unit.now);
  return unit.Publish(event);
}

absl::Status PublishClosed(runtime::WriteUnit& unit, const CaseRecord& record) {
  v1::CaseClosed event;
  event.set_case_record(MakeName("cases", record.id));
  event.set_person(MakeName("persons", record.person));
  event.set_reason(static_cast<v1::Case::CloseReason>(record.close_reason));
  *event.mutable_occur_time() = rpc::ToTimestamp(unit.now);
  return unit.Publish(event);
}

CarePlanSummary PlanOf(const std::map<Id, CarePlanSummary>& plans, const Id& case_id) {
  const auto found = plans.find(case_id);
  return found == plans.end() ? CarePlanSummary() : found->second;
}

}  // namespace

absl::StatusOr<v1::OpenCaseResponse> CasesApi::OpenCase(rpc::CallContext& call, const v1::OpenCaseRequest& request) {
  const v1::Case& wanted = request.case_record();
  CaseRecord record;
  TRELLIS_ASSIGN_OR_RETURN(record.person, ParseName("persons", wanted.person(), "case_record.person"));
  TRELLIS_ASSIGN_OR_RETURN(record.review_interval, ReviewIntervalOf(wanted, options_.review_interval));
  record.coordinator = call.caller().user;
  record.labels = rpc::LabelsFrom(wanted.labels());
  if (!wanted.coordinator().empty()) {
    TRELLIS_ASSIGN_OR_RETURN(record.coordinator, ParseName("users", wanted.coordinator(), "case_record.coordinator"));
  }
  return runtime_.Write<v1::OpenCaseResponse>(
      call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::OpenCaseResponse> {
        TRELLIS_RETURN_IF_ERROR(LockPerson(unit.db, unit.organization, record.person, unit.now));
        TRELLIS_RETURN_IF_ERROR(CheckNoOpenCase(unit.db, unit.organization, record.person));
        TRELLIS_RETURN_IF_ERROR(CheckCoordinator(unit, record, call.caller().user));
        record.id = unit.NextId();
        record.open_time = unit.now;
        record.update_time = unit.now;
        TRELLIS_RETURN_IF_ERROR(InsertCase(unit.db, unit.organization, record));
        TRELLIS_RETURN_IF_ERROR(PutLinesFromRelations(unit.db, unit.organization, record.person));
        TRELLIS_RETURN_IF_ERROR(RefreshEntry(unit.db, unit.organization, record.person, options_.rules(), unit.now));
        TRELLIS_RETURN_IF_ERROR(PublishOpened(unit, record));
        v1::OpenCaseResponse response;
        *response.mutable_case_record() = ToMessage(record, CarePlanSummary());
        return response;
      });
}

absl::StatusOr<v1::GetCaseResponse> CasesApi::GetCase(rpc::CallContext& call, const v1::GetCaseRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const CaseRecord record, RequireCase(runtime_, call, request.name(), "name"));
  v1::GetCaseResponse response;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const auto plans, CarePlansOf(session, call.caller().organization, {record.id}));
    TRELLIS_ASSIGN_OR_RETURN(*response.mutable_case_record(),
                             WithTexts(runtime_.seal(), session, call.caller().organization, record,
                                       ToMessage(record, PlanOf(plans, record.id))));
    return absl::OkStatus();
  }));
  // Again, now that it is read: who was removed meanwhile must not see what was written after that.
  TRELLIS_RETURN_IF_ERROR(runtime_.access().RequirePerson(call, record.person, request.name()));
  return response;
}

absl::StatusOr<v1::ListCasesResponse> CasesApi::ListCases(rpc::CallContext& call, const v1::ListCasesRequest& request) {
  CaseFilter filter;
  if (!request.person().empty()) {
    TRELLIS_ASSIGN_OR_RETURN(filter.person, ParseName("persons", request.person(), "person"));
  }
  if (request.state() != v1::Case::STATE_UNSPECIFIED) filter.state = static_cast<CaseState>(request.state());
  TRELLIS_ASSIGN_OR_RETURN(const rpc::IdPage page, rpc::ReadIdPage(call, request));
  TRELLIS_ASSIGN_OR_RETURN(auto allowed, runtime_.access().AllowedPersonCondition(call, "k.person_id"));
  const Visible visible = {std::move(allowed.sql), std::move(allowed.arguments)};

  v1::ListCasesResponse response;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    const Id& organization = call.caller().organization;
    response.Clear();
    TRELLIS_ASSIGN_OR_RETURN(const CaseScan scan,
                             ScanCases(session, organization, filter, visible, page.last, page.size));
    std::vector<Id> ids;
    for (const CaseRecord& record : scan.cases) ids.push_back(record.id);
    TRELLIS_ASSIGN_OR_RETURN(const auto plans, CarePlansOf(session, organization, ids));
    for (const CaseRecord& record : scan.cases) {
      TRELLIS_ASSIGN_OR_RETURN(*response.add_cases(), WithTexts(runtime_.seal(), session, organization, record,
                                                                ToMessage(record, PlanOf(plans, record.id))));
    }
    if (scan.next.has_value()) response.set_next_page_token(page.TokenAfter(*scan.next));
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<CaseRecord> CasesApi::Close(runtime::WriteUnit& unit, const rpc::Caller& caller, const CaseRecord& seen,
                                           const v1::CloseCaseRequest& request) {
  const Id& person = seen.person;
  TRELLIS_RETURN_IF_ERROR(LockPerson(unit.db, unit.organization, person, unit.now));
  TRELLIS_ASSIGN_OR_RETURN(std::optional<CaseRecord> record, FindCase(unit.db, unit.organization, seen.id));
  if (!record.has_value()) return NotFound(request.name());
  TRELLIS_RETURN_IF_ERROR(rpc::RequireClearance(caller, record->labels));
  TRELLIS_RETURN_IF_ERROR(rpc::CheckEtag(request.etag(), record->version));
  OpenLoops loops;
  TRELLIS_ASSIGN_OR_RETURN(loops.open_alerts, CountOpenAlerts(unit.db, unit.organization, person));
  TRELLIS_ASSIGN_OR_RETURN(const auto unanswered, UnansweredReferralsOf(unit.db, unit.organization, person));
  loops.unanswered_referrals = static_cast<int>(unanswered.size());
  TRELLIS_RETURN_IF_ERROR(CheckClose(record->state, loops));
  record->state = CaseState::kClosed;
  record->close_reason = request.reason();
  record->labels = record->labels | rpc::LabelsFrom(request.labels());
  record->close_time = unit.now;
  record->update_time = unit.now;
  ++record->version;
  TRELLIS_RETURN_IF_ERROR(SealCloseNote(runtime_.seal(), unit.db, unit.organization, request.note(), *record));
  TRELLIS_RETURN_IF_ERROR(SaveClosedCase(unit.db, unit.organization, *record));
  TRELLIS_RETURN_IF_ERROR(DeleteEntry(unit.db, unit.organization, person));
  TRELLIS_RETURN_IF_ERROR(PublishClosed(unit, *record));
  return *std::move(record);
}

absl::StatusOr<v1::CloseCaseResponse> CasesApi::CloseCase(rpc::CallContext& call, const v1::CloseCaseRequest& request) {
  if (request.reason() == v1::Case::CLOSE_REASON_UNSPECIFIED || !v1::Case::CloseReason_IsValid(request.reason())) {
    return InvalidField("reason", "must say why the case is closed");
  }
  if (request.reason() == v1::Case::CLOSE_REASON_OTHER && request.note().empty()) {
    return InvalidField("note", "must say which other reason there is");
  }
  TRELLIS_ASSIGN_OR_RETURN(const CaseRecord seen, RequireCase(runtime_, call, request.name(), "name"));
  return runtime_.Write<v1::CloseCaseResponse>(
      call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::CloseCaseResponse> {
        TRELLIS_ASSIGN_OR_RETURN(const CaseRecord record, Close(unit, call.caller(), seen, request));
        TRELLIS_ASSIGN_OR_RETURN(const auto plans, CarePlansOf(unit.db, unit.organization, {record.id}));
        v1::CloseCaseResponse response;
        TRELLIS_ASSIGN_OR_RETURN(*response.mutable_case_record(),
                                 WithTexts(runtime_.seal(), unit.db, unit.organization, record,
                                           ToMessage(record, PlanOf(plans, record.id))));
        return response;
      });
}

}  // namespace trellis::caseload
