#include "services/referral/api/placements_api.h"

#include <utility>
#include <vector>

#include "common/access/access.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/id_page.h"
#include "common/rpc/resource_name.h"
#include "services/referral/api/convert.h"
#include "services/referral/api/referral_access.h"
#include "services/referral/storage/placements.h"

namespace trellis::referral {
namespace {

// Whether the recipient may still be told whose placement it is: as long as the referral behind it says so.
absl::StatusOr<bool> RecipientMayBeTold(db::Session& session, const PlacementRow& row, absl::Time now) {
  TRELLIS_ASSIGN_OR_RETURN(const auto referral, FindReferral(session, row.organization, row.referral));
  return referral.has_value() && MayBeTold(*referral, now);
}

}  // namespace

absl::StatusOr<v1::GetPlacementResponse> PlacementsApi::GetPlacement(rpc::CallContext& call,
                                                                     const v1::GetPlacementRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id id, rpc::ParseName(kPlacements, request.name()));
  std::optional<PlacementRow> row;
  bool told = false;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(row, FindPlacement(session, call.caller().organization, id));
    if (!row.has_value()) return absl::OkStatus();
    TRELLIS_ASSIGN_OR_RETURN(told, RecipientMayBeTold(session, *row, runtime_.clock().Now()));
    return absl::OkStatus();
  }));
  if (!row.has_value()) return NotFound(request.name());
  Standing standing;
  standing.recipient = row->recipient == call.caller().organization && IsRecipientStaff(call.caller());
  if (row->organization == call.caller().organization && IsRequesterStaff(call.caller())) {
    TRELLIS_ASSIGN_OR_RETURN(standing.requester, runtime_.access().CheckPerson(call, row->person));
  }
  if (!standing.requester && !standing.recipient) return NotFound(request.name());
  v1::GetPlacementResponse response;
  *response.mutable_placement() = ToProto(*row);
  if (!standing.requester && !told) Redact(*response.mutable_placement());
  return response;
}

absl::StatusOr<v1::ListPlacementsResponse> PlacementsApi::ListPlacements(rpc::CallContext& call,
                                                                         const v1::ListPlacementsRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const rpc::IdPage page, rpc::ReadIdPage(call, request));
  ListFilter filter{.organization = call.caller().organization, .before = page.last, .limit = page.size + 1};
  filter.received = !IsRequesterStaff(call.caller());
  if (!request.person().empty()) {
    TRELLIS_ASSIGN_OR_RETURN(filter.person, rpc::ParseName(kPersons, request.person(), "person"));
  }
  if (request.state() != v1::Placement::STATE_UNSPECIFIED) filter.state = request.state();
  Visible visible;
  if (!filter.received) {
    TRELLIS_ASSIGN_OR_RETURN(auto part, runtime_.access().AllowedPersonCondition(call, "r.person_id"));
    visible = {std::move(part.sql), std::move(part.arguments)};
  }
  std::vector<PlacementRow> rows;
  std::vector<bool> told;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(rows, referral::ListPlacements(session, filter, visible));
    told.assign(rows.size(), true);
    for (std::size_t i = 0; filter.received && i < rows.size(); ++i) {
      TRELLIS_ASSIGN_OR_RETURN(const bool may, RecipientMayBeTold(session, rows[i], runtime_.clock().Now()));
      told[i] = may;
    }
    return absl::OkStatus();
  }));
  v1::ListPlacementsResponse response;
  const auto size = static_cast<std::size_t>(page.size);
  for (std::size_t i = 0; i < rows.size() && i < size; ++i) {
    v1::Placement& placement = *response.add_placements();
    placement = ToProto(rows[i]);
    if (!told[i]) Redact(placement);
  }
  if (rows.size() > size) response.set_next_page_token(page.TokenAfter(rows[size - 1].id));
  return response;
}

}  // namespace trellis::referral
