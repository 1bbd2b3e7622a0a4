#include "services/referral/api/referrals_api.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/access/access.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/id_page.h"
#include "common/rpc/labels.h"
#include "common/rpc/resource_name.h"
#include "services/referral/api/convert.h"
#include "services/referral/api/sealed_texts.h"

namespace trellis::referral {
namespace {

absl::StatusOr<ReferralRow> Draft(const v1::Referral& wanted, const rpc::Caller& caller) {
  ReferralRow row;
  row.organization = caller.organization;
  row.requester = caller.user;
  TRELLIS_ASSIGN_OR_RETURN(row.person, rpc::ParseName(kPersons, wanted.person(), "referral.person"));
  TRELLIS_ASSIGN_OR_RETURN(row.healthcare_service, rpc::ParseName(kHealthcareServices, wanted.healthcare_service(),
                                                                  "referral.healthcare_service"));
  if (!wanted.service_need().empty()) {
    TRELLIS_ASSIGN_OR_RETURN(row.service_need,
                             rpc::ParseName(kServiceNeeds, wanted.service_need(), "referral.service_need"));
  }
  row.need_system = wanted.need().system();
  row.need_code = wanted.need().code();
  row.labels = rpc::LabelsFrom(wanted.labels());
  row.priority = std::max<int>(wanted.priority(), v1::Referral::PRIORITY_ROUTINE);
  return row;
}

}  // namespace

absl::StatusOr<v1::CreateReferralResponse> ReferralsApi::CreateReferral(rpc::CallContext& call,
                                                                        const v1::CreateReferralRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const ReferralRow draft, Draft(request.referral(), call.caller()));
  // A referral to nowhere is found out now and not when somebody waits for it.
  TRELLIS_RETURN_IF_ERROR(peers_.GetHealthcareService(call, request.referral().healthcare_service()).status());
  return runtime_.Write<v1::CreateReferralResponse>(
      call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::CreateReferralResponse> {
        ReferralRow row = draft;
        row.id = unit.NextId();
        row.state_time = row.create_time = row.update_time = unit.now;
        TRELLIS_RETURN_IF_ERROR(SealNeedAndNote(runtime_.seal(), unit.db, request.referral(), row));
        TRELLIS_RETURN_IF_ERROR(InsertReferral(unit.db, row));
        v1::CreateReferralResponse response;
        TRELLIS_ASSIGN_OR_RETURN(*response.mutable_referral(),
                                 Show(unit.db, {.requester = true}, row, std::nullopt, unit.now));
        return response;
      });
}

// What somebody who stands there may see.
absl::StatusOr<v1::Referral> ReferralsApi::Show(db::Session& session, const Standing& standing, const ReferralRow& row,
                                                const std::optional<Id>& placement, absl::Time now) {
  v1::Referral out = ToProto(row, placement);
  if (standing.requester || MayBeTold(row, now)) return WithTexts(runtime_.seal(), session, row, std::move(out));
  Redact(out);
  return out;
}

absl::StatusOr<v1::Referral> ReferralsApi::Show(runtime::WriteUnit& unit, const Standing& standing,
                                                const StepResult& result) {
  return Show(unit.db, standing, result.row,
              result.placement.has_value() ? std::optional<Id>(result.placement->id) : std::nullopt, unit.now);
}

absl::StatusOr<v1::GetReferralResponse> ReferralsApi::GetReferral(rpc::CallContext& call,
                                                                  const v1::GetReferralRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const VisibleReferral found, ReadReferral(runtime_, call, request.name()));
  v1::GetReferralResponse response;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(*response.mutable_referral(),
                             Show(session, found.standing, found.row, found.placement, runtime_.clock().Now()));
    return absl::OkStatus();
  }));
  return response;
}

namespace {

bool MayBeToldWho(const VisibleReferral& referral, absl::Time now) {
  return referral.standing.recipient && IsLive(referral.row) && MayBeTold(referral.row, now);
}

}  // namespace

