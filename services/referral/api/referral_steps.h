// One step of a referral: from reading it to telling everybody.
#ifndef TRELLIS_SERVICES_REFERRAL_API_REFERRAL_STEPS_H_
#define TRELLIS_SERVICES_REFERRAL_API_REFERRAL_STEPS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "services/referral/api/peers.h"
#include "services/referral/api/referral_access.h"
#include "services/referral/storage/placements.h"
#include "services/referral/storage/referrals.h"
#include "trellis/referral/v1/referral.pb.h"

namespace trellis::referral {

// What was found out and promised by the services below before the step's own transaction.
struct Preparation {
  std::optional<Id> recipient = std::nullopt;
  std::optional<LiveConsent> consent = std::nullopt;
  std::optional<Id> hold = std::nullopt;
};

struct StepResult {
  ReferralRow row;
  std::optional<PlacementRow> placement = std::nullopt;
};

class ReferralSteps {
 public:
  ReferralSteps(runtime::Runtime& runtime, Peers& peers, absl::Duration hold_time)
      : runtime_(runtime), peers_(peers), hold_time_(hold_time) {}

  // Before the transaction of a step that sends or accepts. Where the step is not possible as things stand, nothing is
  // asked of anybody: the transaction finds out and says why, or finds that the step was done before.
  absl::StatusOr<Preparation> PrepareRequest(rpc::CallContext& call, const VisibleReferral& found,
                                             const std::string& etag);
  absl::StatusOr<Preparation> PrepareAcceptance(rpc::CallContext& call, const VisibleReferral& found,
                                                const std::string& etag);

  // What a verb wants.
  struct Wanted {
    State to;
    std::optional<State> from = std::nullopt;  // where the verb leaves from one state only, though others lead there
    v1::StateReason reason = {};
  };
  // Inside the transaction: checks, moves the referral on, keeps the placement in step, publishes.
  absl::StatusOr<StepResult> Apply(rpc::CallContext& call, runtime::WriteUnit& unit, const Standing& standing,
                                   const std::string& name, const std::string& etag, const Wanted& wanted,
                                   const Preparation& preparation);

  // After the transaction: gives back the place of a referral that has come to its end. Repeating it does no harm.
  absl::Status GiveBackPlace(rpc::CallContext& call, const v1::Referral& referral);

 private:
  // The consent that lets the recipient be told, where one is needed. Errors: CONSENT_MISSING,
  // SUBSTANCE_USE_CONSENT_MISSING.
  absl::StatusOr<std::optional<LiveConsent>> RequireConsent(rpc::CallContext& call, const ReferralRow& row,
                                                            const Id& recipient);
  absl::StatusOr<std::optional<Id>> TakePlace(rpc::CallContext& call, const ReferralRow& row);
  absl::StatusOr<std::optional<PlacementRow>> MovePlacement(runtime::WriteUnit& unit, const ReferralRow& row);

  runtime::Runtime& runtime_;
  Peers& peers_;
  const absl::Duration hold_time_;
};

}  // namespace trellis::referral

#endif  // TRELLIS_SERVICES_REFERRAL_API_REFERRAL_STEPS_H_
