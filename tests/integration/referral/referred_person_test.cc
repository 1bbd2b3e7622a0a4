// What a provider's staff are told about the person who was referred to them, and for how long.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/rpc/resource_name.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "tests/integration/referral/referral_world.h"
#include "trellis/audit/v1/audit_log.grpc.pb.h"
#include "trellis/identity/v1/consents.grpc.pb.h"
#include "trellis/identity/v1/persons.grpc.pb.h"

namespace trellis::referral {
namespace {

using identity::v1::DisclosedPerson;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::ReasonOf;
using testing::TestUser;
using Stub = v1::Referrals::Stub;

class ReferredPersonTest : public ReferralWorld {
 protected:
  void SetUp() override {
    ReferralWorld::SetUp();
    service_ = ImportService("Counselling", 20);
    officer_ = TestUser::Make({options::v1::ROLE_PRIVACY_OFFICER}, coordinator_.organization);
  }

  std::string NewPerson() {
    identity::v1::RegisterPersonRequest request;
    identity::v1::Person& person = *request.mutable_person();
    person.set_given_names("Maya");
    person.set_family_names("Okafor");
    person.set_preferred_name("May");
    person.mutable_birth_date()->set_year(2008);
    person.mutable_birth_date()->set_month(3);
    person.mutable_birth_date()->set_day(14);
    person.set_gender(identity::v1::Person::GENDER_FEMALE);
    person.add_languages("en");
    person.add_phones("+44 1632 960000");
    person.add_emails("maya@example.org");
    person.mutable_address()->set_city("Kingsmouth");
    identity::v1::PersonIdentifier& identifier = *person.add_identifiers();
    identifier.set_system("https://school.example/pupil");
    identifier.set_value(NewId());
    person.mutable_position()->set_latitude(51.5);
    person.mutable_position()->set_longitude(-0.12);
    return Must(*identity_, coordinator_, &identity::v1::Persons::Stub::RegisterPerson, request).person().name();
  }

  std::string Consent(const std::string& person, bool contact, absl::Time end = absl::InfiniteFuture()) {
    identity::v1::RecordConsentRequest request;
    auto& consent = *request.mutable_consent();
    consent.set_person(person);
    consent.set_recipient(recipient_);
    consent.add_purposes(identity::v1::CONSENT_PURPOSE_TREATMENT);
    consent.add_categories(identity::v1::CONSENT_CATEGORY_DEMOGRAPHICS);
    consent.add_categories(identity::v1::CONSENT_CATEGORY_NEEDS);
    if (contact) consent.add_categories(identity::v1::CONSENT_CATEGORY_CONTACT);
    consent.set_grantor(identity::v1::Consent::GRANTOR_PERSON);
    if (end != absl::InfiniteFuture()) {
      consent.mutable_period()->mutable_end_time()->set_seconds(absl::ToUnixSeconds(end));
    }
    return Must(*identity_, coordinator_, &identity::v1::Consents::Stub::RecordConsent, request).consent().name();
  }

  // The reason of the refusal, "" where it is answered.
  std::string Ask(const TestUser& who, const std::string& referral, DisclosedPerson* person = nullptr) {
    v1::GetReferredPersonRequest request;
    request.set_name(referral);
    v1::GetReferredPersonResponse response;
    const grpc::Status status = Call(*referral_, who, &Stub::GetReferredPerson, request, &response);
    if (person != nullptr) *person = response.person();
    return ReasonOf(status);
  }

  template <class Request, class Response>
  void Step(grpc::Status (Stub::*verb)(grpc::ClientContext*, const Request&, Response*), const std::string& referral,
            const TestUser& who) {
    Request request;
    request.set_name(referral);
    if constexpr (requires { request.mutable_reason(); }) request.mutable_reason()->set_code("other");
    Must(*referral_, who, verb, request);
  }

