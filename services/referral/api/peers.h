// What referral asks of the services below.
#ifndef TRELLIS_SERVICES_REFERRAL_API_PEERS_H_
#define TRELLIS_SERVICES_REFERRAL_API_PEERS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "services/referral/storage/referrals.h"
#include "trellis/directory/v1/healthcare_services.pb.h"
#include "trellis/identity/v1/consent.pb.h"
#include "trellis/identity/v1/disclosed_person.pb.h"
#include "trellis/identity/v1/person.pb.h"

namespace trellis::referral {

// A consent that lets a recipient be told what a referral tells: who is referred and what they need.
struct LiveConsent {
  Id id;
  std::optional<absl::Time> end_time;
};

// Thread-safe. Every call is made with the token of the caller of `call`: nobody gets more here than they have there.
// Errors of all: UNAVAILABLE PEER_UNAVAILABLE, and those of the peer.
class Peers {
 public:
  explicit Peers(runtime::Runtime& runtime) : runtime_(runtime) {}

  absl::StatusOr<identity::v1::Person> GetPerson(rpc::CallContext& call, const std::string& person);
  // Who was referred, as far as the caller's organization may be told. Error: NOT_FOUND.
  absl::StatusOr<identity::v1::DisclosedPerson> DisclosePerson(rpc::CallContext& call, const ReferralRow& referral);
  // All consents of the person that hold now and cover a referral.
  absl::StatusOr<std::vector<identity::v1::Consent>> ListConsents(rpc::CallContext& call, const std::string& person);

  absl::StatusOr<directory::v1::HealthcareService> GetHealthcareService(rpc::CallContext& call,
                                                                        const std::string& name);
  absl::StatusOr<directory::v1::SearchHealthcareServicesResponse> Search(
      rpc::CallContext& call, const directory::v1::SearchHealthcareServicesRequest& request);

  // Keeps a place. Nothing where the healthcare service does not publish its capacity. The same `request_id` keeps the
  // same place. Errors: RESOURCE_EXHAUSTED NO_CAPACITY.
  absl::StatusOr<std::optional<Id>> HoldPlace(rpc::CallContext& call, const std::string& healthcare_service,
                                              const std::string& referral, const Id& request_id, absl::Duration ttl);
  // Errors: FAILED_PRECONDITION HOLD_EXPIRED, HOLD_RELEASED.
  absl::Status ConfirmHold(rpc::CallContext& call, const Id& hold, const Id& request_id);
  absl::Status ReleaseHold(rpc::CallContext& call, const Id& hold, const Id& request_id);

 private:
  runtime::Runtime& runtime_;
};

// The one among `consents` that covers a referral to `recipient` and lasts longest.
absl::StatusOr<std::optional<LiveConsent>> FindConsent(const std::vector<identity::v1::Consent>& consents,
                                                       const std::string& recipient);

// Whether the consent also lets substance use be told (42 CFR 2.31): it names it, and it ends.
bool CoversSubstanceUse(const identity::v1::Consent& consent);

}  // namespace trellis::referral

#endif  // TRELLIS_SERVICES_REFERRAL_API_PEERS_H_
