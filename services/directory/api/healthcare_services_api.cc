#include "services/directory/api/healthcare_services_api.h"

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/page.h"
#include "common/rpc/resource_name.h"
#include "services/directory/api/convert.h"
#include "services/directory/api/cursor.h"
#include "services/directory/api/search_plan.h"
#include "services/directory/storage/healthcare_services.h"

namespace trellis::directory {
namespace {

constexpr int kDefaultPage = 25;
constexpr int kLargestPage = 100;
// A page ends early rather than grow beyond what a client takes (4 MiB).
constexpr std::size_t kPageBytes = 1u << 20;

}  // namespace

absl::StatusOr<v1::GetHealthcareServiceResponse> HealthcareServicesApi::GetHealthcareService(
    rpc::CallContext& call, const v1::GetHealthcareServiceRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id id, rpc::ParseName(kServices, request.name()));
  v1::GetHealthcareServiceResponse response;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const std::vector<StoredService> stored,
                             LoadServices(session, {id}, runtime_.clock().Now()));
    if (stored.empty()) return NotFound(request.name());
    *response.mutable_healthcare_service() = ToProto(stored.front());
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::ListHealthcareServicesResponse> HealthcareServicesApi::ListHealthcareServices(
    rpc::CallContext& call, const v1::ListHealthcareServicesRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const rpc::Page page, rpc::ReadPage(call, request, kDefaultPage, kLargestPage));
  TRELLIS_ASSIGN_OR_RETURN(const NameCursor after, DecodeNameCursor(page.after));
  Id provider;
  if (!request.provider().empty()) {
    TRELLIS_ASSIGN_OR_RETURN(provider, rpc::ParseName(kProviders, request.provider(), "provider"));
  }
  std::vector<StoredService> found;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const std::vector<Id> ids, ListServices(session, provider, after, page.size + 1));
    TRELLIS_ASSIGN_OR_RETURN(found, LoadServices(session, ids, runtime_.clock().Now()));
    return absl::OkStatus();
  }));
  v1::ListHealthcareServicesResponse response;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (static_cast<int>(i) == page.size || bytes > kPageBytes) {
      const HealthcareService& last = found[i - 1].service;
      response.set_next_page_token(page.TokenAfter(EncodeCursor(NameCursor{last.display_name, last.id})));
      break;
    }
    *response.add_healthcare_services() = ToProto(found[i]);
    bytes += response.healthcare_services(static_cast<int>(i)).ByteSizeLong();
  }
  return response;
}

absl::StatusOr<v1::SearchHealthcareServicesResponse> HealthcareServicesApi::SearchHealthcareServices(
    rpc::CallContext& call, const v1::SearchHealthcareServicesRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const rpc::Page page, rpc::ReadPage(call, request, kDefaultPage, kLargestPage));
  TRELLIS_ASSIGN_OR_RETURN(const SearchPlan plan, PlanSearch(request));
  TRELLIS_ASSIGN_OR_RETURN(const SearchCursor after, DecodeSearchCursor(page.after));
  std::vector<Hit> hits;
  absl::flat_hash_map<Id, StoredService> services;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(hits, RunSearch(session, plan, after, page.size + 1));
    std::vector<Id> ids;
    for (const Hit& hit : hits) ids.push_back(hit.service);
    TRELLIS_ASSIGN_OR_RETURN(std::vector<StoredService> stored, LoadServices(session, ids, runtime_.clock().Now()));
    for (StoredService& service : stored) services.emplace(service.service.id, std::move(service));
    return absl::OkStatus();
  }));
  v1::SearchHealthcareServicesResponse response;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < hits.size(); ++i) {
    if (static_cast<int>(i) == page.size || bytes > kPageBytes) {
      response.set_next_page_token(page.TokenAfter(EncodeCursor(hits[i - 1].cursor)));
      break;
    }
    const auto stored = services.find(hits[i].service);
    if (stored == services.end()) continue;
    v1::SearchHealthcareServicesResponse::Result* const result = response.add_results();
    *result->mutable_healthcare_service() = ToProto(stored->second);
    if (hits[i].near.has_value()) {
      result->set_distance_meters(hits[i].near->distance);
      result->set_nearest_location(rpc::MakeName(kLocations, hits[i].near->location));
    }
    bytes += result->ByteSizeLong();
  }
  return response;
}

}  // namespace trellis::directory
