#include "services/referral/api/peers.h"

#include <algorithm>

#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/peer_call.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/timestamps.h"
#include "services/referral/api/convert.h"
#include "trellis/directory/v1/capacities.grpc.pb.h"
#include "trellis/directory/v1/healthcare_services.grpc.pb.h"
#include "trellis/identity/v1/consents.grpc.pb.h"
#include "trellis/identity/v1/persons.grpc.pb.h"

namespace trellis::referral {
namespace {

namespace identity_v1 = identity::v1;
namespace directory_v1 = directory::v1;

constexpr char kIdentity[] = "identity";
constexpr char kDirectory[] = "directory";
// A person with more live consents than this gets the newest looked at.
constexpr int kMostConsents = 500;

template <class List>
bool Holds(const List& list, int value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// Identity calls a consent active before its period begins, too: here it counts once it has begun.
bool CoversReferral(const identity_v1::Consent& consent, absl::Time now) {
  return consent.state() == identity_v1::Consent::STATE_ACTIVE &&
         rpc::FromTimestamp(consent.period().start_time()) <= now &&
         Holds(consent.purposes(), identity_v1::CONSENT_PURPOSE_TREATMENT) &&
         Holds(consent.categories(), identity_v1::CONSENT_CATEGORY_DEMOGRAPHICS) &&
         Holds(consent.categories(), identity_v1::CONSENT_CATEGORY_NEEDS);
}

}  // namespace

absl::StatusOr<identity_v1::Person> Peers::GetPerson(rpc::CallContext& call, const std::string& person) {
  identity_v1::GetPersonRequest request;
  request.set_name(person);
  TRELLIS_ASSIGN_OR_RETURN(auto response, rpc::CallPeer(call, kIdentity, runtime_.Peer(kIdentity),
                                                        &identity_v1::Persons::Stub::GetPerson, request));
  return std::move(*response.mutable_person());
}

absl::StatusOr<identity_v1::DisclosedPerson> Peers::DisclosePerson(rpc::CallContext& call,
                                                                   const ReferralRow& referral) {
  identity_v1::DisclosePersonRequest request;
  request.set_person(rpc::MakeName(kPersons, referral.person));
  request.set_organization(rpc::MakeName(kOrganizations, referral.organization));
  if (referral.consent.has_value()) request.set_consent(rpc::MakeName(kConsents, *referral.consent));
  TRELLIS_ASSIGN_OR_RETURN(auto response, rpc::CallPeer(call, kIdentity, runtime_.Peer(kIdentity),
                                                        &identity_v1::Persons::Stub::DisclosePerson, request));
  return std::move(*response.mutable_person());
}

absl::StatusOr<std::vector<identity_v1::Consent>> Peers::ListConsents(rpc::CallContext& call,
                                                                      const std::string& person) {
  identity_v1::ListConsentsRequest request;
  request.set_person(person);
  request.set_page_size(kMostConsents);
  TRELLIS_ASSIGN_OR_RETURN(auto response, rpc::CallPeer(call, kIdentity, runtime_.Peer(kIdentity),
                                                        &identity_v1::Consents::Stub::ListConsents, request));
  std::vector<identity_v1::Consent> live;
  for (auto& consent : *response.mutable_consents()) {
    if (CoversReferral(consent, runtime_.clock().Now())) live.push_back(std::move(consent));
  }
  return live;
}

absl::StatusOr<directory_v1::HealthcareService> Peers::GetHealthcareService(rpc::CallContext& call,
                                                                            const std::string& name) {
  directory_v1::GetHealthcareServiceRequest request;
  request.set_name(name);
  TRELLIS_ASSIGN_OR_RETURN(auto response,
                           rpc::CallPeer(call, kDirectory, runtime_.Peer(kDirectory),
                                         &directory_v1::HealthcareServices::Stub::GetHealthcareService, request));
  return std::move(*response.mutable_healthcare_service());
}

absl::StatusOr<directory_v1::SearchHealthcareServicesResponse> Peers::Search(
    rpc::CallContext& call, const directory_v1::SearchHealthcareServicesRequest& request) {
  return rpc::CallPeer(call, kDirectory, runtime_.Peer(kDirectory),
                       &directory_v1::HealthcareServices::Stub::SearchHealthcareServices, request);
}

absl::StatusOr<std::optional<Id>> Peers::HoldPlace(rpc::CallContext& call, const std::string& healthcare_service,
                                                   const std::string& referral, const Id& request_id,
                                                   absl::Duration ttl) {
  directory_v1::HoldCapacityRequest request;
  request.set_healthcare_service(healthcare_service);
  request.set_reference(referral);
  request.mutable_ttl()->set_seconds(absl::ToInt64Seconds(ttl));
  request.set_request_id(request_id.ToString());
  const auto response = rpc::CallPeer(call, kDirectory, runtime_.Peer(kDirectory),
                                      &directory_v1::Capacities::Stub::HoldCapacity, request);
  if (response.ok()) {
    TRELLIS_ASSIGN_OR_RETURN(const Id hold, rpc::ParseName(kHolds, response->hold().name(), "hold"));
    return hold;
  }
  const std::string reason = ReasonOf(response.status());
  if (reason == "CAPACITY_UNKNOWN") return std::nullopt;
  if (reason == "CAPACITY_EXHAUSTED") {
    return Error(absl::StatusCode::kResourceExhausted, "NO_CAPACITY", "no place of this healthcare service is free")
        .With("healthcare_service", healthcare_service);
  }
  return response.status();
}

absl::Status Peers::ConfirmHold(rpc::CallContext& call, const Id& hold, const Id& request_id) {
  directory_v1::ConfirmHoldRequest request;
  request.set_name(rpc::MakeName(kHolds, hold));
  request.set_request_id(request_id.ToString());
  return rpc::CallPeer(call, kDirectory, runtime_.Peer(kDirectory), &directory_v1::Capacities::Stub::ConfirmHold,
                       request)
      .status();
}

absl::Status Peers::ReleaseHold(rpc::CallContext& call, const Id& hold, const Id& request_id) {
  directory_v1::ReleaseHoldRequest request;
  request.set_name(rpc::MakeName(kHolds, hold));
  request.set_request_id(request_id.ToString());
  return rpc::CallPeer(call, kDirectory, runtime_.Peer(kDirectory), &directory_v1::Capacities::Stub::ReleaseHold,
                       request)
      .status();
}

bool CoversSubstanceUse(const identity_v1::Consent& consent) {
  return consent.period().has_end_time() && Holds(consent.categories(), identity_v1::CONSENT_CATEGORY_SUBSTANCE_USE);
}

absl::StatusOr<std::optional<LiveConsent>> FindConsent(const std::vector<identity_v1::Consent>& consents,
                                                       const std::string& recipient) {
  const identity_v1::Consent* best = nullptr;
  for (const auto& consent : consents) {
    if (consent.recipient() != recipient) continue;
    const bool endless = !consent.period().has_end_time();
    if (best == nullptr || endless ||
        (best->period().has_end_time() &&
         best->period().end_time().seconds() < consent.period().end_time().seconds())) {
      best = &consent;
    }
    if (endless) break;
  }
  if (best == nullptr) return std::nullopt;
  LiveConsent live;
  TRELLIS_ASSIGN_OR_RETURN(live.id, rpc::ParseName(kConsents, best->name(), "consent"));
  if (best->period().has_end_time()) live.end_time = rpc::FromTimestamp(best->period().end_time());
  return live;
}

}  // namespace trellis::referral
