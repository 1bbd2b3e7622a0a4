#include "services/caseload/api/care_plans_api.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/access/access.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/etag.h"
#include "common/rpc/id_page.h"
#include "common/rpc/labels.h"
#include "common/rpc/resource_name.h"
#include "services/caseload/api/convert.h"
#include "services/caseload/api/refresh.h"
#include "services/caseload/api/require_case.h"
#include "services/caseload/api/sealed_texts.h"
#include "services/caseload/storage/persons.h"

namespace trellis::caseload {
namespace {

using rpc::ParseName;

absl::Status CheckOpen(db::Session& tx, const Id& organization, const Id& case_id) {
  TRELLIS_ASSIGN_OR_RETURN(const auto record, FindCase(tx, organization, case_id));
  if (record.has_value() && record->state == CaseState::kOpen) return absl::OkStatus();
  return Error(absl::StatusCode::kFailedPrecondition, "CASE_CLOSED", "the care plan of a closed case does not change");
}

absl::Status CheckRoom(db::Session& tx, const Id& organization, const Id& case_id) {
  TRELLIS_ASSIGN_OR_RETURN(const auto needs, ListServiceNeeds(tx, organization, case_id, Id(), kMaxNeedsPerCase));
  if (needs.size() < kMaxNeedsPerCase) return absl::OkStatus();
  return Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_NEEDS",
               absl::StrCat("a care plan has at most ", kMaxNeedsPerCase, " lines"));
}

}  // namespace

absl::StatusOr<ServiceNeedRecord> CarePlansApi::RequireNeed(rpc::CallContext& call, absl::string_view name) {
  TRELLIS_ASSIGN_OR_RETURN(const Id id, ParseName("serviceNeeds", name));
  std::optional<ServiceNeedRecord> need;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(need, FindServiceNeed(session, call.caller().organization, id));
    return absl::OkStatus();
  }));
  if (!need.has_value()) return NotFound(name);
  TRELLIS_RETURN_IF_ERROR(runtime_.access().RequirePerson(call, need->person, name));
  return *std::move(need);
}

absl::StatusOr<v1::AddServiceNeedResponse> CarePlansApi::AddServiceNeed(rpc::CallContext& call,
                                                                        const v1::AddServiceNeedRequest& request) {
  const v1::ServiceNeed& wanted = request.service_need();
  TRELLIS_ASSIGN_OR_RETURN(const CaseRecord record,
                           RequireCase(runtime_, call, wanted.case_record(), "service_need.case_record"));
  return runtime_.Write<v1::AddServiceNeedResponse>(
      call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::AddServiceNeedResponse> {
        TRELLIS_RETURN_IF_ERROR(LockPerson(unit.db, unit.organization, record.person, unit.now));
        TRELLIS_RETURN_IF_ERROR(CheckOpen(unit.db, unit.organization, record.id));
        TRELLIS_RETURN_IF_ERROR(CheckRoom(unit.db, unit.organization, record.id));
        ServiceNeedRecord need;
        need.id = unit.NextId();
        need.case_id = record.id;
        need.person = record.person;
        need.system = wanted.need().system();
        need.code = wanted.need().code();
        need.labels = rpc::LabelsFrom(wanted.labels());
        TRELLIS_RETURN_IF_ERROR(
            SealDisplay(runtime_.seal(), unit.db, unit.organization, wanted.need().display(), need));
        TRELLIS_RETURN_IF_ERROR(SealNote(runtime_.seal(), unit.db, unit.organization, wanted.note(), need));
        need.state_time = unit.now;
        need.create_time = unit.now;
        need.update_time = unit.now;
        TRELLIS_RETURN_IF_ERROR(InsertServiceNeed(unit.db, unit.organization, need));
        TRELLIS_RETURN_IF_ERROR(RefreshEntry(unit.db, unit.organization, need.person, options_.rules(), unit.now));
        v1::AddServiceNeedResponse response;
        TRELLIS_ASSIGN_OR_RETURN(*response.mutable_service_need(), Show(unit.db, unit.organization, need));
        return response;
      });
}

absl::StatusOr<v1::ServiceNeed> CarePlansApi::Show(db::Session& session, const Id& organization,
                                                   const ServiceNeedRecord& need) {
  return WithTexts(runtime_.seal(), session, organization, need, ToMessage(need));
}

absl::StatusOr<v1::GetServiceNeedResponse> CarePlansApi::GetServiceNeed(rpc::CallContext& call,
                                                                        const v1::GetServiceNeedRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const ServiceNeedRecord need, RequireNeed(call, request.name()));
  v1::GetServiceNeedResponse response;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(*response.mutable_service_need(), Show(session, call.caller().organization, need));
    return absl::OkStatus();
  }));
  // Again, now that it is read: who was removed meanwhile must not see what was written after that.
  TRELLIS_RETURN_IF_ERROR(runtime_.access().RequirePerson(call, need.person, request.name()));
  return response;
}

