#include "services/assessment/api/service.h"

#include <memory>
#include <string>
#include <vector>

#include "common/base/status_macros.h"
#include "common/config/loader.h"
#include "common/rpc/router.h"
#include "common/runtime/runtime.h"
#include "services/assessment/api/assessments_api.h"
#include "services/assessment/api/cohorts_api.h"
#include "services/assessment/api/instruments_api.h"
#include "services/assessment/api/trajectories_api.h"
#include "services/assessment/api/wording_files.h"
#include "services/assessment/domain/disclosure.h"
#include "services/assessment/domain/instrument_registry.h"

namespace trellis::assessment {

namespace migrations {
const std::vector<EmbeddedFile>& Files();
}  // namespace migrations

namespace {

struct Options {
  std::string wording_dir;
  DisclosureRules disclosure;
};

absl::Status Build(const Options& options, runtime::Runtime& runtime) {
  TRELLIS_ASSIGN_OR_RETURN(const std::vector<EmbeddedFile> wordings, ReadWordingFiles(options.wording_dir));
  TRELLIS_ASSIGN_OR_RETURN(InstrumentRegistry loaded, InstrumentRegistry::Load(data::Files(), wordings));
  const auto* registry = runtime.Make<InstrumentRegistry>(std::move(loaded));
  auto* instruments = runtime.Make<InstrumentsApi>(*registry);
  auto* assessments = runtime.Make<AssessmentsApi>(runtime, *registry);
  auto* cohorts = runtime.Make<CohortsApi>(runtime, *registry, options.disclosure);
  auto* trajectories = runtime.Make<TrajectoriesApi>(runtime, *registry);

  rpc::Router& router = runtime.router();
  router.Unary("trellis.assessment.v1.Instruments.GetInstrument", instruments, &InstrumentsApi::GetInstrument);
  router.Unary("trellis.assessment.v1.Instruments.ListInstruments", instruments, &InstrumentsApi::ListInstruments);
  router.Unary("trellis.assessment.v1.Assessments.RecordAssessment", assessments, &AssessmentsApi::RecordAssessment);
  router.Unary("trellis.assessment.v1.Assessments.GetAssessment", assessments, &AssessmentsApi::GetAssessment);
  router.Unary("trellis.assessment.v1.Assessments.ListAssessments", assessments, &AssessmentsApi::ListAssessments);
  router.Unary("trellis.assessment.v1.Trajectories.GetTrajectory", trajectories, &TrajectoriesApi::GetTrajectory);
  router.Unary("trellis.assessment.v1.Cohorts.SummarizeOutcomes", cohorts, &CohortsApi::SummarizeOutcomes);
  router.Unary("trellis.assessment.v1.Cohorts.SummarizeMembers", cohorts, &CohortsApi::SummarizeMembers);
  return absl::OkStatus();
}

}  // namespace

runtime::Service Describe() {
  auto options = std::make_shared<Options>();
  runtime::Service service;
  service.name = "assessment";
  service.migrations = &migrations::Files;
  service.port = 7103;
  service.peers = {"identity"};
  service.followers = {"caseload"};
  service.flags = [options](config::Loader& flags) {
    flags.String("wording-dir", &options->wording_dir, "",
                 "folder of files with the official wording of instruments; empty: none");
    flags.Int("cohort-min-persons", &options->disclosure.least_persons, kLeastPersons, kLeastPersons, kMostLeastPersons,
              "how many persons a cohort measure is told of at least");
  };
  service.build = [options](runtime::Runtime& runtime) { return Build(*options, runtime); };
  return service;
}

}  // namespace trellis::assessment