// What the referral allows is known here, what the consent allows in identity: both must hold, now.
absl::StatusOr<v1::GetReferredPersonResponse> ReferralsApi::GetReferredPerson(
    rpc::CallContext& call, const v1::GetReferredPersonRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const VisibleReferral before, ReadReferral(runtime_, call, request.name()));
  if (!MayBeToldWho(before, runtime_.clock().Now())) return NotFound(request.name());
  TRELLIS_RETURN_IF_ERROR(rpc::RequireClearance(call.caller(), before.row.labels));  // they never change
  absl::StatusOr<identity::v1::DisclosedPerson> person = peers_.DisclosePerson(call, before.row);
  if (absl::IsNotFound(person.status())) return NotFound(request.name());
  TRELLIS_RETURN_IF_ERROR(person.status());
  // Again, now that it is read: what was written after the end of the referral is not the recipient's to see.
  TRELLIS_ASSIGN_OR_RETURN(const VisibleReferral after, ReadReferral(runtime_, call, request.name()));
  if (!MayBeToldWho(after, runtime_.clock().Now())) return NotFound(request.name());
  v1::GetReferredPersonResponse response;
  *response.mutable_person() = *std::move(person);
  response.set_redisclosure_notice(NoticeFor(after.row.labels, after.row.organization, after.row.recipient));
  return response;
}

absl::StatusOr<v1::ListReferralsResponse> ReferralsApi::ListReferrals(rpc::CallContext& call,
                                                                      const v1::ListReferralsRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const rpc::IdPage page, rpc::ReadIdPage(call, request));
  ListFilter filter{.organization = call.caller().organization, .before = page.last, .limit = page.size + 1};
  filter.received = request.direction() == v1::ListReferralsRequest::DIRECTION_RECEIVED;
  if (!request.person().empty()) {
    TRELLIS_ASSIGN_OR_RETURN(filter.person, rpc::ParseName(kPersons, request.person(), "person"));
  }
  Visible visible;
  if (filter.received && !IsRecipientStaff(call.caller())) return v1::ListReferralsResponse();
  if (!filter.received) {
    if (!IsRequesterStaff(call.caller())) return v1::ListReferralsResponse();
    TRELLIS_ASSIGN_OR_RETURN(auto part, runtime_.access().AllowedPersonCondition(call, "r.person_id"));
    visible = {std::move(part.sql), std::move(part.arguments)};
  }
  const Standing standing{.requester = !filter.received, .recipient = filter.received};
  v1::ListReferralsResponse response;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    // One index range for each state asked for, joined here: there are few states and each range is short.
    std::vector<std::optional<int>> states(request.states().begin(), request.states().end());
    if (states.empty()) states.push_back(std::nullopt);
    std::vector<ReferralRow> rows;
    response.Clear();
    for (const std::optional<int>& state : states) {
      filter.state = state;
      TRELLIS_ASSIGN_OR_RETURN(auto part, referral::ListReferrals(session, filter, visible));
      rows.insert(rows.end(), std::make_move_iterator(part.begin()), std::make_move_iterator(part.end()));
    }
    std::sort(rows.begin(), rows.end(), [](const ReferralRow& a, const ReferralRow& b) { return b.id < a.id; });
    rows.erase(std::unique(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.id == b.id; }),
               rows.end());
    if (rows.size() > static_cast<std::size_t>(page.size)) {
      rows.resize(static_cast<std::size_t>(page.size));
      response.set_next_page_token(page.TokenAfter(rows.back().id));
    }
    for (const ReferralRow& row : rows) {
      std::optional<PlacementRow> placement;
      if (row.state >= State::kAccepted) {
        TRELLIS_ASSIGN_OR_RETURN(placement, FindPlacementOf(session, row.organization, row.id));
      }
      const std::optional<Id> place = placement.has_value() ? std::optional<Id>(placement->id) : std::nullopt;
      TRELLIS_ASSIGN_OR_RETURN(*response.add_referrals(), Show(session, standing, row, place, runtime_.clock().Now()));
    }
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::RequestReferralResponse> ReferralsApi::RequestReferral(rpc::CallContext& call,
                                                                          const v1::RequestReferralRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const VisibleReferral found, ReadToChange(runtime_, call, request.name()));
  TRELLIS_ASSIGN_OR_RETURN(const Preparation preparation, steps_.PrepareRequest(call, found, request.etag()));
  return runtime_.Write<v1::RequestReferralResponse>(
      call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::RequestReferralResponse> {
        TRELLIS_ASSIGN_OR_RETURN(const StepResult result,
                                 steps_.Apply(call, unit, found.standing, request.name(), request.etag(),
                                              {.to = State::kRequested}, preparation));
        v1::RequestReferralResponse response;
        TRELLIS_ASSIGN_OR_RETURN(*response.mutable_referral(), Show(unit, found.standing, result));
        return response;
      });
}

