#include "tests/integration/referral/referral_world.h"

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/rpc/resource_name.h"
#include "services/directory/api/service.h"
#include "services/identity/api/service.h"
#include "services/referral/api/service.h"
#include "trellis/directory/v1/capacities.grpc.pb.h"
#include "trellis/directory/v1/healthcare_services.grpc.pb.h"
#include "trellis/directory/v1/imports.grpc.pb.h"
#include "trellis/directory/v1/providers.grpc.pb.h"
#include "trellis/identity/v1/consents.grpc.pb.h"
#include "trellis/identity/v1/organizations.grpc.pb.h"
#include "trellis/identity/v1/persons.grpc.pb.h"

namespace trellis::referral {
namespace {

using testing::TestService;
using testing::TestUser;

identity::v1::CreateOrganizationRequest Organization(const std::string& title, identity::v1::Organization::Kind kind) {
  identity::v1::CreateOrganizationRequest request;
  request.mutable_organization()->set_display_name(title);
  request.mutable_organization()->set_kind(kind);
  request.mutable_administrator()->set_login(absl::StrCat(ReferralWorld::NewId(), "@example.org"));
  request.mutable_administrator()->set_display_name("Office");
  request.set_administrator_password("a long enough passphrase");
  return request;
}

}  // namespace

std::string ReferralWorld::NewId() { return IdGenerator(SystemClock(), SystemRandom()).Next().ToString(); }

void ReferralWorld::SetUp() {
  identity_ = TestService::MustStart(identity::Describe());
  directory_ = TestService::MustStart(directory::Describe(), {.peers = {{"identity", identity_.get()}}});
  referral_ =
      TestService::MustStart(Describe(), {.peers = {{"identity", identity_.get()}, {"directory", directory_.get()}}});

  const TestUser platform = TestUser::Make({options::v1::ROLE_PLATFORM_ADMINISTRATOR});
  const auto school = Must(*identity_, platform, &identity::v1::Organizations::Stub::CreateOrganization,
                           Organization("School", identity::v1::Organization::KIND_SCHOOL));
  const auto provider = Must(*identity_, platform, &identity::v1::Organizations::Stub::CreateOrganization,
                             Organization("Provider", identity::v1::Organization::KIND_PROVIDER));
  recipient_ = provider.organization().name();
  coordinator_ =
      TestUser::Make({options::v1::ROLE_COORDINATOR}, *rpc::ParseName("organizations", school.organization().name()));
  counsellor_ = TestUser::Make({options::v1::ROLE_PROVIDER_STAFF}, *rpc::ParseName("organizations", recipient_));
}

std::string ReferralWorld::RegisterPerson() {
  identity::v1::RegisterPersonRequest request;
  request.mutable_person()->set_given_names("Maya");
  request.mutable_person()->set_family_names("Okafor");
  request.mutable_person()->mutable_birth_date()->set_year(2008);
  request.mutable_person()->mutable_birth_date()->set_month(3);
  request.mutable_person()->mutable_birth_date()->set_day(14);
  request.mutable_person()->add_languages("en");
  request.mutable_person()->mutable_position()->set_latitude(51.5);
  request.mutable_person()->mutable_position()->set_longitude(-0.12);
  return Must(*identity_, coordinator_, &identity::v1::Persons::Stub::RegisterPerson, request).person().name();
}

std::string ReferralWorld::RecordConsent(const std::string& person, const std::string& recipient, absl::Time begin) {
  identity::v1::RecordConsentRequest request;
  auto& consent = *request.mutable_consent();
  consent.set_person(person);
  consent.set_recipient(recipient);
  consent.add_purposes(identity::v1::CONSENT_PURPOSE_TREATMENT);
  consent.add_categories(identity::v1::CONSENT_CATEGORY_DEMOGRAPHICS);
  consent.add_categories(identity::v1::CONSENT_CATEGORY_NEEDS);
  consent.set_grantor(identity::v1::Consent::GRANTOR_PERSON);
  if (begin != absl::InfinitePast()) {
    consent.mutable_period()->mutable_start_time()->set_seconds(absl::ToUnixSeconds(begin));
  }
  return Must(*identity_, coordinator_, &identity::v1::Consents::Stub::RecordConsent, request).consent().name();
}

void ReferralWorld::RevokeConsent(const std::string& consent) {
  identity::v1::RevokeConsentRequest request;
  request.set_name(consent);
  Must(*identity_, coordinator_, &identity::v1::Consents::Stub::RevokeConsent, request);
}

std::string ReferralWorld::ImportService(const std::string& title, int places) {
  const std::string package = absl::StrCat(
      R"({"id":")", NewId(), R"(","name":")", title, R"(","status":"active","minimum_age":12,"maximum_age":25,)",
      R"("languages":[{"id":")", NewId(), R"(","code":"en","name":"English"}],)", R"("attributes":[{"id":")", NewId(),
      R"(","link_entity":"service","taxonomy_term":{"id":")", NewId(),
      R"(","taxonomy":"trellis-kinds","code":"counselling","name":"Counselling"}}],)", R"("organization":{"id":")",
      NewId(), R"(","name":"Provider of )", title, R"(","description":"x"},)", R"("service_at_locations":[{"id":")",
      NewId(), R"(","location":{"id":")", NewId(),
      R"(","location_type":"physical","name":"Room","latitude":51.501,"longitude":-0.121}}]})");
  auto context = directory_->As(librarian_);
  directory::v1::Imports::Stub stub(directory_->channel());
  directory::v1::ImportPackageResponse report;
  const auto writer = stub.ImportPackage(context.get(), &report);
  directory::v1::ImportPackageRequest part;
  part.mutable_options()->set_source("test");
  writer->Write(part);
  part.set_chunk(package);
  writer->Write(part);
  writer->WritesDone();
  const grpc::Status imported = writer->Finish();
  EXPECT_TRUE(imported.ok()) << imported.error_message();
  EXPECT_EQ(report.report().healthcare_services().created(), 1) << report.DebugString();

  directory::v1::ListHealthcareServicesRequest list;
  list.set_page_size(100);
  const auto services =
      Must(*directory_, librarian_, &directory::v1::HealthcareServices::Stub::ListHealthcareServices, list);
  for (const auto& service : services.healthcare_services()) {
    if (service.display_name() != title) continue;
    directory::v1::LinkProviderRequest link;
    link.set_name(service.provider());
    link.set_organization(recipient_);
    Must(*directory_, librarian_, &directory::v1::Providers::Stub::LinkProvider, link);
    if (places >= 0) {
      directory::v1::SetCapacityRequest set;
      set.set_healthcare_service(service.name());
      set.set_unit("place");
      set.set_maximum(places);
      set.set_available(places);
      Must(*directory_, counsellor_, &directory::v1::Capacities::Stub::SetCapacity, set);
    }
    return service.name();
  }
  ADD_FAILURE() << "the imported service is not listed";
  return "";
}

