#include "services/assessment/api/cohorts_api.h"

#include <string>

#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/dates.h"
#include "services/assessment/api/instrument_convert.h"
#include "services/assessment/domain/cohort.h"
#include "services/assessment/storage/cohort_store.h"

namespace trellis::assessment {
namespace {

void AddBands(const CohortSummary& summary, v1::CohortSummary& out) {
  for (std::size_t i = 0; i < summary.bands.size(); ++i) {
    const Band& band = summary.bands[i];
    v1::CohortBand* to = out.add_bands();
    to->set_code(band.code);
    to->set_label(band.label);
    to->set_min_value(band.min);
    to->set_max_value(band.max);
    to->set_severity(band.severity);
    to->set_suppressed(!summary.persons_in_band[i].has_value());
    if (summary.persons_in_band[i].has_value()) to->set_persons(*summary.persons_in_band[i]);
  }
}

v1::CohortSummary ToProto(const CohortSummary& summary) {
  v1::CohortSummary out;
  AddBands(summary, out);
  out.set_suppressed(summary.suppressed);
  if (summary.persons.has_value()) out.set_persons(*summary.persons);
  if (summary.assessments.has_value()) out.set_assessments(*summary.assessments);
  if (summary.mean.has_value()) out.set_mean(*summary.mean);
  if (summary.standard_deviation.has_value()) out.set_standard_deviation(*summary.standard_deviation);
  if (summary.change.has_value()) {
    out.mutable_change()->set_improved(summary.change->improved);
    out.mutable_change()->set_unchanged(summary.change->unchanged);
    out.mutable_change()->set_deteriorated(summary.change->deteriorated);
  }
  return out;
}

}  // namespace

template <class Request>
absl::StatusOr<v1::CohortSummary> CohortsApi::Summarize(rpc::CallContext& call, const Request& request,
                                                        const std::optional<std::vector<Id>>& persons) {
  const std::optional<std::string> code = InstrumentCode(request.instrument());
  if (!code.has_value()) return InvalidField("instrument", "must have the form \"instruments/<code>\"");
  const Instrument* instrument = registry_.Find(*code, 0);
  if (instrument == nullptr) return NotFound(request.instrument());
  const OutcomeDefinition* outcome =
      request.outcome().empty() ? &instrument->outcomes.front() : FindOutcome(*instrument, request.outcome());
  if (outcome == nullptr) return InvalidField("outcome", "the instrument has no such outcome");
  if (CohortBands(*outcome).empty()) {
    return Error(absl::StatusCode::kFailedPrecondition, "OUTCOME_WITHOUT_BANDS",
                 "nobody has published bands for this outcome, so there is nothing to count persons by")
        .With("outcome", outcome->code);
  }
  TRELLIS_ASSIGN_OR_RETURN(const absl::CivilDay start, rpc::FromDate(request.start_date(), "start_date"));
  TRELLIS_ASSIGN_OR_RETURN(const absl::CivilDay end, rpc::FromDate(request.end_date(), "end_date"));
  TRELLIS_ASSIGN_OR_RETURN(const CohortPeriod period, MakeCohortPeriod(start, end, runtime_.clock().Now()));

  std::vector<CohortGroup> groups;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(groups, storage::LoadCohort(session, {call.caller().organization, instrument->code,
                                                                   outcome->code, period, persons}));
    return absl::OkStatus();
  }));
  v1::CohortSummary summary = ToProto(SummarizeCohort(*outcome, groups, rules_));
  summary.set_instrument(InstrumentName(instrument->code));
  *summary.mutable_outcome() = ToProto(*outcome);
  *summary.mutable_start_date() = rpc::ToDate(period.start);
  *summary.mutable_end_date() = rpc::ToDate(period.end);
  return summary;
}

absl::StatusOr<v1::SummarizeOutcomesResponse> CohortsApi::SummarizeOutcomes(
    rpc::CallContext& call, const v1::SummarizeOutcomesRequest& request) {
  v1::SummarizeOutcomesResponse response;
  TRELLIS_ASSIGN_OR_RETURN(*response.mutable_summary(), Summarize(call, request, std::nullopt));
  return response;
}

absl::StatusOr<v1::SummarizeMembersResponse> CohortsApi::SummarizeMembers(rpc::CallContext& call,
                                                                          const v1::SummarizeMembersRequest& request) {
  std::vector<Id> persons;
  persons.reserve(static_cast<std::size_t>(request.person_ids_size()));
  for (const std::string& bytes : request.person_ids()) {
    const absl::StatusOr<Id> id = Id::FromBytes(bytes);
    if (!id.ok()) return InvalidField("person_ids", "must be 16 bytes each");
    persons.push_back(*id);
  }
  v1::SummarizeMembersResponse response;
  TRELLIS_ASSIGN_OR_RETURN(*response.mutable_summary(), Summarize(call, request, persons));
  return response;
}

}  // namespace trellis::assessment
