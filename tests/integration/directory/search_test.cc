// Finding services by each filter, in the promised order, page by page.
#include <set>

#include "tests/integration/directory/fixture.h"

namespace trellis::directory {
namespace {

class SearchTest : public DirectoryTest {
 protected:
  SearchTest() { MustImport(Demonstration()); }

  static v1::SearchHealthcareServicesRequest Near(double latitude, double longitude, double radius) {
    v1::SearchHealthcareServicesRequest request;
    request.mutable_near()->set_latitude(latitude);
    request.mutable_near()->set_longitude(longitude);
    request.set_radius_meters(radius);
    return request;
  }
};

TEST_F(SearchTest, WithoutFiltersEverythingByName) {
  const std::vector<std::string> names = NamesFound({});
  EXPECT_THAT(names, SizeIs(16));
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
}

TEST_F(SearchTest, ByKind) {
  v1::SearchHealthcareServicesRequest request;
  request.add_kinds("counselling");
  EXPECT_THAT(NamesFound(request), ElementsAre("Counselling for adults", "Counselling for young people"));
  request.add_kinds("help_at_home");
  EXPECT_THAT(NamesFound(request), SizeIs(4));
  request.add_kinds("gardening");
  v1::SearchHealthcareServicesResponse response;
  const grpc::Status status =
      services_->SearchHealthcareServices(directory_->As(coordinator_).get(), request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(SearchTest, ByAgeWhereNoLimitLetsEverybodyIn) {
  v1::SearchHealthcareServicesRequest request;
  request.set_age(12);
  EXPECT_THAT(NamesFound(request), ElementsAre("Counselling for young people", "Ostham listening line"));
  request.set_age(0);
  EXPECT_THAT(NamesFound(request), ElementsAre("Ostham listening line"));
  request.add_kinds("counselling");
  request.set_age(25);
  EXPECT_THAT(NamesFound(request), SizeIs(2));
  request.set_age(26);
  EXPECT_THAT(NamesFound(request), ElementsAre("Counselling for adults"));
}

TEST_F(SearchTest, ByLanguageOfAnyRegion) {
  v1::SearchHealthcareServicesRequest request;
  request.add_languages("cy-GB");
  EXPECT_THAT(NamesFound(request), ElementsAre("Residential care for people with dementia", "Respite stays"));
  request.add_languages("ar");
  EXPECT_THAT(NamesFound(request), SizeIs(4));
  request.clear_languages();
  request.add_languages("fi");
  EXPECT_THAT(NamesFound(request), IsEmpty());
}

TEST_F(SearchTest, ByFreePlacesWhereUnknownIsNotEnough) {
  v1::SearchHealthcareServicesRequest request;
  request.set_min_available(1);
  EXPECT_THAT(NamesFound(request), SizeIs(13));  // one is full, two say nothing
  request.set_min_available(30);
  EXPECT_THAT(NamesFound(request), ElementsAre("Help at home"));
}

TEST_F(SearchTest, ByNeed) {
  v1::SearchHealthcareServicesRequest request;
  types::v1::Coding* const need = request.add_needs();
  need->set_system("http://hl7.org/fhir/sid/icd-10");
  need->set_code("F43.1");
  EXPECT_THAT(NamesFound(request), ElementsAre("Crisis assessment team", "Supported accommodation", "Trauma therapy"));
  need->set_system("http://snomed.info/sct");
  EXPECT_THAT(NamesFound(request), IsEmpty());
}

TEST_F(SearchTest, NearestFirstInsideTheRadius) {
  const auto results = Search(Near(52.95, 0.40, 2'000));
  ASSERT_GE(results.size(), 4u);
  double last = 0;
  for (const auto& result : results) {
    EXPECT_GE(result.distance_meters(), last);
    EXPECT_LE(result.distance_meters(), 2'000);
    EXPECT_FALSE(result.nearest_location().empty());
    last = result.distance_meters();
  }
  EXPECT_EQ(results[0].healthcare_service().display_name(), "Living with loss: an open group");
  EXPECT_NEAR(results[0].distance_meters(), 0, 1);
  EXPECT_THAT(Search(Near(-33, 151, 100'000)), IsEmpty());
}

TEST_F(SearchTest, WithoutRadiusEverythingAndUnknownPositionsLast) {
  for (const int page_size : {1, 3, 100}) {
    v1::SearchHealthcareServicesRequest request = Near(10, 10, 0);
    request.set_page_size(page_size);
    const auto results = Search(request);
    ASSERT_THAT(results, SizeIs(16)) << page_size;
    std::set<std::string> names;
    for (const auto& result : results) names.insert(result.healthcare_service().name());
    EXPECT_THAT(names, SizeIs(16)) << page_size;
    EXPECT_EQ(results.back().healthcare_service().display_name(), "Ostham listening line");
    EXPECT_FALSE(results.back().has_distance_meters());
    EXPECT_TRUE(results[14].has_distance_meters());
  }
}

TEST_F(SearchTest, MeasuresFromTheNearestOfSeveralLocations) {
  // The college, where the young people's counselling is offered beside the Talking Rooms.
  v1::SearchHealthcareServicesRequest request = Near(52.9402, 0.4075, 100);
  request.add_kinds("counselling");
  const auto results = Search(request);
  ASSERT_THAT(results, SizeIs(1));
  EXPECT_LT(results[0].distance_meters(), 1);
  ASSERT_EQ(results[0].healthcare_service().locations_size(), 2);
  EXPECT_EQ(results[0].nearest_location(), results[0].healthcare_service().locations(1).name());
}

TEST_F(SearchTest, AllFiltersTogether) {
  v1::SearchHealthcareServicesRequest request = Near(52.95, 0.40, 5'000);
  request.add_kinds("psychotherapy");
  request.add_kinds("counselling");
  request.set_age(30);
  request.add_languages("ur");
  request.set_min_available(1);
  EXPECT_THAT(NamesFound(request), ElementsAre("Cognitive behavioural therapy for adults"));
}

TEST_F(SearchTest, FindsOnlyWhatTakesPeople) {
  AddService("'languages':[{'code':'fi'}]");
  MustImport(
      Json("{'id':'closed','name':'Closed','status':'temporarily closed','organization':{'id':'o','name':'O'},"
           "'languages':[{'code':'fi'}]}"));
  v1::SearchHealthcareServicesRequest request;
  request.add_languages("fi");
  EXPECT_THAT(NamesFound(request), ElementsAre("Service"));
}

TEST_F(SearchTest, TokensBelongToTheirSearch) {
  v1::SearchHealthcareServicesRequest request;
  request.set_page_size(2);
  v1::SearchHealthcareServicesResponse response;
  ASSERT_TRUE(services_->SearchHealthcareServices(directory_->As(coordinator_).get(), request, &response).ok());
  ASSERT_FALSE(response.next_page_token().empty());
  request.set_page_token(response.next_page_token());
  request.set_age(3);
  EXPECT_EQ(services_->SearchHealthcareServices(directory_->As(coordinator_).get(), request, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  request.set_page_token("garbage");
  EXPECT_EQ(services_->SearchHealthcareServices(directory_->As(coordinator_).get(), request, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(SearchTest, RefusesBadPlacesAndRadii) {
  v1::SearchHealthcareServicesResponse response;
  for (const auto& bad : {Near(91, 0, 10), Near(0, 181, 10), Near(0, 0, -1), Near(0, 0, 2e6), Near(NAN, 0, 10)}) {
    EXPECT_EQ(services_->SearchHealthcareServices(directory_->As(coordinator_).get(), bad, &response).error_code(),
              grpc::StatusCode::INVALID_ARGUMENT);
  }
  v1::SearchHealthcareServicesRequest no_point;
  no_point.set_radius_meters(100);
  EXPECT_EQ(services_->SearchHealthcareServices(directory_->As(coordinator_).get(), no_point, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(SearchTest, ListsPageByPage) {
  v1::ListProvidersRequest providers;
  providers.set_page_size(4);
  std::vector<std::string> names;
  v1::ListProvidersResponse page;
  do {
    ASSERT_TRUE(providers_->ListProviders(directory_->As(staff_).get(), providers, &page).ok());
    for (const v1::Provider& provider : page.providers()) names.push_back(provider.display_name());
    providers.set_page_token(page.next_page_token());
  } while (!page.next_page_token().empty());
  EXPECT_THAT(names, ElementsAre("Harbour Door", "Kestrel Home Care", "Marsh Lane Psychological Services",
                                 "Ostham Hospital", "Ostham Talking Rooms", "St Brannock House"));

  v1::ListHealthcareServicesRequest services;
  services.set_page_size(1);
  services.set_provider(page.providers(1).name());
  int count = 0;
  v1::ListHealthcareServicesResponse listed;
  do {
    ASSERT_TRUE(services_->ListHealthcareServices(directory_->As(staff_).get(), services, &listed).ok());
    count += listed.healthcare_services_size();
    services.set_page_token(listed.next_page_token());
  } while (!listed.next_page_token().empty());
  EXPECT_EQ(count, 2);

  v1::ListLocationsResponse locations;
  ASSERT_TRUE(locations_->ListLocations(directory_->As(staff_).get(), {}, &locations).ok());
  EXPECT_EQ(locations.locations_size(), 10);
}

TEST_F(SearchTest, TheUnknownIsNotFound) {
  v1::GetProviderRequest provider;
  provider.set_name(absl::StrCat("providers/", NewUuid()));
  v1::GetProviderResponse answer;
  EXPECT_EQ(providers_->GetProvider(directory_->As(coordinator_).get(), provider, &answer).error_code(),
            grpc::StatusCode::NOT_FOUND);
  provider.set_name("providers/1");
  EXPECT_EQ(providers_->GetProvider(directory_->As(coordinator_).get(), provider, &answer).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  provider.set_name(absl::StrCat("providers/", NewUuid()));
  EXPECT_EQ(providers_->GetProvider(directory_->AsNobody().get(), provider, &answer).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
}

}  // namespace
}  // namespace trellis::directory
