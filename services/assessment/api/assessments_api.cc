#include "services/assessment/api/assessments_api.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/access/access.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/labels.h"
#include "common/rpc/page.h"
#include "common/rpc/resource_name.h"
#include "services/assessment/api/instrument_convert.h"
#include "services/assessment/api/place_key.h"
#include "services/assessment/storage/assessment_store.h"

namespace trellis::assessment {
namespace {

constexpr int kDefaultPage = 50;
constexpr int kLargestPage = 200;

absl::StatusOr<EarlierByOutcome> LoadEarlier(db::Session& session, const Id& organization,
                                             const Assessment& assessment) {
  std::vector<std::string> codes;
  for (const OutcomeValue& outcome : assessment.result.outcomes) {
    if (outcome.position.has_value()) codes.push_back(outcome.code);
  }
  return storage::LoadEarlier(session, {organization, assessment.person, assessment.instrument}, codes,
                              {assessment.effective_time, assessment.id});
}

}  // namespace

absl::StatusOr<AssessmentsApi::Draft> AssessmentsApi::MakeDraft(const rpc::CallContext& call,
                                                                const v1::Assessment& assessment) const {
  Draft draft;
  TRELLIS_ASSIGN_OR_RETURN(draft.assessment.person,
                           rpc::ParseName("persons", assessment.person(), "assessment.person"));
  const std::optional<std::string> code = InstrumentCode(assessment.instrument());
  if (code.has_value()) draft.instrument = registry_.Find(*code, assessment.instrument_version());
  if (draft.instrument == nullptr) {
    return InvalidField("assessment.instrument", "there is no such instrument, or not this version of it");
  }
  if (assessment.method() < v1::Assessment::METHOD_SELF_REPORT ||
      assessment.method() > v1::Assessment::METHOD_INFORMANT) {
    return InvalidField("assessment.method", "must say who gave the answers");
  }
  TRELLIS_ASSIGN_OR_RETURN(draft.effective_time, EffectiveTimeFromProto(assessment, runtime_.clock().Now()));
  TRELLIS_ASSIGN_OR_RETURN(const std::vector<Answer> answers, AnswersFromProto(assessment.answers()));
  TRELLIS_ASSIGN_OR_RETURN(AnswerSheet sheet, CheckAnswers(*draft.instrument, answers, "assessment.answers"));

  draft.assessment.instrument = draft.instrument->code;
  draft.assessment.instrument_version = draft.instrument->version;
  draft.assessment.method = static_cast<Method>(assessment.method());
  draft.assessment.recorder = call.caller().user;
  draft.assessment.labels = rpc::LabelsFrom(assessment.labels());
  draft.assessment.result = Score(*draft.instrument, sheet.facts);
  draft.assessment.answers = std::move(sheet.answers);
  return draft;
}

absl::StatusOr<v1::RecordAssessmentResponse> AssessmentsApi::RecordAssessment(
    rpc::CallContext& call, const v1::RecordAssessmentRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(Draft draft, MakeDraft(call, request.assessment()));
  if (request.validate_only()) return Validate(call, std::move(draft));
  return runtime_.Write<v1::RecordAssessmentResponse>(call, request,
                                                      [&](runtime::WriteUnit& unit) { return Record(unit, draft); });
}

absl::StatusOr<v1::RecordAssessmentResponse> AssessmentsApi::Record(runtime::WriteUnit& unit, Draft draft) const {
  Assessment& assessment = draft.assessment;
  // First of all, so that what is read below holds until the commit. The id comes after it: among assessments of the
  // same moment the one recorded later is the later one.
  TRELLIS_RETURN_IF_ERROR(storage::LockSeries(unit.db, unit.organization, assessment.person, assessment.instrument));
  assessment.id = unit.NextId();
  assessment.create_time = unit.now;
  assessment.update_time = unit.now;
  assessment.effective_time = draft.effective_time.value_or(unit.now);
  TRELLIS_ASSIGN_OR_RETURN(const EarlierByOutcome earlier, LoadEarlier(unit.db, unit.organization, assessment));
  TRELLIS_ASSIGN_OR_RETURN(const bool later,
                           storage::HasLater(unit.db, unit.organization, assessment.person, assessment.instrument,
                                             {assessment.effective_time, assessment.id}));
  TRELLIS_RETURN_IF_ERROR(storage::Insert(unit.db, runtime_.seal(), unit.organization, assessment));

  v1::RecordAssessmentResponse response;
  *response.mutable_assessment() = ToProto(*draft.instrument, assessment, earlier);
  TRELLIS_RETURN_IF_ERROR(unit.Publish(EventOf(response.assessment(), !later)));
  AddAnswers(assessment.answers, response.mutable_assessment());
  return response;
}

absl::StatusOr<v1::RecordAssessmentResponse> AssessmentsApi::Validate(rpc::CallContext& call, Draft draft) {
  Assessment& assessment = draft.assessment;
  assessment.effective_time = draft.effective_time.value_or(runtime_.clock().Now());
  // As if it were recorded now: after all others of the same moment.
  assessment.id = runtime_.ids().Next();
  EarlierByOutcome earlier;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(earlier, LoadEarlier(session, call.caller().organization, assessment));
    return absl::OkStatus();
  }));
  assessment.id = Id();
  v1::RecordAssessmentResponse response;
  *response.mutable_assessment() = ToProto(*draft.instrument, assessment, earlier);
  AddAnswers(assessment.answers, response.mutable_assessment());
  return response;
}

