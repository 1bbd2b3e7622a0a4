// Packages go in, twice, changed and broken.
#include "absl/strings/str_replace.h"
#include "nlohmann/json.hpp"
#include "tests/integration/directory/fixture.h"

namespace trellis::directory {
namespace {

class ImportTest : public DirectoryTest {};

TEST_F(ImportTest, TheDemonstrationGoesInAndTheSecondTimeNothingChanges) {
  const v1::ImportReport first = MustImport(Demonstration());
  EXPECT_EQ(first.providers().created(), 6);
  EXPECT_EQ(first.healthcare_services().created(), 16);
  EXPECT_EQ(first.locations().created(), 10);
  EXPECT_EQ(first.capacities().created(), 14);
  EXPECT_EQ(first.skipped_row_count(), 0);
  EXPECT_EQ(first.source(), "test");

  const v1::ImportReport second = MustImport(Demonstration());
  EXPECT_EQ(second.providers().unchanged(), 6);
  EXPECT_EQ(second.healthcare_services().unchanged(), 16);
  EXPECT_EQ(second.locations().unchanged(), 10);
  EXPECT_EQ(second.capacities().unchanged(), 14);
  EXPECT_EQ(second.providers().created() + second.healthcare_services().updated() + second.locations().updated(), 0);
  EXPECT_THAT(EventTypes(), SizeIs(16 + 14));  // of the first import only
}

TEST_F(ImportTest, AChangedRowIsUpdatedAndTheOthersAreNot) {
  MustImport(Demonstration());
  nlohmann::json package = nlohmann::json::parse(Demonstration());
  auto& service = package[4]["services"][0];
  const std::string name = absl::StrCat("healthcareServices/", service["id"].get<std::string>());
  const v1::HealthcareService before = Service(name);
  service["maximum_age"] = 90;
  service["languages"] = nlohmann::json::array({{{"id", "l"}, {"code", "fr"}}});
  service["service_at_locations"][0]["location"]["latitude"] = 10.5;
  const v1::ImportReport report = MustImport(package.dump());
  EXPECT_EQ(report.healthcare_services().updated(), 1);
  EXPECT_EQ(report.healthcare_services().unchanged(), 15);
  EXPECT_EQ(report.locations().updated(), 1);

  const v1::HealthcareService after = Service(name);
  EXPECT_EQ(after.maximum_age(), 90);
  EXPECT_THAT(after.languages(), ElementsAre("fr"));
  EXPECT_EQ(after.locations(0).position().latitude(), 10.5);
  EXPECT_NE(after.etag(), before.etag());
  // The search knows the new place and the new language.
  v1::SearchHealthcareServicesRequest request;
  request.mutable_near()->set_latitude(10.5);
  request.mutable_near()->set_longitude(after.locations(0).position().longitude());
  request.set_radius_meters(10);
  request.add_languages("fr");
  EXPECT_THAT(NamesFound(request), ElementsAre(after.display_name()));
}

TEST_F(ImportTest, KeepsEverythingOfAService) {
  MustImport(Demonstration());
  v1::SearchHealthcareServicesRequest request;
  request.add_kinds("residential_care");
  request.set_min_available(2);
  const auto results = Search(request);
  ASSERT_THAT(results, SizeIs(1));
  const v1::HealthcareService& service = results[0].healthcare_service();
  EXPECT_EQ(service.display_name(), "Residential care for people with dementia");
  EXPECT_EQ(service.provider_display_name(), "St Brannock House");
  EXPECT_EQ(service.state(), v1::HealthcareService::STATE_ACTIVE);
  EXPECT_EQ(service.minimum_age(), 55);
  EXPECT_FALSE(service.has_maximum_age());
  EXPECT_THAT(service.languages(), ElementsAre("en", "cy"));
  ASSERT_EQ(service.needs_size(), 2);
  EXPECT_EQ(service.needs(0).system(), "http://hl7.org/fhir/sid/icd-10");
  EXPECT_EQ(service.cost_options(0).amount(), 1180);
  EXPECT_EQ(service.assured_date().year(), 2025);
  EXPECT_EQ(service.capacity().unit(), "bed");
  EXPECT_EQ(service.capacity().available(), 2);
  EXPECT_EQ(service.capacity().maximum(), 32);
  EXPECT_EQ(service.capacity().occupied_elsewhere(), 30);
  ASSERT_EQ(service.locations_size(), 1);
  EXPECT_EQ(service.locations(0).address().city(), "Ostham");

  v1::GetLocationRequest location;
  location.set_name(service.locations(0).name());
  v1::GetLocationResponse found;
  ASSERT_TRUE(locations_->GetLocation(directory_->As(coordinator_).get(), location, &found).ok());
  EXPECT_EQ(found.location().display_name(), "St Brannock House");
}

TEST_F(ImportTest, BrokenRowsAreReportedOnceAndTheRestGoesIn) {
  const std::string location =
      "{'id':'6f7a0c1e-0000-4000-8000-000000000001','name':'Hall','latitude':100,'longitude':1}";
  v1::ImportReport report;
  const std::string name = AddService(
      absl::StrCat("'service_at_locations':[{'id':'1','location':", location, "},{'id':'2','location':", location,
                   "},{'id':'3','location_id':'nowhere'}],'schedules':[{'valid_from':'2024-02-31'}]"),
      &report);
  EXPECT_EQ(report.healthcare_services().created(), 1);
  EXPECT_EQ(report.locations().skipped(), 1);
  EXPECT_EQ(report.skipped_row_count(), 3);
  ASSERT_EQ(report.skipped_rows_size(), 3);
  std::vector<std::string> lines;
  for (const v1::SkippedRow& row : report.skipped_rows()) lines.push_back(absl::StrCat(row.path(), " ", row.reason()));
  EXPECT_THAT(lines, ::testing::UnorderedElementsAre("/service_at_locations/0/location/latitude OUT_OF_RANGE",
                                                     "/service_at_locations/2/location_id UNKNOWN_REFERENCE",
                                                     "/schedules/0/valid_from BAD_DATE"));
  const v1::HealthcareService service = Service(name);
  EXPECT_EQ(service.locations_size(), 0);
  EXPECT_EQ(service.capacity().state(), v1::Capacity::STATE_UNKNOWN);
}

TEST_F(ImportTest, RowsMayReferToWhatAnEarlierImportBrought) {
  MustImport(Json("{'organization':[{'id':'o','name':'O'}],'location':[{'id':'l','name':'L'}]}"));
  const std::string later = Json(
      "{'service':[{'id':'s','name':'S','status':'active','organization_id':'o'}],"
      "'service_at_location':[{'id':'x','service_id':'s','location_id':'l'}]}");
  const v1::ImportReport report = MustImport(later);
  EXPECT_EQ(report.healthcare_services().created(), 1);
  EXPECT_EQ(report.skipped_row_count(), 0);
  // In another source the same identifiers are other rows.
  const v1::ImportReport other = MustImport(later, "other");
  EXPECT_EQ(other.healthcare_services().created(), 0);
  EXPECT_EQ(other.healthcare_services().skipped(), 1);
  EXPECT_EQ(other.skipped_rows(0).reason(), "UNKNOWN_REFERENCE");
}

TEST_F(ImportTest, CheckingWritesNothing) {
  v1::ImportReport report;
  ASSERT_TRUE(Import(administrator_, Demonstration(), &report, "test", 1000, /*validate_only=*/true).ok());
  EXPECT_EQ(report.healthcare_services().unchanged(), 16);
  EXPECT_THAT(Search({}), IsEmpty());
}

TEST_F(ImportTest, RefusesWhatIsNoPackage) {
  for (const std::string& bad : {std::string(), std::string("{"), std::string("7"), std::string(100, '['),
                                 std::string("\xff\xfe\x00", 3), Demonstration().substr(0, 5000)}) {
    v1::ImportReport report;
    const grpc::Status status = Import(administrator_, bad, &report);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << bad.substr(0, 20);
    EXPECT_EQ(ReasonOf(status), "MALFORMED_PACKAGE") << bad.substr(0, 20);
  }
  EXPECT_THAT(Search({}), IsEmpty());
}

TEST_F(ImportTest, RefusesTooMuch) {
  const std::string much(65u << 20, ' ');
  const grpc::Status status = Import(administrator_, much, nullptr, "test", 190'000);
  EXPECT_EQ(ReasonOf(status), "PACKAGE_TOO_LARGE");
  // And is ready for the next one.
  EXPECT_EQ(MustImport(Demonstration()).healthcare_services().created(), 16);
}

TEST_F(ImportTest, TakesOptionsFirstAndGoodOptionsOnly) {
  auto context = directory_->As(administrator_);
  v1::ImportPackageResponse response;
  auto writer = imports_->ImportPackage(context.get(), &response);
  v1::ImportPackageRequest message;
  message.set_chunk("[]");
  writer->Write(message);
  writer->WritesDone();
  EXPECT_EQ(writer->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Import(administrator_, "[]", nullptr, "not a code!").error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Import(administrator_, "[]", nullptr, "").error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(Import(administrator_, "[]", nullptr).ok());
}

TEST_F(ImportTest, IsForDirectoryAdministrators) {
  EXPECT_EQ(Import(coordinator_, "[]", nullptr).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(Import(staff_, "[]", nullptr).error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(ImportTest, NeverTouchesLinksHoldsOrWhatStaffSaid) {
  MustImport(Demonstration());
  v1::SearchHealthcareServicesRequest request;
  request.add_kinds("residential_care");
  const std::string service = Search(request)[0].healthcare_service().name();
  Link(service, staff_.organization);
  MustHold(coordinator_, service);
  v1::SetCapacityRequest set;
  set.set_healthcare_service(service);
  set.set_maximum(40);
  set.set_available(11);
  set.set_etag(Capacity(service).etag());
  v1::SetCapacityResponse response;
  ASSERT_TRUE(capacities_->SetCapacity(directory_->As(staff_).get(), set, &response).ok());

  nlohmann::json package = nlohmann::json::parse(Demonstration());
  package[4]["description"] = "New words.";
  for (auto& row : package[4]["services"]) row["capacities"][0]["maximum"] = 99;
  MustImport(package.dump());
  EXPECT_EQ(Service(service).managing_organization(), absl::StrCat("organizations/", staff_.organization.ToString()));
  EXPECT_EQ(Capacity(service).maximum(), 40);
  EXPECT_EQ(Capacity(service).available(), 11);
  EXPECT_EQ(Capacity(service).held(), 1);
}

TEST_F(ImportTest, FiguresOfAPackageFollowThePackageWhileNobodyDependsOnThem) {
  const std::string id = NewUuid();
  const std::string text =
      absl::StrCat("{'id':'", id, "','name':'S','status':'active','organization':{'id':'o','name':'O'},",
                   "'capacities':[{'unit':{'name':'bed'},'available':1,'maximum':4}]}");
  MustImport(Json(text));
  const v1::ImportReport report = MustImport(Json(absl::StrReplaceAll(text, {{"'available':1", "'available':3"}})));
  EXPECT_EQ(report.capacities().updated(), 1);
  EXPECT_EQ(Capacity(absl::StrCat("healthcareServices/", id)).available(), 3);
}

}  // namespace
}  // namespace trellis::directory
