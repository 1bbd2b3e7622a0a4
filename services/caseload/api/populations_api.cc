#include "services/caseload/api/populations_api.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/access/access.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/crypto/digest.h"
#include "common/rpc/dates.h"
#include "common/rpc/id_page.h"
#include "common/rpc/peer_call.h"
#include "common/rpc/resource_name.h"
#include "services/caseload/api/convert.h"
#include "services/caseload/storage/populations.h"
#include "trellis/assessment/v1/cohorts.grpc.pb.h"

namespace trellis::caseload {
namespace {

using rpc::MakeName;
using rpc::ParseName;

// The id of everything that one request makes elsewhere: the same again when the same user repeats the request.
Id Derived(const rpc::CallContext& call, const Id& request_id, absl::string_view purpose) {
  return crypto::DeriveId(request_id, absl::StrCat(purpose, "/", call.caller().user.ToString()));
}

// As many ids as the assessment service takes at once.
constexpr int kMostSummarized = 10000;

}  // namespace

absl::StatusOr<v1::CreatePopulationResponse> PopulationsApi::CreatePopulation(
    rpc::CallContext& call, const v1::CreatePopulationRequest& request) {
  if (!v1::Population::Kind_IsValid(request.population().kind())) {
    return InvalidField("population.kind", "is not a kind of population");
  }
  TRELLIS_ASSIGN_OR_RETURN(const Id request_id, rpc::RequestIdOr(request.request_id(), runtime_.ids().Next()));
  const Id id = Derived(call, request_id, "caseload.population");
  TRELLIS_RETURN_IF_ERROR(
      identity_.GrantLead(call, id, call.caller().user, Derived(call, request_id, "caseload.population.lead")));
  return runtime_.Write<v1::CreatePopulationResponse>(
      call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::CreatePopulationResponse> {
        PopulationRecord population;
        population.id = id;
        population.display_name = request.population().display_name();
        population.kind = request.population().kind();
        population.description = request.population().description();
        population.create_time = unit.now;
        population.update_time = unit.now;
        TRELLIS_RETURN_IF_ERROR(InsertPopulation(unit.db, unit.organization, population));
        v1::CreatePopulationResponse response;
        *response.mutable_population() = ToMessage(population);
        return response;
      });
}

absl::StatusOr<v1::GetPopulationResponse> PopulationsApi::GetPopulation(rpc::CallContext& call,
                                                                        const v1::GetPopulationRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id id, ParseName("populations", request.name()));
  TRELLIS_RETURN_IF_ERROR(leads_.Require(call, id));
  v1::GetPopulationResponse response;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const auto population, FindPopulation(session, call.caller().organization, id));
    if (!population.has_value()) return NotFound(request.name());
    *response.mutable_population() = ToMessage(*population);
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::ListPopulationsResponse> PopulationsApi::ListPopulations(rpc::CallContext& call,
                                                                            const v1::ListPopulationsRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const rpc::IdPage page, rpc::ReadIdPage(call, request));
  TRELLIS_RETURN_IF_ERROR(runtime_.access().AllowedPersonsTable(call).status());  // refuses while the replica is stale
  std::vector<PopulationRecord> populations;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(
        populations, ListLedPopulations(session, call.caller().organization, call.caller().user, runtime_.clock().Now(),
                                        page.last.value_or(Id()), page.size + 1));
    return absl::OkStatus();
  }));
  v1::ListPopulationsResponse response;
  const bool more = populations.size() > static_cast<std::size_t>(page.size);
  if (more) populations.resize(page.size);
  for (const PopulationRecord& population : populations) *response.add_populations() = ToMessage(population);
  if (more) response.set_next_page_token(page.TokenAfter(populations.back().id));
  return response;
}

absl::StatusOr<v1::AddMemberResponse> PopulationsApi::AddMember(rpc::CallContext& call,
                                                                const v1::AddMemberRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id population, ParseName("populations", request.population(), "population"));
  TRELLIS_ASSIGN_OR_RETURN(const Id person, ParseName("persons", request.person(), "person"));
  TRELLIS_ASSIGN_OR_RETURN(const Id request_id, rpc::RequestIdOr(request.request_id(), runtime_.ids().Next()));
  TRELLIS_RETURN_IF_ERROR(leads_.Require(call, population));
  const absl::Status granted =
      identity_.GrantMember(call, person, population, Derived(call, request_id, "caseload.member"));
  if (absl::IsNotFound(granted)) return NotFound(request.population());
  TRELLIS_RETURN_IF_ERROR(granted);
  return runtime_.Write<v1::AddMemberResponse>(
      call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::AddMemberResponse> {
        TRELLIS_RETURN_IF_ERROR(PutMember(unit.db, unit.organization, population, person, unit.now));
        TRELLIS_ASSIGN_OR_RETURN(const auto member, FindMember(unit.db, unit.organization, population, person));
        if (!member.has_value()) return NotFound(request.population());
        v1::AddMemberResponse response;
        *response.mutable_member() = ToMessage(population, *member);
        return response;
      });
}

