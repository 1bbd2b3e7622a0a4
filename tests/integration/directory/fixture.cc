#include "tests/integration/directory/fixture.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "absl/strings/str_replace.h"
#include "common/base/id.h"
#include "common/base/random.h"
#include "common/rpc/channel.h"
#include "trellis/events/v1/events.grpc.pb.h"

namespace trellis::directory {

std::string NewUuid() {
  static IdGenerator* const ids = new IdGenerator(SystemClock(), SystemRandom());
  return ids->Next().ToString();
}

std::string Demonstration() {
  std::ostringstream text;
  text << std::ifstream(TRELLIS_DEMONSTRATION_FILE).rdbuf();
  return text.str();
}

std::string Json(std::string text) { return absl::StrReplaceAll(text, {{"'", "\""}}); }

DirectoryTest::DirectoryTest(std::vector<std::string> flags)
    : directory_(TestService::MustStart(Describe(), {.flags = std::move(flags), .clock = &clock_})),
      imports_(v1::Imports::NewStub(directory_->channel())),
      providers_(v1::Providers::NewStub(directory_->channel())),
      locations_(v1::Locations::NewStub(directory_->channel())),
      services_(v1::HealthcareServices::NewStub(directory_->channel())),
      capacities_(v1::Capacities::NewStub(directory_->channel())) {}

grpc::Status DirectoryTest::Import(const TestUser& who, const std::string& text, v1::ImportReport* report,
                                   const std::string& source, std::size_t chunk, bool validate_only) {
  auto context = directory_->As(who, absl::Seconds(60));
  v1::ImportPackageResponse response;
  auto writer = imports_->ImportPackage(context.get(), &response);
  v1::ImportPackageRequest message;
  message.mutable_options()->set_source(source);
  message.mutable_options()->set_validate_only(validate_only);
  bool open = writer->Write(message);
  for (std::size_t at = 0; open && at < text.size(); at += chunk) {
    message.set_chunk(text.substr(at, chunk));
    open = writer->Write(message);
  }
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  if (report != nullptr) *report = response.report();
  return status;
}

v1::ImportReport DirectoryTest::MustImport(const std::string& text, const std::string& source) {
  v1::ImportReport report;
  const grpc::Status status = Import(administrator_, text, &report, source);
  EXPECT_TRUE(status.ok()) << status.error_message() << " " << ReasonOf(status);
  return report;
}

std::string DirectoryTest::AddService(const std::string& more, v1::ImportReport* report) {
  const std::string id = NewUuid();
  const v1::ImportReport made =
      MustImport(Json(absl::StrCat("{'id':'", id, "','name':'Service','status':'active','organization':{'id':'",
                                   NewUuid(), "','name':'Provider'}", more.empty() ? "" : ",", more, "}")));
  if (report != nullptr) *report = made;
  return absl::StrCat("healthcareServices/", id);
}

std::string DirectoryTest::AddServiceWithPlaces(int places) {
  return AddService(absl::StrCat("'capacities':[{'id':'c','unit':{'id':'u','name':'bed'},'available':", places,
                                 ",'maximum':", places, "}]"));
}

v1::HealthcareService DirectoryTest::Service(const std::string& name) {
  v1::GetHealthcareServiceRequest request;
  request.set_name(name);
  v1::GetHealthcareServiceResponse response;
  const grpc::Status status = services_->GetHealthcareService(directory_->As(coordinator_).get(), request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response.healthcare_service();
}

v1::Capacity DirectoryTest::Capacity(const std::string& service) {
  v1::GetCapacityRequest request;
  request.set_healthcare_service(service);
  v1::GetCapacityResponse response;
  const grpc::Status status = capacities_->GetCapacity(directory_->As(coordinator_).get(), request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  const v1::Capacity& c = response.capacity();
  EXPECT_EQ(c.available() + c.held() + c.placed() + c.occupied_elsewhere(), c.maximum());
  return c;
}

std::vector<v1::SearchHealthcareServicesResponse::Result> DirectoryTest::Search(
    v1::SearchHealthcareServicesRequest request) {
  std::vector<v1::SearchHealthcareServicesResponse::Result> results;
  do {
    v1::SearchHealthcareServicesResponse response;
    const grpc::Status status =
        services_->SearchHealthcareServices(directory_->As(coordinator_).get(), request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message() << " " << ReasonOf(status);
    results.insert(results.end(), response.results().begin(), response.results().end());
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return results;
}

std::vector<std::string> DirectoryTest::NamesFound(const v1::SearchHealthcareServicesRequest& request) {
  std::vector<std::string> names;
  for (const auto& result : Search(request)) names.push_back(result.healthcare_service().display_name());
  return names;
}

grpc::Status DirectoryTest::Hold(const TestUser& who, const std::string& service, v1::Hold* hold,
                                 const std::string& request_id, absl::Duration ttl) {
  v1::HoldCapacityRequest request;
  request.set_healthcare_service(service);
  request.set_request_id(request_id);
  request.set_reference(kReference);
  if (ttl != absl::ZeroDuration()) request.mutable_ttl()->set_seconds(absl::ToInt64Seconds(ttl));
  v1::HoldCapacityResponse response;
  const grpc::Status status = capacities_->HoldCapacity(directory_->As(who).get(), request, &response);
  if (hold != nullptr) *hold = response.hold();
  return status;
}

v1::Hold DirectoryTest::MustHold(const TestUser& who, const std::string& service, absl::Duration ttl) {
  v1::Hold hold;
  const grpc::Status status = Hold(who, service, &hold, "", ttl);
  EXPECT_TRUE(status.ok()) << status.error_message() << " " << ReasonOf(status);
  return hold;
}

grpc::Status DirectoryTest::Confirm(const TestUser& who, const std::string& name, v1::Hold* hold) {
  v1::ConfirmHoldRequest request;
  request.set_name(name);
  v1::ConfirmHoldResponse response;
  const grpc::Status status = capacities_->ConfirmHold(directory_->As(who).get(), request, &response);
  if (hold != nullptr) *hold = response.hold();
  return status;
}

grpc::Status DirectoryTest::Release(const TestUser& who, const std::string& name, v1::Hold* hold) {
  v1::ReleaseHoldRequest request;
  request.set_name(name);
  v1::ReleaseHoldResponse response;
  const grpc::Status status = capacities_->ReleaseHold(directory_->As(who).get(), request, &response);
  if (hold != nullptr) *hold = response.hold();
  return status;
}

grpc::Status DirectoryTest::GetHold(const TestUser& who, const std::string& name, v1::Hold* hold) {
  v1::GetHoldRequest request;
  request.set_name(name);
  v1::GetHoldResponse response;
  const grpc::Status status = capacities_->GetHold(directory_->As(who).get(), request, &response);
  if (hold != nullptr) *hold = response.hold();
  return status;
}

void DirectoryTest::Link(const std::string& service, const Id& organization) {
  v1::LinkProviderRequest request;
  request.set_name(Service(service).provider());
  if (!organization.is_nil()) request.set_organization(absl::StrCat("organizations/", organization.ToString()));
  v1::LinkProviderResponse response;
  const grpc::Status status = providers_->LinkProvider(directory_->As(administrator_).get(), request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.provider().managing_organization(), request.organization());
}

std::vector<std::string> DirectoryTest::EventTypes() {
  auto stub = events::v1::EventFeed::NewStub(directory_->ChannelOf("referral"));
  std::vector<std::string> types;
  events::v1::ReadEventsRequest request;
  request.mutable_wait()->set_nanos(500'000'000);
  while (true) {
    events::v1::ReadEventsResponse response;
    const grpc::Status status = stub->ReadEvents(directory_->AsNobody().get(), request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    if (!status.ok() || response.events_size() == 0) return types;
    for (const events::v1::Event& event : response.events()) {
      request.set_after(event.position());
      const std::string& url = event.payload().type_url();
      types.push_back(url.substr(url.rfind('.') + 1));
    }
  }
}

}  // namespace trellis::directory
