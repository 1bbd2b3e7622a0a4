#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "tests/integration/identity/fixture.h"

namespace trellis::identity {
namespace {

using google::protobuf::util::MessageDifferencer;
using options::v1::ROLE_COORDINATOR;
using ::testing::ElementsAre;

class ConsentsTest : public IdentityTest {
 protected:
  ConsentsTest() { NewOrganization(&recipient_); }

  v1::Consent Wanted() const {
    v1::Consent consent;
    consent.set_person(person_);
    consent.set_recipient(recipient_);
    consent.add_purposes(v1::CONSENT_PURPOSE_TREATMENT);
    consent.add_categories(v1::CONSENT_CATEGORY_DEMOGRAPHICS);
    consent.add_categories(v1::CONSENT_CATEGORY_NEEDS);
    consent.set_grantor(v1::Consent::GRANTOR_PERSON);
    return consent;
  }
  Answer<v1::RecordConsentResponse> Record(const testing::TestUser& who, const v1::Consent& consent) {
    v1::RecordConsentRequest request;
    *request.mutable_consent() = consent;
    return Call(who, *consents_, &v1::Consents::Stub::RecordConsent, request);
  }
  Answer<v1::RevokeConsentResponse> RevokeConsent(const testing::TestUser& who, const v1::Consent& consent) {
    v1::RevokeConsentRequest request;
    request.set_name(consent.name());
    request.set_etag(consent.etag());
    return Call(who, *consents_, &v1::Consents::Stub::RevokeConsent, request);
  }
  Answer<v1::GetConsentResponse> GetConsent(const testing::TestUser& who, const std::string& name) {
    v1::GetConsentRequest request;
    request.set_name(name);
    return Call(who, *consents_, &v1::Consents::Stub::GetConsent, request);
  }
  v1::CheckConsentRequest Check(std::vector<v1::ConsentCategory> categories) const {
    v1::CheckConsentRequest request;
    request.set_person(person_);
    request.set_recipient(recipient_);
    request.set_purpose(v1::CONSENT_PURPOSE_TREATMENT);
    for (const auto category : categories) request.add_categories(category);
    return request;
  }
  Answer<v1::CheckConsentResponse> Ask(const v1::CheckConsentRequest& request) {
    return Call(coordinator_, *consents_, &v1::Consents::Stub::CheckConsent, request);
  }