absl::StatusOr<const Instrument*> AssessmentsApi::InstrumentOf(const Assessment& assessment) const {
  const Instrument* instrument = registry_.Find(assessment.instrument, assessment.instrument_version);
  if (instrument != nullptr) return instrument;
  // Somebody took the file of a version away that assessments were recorded with.
  return absl::InternalError(
      absl::StrCat("no instrument file ", assessment.instrument, ".v", assessment.instrument_version, ".json"));
}

absl::StatusOr<v1::GetAssessmentResponse> AssessmentsApi::GetAssessment(rpc::CallContext& call,
                                                                        const v1::GetAssessmentRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id id, rpc::ParseName("assessments", request.name()));
  const Id organization = call.caller().organization;
  std::optional<Assessment> assessment;
  EarlierByOutcome earlier;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(assessment, storage::Load(session, runtime_.seal(), organization, id));
    if (!assessment.has_value()) return NotFound(request.name());
    TRELLIS_ASSIGN_OR_RETURN(earlier, LoadEarlier(session, organization, *assessment));
    return absl::OkStatus();
  }));
  TRELLIS_RETURN_IF_ERROR(runtime_.access().RequirePerson(call, assessment->person, request.name()));
  TRELLIS_ASSIGN_OR_RETURN(const Instrument* instrument, InstrumentOf(*assessment));
  v1::GetAssessmentResponse response;
  *response.mutable_assessment() = ToProto(*instrument, *assessment, earlier);
  AddAnswers(assessment->answers, response.mutable_assessment());
  return response;
}

absl::StatusOr<v1::ListAssessmentsResponse> AssessmentsApi::ListAssessments(rpc::CallContext& call,
                                                                            const v1::ListAssessmentsRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id person, rpc::ParseName("persons", request.person(), "person"));
  std::optional<std::string> instrument = "";
  if (!request.instrument().empty()) instrument = InstrumentCode(request.instrument());
  if (!instrument.has_value()) return InvalidField("instrument", "must have the form \"instruments/<code>\"");
  TRELLIS_ASSIGN_OR_RETURN(const rpc::Page page, rpc::ReadPage(call, request, kDefaultPage, kLargestPage));
  TRELLIS_ASSIGN_OR_RETURN(const std::optional<Place> before, PlaceFromKey(page.after));

  std::vector<Assessment> assessments;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    // One more than asked for tells whether there is a next page.
    TRELLIS_ASSIGN_OR_RETURN(
        assessments, storage::List(session, call.caller().organization, person, *instrument, before, page.size + 1));
    return absl::OkStatus();
  }));
  // Again, now that it is read: who was removed meanwhile must not see what was written after that.
  TRELLIS_RETURN_IF_ERROR(runtime_.access().RequirePerson(call, person, request.person()));
  v1::ListAssessmentsResponse response;
  if (static_cast<int>(assessments.size()) > page.size) {
    assessments.resize(static_cast<std::size_t>(page.size));
    response.set_next_page_token(page.TokenAfter(KeyOf({assessments.back().effective_time, assessments.back().id})));
  }
  for (const Assessment& assessment : assessments) {
    TRELLIS_ASSIGN_OR_RETURN(const Instrument* of, InstrumentOf(assessment));
    *response.add_assessments() = ToProto(*of, assessment, {});
  }
  return response;
}

}  // namespace trellis::assessment
