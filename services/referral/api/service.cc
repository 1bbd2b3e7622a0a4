#include "services/referral/api/service.h"

#include <memory>

#include "common/base/status_macros.h"
#include "common/config/loader.h"
#include "common/feed/handlers.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/router.h"
#include "common/rpc/timestamps.h"
#include "common/runtime/runtime.h"
#include "services/referral/api/convert.h"
#include "services/referral/api/peers.h"
#include "services/referral/api/placements_api.h"
#include "services/referral/api/referrals_api.h"
#include "services/referral/api/routing_api.h"
#include "services/referral/storage/referrals.h"
#include "trellis/events/v1/events.pb.h"
#include "trellis/identity/v1/identity_events.pb.h"

namespace trellis::referral {

namespace migrations {
const std::vector<EmbeddedFile>& Files();
}

namespace {

struct Options {
  absl::Duration hold_time = absl::Hours(72);
};

// A consent that is revoked before the recipient has answered takes the answer with it.
absl::Status OnIdentityEvent(db::Session& tx, const events::v1::Event& event) {
  identity::v1::ConsentRevoked revoked;
  if (!event.payload().UnpackTo(&revoked)) return absl::OkStatus();
  TRELLIS_ASSIGN_OR_RETURN(const Id consent, rpc::ParseName(kConsents, revoked.consent(), "consent"));
  TRELLIS_ASSIGN_OR_RETURN(const Id organization, feed::OrganizationOf(event));
  return MarkConsentRevoked(tx, organization, consent, rpc::FromTimestamp(event.occur_time()));
}

void Route(rpc::Router& router, ReferralsApi* referrals, RoutingApi* routing, PlacementsApi* placements) {
  router.Unary("trellis.referral.v1.Routing.RankHealthcareServices", routing, &RoutingApi::RankHealthcareServices);
  router.Unary("trellis.referral.v1.Referrals.CreateReferral", referrals, &ReferralsApi::CreateReferral);
  router.Unary("trellis.referral.v1.Referrals.GetReferral", referrals, &ReferralsApi::GetReferral);
  router.Unary("trellis.referral.v1.Referrals.GetReferredPerson", referrals, &ReferralsApi::GetReferredPerson);
  router.Unary("trellis.referral.v1.Referrals.ListReferrals", referrals, &ReferralsApi::ListReferrals);
  router.Unary("trellis.referral.v1.Referrals.RequestReferral", referrals, &ReferralsApi::RequestReferral);
  router.Unary("trellis.referral.v1.Referrals.AcceptReferral", referrals, &ReferralsApi::AcceptReferral);
  router.Unary("trellis.referral.v1.Referrals.RejectReferral", referrals, &ReferralsApi::RejectReferral);
  router.Unary("trellis.referral.v1.Referrals.StartReferral", referrals, &ReferralsApi::StartReferral);
  router.Unary("trellis.referral.v1.Referrals.HoldReferral", referrals, &ReferralsApi::HoldReferral);
  router.Unary("trellis.referral.v1.Referrals.ResumeReferral", referrals, &ReferralsApi::ResumeReferral);
  router.Unary("trellis.referral.v1.Referrals.CompleteReferral", referrals, &ReferralsApi::CompleteReferral);
  router.Unary("trellis.referral.v1.Referrals.FailReferral", referrals, &ReferralsApi::FailReferral);
  router.Unary("trellis.referral.v1.Referrals.CancelReferral", referrals, &ReferralsApi::CancelReferral);
  router.Unary("trellis.referral.v1.Referrals.RetractReferral", referrals, &ReferralsApi::RetractReferral);
  router.Unary("trellis.referral.v1.Placements.GetPlacement", placements, &PlacementsApi::GetPlacement);
  router.Unary("trellis.referral.v1.Placements.ListPlacements", placements, &PlacementsApi::ListPlacements);
}

}  // namespace

runtime::Service Describe() {
  auto options = std::make_shared<Options>();
  runtime::Service service;
  service.name = "referral";
  service.migrations = &migrations::Files;
  service.port = 7104;
  service.peers = {"identity", "directory"};
  service.followers = {"caseload"};
  service.flags = [options](config::Loader& flags) {
    flags.Duration("hold-time", &options->hold_time, absl::Hours(72),
                   "how long a place is kept while a recipient decides");
  };
  service.build = [options](runtime::Runtime& runtime) {
    auto* peers = runtime.Make<Peers>(runtime);
    auto* referrals = runtime.Make<ReferralsApi>(runtime, *peers, options->hold_time);
    auto* routing = runtime.Make<RoutingApi>(runtime, *peers);
    auto* placements = runtime.Make<PlacementsApi>(runtime);
    Route(runtime.router(), referrals, routing, placements);
    runtime.Follow("identity", OnIdentityEvent);
    return absl::OkStatus();
  };
  return service;
}

}  // namespace trellis::referral