  testing::TestUser coordinator_ = testing::TestUser::Make({ROLE_COORDINATOR}, administrator_.organization);
  std::string person_ = Registered(coordinator_, "Anna", "Kowalska");
  std::string recipient_;
};

TEST_F(ConsentsTest, IsRecordedReadAndCounts) {
  v1::Consent wanted = Wanted();
  wanted.mutable_sign_date()->set_year(2024);
  wanted.mutable_sign_date()->set_month(2);
  wanted.mutable_sign_date()->set_day(29);
  EXPECT_FALSE(Ask(Check({v1::CONSENT_CATEGORY_NEEDS})).value.granted());
  const auto recorded = Record(coordinator_, wanted);
  ASSERT_TRUE(recorded.ok()) << recorded.status.error_message();
  EXPECT_EQ(recorded.value.consent().state(), v1::Consent::STATE_ACTIVE);
  EXPECT_TRUE(recorded.value.consent().period().has_start_time());
  const auto read = GetConsent(coordinator_, recorded.value.consent().name());
  ASSERT_TRUE(read.ok()) << read.status.error_message();
  EXPECT_TRUE(MessageDifferencer::Equals(read.value.consent(), recorded.value.consent()));

  const auto answer = Ask(Check({v1::CONSENT_CATEGORY_NEEDS, v1::CONSENT_CATEGORY_DEMOGRAPHICS}));
  ASSERT_TRUE(answer.ok()) << answer.status.error_message();
  EXPECT_TRUE(answer.value.granted());
  EXPECT_THAT(answer.value.consents(), ElementsAre(recorded.value.consent().name()));
  EXPECT_FALSE(answer.value.has_expire_time());
}

TEST_F(ConsentsTest, CoversWhatItNamesAndNothingElse) {
  ASSERT_TRUE(Record(coordinator_, Wanted()).ok());
  const auto more = Ask(Check({v1::CONSENT_CATEGORY_NEEDS, v1::CONSENT_CATEGORY_SUBSTANCE_USE}));
  EXPECT_FALSE(more.value.granted());
  EXPECT_THAT(more.value.missing_categories(), ElementsAre(v1::CONSENT_CATEGORY_SUBSTANCE_USE));
  v1::CheckConsentRequest request = Check({v1::CONSENT_CATEGORY_NEEDS});
  request.set_purpose(v1::CONSENT_PURPOSE_RESEARCH);
  EXPECT_FALSE(Ask(request).value.granted());
  request = Check({v1::CONSENT_CATEGORY_NEEDS});
  NewOrganization(request.mutable_recipient());
  EXPECT_FALSE(Ask(request).value.granted());
  request = Check({v1::CONSENT_CATEGORY_NEEDS});
  request.set_person(Registered(coordinator_, "Somebody", "Else"));
  EXPECT_FALSE(Ask(request).value.granted());
}

TEST_F(ConsentsTest, CountsNoMoreOnceItsPeriodIsOver) {
  v1::Consent wanted = Wanted();
  wanted.mutable_period()->mutable_end_time()->set_seconds(absl::ToUnixSeconds(clock().Now()) + 3600);
  const auto recorded = Record(coordinator_, wanted);
  ASSERT_TRUE(recorded.ok()) << recorded.status.error_message();
  const auto answer = Ask(Check({v1::CONSENT_CATEGORY_NEEDS}));
  EXPECT_TRUE(answer.value.granted());
  EXPECT_EQ(answer.value.expire_time().seconds(), wanted.period().end_time().seconds());
  clock().Advance(absl::Hours(1));
  EXPECT_FALSE(Ask(Check({v1::CONSENT_CATEGORY_NEEDS})).value.granted());
  EXPECT_EQ(GetConsent(coordinator_, recorded.value.consent().name()).value.consent().state(),
            v1::Consent::STATE_EXPIRED);
}

TEST_F(ConsentsTest, CountsNoMoreOnceRevoked) {
  const v1::Consent consent = Record(coordinator_, Wanted()).value.consent();
  v1::Consent stale = consent;
  stale.set_etag("\"99\"");
  EXPECT_EQ(RevokeConsent(coordinator_, stale).reason(), "ETAG_MISMATCH");
  EXPECT_TRUE(Ask(Check({v1::CONSENT_CATEGORY_NEEDS})).value.granted());
  const auto revoked = RevokeConsent(coordinator_, consent);
  ASSERT_TRUE(revoked.ok()) << revoked.status.error_message();
  EXPECT_EQ(revoked.value.consent().state(), v1::Consent::STATE_REVOKED);
  EXPECT_FALSE(Ask(Check({v1::CONSENT_CATEGORY_NEEDS})).value.granted());
  EXPECT_EQ(RevokeConsent(coordinator_, revoked.value.consent()).reason(), "CONSENT_REVOKED");
}

TEST_F(ConsentsTest, IsRefusedWhereItMeansNothing) {
  v1::Consent wanted = Wanted();
  wanted.clear_purposes();
  EXPECT_THAT(WrongFields(Record(coordinator_, wanted).status), ElementsAre("consent.purposes"));
  wanted = Wanted();
  wanted.add_categories(v1::CONSENT_CATEGORY_NEEDS);
  EXPECT_THAT(WrongFields(Record(coordinator_, wanted).status), ElementsAre("consent.categories"));
  wanted = Wanted();
  wanted.set_recipient(NameOf("organizations", administrator_.organization));
  EXPECT_THAT(WrongFields(Record(coordinator_, wanted).status), ElementsAre("consent.recipient"));
  wanted = Wanted();
  wanted.set_recipient("organizations/01890000-0000-7000-8000-000000000000");
  EXPECT_EQ(Record(coordinator_, wanted).code(), grpc::StatusCode::NOT_FOUND);
  wanted = Wanted();
  wanted.mutable_period()->mutable_end_time()->set_seconds(absl::ToUnixSeconds(clock().Now()));
  EXPECT_THAT(WrongFields(Record(coordinator_, wanted).status), ElementsAre("consent.period.end_time"));
  wanted = Wanted();
  wanted.clear_grantor();
  EXPECT_THAT(WrongFields(Record(coordinator_, wanted).status), ElementsAre("consent.grantor"));
  wanted = Wanted();
  wanted.mutable_sign_date()->set_year(2999);
  wanted.mutable_sign_date()->set_month(1);
  wanted.mutable_sign_date()->set_day(1);
  EXPECT_THAT(WrongFields(Record(coordinator_, wanted).status), ElementsAre("consent.sign_date"));
  wanted.mutable_sign_date()->set_year(1);
  EXPECT_THAT(WrongFields(Record(coordinator_, wanted).status), ElementsAre("consent.sign_date"));
}

TEST_F(ConsentsTest, ExistsForNobodyWithoutARelation) {
  const v1::Consent consent = Record(coordinator_, Wanted()).value.consent();
  const std::string unknown = "consents/01890000-0000-7000-8000-000000000000";
  const testing::TestUser colleague = testing::TestUser::Make({ROLE_COORDINATOR}, administrator_.organization);
  const testing::TestUser stranger = testing::TestUser::Make({ROLE_COORDINATOR});
  for (const testing::TestUser& who : {colleague, stranger}) {
    EXPECT_TRUE(
        SameRefusal(GetConsent(who, consent.name()).status, consent.name(), GetConsent(who, unknown).status, unknown));
    v1::Consent no_such;
    no_such.set_name(unknown);
    EXPECT_TRUE(
        SameRefusal(RevokeConsent(who, consent).status, consent.name(), RevokeConsent(who, no_such).status, unknown));
    EXPECT_EQ(Record(who, Wanted()).code(), grpc::StatusCode::NOT_FOUND);
  }
  EXPECT_EQ(GetConsent(coordinator_, consent.name()).value.consent().state(), v1::Consent::STATE_ACTIVE);
}

TEST_F(ConsentsTest, AreListedOfOnePerson) {
  std::set<std::string> recorded;
  for (int i = 0; i < 3; ++i) recorded.insert(Record(coordinator_, Wanted()).value.consent().name());
  v1::ListConsentsRequest request;
  request.set_person(person_);
  request.set_page_size(2);
  std::set<std::string> seen;
  do {
    const auto page = Call(coordinator_, *consents_, &v1::Consents::Stub::ListConsents, request);
    ASSERT_TRUE(page.ok()) << page.status.error_message();
    for (const auto& consent : page.value.consents()) EXPECT_TRUE(seen.insert(consent.name()).second);
    request.set_page_token(page.value.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(seen, recorded);
}

TEST_F(ConsentsTest, IsRecordedOnceForOneRequestId) {
  v1::RecordConsentRequest request;
  *request.mutable_consent() = Wanted();
  request.set_request_id(NewRequestId());
  const auto first = Call(coordinator_, *consents_, &v1::Consents::Stub::RecordConsent, request);
  const auto again = Call(coordinator_, *consents_, &v1::Consents::Stub::RecordConsent, request);
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(MessageDifferencer::Equals(first.value, again.value));
  v1::ListConsentsRequest list;
  list.set_person(person_);
  EXPECT_EQ(Call(coordinator_, *consents_, &v1::Consents::Stub::ListConsents, list).value.consents_size(), 1);
}

}  // namespace
}  // namespace trellis::identity