absl::StatusOr<v1::RemoveMemberResponse> PopulationsApi::RemoveMember(rpc::CallContext& call,
                                                                      const v1::RemoveMemberRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id population, ParseName("populations", request.population(), "population"));
  TRELLIS_ASSIGN_OR_RETURN(const Id person, ParseName("persons", request.person(), "person"));
  TRELLIS_ASSIGN_OR_RETURN(const Id request_id, rpc::RequestIdOr(request.request_id(), runtime_.ids().Next()));
  TRELLIS_RETURN_IF_ERROR(leads_.Require(call, population));
  const absl::Status revoked =
      identity_.RevokeMember(call, person, population, Derived(call, request_id, "caseload.member.revoke"));
  // The caller leads the population, so what identity does not know is the membership: there is nothing to end.
  if (!absl::IsNotFound(revoked)) TRELLIS_RETURN_IF_ERROR(revoked);
  return runtime_.Write<v1::RemoveMemberResponse>(
      call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::RemoveMemberResponse> {
        TRELLIS_RETURN_IF_ERROR(DropMember(unit.db, unit.organization, population, person, unit.now));
        return v1::RemoveMemberResponse();
      });
}

absl::StatusOr<v1::ListMembersResponse> PopulationsApi::ListMembers(rpc::CallContext& call,
                                                                    const v1::ListMembersRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id population, ParseName("populations", request.population(), "population"));
  TRELLIS_ASSIGN_OR_RETURN(const rpc::IdPage page, rpc::ReadIdPage(call, request));
  TRELLIS_RETURN_IF_ERROR(leads_.Require(call, population));
  std::vector<MemberRecord> members;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const auto known, FindPopulation(session, call.caller().organization, population));
    if (!known.has_value()) return NotFound(request.population());
    TRELLIS_ASSIGN_OR_RETURN(members, caseload::ListMembers(session, call.caller().organization, population,
                                                            page.last.value_or(Id()), page.size + 1));
    return absl::OkStatus();
  }));
  v1::ListMembersResponse response;
  const bool more = members.size() > static_cast<std::size_t>(page.size);
  if (more) members.resize(page.size);
  for (const MemberRecord& member : members) *response.add_members() = ToMessage(population, member);
  if (more) response.set_next_page_token(page.TokenAfter(members.back().person));
  return response;
}

absl::Status PopulationsApi::RequireSummarizer(rpc::CallContext& call, const Id& population) {
  if (!call.caller().HasRole(options::v1::ROLE_ANALYST)) TRELLIS_RETURN_IF_ERROR(leads_.Require(call, population));
  return runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const auto known, FindPopulation(session, call.caller().organization, population));
    return known.has_value() ? absl::OkStatus() : NotFound(MakeName("populations", population));
  });
}

absl::StatusOr<std::vector<Id>> PopulationsApi::MembersToSummarize(rpc::CallContext& call, const Id& population,
                                                                   absl::Time end) {
  TRELLIS_RETURN_IF_ERROR(runtime_.access().AllowedPersonsTable(call).status());  // refuses while the replica is stale
  std::vector<Id> members;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(members,
                             MembersBefore(session, call.caller().organization, population, end, kMostSummarized + 1));
    return absl::OkStatus();
  }));
  if (members.size() > kMostSummarized) {
    return Error(absl::StatusCode::kFailedPrecondition, "POPULATION_TOO_LARGE",
                 absl::StrCat("only populations of at most ", kMostSummarized, " members are summed up"));
  }
  return members;
}

absl::StatusOr<v1::SummarizePopulationResponse> PopulationsApi::SummarizePopulation(
    rpc::CallContext& call, const v1::SummarizePopulationRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id population, ParseName("populations", request.population(), "population"));
  TRELLIS_RETURN_IF_ERROR(RequireSummarizer(call, population));
  // Whether a period of days that there are makes sense, the assessment service says.
  TRELLIS_ASSIGN_OR_RETURN(const absl::CivilDay end, rpc::FromDate(request.end_date(), "end_date"));
  TRELLIS_ASSIGN_OR_RETURN(const std::vector<Id> members,
                           MembersToSummarize(call, population, absl::FromCivil(end, absl::UTCTimeZone())));
  assessment::v1::SummarizeMembersRequest wanted;
  wanted.set_instrument(request.instrument());
  wanted.set_outcome(request.outcome());
  *wanted.mutable_start_date() = request.start_date();
  *wanted.mutable_end_date() = request.end_date();
  for (const Id& member : members) wanted.add_person_ids(member.bytes());
  TRELLIS_ASSIGN_OR_RETURN(auto counted, rpc::CallPeer(call, "assessment", assessment_,
                                                       &assessment::v1::Cohorts::Stub::SummarizeMembers, wanted));
  v1::SummarizePopulationResponse response;
  *response.mutable_summary() = std::move(*counted.mutable_summary());
  return response;
}

}  // namespace trellis::caseload
