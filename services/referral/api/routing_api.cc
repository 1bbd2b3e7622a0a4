#include "services/referral/api/routing_api.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/base/status_macros.h"
#include "common/rpc/dates.h"
#include "common/rpc/page_token.h"
#include "services/referral/domain/matching.h"

namespace trellis::referral {
namespace {

namespace directory_v1 = directory::v1;

constexpr int kDefaultPage = 20;
constexpr int kLargestPage = 100;
// The directory is read page by page, nearest first, and no further than this: what lies beyond is not near.
constexpr int kDirectoryPage = 100;
constexpr int kMostConsidered = 500;

Wish WishOf(const v1::RankHealthcareServicesRequest& request, const identity::v1::Person& person, absl::Time now) {
  Wish wish;
  wish.kind = request.need().code();
  if (person.has_birth_date()) {
    const absl::StatusOr<absl::CivilDay> birth = rpc::FromDate(person.birth_date(), "birth_date");
    if (birth.ok()) wish.age = AgeAt(*birth, absl::ToCivilDay(now, absl::UTCTimeZone()));
  }
  const auto& languages = request.languages().empty() ? person.languages() : request.languages();
  wish.languages.assign(languages.begin(), languages.end());
  wish.radius_meters = request.radius_meters();
  wish.min_free_places = std::max(request.min_free_places(), 1);
  return wish;
}

Offer OfferOf(const directory_v1::SearchHealthcareServicesResponse::Result& result,
              const std::vector<identity::v1::Consent>& consents, const std::string& own_organization) {
  const directory_v1::HealthcareService& service = result.healthcare_service();
  Offer offer;
  offer.name = service.name();
  offer.display_name = service.display_name();
  offer.active = service.state() == directory_v1::HealthcareService::STATE_ACTIVE;
  offer.kinds.assign(service.kinds().begin(), service.kinds().end());
  if (service.has_minimum_age()) offer.minimum_age = service.minimum_age();
  if (service.has_maximum_age()) offer.maximum_age = service.maximum_age();
  offer.languages.assign(service.languages().begin(), service.languages().end());
  if (result.has_distance_meters()) offer.distance_meters = result.distance_meters();
  if (service.capacity().state() == directory_v1::Capacity::STATE_KNOWN)
    offer.free_places = service.capacity().available();
  offer.reachable = !service.managing_organization().empty();
  offer.consented = service.managing_organization() == own_organization ||
                    std::any_of(consents.begin(), consents.end(), [&](const identity::v1::Consent& consent) {
                      return offer.reachable && consent.recipient() == service.managing_organization();
                    });
  return offer;
}

v1::RankedHealthcareService ToProto(const directory_v1::SearchHealthcareServicesResponse::Result& result,
                                    const Offer& offer, const Match& match, int position) {
  v1::RankedHealthcareService out;
  out.set_position(position);
  out.set_healthcare_service(offer.name);
  out.set_display_name(offer.display_name);
  out.set_provider(result.healthcare_service().provider());
  out.set_location(result.nearest_location());
  if (offer.distance_meters.has_value()) out.set_distance_meters(*offer.distance_meters);
  if (offer.free_places.has_value()) out.set_free_places(*offer.free_places);
  out.set_fits(match.fits);
  for (const Reason& reason : match.reasons) {
    v1::MatchReason& added = *out.add_reasons();
    added.set_rule(static_cast<v1::MatchReason::Rule>(reason.rule));
    added.set_verdict(static_cast<v1::MatchReason::Verdict>(reason.verdict));
    for (const auto& [key, value] : reason.details) {
      v1::MatchReason::Detail& detail = *added.add_details();
      detail.set_key(key);
      detail.set_value(value);
    }
  }
  return out;
}

}  // namespace

absl::StatusOr<v1::RankHealthcareServicesResponse> RoutingApi::RankHealthcareServices(
    rpc::CallContext& call, const v1::RankHealthcareServicesRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const int size, rpc::ClampPageSize(request.page_size(), kDefaultPage, kLargestPage));
  TRELLIS_ASSIGN_OR_RETURN(const identity::v1::Person person, peers_.GetPerson(call, request.person()));
  TRELLIS_ASSIGN_OR_RETURN(const auto consents, peers_.ListConsents(call, request.person()));

  directory_v1::SearchHealthcareServicesRequest search;
  search.add_kinds(request.need().code());
  search.set_page_size(kDirectoryPage);
  if (request.has_near()) {
    *search.mutable_near() = request.near();
  } else if (person.has_position()) {
    *search.mutable_near() = person.position();
  }
  std::vector<directory_v1::SearchHealthcareServicesResponse::Result> results;
  do {
    TRELLIS_ASSIGN_OR_RETURN(auto page, peers_.Search(call, search));
    results.insert(results.end(), page.results().begin(), page.results().end());
    search.set_page_token(page.next_page_token());
  } while (!search.page_token().empty() && results.size() < kMostConsidered);

  const Wish wish = WishOf(request, person, runtime_.clock().Now());
  const std::string own = "organizations/" + call.caller().organization.ToString();
  std::vector<Offer> offers;
  std::vector<Match> matches;
  for (const auto& result : results) {
    offers.push_back(OfferOf(result, consents, own));
    matches.push_back(Evaluate(wish, offers.back()));
  }
  v1::RankHealthcareServicesResponse response;
  response.set_considered_count(static_cast<std::int32_t>(offers.size()));
  for (const std::size_t i : Order(offers, matches)) {
    if (response.ranked_size() == size) break;
    if (!matches[i].fits && !request.include_unfit()) continue;
    *response.add_ranked() = ToProto(results[i], offers[i], matches[i], response.ranked_size() + 1);
  }
  return response;
}

}  // namespace trellis::referral