  std::string service_;
  TestUser officer_;
};

TEST_F(ReferredPersonTest, IsToldFromTheSendingUntilTheEnd) {
  const std::string person = NewPerson();
  Consent(person, /*contact=*/false);
  const std::string referral = Create(person, service_).name();
  EXPECT_EQ(Ask(counsellor_, referral), "NOT_FOUND") << "a draft";
  Step(&Stub::RequestReferral, referral, coordinator_);
  EXPECT_EQ(Ask(counsellor_, referral), "");
  Step(&Stub::AcceptReferral, referral, counsellor_);
  EXPECT_EQ(Ask(counsellor_, referral), "");
  Step(&Stub::StartReferral, referral, counsellor_);
  EXPECT_EQ(Ask(counsellor_, referral), "");
  Step(&Stub::HoldReferral, referral, counsellor_);
  EXPECT_EQ(Ask(counsellor_, referral), "") << "a pause";
  Step(&Stub::ResumeReferral, referral, counsellor_);
  Step(&Stub::CompleteReferral, referral, counsellor_);
  EXPECT_EQ(Ask(counsellor_, referral), "NOT_FOUND") << "over";
}

TEST_F(ReferredPersonTest, IsNotToldAfterARejectionOrACancellation) {
  const std::string person = NewPerson();
  Consent(person, /*contact=*/false);
  const std::string rejected = CreateAndRequest(person, service_).name();
  Step(&Stub::RejectReferral, rejected, counsellor_);
  EXPECT_EQ(Ask(counsellor_, rejected), "NOT_FOUND");
  const std::string cancelled = CreateAndRequest(person, service_).name();
  EXPECT_EQ(Ask(counsellor_, cancelled), "");
  Step(&Stub::CancelReferral, cancelled, coordinator_);
  EXPECT_EQ(Ask(counsellor_, cancelled), "NOT_FOUND");
}

TEST_F(ReferredPersonTest, TheConsentSaysWhat) {
  const std::string person = NewPerson();
  const std::string consent = Consent(person, /*contact=*/false);
  DisclosedPerson told;
  EXPECT_EQ(Ask(counsellor_, CreateAndRequest(person, service_).name(), &told), "");
  EXPECT_EQ(told.person(), person);
  EXPECT_EQ(told.organization(), rpc::MakeName("organizations", coordinator_.organization));
  EXPECT_EQ(told.recipient(), recipient_);
  EXPECT_EQ(told.consent(), consent);
  EXPECT_EQ(told.demographics().given_names(), "Maya");
  EXPECT_EQ(told.demographics().family_names(), "Okafor");
  EXPECT_EQ(told.demographics().preferred_name(), "May");
  EXPECT_EQ(told.demographics().birth_date().year(), 2008);
  EXPECT_EQ(told.demographics().gender(), identity::v1::Person::GENDER_FEMALE);
  EXPECT_THAT(told.demographics().languages(), ElementsAre("en"));
  EXPECT_FALSE(told.has_contact());

  const std::string reachable = NewPerson();
  Consent(reachable, /*contact=*/true);
  EXPECT_EQ(Ask(counsellor_, CreateAndRequest(reachable, service_).name(), &told), "");
  EXPECT_THAT(told.contact().phones(), ElementsAre("+44 1632 960000"));
  EXPECT_THAT(told.contact().emails(), ElementsAre("maya@example.org"));
  EXPECT_EQ(told.contact().address().city(), "Kingsmouth");
  for (const google::protobuf::Message* part : {static_cast<const google::protobuf::Message*>(&told.demographics()),
                                                static_cast<const google::protobuf::Message*>(&told.contact())}) {
    std::vector<const google::protobuf::FieldDescriptor*> set;
    part->GetReflection()->ListFields(*part, &set);
    EXPECT_EQ(static_cast<int>(set.size()), part->GetDescriptor()->field_count())
        << part->GetTypeName() << ": a field that nobody fills";
  }
}

// A person who stays within their organization needs no consent; the end of the referral is the end all the same.
TEST_F(ReferredPersonTest, WithinOneOrganizationNoConsentIsNeeded) {
  const std::string own = rpc::MakeName("organizations", coordinator_.organization);
  recipient_ = own;
  counsellor_ = TestUser::Make({options::v1::ROLE_PROVIDER_STAFF}, coordinator_.organization);
  const std::string here = ImportService("School counsellor", 3);
  const std::string referral = CreateAndRequest(NewPerson(), here).name();
  DisclosedPerson told;
  EXPECT_EQ(Ask(counsellor_, referral, &told), "");
  EXPECT_EQ(told.consent(), "");
  EXPECT_EQ(told.demographics().family_names(), "Okafor");
  EXPECT_THAT(told.contact().emails(), ElementsAre("maya@example.org"));
  Step(&Stub::RejectReferral, referral, counsellor_);
  EXPECT_EQ(Ask(counsellor_, referral), "NOT_FOUND");
}

TEST_F(ReferredPersonTest, TheConsentSaysForHowLong) {
  const std::string person = NewPerson();
  const std::string consent = Consent(person, /*contact=*/false);
  const std::string referral = CreateAndRequest(person, service_).name();
  EXPECT_EQ(Ask(counsellor_, referral), "");
  RevokeConsent(consent);
  EXPECT_EQ(Ask(counsellor_, referral), "NOT_FOUND") << "at once, whatever the feed has told";

  const std::string other = NewPerson();
  Consent(other, /*contact=*/false, absl::Now() + absl::Seconds(3));
  const std::string brief = CreateAndRequest(other, service_).name();
  EXPECT_EQ(Ask(counsellor_, brief), "");
  absl::SleepFor(absl::Seconds(3));
  EXPECT_EQ(Ask(counsellor_, brief), "NOT_FOUND") << "it has ended";
}

TEST_F(ReferredPersonTest, NobodyElseIsTold) {
  const std::string person = NewPerson();
  const std::string consent = Consent(person, /*contact=*/false);
  const std::string referral = CreateAndRequest(person, service_).name();
  const TestUser elsewhere = TestUser::Make({options::v1::ROLE_PROVIDER_STAFF});
  const TestUser at_home = TestUser::Make({options::v1::ROLE_PROVIDER_STAFF}, coordinator_.organization);
  EXPECT_EQ(Ask(elsewhere, referral), "NOT_FOUND");
  EXPECT_EQ(Ask(at_home, referral), "NOT_FOUND");
  EXPECT_EQ(Ask(coordinator_, referral), "ROLE_MISSING");
  // Identity does not know whether the referral is live, so it answers nobody who has not been looked at by referral.
  identity::v1::DisclosePersonRequest direct;
  direct.set_person(person);
  direct.set_organization(rpc::MakeName("organizations", coordinator_.organization));
  direct.set_consent(consent);
  identity::v1::DisclosePersonResponse nothing;
  const grpc::Status status =
      Call(*identity_, counsellor_, &identity::v1::Persons::Stub::DisclosePerson, direct, &nothing);
  EXPECT_EQ(ReasonOf(status), "SERVICE_NOT_ALLOWED");
}

TEST_F(ReferredPersonTest, AnErasedPersonIsNobody) {
  const std::string person = NewPerson();
  Consent(person, /*contact=*/false);
  const std::string referral = CreateAndRequest(person, service_).name();
  identity::v1::ErasePersonRequest erase;
  erase.set_name(person);
  erase.set_reason(identity::v1::ERASURE_REASON_REQUEST);
  Must(*identity_, officer_, &identity::v1::Persons::Stub::ErasePerson, erase);
  EXPECT_EQ(Ask(counsellor_, referral), "NOT_FOUND");
}

// The organization whose person it is can account for who was told, and the provider for what its staff asked.
TEST_F(ReferredPersonTest, StandsInTheAuditOfBoth) {
  const std::string person = NewPerson();
  const std::string consent = Consent(person, /*contact=*/false);
  const std::string referral = CreateAndRequest(person, service_).name();
  ASSERT_EQ(Ask(counsellor_, referral), "");
  const TestUser their_officer = TestUser::Make({options::v1::ROLE_PRIVACY_OFFICER}, counsellor_.organization);
  using Log = audit::v1::AuditLog::Stub;
  const auto disclosed = [&] {
    audit::v1::ListDisclosuresRequest request;
    request.set_person(person);
    std::vector<std::string> out;
    const auto response = Must(*identity_, officer_, &Log::ListDisclosures, request);
    for (const auto& one : response.records()) {
      out.push_back(absl::StrCat(one.record().method(), " ", one.record().recipient(), " ", one.record().consent()));
    }
    return out;
  };
  const auto by_counsellor = [&] {
    audit::v1::ListAuditRecordsRequest request;
    request.set_user(rpc::MakeName("users", counsellor_.user));
    std::vector<std::string> out;
    const auto response = Must(*identity_, their_officer, &Log::ListAuditRecords, request);
    for (const auto& one : response.records()) {
      out.push_back(one.record().method());
    }
    return out;
  };
  // Records are chained a moment after the call.
  for (const absl::Time limit = absl::Now() + absl::Seconds(20);
       absl::Now() < limit && (disclosed().empty() || by_counsellor().empty());) {
    absl::SleepFor(absl::Milliseconds(50));
  }
  const std::string method = "trellis.identity.v1.Persons.DisclosePerson";
  EXPECT_THAT(disclosed(), Contains(absl::StrCat(method, " ", recipient_, " ", consent)));
  EXPECT_THAT(by_counsellor(), Contains(method));
}

}  // namespace
}  // namespace trellis::referral
