#include "services/assessment/api/trajectories_api.h"

#include <optional>
#include <utility>

#include "common/access/access.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/labels.h"
#include "common/rpc/page.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/timestamps.h"
#include "services/assessment/api/assessment_convert.h"
#include "services/assessment/api/instrument_convert.h"
#include "services/assessment/api/place_key.h"

namespace trellis::assessment {
namespace {

constexpr int kDefaultPage = 500;
constexpr int kLargestPage = 1000;

struct Segment {
  std::vector<storage::Point> points;  // up to one more than asked for
  storage::Earlier earlier;            // than the first of them
};

absl::StatusOr<Segment> LoadSegment(db::Session& session, const storage::Series& series, const std::string& outcome,
                                    const std::optional<Place>& after, int limit) {
  Segment segment;
  TRELLIS_ASSIGN_OR_RETURN(segment.points, storage::LoadPoints(session, series, outcome, after, limit));
  // Before the first page there is nothing.
  if (!after.has_value() || segment.points.empty()) return segment;
  TRELLIS_ASSIGN_OR_RETURN(auto earlier,
                           storage::LoadEarlier(session, series, {outcome}, segment.points.front().place));
  segment.earlier = earlier[outcome];
  return segment;
}

}  // namespace

const OutcomeDefinition& TrajectoriesApi::DefinitionOf(const std::string& instrument, int version,
                                                       const OutcomeDefinition& newest) const {
  const Instrument* of = registry_.Find(instrument, version);
  const OutcomeDefinition* definition = of == nullptr ? nullptr : FindOutcome(*of, newest.code);
  return definition == nullptr ? newest : *definition;
}

absl::StatusOr<v1::GetTrajectoryResponse> TrajectoriesApi::GetTrajectory(rpc::CallContext& call,
                                                                         const v1::GetTrajectoryRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id person, rpc::ParseName("persons", request.person(), "person"));
  const std::optional<std::string> code = InstrumentCode(request.instrument());
  if (!code.has_value()) return InvalidField("instrument", "must have the form \"instruments/<code>\"");
  const Instrument* instrument = registry_.Find(*code, 0);
  if (instrument == nullptr) return NotFound(request.instrument());
  const OutcomeDefinition* newest =
      request.outcome().empty() ? &instrument->outcomes.front() : FindOutcome(*instrument, request.outcome());
  if (newest == nullptr) return InvalidField("outcome", "the instrument has no such outcome");
  TRELLIS_ASSIGN_OR_RETURN(const rpc::Page page, rpc::ReadPage(call, request, kDefaultPage, kLargestPage));
  TRELLIS_ASSIGN_OR_RETURN(const std::optional<Place> after, PlaceFromKey(page.after));

  Segment segment;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(segment, LoadSegment(session, {call.caller().organization, person, instrument->code},
                                                  newest->code, after, page.size + 1));
    return absl::OkStatus();
  }));
  // Again, now that it is read: who was removed meanwhile must not see what was written after that.
  TRELLIS_RETURN_IF_ERROR(runtime_.access().RequirePerson(call, person, request.person()));

  v1::GetTrajectoryResponse response;
  if (static_cast<int>(segment.points.size()) > page.size) {
    segment.points.resize(static_cast<std::size_t>(page.size));
    response.set_next_page_token(page.TokenAfter(KeyOf(segment.points.back().place)));
  }
  v1::Trajectory* trajectory = response.mutable_trajectory();
  trajectory->set_person(request.person());
  trajectory->set_instrument(request.instrument());
  *trajectory->mutable_outcome() = ToProto(*newest);
  for (const storage::Point& point : segment.points) {
    v1::TrajectoryPoint* out = trajectory->add_points();
    out->set_assessment(rpc::MakeName("assessments", point.place.id));
    *out->mutable_effective_time() = rpc::ToTimestamp(point.place.effective_time);
    out->set_instrument_version(point.instrument_version);
    *out->mutable_outcome() =
        ToProto(DefinitionOf(instrument->code, point.instrument_version, *newest),
                {newest->code, point.position, point.incomplete}, segment.earlier, instrument->assessment_labels);
    rpc::PutLabels(point.labels | instrument->assessment_labels, out->mutable_labels());
    if (!point.position.has_value()) continue;
    out->set_position(*point.position);
    if (!segment.earlier.baseline.has_value()) segment.earlier.baseline = point;
    segment.earlier.previous = point;
  }
  return response;
}

}  // namespace trellis::assessment
