#include "services/referral/api/referral_steps.h"

#include <algorithm>
#include <functional>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/crypto/digest.h"
#include "common/rpc/etag.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/timestamps.h"
#include "services/referral/api/convert.h"
#include "services/referral/api/referral_access.h"
#include "services/referral/api/sealed_texts.h"
#include "trellis/identity/v1/consent.pb.h"
#include "trellis/referral/v1/referral_events.pb.h"

namespace trellis::referral {
namespace {

absl::Status ConsentMissing(const std::string& recipient) {
  return Error(absl::StatusCode::kFailedPrecondition, "CONSENT_MISSING",
               "no live consent lets this recipient be told who is referred and what they need")
      .With("recipient", recipient);
}

absl::Status SubstanceUseConsentMissing(const std::string& recipient) {
  return Error(absl::StatusCode::kFailedPrecondition, "SUBSTANCE_USE_CONSENT_MISSING",
               "no live consent with an end lets this recipient be told of substance use")
      .With("recipient", recipient)
      .With("category", identity::v1::ConsentCategory_Name(identity::v1::CONSENT_CATEGORY_SUBSTANCE_USE))
      .With("purpose", identity::v1::ConsentPurpose_Name(identity::v1::CONSENT_PURPOSE_TREATMENT));
}

// The request id under which a place is asked for: the same until the referral changes.
Id PlaceRequest(const ReferralRow& row, absl::string_view purpose) {
  return crypto::DeriveId(row.id, absl::StrCat(purpose, "/", row.version));
}

// Whether the step can be made as things stand; if not, the transaction finds out why.
bool IsPossible(const VisibleReferral& found, const std::string& etag, State to) {
  return CheckStepFor(found.standing, found.row.state, to).ok() && rpc::CheckEtag(etag, found.row.version).ok();
}

v1::ReferralStateChanged StateChanged(const ReferralRow& row, State from) {
  v1::ReferralStateChanged event;
  event.set_referral(rpc::MakeName(kReferrals, row.id));
  event.set_person(rpc::MakeName(kPersons, row.person));
  event.set_from(static_cast<v1::Referral::State>(from));
  event.set_to(static_cast<v1::Referral::State>(row.state));
  event.set_healthcare_service(rpc::MakeName(kHealthcareServices, row.healthcare_service));
  if (row.recipient.has_value()) event.set_recipient_organization(rpc::MakeName(kOrganizations, *row.recipient));
  if (row.service_need.has_value()) event.set_service_need(rpc::MakeName(kServiceNeeds, *row.service_need));
  event.set_reason_code(row.reason_code);
  *event.mutable_occur_time() = rpc::ToTimestamp(row.state_time);
  return event;
}

v1::PlacementMade Made(const PlacementRow& row) {
  v1::PlacementMade event;
  event.set_placement(rpc::MakeName(kPlacements, row.id));
  event.set_referral(rpc::MakeName(kReferrals, row.referral));
  event.set_person(rpc::MakeName(kPersons, row.person));
  event.set_healthcare_service(rpc::MakeName(kHealthcareServices, row.healthcare_service));
  *event.mutable_occur_time() = rpc::ToTimestamp(row.create_time);
  return event;
}

v1::PlacementEnded Ended(const PlacementRow& row, State because) {
  v1::PlacementEnded event;
  event.set_placement(rpc::MakeName(kPlacements, row.id));
  event.set_referral(rpc::MakeName(kReferrals, row.referral));
  event.set_person(rpc::MakeName(kPersons, row.person));
  event.set_because(static_cast<v1::Referral::State>(because));
  *event.mutable_occur_time() = rpc::ToTimestamp(row.update_time);
  return event;
}

}  // namespace

absl::StatusOr<Preparation> ReferralSteps::PrepareRequest(rpc::CallContext& call, const VisibleReferral& found,
                                                          const std::string& etag) {
  const ReferralRow& row = found.row;
  Preparation out;
  if (!IsPossible(found, etag, State::kRequested)) return out;
  const std::string service_name = rpc::MakeName(kHealthcareServices, row.healthcare_service);
  TRELLIS_ASSIGN_OR_RETURN(const auto service, peers_.GetHealthcareService(call, service_name));
  if (service.managing_organization().empty()) {
    return Error(absl::StatusCode::kFailedPrecondition, "NO_RECIPIENT",
                 "nobody in this installation answers referrals to this healthcare service")
        .With("healthcare_service", service_name);
  }
  TRELLIS_ASSIGN_OR_RETURN(out.recipient, rpc::ParseName(kOrganizations, service.managing_organization(), "recipient"));
  TRELLIS_ASSIGN_OR_RETURN(out.consent, RequireConsent(call, row, *out.recipient));
  TRELLIS_ASSIGN_OR_RETURN(out.hold, peers_.HoldPlace(call, service_name, rpc::MakeName(kReferrals, row.id),
                                                      PlaceRequest(row, "hold"), hold_time_));
  return out;
}

absl::StatusOr<std::optional<LiveConsent>> ReferralSteps::RequireConsent(rpc::CallContext& call, const ReferralRow& row,
                                                                         const Id& recipient) {
  const std::string name = rpc::MakeName(kOrganizations, recipient);
  TRELLIS_ASSIGN_OR_RETURN(auto consents, peers_.ListConsents(call, rpc::MakeName(kPersons, row.person)));
  TRELLIS_ASSIGN_OR_RETURN(auto consent, FindConsent(consents, name));
  if (recipient == row.organization) return consent;  // care within one organization is no disclosure
  if (!consent.has_value()) return ConsentMissing(name);
  if (!row.labels.Has(options::v1::SECURITY_LABEL_SUBSTANCE_USE)) return consent;
  consents.erase(std::remove_if(consents.begin(), consents.end(), std::not_fn(CoversSubstanceUse)), consents.end());
  TRELLIS_ASSIGN_OR_RETURN(consent, FindConsent(consents, name));
  if (!consent.has_value()) return SubstanceUseConsentMissing(name);
  return consent;
}

absl::StatusOr<Preparation> ReferralSteps::PrepareAcceptance(rpc::CallContext& call, const VisibleReferral& found,
                                                             const std::string& etag) {
  const ReferralRow& row = found.row;
  Preparation out;
  if (!IsPossible(found, etag, State::kAccepted)) return out;
  if (row.recipient != row.organization && !ConsentLives(row, runtime_.clock().Now())) {
    return ConsentMissing(rpc::MakeName(kOrganizations, call.caller().organization));
  }
  TRELLIS_ASSIGN_OR_RETURN(out.hold, TakePlace(call, row));
  return out;
}

// Confirming takes the place that is kept; where that ran out, another one that is free.
absl::StatusOr<std::optional<Id>> ReferralSteps::TakePlace(rpc::CallContext& call, const ReferralRow& row) {
  if (!row.hold.has_value()) return std::nullopt;
  TRELLIS_RETURN_IF_ERROR(peers_.ConfirmHold(call, *row.hold, PlaceRequest(row, "confirm")));
  return row.hold;
}

absl::StatusOr<StepResult> ReferralSteps::Apply(rpc::CallContext& call, runtime::WriteUnit& unit,
                                                const Standing& standing, const std::string& name,
                                                const std::string& etag, const Wanted& wanted,
                                                const Preparation& preparation) {
  TRELLIS_ASSIGN_OR_RETURN(const Id id, rpc::ParseName(kReferrals, name));
  TRELLIS_ASSIGN_OR_RETURN(auto found, FindReferral(unit.db, call.caller().organization, id, /*lock=*/true));
  if (!found.has_value()) return NotFound(name);
  ReferralRow row = *std::move(found);
  TRELLIS_RETURN_IF_ERROR(CheckStepFor(standing, row.state, wanted.to));
  if (wanted.from.has_value() && row.state != *wanted.from) return StepForbidden(row.state, wanted.to);
  TRELLIS_RETURN_IF_ERROR(rpc::CheckEtag(etag, row.version));
  if (wanted.to == State::kRequested) {
    if (!preparation.recipient.has_value()) return rpc::EtagMismatch().With("etag", rpc::MakeEtag(row.version));
    row.recipient = preparation.recipient;
    if (preparation.consent.has_value()) {
      TRELLIS_ASSIGN_OR_RETURN(const bool revoked, WasRevoked(unit.db, preparation.consent->id));
      if (revoked) return ConsentMissing(rpc::MakeName(kOrganizations, *row.recipient));
      row.consent = preparation.consent->id;
      row.consent_end_time = preparation.consent->end_time;
    }
  }
  if (wanted.to == State::kRequested || wanted.to == State::kAccepted) row.hold = preparation.hold;
  const State from = row.state;
  row.state = wanted.to;
  row.state_time = row.update_time = unit.now;
  row.reason_code = wanted.reason.code();
  TRELLIS_RETURN_IF_ERROR(SealReason(runtime_.seal(), unit.db, wanted.reason.text(), row));
  ++row.version;
  TRELLIS_RETURN_IF_ERROR(SaveStep(unit.db, row));
  TRELLIS_ASSIGN_OR_RETURN(auto placement, MovePlacement(unit, row));
  TRELLIS_RETURN_IF_ERROR(unit.PublishFor(row.organization, StateChanged(row, from)));
  return StepResult{std::move(row), std::move(placement)};
}

absl::StatusOr<std::optional<PlacementRow>> ReferralSteps::MovePlacement(runtime::WriteUnit& unit,
                                                                         const ReferralRow& row) {
  if (row.state == State::kAccepted) {
    PlacementRow made{.organization = row.organization,
                      .id = unit.NextId(),
                      .referral = row.id,
                      .person = row.person,
                      .healthcare_service = row.healthcare_service,
                      .recipient = row.recipient.value_or(row.organization),
                      .create_time = unit.now,
                      .update_time = unit.now,
                      .labels = row.labels};
    TRELLIS_RETURN_IF_ERROR(InsertPlacement(unit.db, made));
    TRELLIS_RETURN_IF_ERROR(unit.PublishFor(row.organization, Made(made)));
    return made;
  }
  TRELLIS_ASSIGN_OR_RETURN(auto placement, FindPlacementOf(unit.db, row.organization, row.id));
  if (!placement.has_value() || placement->state == PlacementState::kEnded) return placement;
  const bool ends = IsFinal(row.state);
  const bool begins = row.state == State::kInProgress && !placement->start_time.has_value();
  if (begins) placement->start_time = unit.now;
  if (ends) {
    placement->state = PlacementState::kEnded;
    placement->end_time = unit.now;
  }
  if (!begins && !ends) return placement;
  placement->update_time = unit.now;
  TRELLIS_RETURN_IF_ERROR(SavePlacement(unit.db, *placement));
  if (ends) TRELLIS_RETURN_IF_ERROR(unit.PublishFor(row.organization, Ended(*placement, row.state)));
  return placement;
}

absl::Status ReferralSteps::GiveBackPlace(rpc::CallContext& call, const v1::Referral& referral) {
  if (!IsFinal(static_cast<State>(referral.state())) || referral.hold().empty()) return absl::OkStatus();
  TRELLIS_ASSIGN_OR_RETURN(const Id hold, rpc::ParseName(kHolds, referral.hold(), "hold"));
  return peers_.ReleaseHold(call, hold, crypto::DeriveId(hold, "release"));
}

}  // namespace trellis::referral