absl::StatusOr<v1::AcceptReferralResponse> ReferralsApi::AcceptReferral(rpc::CallContext& call,
                                                                        const v1::AcceptReferralRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const VisibleReferral found, ReadToChange(runtime_, call, request.name()));
  TRELLIS_ASSIGN_OR_RETURN(const Preparation preparation, steps_.PrepareAcceptance(call, found, request.etag()));
  return runtime_.Write<v1::AcceptReferralResponse>(
      call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::AcceptReferralResponse> {
        TRELLIS_ASSIGN_OR_RETURN(const StepResult result,
                                 steps_.Apply(call, unit, found.standing, request.name(), request.etag(),
                                              {.to = State::kAccepted}, preparation));
        v1::AcceptReferralResponse response;
        TRELLIS_ASSIGN_OR_RETURN(*response.mutable_referral(), Show(unit, found.standing, result));
        *response.mutable_placement() = ToProto(*result.placement);
        return response;
      });
}

template <class Response, class Request>
absl::StatusOr<Response> ReferralsApi::Step(rpc::CallContext& call, const Request& request,
                                            const ReferralSteps::Wanted& wanted) {
  TRELLIS_ASSIGN_OR_RETURN(const VisibleReferral found, ReadToChange(runtime_, call, request.name()));
  auto response = runtime_.Write<Response>(call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<Response> {
    TRELLIS_ASSIGN_OR_RETURN(const StepResult result,
                             steps_.Apply(call, unit, found.standing, request.name(), request.etag(), wanted, {}));
    Response out;
    TRELLIS_ASSIGN_OR_RETURN(*out.mutable_referral(), Show(unit, found.standing, result));
    return out;
  });
  TRELLIS_RETURN_IF_ERROR(response.status());
  TRELLIS_RETURN_IF_ERROR(steps_.GiveBackPlace(call, response->referral()));
  return response;
}

absl::StatusOr<v1::RejectReferralResponse> ReferralsApi::RejectReferral(rpc::CallContext& call,
                                                                        const v1::RejectReferralRequest& request) {
  return Step<v1::RejectReferralResponse>(call, request, {.to = State::kRejected, .reason = request.reason()});
}

absl::StatusOr<v1::StartReferralResponse> ReferralsApi::StartReferral(rpc::CallContext& call,
                                                                      const v1::StartReferralRequest& request) {
  return Step<v1::StartReferralResponse>(call, request, {.to = State::kInProgress, .from = State::kAccepted});
}

absl::StatusOr<v1::HoldReferralResponse> ReferralsApi::HoldReferral(rpc::CallContext& call,
                                                                    const v1::HoldReferralRequest& request) {
  return Step<v1::HoldReferralResponse>(call, request, {.to = State::kOnHold, .reason = request.reason()});
}

absl::StatusOr<v1::ResumeReferralResponse> ReferralsApi::ResumeReferral(rpc::CallContext& call,
                                                                        const v1::ResumeReferralRequest& request) {
  return Step<v1::ResumeReferralResponse>(call, request, {.to = State::kInProgress, .from = State::kOnHold});
}

absl::StatusOr<v1::CompleteReferralResponse> ReferralsApi::CompleteReferral(
    rpc::CallContext& call, const v1::CompleteReferralRequest& request) {
  return Step<v1::CompleteReferralResponse>(call, request, {.to = State::kCompleted, .reason = request.reason()});
}

absl::StatusOr<v1::FailReferralResponse> ReferralsApi::FailReferral(rpc::CallContext& call,
                                                                    const v1::FailReferralRequest& request) {
  return Step<v1::FailReferralResponse>(call, request, {.to = State::kFailed, .reason = request.reason()});
}

absl::StatusOr<v1::CancelReferralResponse> ReferralsApi::CancelReferral(rpc::CallContext& call,
                                                                        const v1::CancelReferralRequest& request) {
  return Step<v1::CancelReferralResponse>(call, request, {.to = State::kCancelled, .reason = request.reason()});
}

absl::StatusOr<v1::RetractReferralResponse> ReferralsApi::RetractReferral(rpc::CallContext& call,
                                                                          const v1::RetractReferralRequest& request) {
  return Step<v1::RetractReferralResponse>(call, request, {.to = State::kEnteredInError, .reason = request.reason()});
}

}  // namespace trellis::referral