directory::v1::Capacity ReferralWorld::Capacity(const std::string& healthcare_service) {
  directory::v1::GetCapacityRequest request;
  request.set_healthcare_service(healthcare_service);
  return Must(*directory_, counsellor_, &directory::v1::Capacities::Stub::GetCapacity, request).capacity();
}

v1::Referral ReferralWorld::Create(const std::string& person, const std::string& healthcare_service) {
  v1::CreateReferralRequest request;
  request.mutable_referral()->set_person(person);
  request.mutable_referral()->set_healthcare_service(healthcare_service);
  request.mutable_referral()->mutable_need()->set_code("counselling");
  request.mutable_referral()->set_note("prefers mornings");
  return Must(*referral_, coordinator_, &v1::Referrals::Stub::CreateReferral, request).referral();
}

grpc::Status ReferralWorld::Request(const v1::Referral& referral, v1::RequestReferralResponse* response,
                                    const std::string& request_id) {
  v1::RequestReferralRequest request;
  request.set_name(referral.name());
  request.set_request_id(request_id);
  return Call(*referral_, coordinator_, &v1::Referrals::Stub::RequestReferral, request, response);
}

v1::Referral ReferralWorld::CreateAndRequest(const std::string& person, const std::string& healthcare_service) {
  v1::RequestReferralResponse response;
  const grpc::Status status = Request(Create(person, healthcare_service), &response);
  EXPECT_TRUE(status.ok()) << testing::ReasonOf(status) << ": " << status.error_message();
  return response.referral();
}

}  // namespace trellis::referral
