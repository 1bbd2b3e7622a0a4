#include "services/caseload/api/service.h"

#include <memory>
#include <vector>

#include "common/base/embedded.h"
#include "common/config/loader.h"
#include "common/rpc/router.h"
#include "common/runtime/runtime.h"
#include "services/caseload/api/care_plans_api.h"
#include "services/caseload/api/cases_api.h"
#include "services/caseload/api/event_effects.h"
#include "services/caseload/api/identity_client.h"
#include "services/caseload/api/leads.h"
#include "services/caseload/api/options.h"
#include "services/caseload/api/populations_api.h"
#include "services/caseload/api/refresh.h"
#include "services/caseload/api/safety_alerts_api.h"
#include "services/caseload/api/worklist_api.h"

namespace trellis::caseload {

namespace migrations {
const std::vector<EmbeddedFile>& Files();
}

namespace {

void ServePopulations(rpc::Router& router, PopulationsApi* api) {
  router.Unary("trellis.caseload.v1.Populations.CreatePopulation", api, &PopulationsApi::CreatePopulation);
  router.Unary("trellis.caseload.v1.Populations.GetPopulation", api, &PopulationsApi::GetPopulation);
  router.Unary("trellis.caseload.v1.Populations.ListPopulations", api, &PopulationsApi::ListPopulations);
  router.Unary("trellis.caseload.v1.Populations.AddMember", api, &PopulationsApi::AddMember);
  router.Unary("trellis.caseload.v1.Populations.RemoveMember", api, &PopulationsApi::RemoveMember);
  router.Unary("trellis.caseload.v1.Populations.ListMembers", api, &PopulationsApi::ListMembers);
  router.Unary("trellis.caseload.v1.Populations.SummarizePopulation", api, &PopulationsApi::SummarizePopulation);
}

void ServeCases(rpc::Router& router, CasesApi* api) {
  router.Unary("trellis.caseload.v1.Cases.OpenCase", api, &CasesApi::OpenCase);
  router.Unary("trellis.caseload.v1.Cases.GetCase", api, &CasesApi::GetCase);
  router.Unary("trellis.caseload.v1.Cases.ListCases", api, &CasesApi::ListCases);
  router.Unary("trellis.caseload.v1.Cases.CloseCase", api, &CasesApi::CloseCase);
}

void ServeCarePlans(rpc::Router& router, CarePlansApi* api) {
  router.Unary("trellis.caseload.v1.CarePlans.AddServiceNeed", api, &CarePlansApi::AddServiceNeed);
  router.Unary("trellis.caseload.v1.CarePlans.GetServiceNeed", api, &CarePlansApi::GetServiceNeed);
  router.Unary("trellis.caseload.v1.CarePlans.UpdateServiceNeed", api, &CarePlansApi::UpdateServiceNeed);
  router.Unary("trellis.caseload.v1.CarePlans.ListServiceNeeds", api, &CarePlansApi::ListServiceNeeds);
  router.Unary("trellis.caseload.v1.CarePlans.MeetServiceNeed", api, &CarePlansApi::MeetServiceNeed);
  router.Unary("trellis.caseload.v1.CarePlans.DropServiceNeed", api, &CarePlansApi::DropServiceNeed);
}

void ServeAlerts(rpc::Router& router, SafetyAlertsApi* api) {
  router.Unary("trellis.caseload.v1.SafetyAlerts.GetSafetyAlert", api, &SafetyAlertsApi::GetSafetyAlert);
  router.Unary("trellis.caseload.v1.SafetyAlerts.ListSafetyAlerts", api, &SafetyAlertsApi::ListSafetyAlerts);
  router.Unary("trellis.caseload.v1.SafetyAlerts.AcknowledgeSafetyAlert", api,
               &SafetyAlertsApi::AcknowledgeSafetyAlert);
}

void FollowOthers(runtime::Runtime& runtime, const Options& options) {
  auto* effects = runtime.Make<EventEffects>(runtime.ids(), runtime.clock(), options.rules());
  runtime.Follow("identity", effects->OfIdentity());
  runtime.Follow("assessment", effects->OfAssessment());
  runtime.Follow("referral", effects->OfReferral());
}

absl::Status Build(runtime::Runtime& runtime, const Options& options) {
  auto* identity = runtime.Make<IdentityClient>(runtime.Peer("identity"));
  auto* leads = runtime.Make<Leads>(runtime, *identity);
  rpc::Router& router = runtime.router();
  ServePopulations(router, runtime.Make<PopulationsApi>(runtime, *identity, *leads, runtime.Peer("assessment")));
  ServeCases(router, runtime.Make<CasesApi>(runtime, options));
  ServeCarePlans(router, runtime.Make<CarePlansApi>(runtime, options));
  ServeAlerts(router, runtime.Make<SafetyAlertsApi>(runtime, options));
  router.Unary("trellis.caseload.v1.Worklist.ListWorklist", runtime.Make<WorklistApi>(runtime, *leads),
               &WorklistApi::ListWorklist);
  FollowOthers(runtime, options);
  runtime.Every("caseload.worklist", options.sweep_interval, [&runtime, rules = options.rules()](absl::Time deadline) {
    return SweepEntries(runtime.pool(), rules, runtime.clock().Now(), deadline);
  });
  return absl::OkStatus();
}

void Flags(config::Loader& flags, Options& options) {
  flags.Duration("review-interval", &options.review_interval, kDefaultReviewInterval,
                 "after how long without an assessment the next one is overdue, where the case says nothing else");
  flags.Duration("referral-silence", &options.silence, kDefaultSilence,
                 "after how long without an answer a referral is silent");
  flags.Duration("sweep-interval", &options.sweep_interval, absl::Seconds(5),
                 "between looks for cases that time alone has made urgent");
}

}  // namespace

runtime::Service Describe() {
  auto options = std::make_shared<Options>();
  runtime::Service service;
  service.name = "caseload";
  service.migrations = &migrations::Files;
  service.port = 7105;
  service.peers = {"identity", "assessment", "referral"};
  service.flags = [options](config::Loader& flags) { Flags(flags, *options); };
  service.build = [options](runtime::Runtime& runtime) { return Build(runtime, *options); };
  return service;
}

}  // namespace trellis::caseload