absl::StatusOr<v1::ListServiceNeedsResponse> CarePlansApi::ListServiceNeeds(
    rpc::CallContext& call, const v1::ListServiceNeedsRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const rpc::IdPage page, rpc::ReadIdPage(call, request));
  TRELLIS_ASSIGN_OR_RETURN(const CaseRecord record, RequireCase(runtime_, call, request.case_record(), "case_record"));
  v1::ListServiceNeedsResponse response;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    const Id& organization = call.caller().organization;
    response.Clear();
    TRELLIS_ASSIGN_OR_RETURN(auto needs, caseload::ListServiceNeeds(session, organization, record.id,
                                                                    page.last.value_or(Id()), page.size + 1));
    const bool more = needs.size() > static_cast<std::size_t>(page.size);
    if (more) needs.resize(page.size);
    for (const ServiceNeedRecord& need : needs) {
      TRELLIS_ASSIGN_OR_RETURN(*response.add_service_needs(), Show(session, organization, need));
    }
    if (more) response.set_next_page_token(page.TokenAfter(needs.back().id));
    return absl::OkStatus();
  }));
  // Again, now that it is read: who was removed meanwhile must not see what was written after that.
  TRELLIS_RETURN_IF_ERROR(runtime_.access().RequirePerson(call, record.person, request.case_record()));
  return response;
}

absl::StatusOr<ServiceNeedRecord> CarePlansApi::Change(runtime::WriteUnit& unit, const rpc::Caller& caller,
                                                       const ServiceNeedRecord& seen, absl::string_view etag,
                                                       absl::FunctionRef<absl::Status(ServiceNeedRecord&)> change) {
  TRELLIS_RETURN_IF_ERROR(LockPerson(unit.db, unit.organization, seen.person, unit.now));
  TRELLIS_ASSIGN_OR_RETURN(std::optional<ServiceNeedRecord> need, FindServiceNeed(unit.db, unit.organization, seen.id));
  if (!need.has_value()) return NotFound(rpc::MakeName("serviceNeeds", seen.id));
  TRELLIS_RETURN_IF_ERROR(rpc::RequireClearance(caller, need->labels));
  TRELLIS_RETURN_IF_ERROR(rpc::CheckEtag(etag, need->version));
  TRELLIS_RETURN_IF_ERROR(CheckOpen(unit.db, unit.organization, need->case_id));
  TRELLIS_RETURN_IF_ERROR(change(*need));
  need->update_time = unit.now;
  ++need->version;
  TRELLIS_RETURN_IF_ERROR(SaveServiceNeed(unit.db, unit.organization, *need));
  TRELLIS_RETURN_IF_ERROR(RefreshEntry(unit.db, unit.organization, need->person, options_.rules(), unit.now));
  return *std::move(need);
}

absl::StatusOr<v1::UpdateServiceNeedResponse> CarePlansApi::UpdateServiceNeed(
    rpc::CallContext& call, const v1::UpdateServiceNeedRequest& request) {
  bool note = request.update_mask().paths().empty();
  bool labels = false;
  for (const std::string& path : request.update_mask().paths()) {
    if (path != "note" && path != "labels") {
      return InvalidField("update_mask", "only \"note\" and \"labels\" can be changed");
    }
    (path == "note" ? note : labels) = true;
  }
  TRELLIS_ASSIGN_OR_RETURN(const ServiceNeedRecord seen, RequireNeed(call, request.name()));
  return runtime_.Write<v1::UpdateServiceNeedResponse>(
      call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::UpdateServiceNeedResponse> {
        const auto change = [&](ServiceNeedRecord& changed) -> absl::Status {
          if (labels) changed.labels = rpc::LabelsFrom(request.labels());
          if (!note) return absl::OkStatus();
          return SealNote(runtime_.seal(), unit.db, unit.organization, request.note(), changed);
        };
        TRELLIS_ASSIGN_OR_RETURN(const auto need, Change(unit, call.caller(), seen, request.etag(), change));
        v1::UpdateServiceNeedResponse response;
        TRELLIS_ASSIGN_OR_RETURN(*response.mutable_service_need(), Show(unit.db, unit.organization, need));
        return response;
      });
}

template <class Response, class Request>
absl::StatusOr<Response> CarePlansApi::Settle(rpc::CallContext& call, const Request& request, NeedState to) {
  TRELLIS_ASSIGN_OR_RETURN(const ServiceNeedRecord seen, RequireNeed(call, request.name()));
  return runtime_.Write<Response>(call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<Response> {
    TRELLIS_ASSIGN_OR_RETURN(const auto need, Change(unit, call.caller(), seen, request.etag(),
                                                     [&](ServiceNeedRecord& changed) -> absl::Status {
                                                       TRELLIS_RETURN_IF_ERROR(CheckSettleNeed(changed.state, to));
                                                       changed.state = to;
                                                       changed.settled = true;
                                                       changed.state_time = unit.now;
                                                       changed.referral.reset();
                                                       return absl::OkStatus();
                                                     }));
    Response response;
    TRELLIS_ASSIGN_OR_RETURN(*response.mutable_service_need(), Show(unit.db, unit.organization, need));
    return response;
  });
}

absl::StatusOr<v1::MeetServiceNeedResponse> CarePlansApi::MeetServiceNeed(rpc::CallContext& call,
                                                                          const v1::MeetServiceNeedRequest& request) {
  return Settle<v1::MeetServiceNeedResponse>(call, request, NeedState::kMet);
}

absl::StatusOr<v1::DropServiceNeedResponse> CarePlansApi::DropServiceNeed(rpc::CallContext& call,
                                                                          const v1::DropServiceNeedRequest& request) {
  return Settle<v1::DropServiceNeedResponse>(call, request, NeedState::kDropped);
}

}  // namespace trellis::caseload
