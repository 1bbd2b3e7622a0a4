// Labelled referrals: who reads them, who moves them, and what substance use needs to leave the organization.
#include <functional>

#include "absl/time/clock.h"
#include "tests/integration/referral/referral_world.h"
#include "trellis/identity/v1/consents.grpc.pb.h"

namespace trellis::referral {
namespace {

using identity::v1::CONSENT_CATEGORY_SUBSTANCE_USE;
using options::v1::SECURITY_LABEL_PSYCHIATRY;
using options::v1::SECURITY_LABEL_SUBSTANCE_USE;
using v1::Referral;
using Stub = v1::Referrals::Stub;

class LabelledReferralTest : public ReferralWorld {
 protected:
  void SetUp() override {
    ReferralWorld::SetUp();
    service_ = ImportService("Counselling", 8);
    person_ = RegisterPerson();
    uncleared_ = coordinator_;
    uncleared_counsellor_ = counsellor_;
    for (testing::TestUser* const user : {&coordinator_, &counsellor_}) {
      user->clearances.Add(SECURITY_LABEL_SUBSTANCE_USE);
      user->clearances.Add(SECURITY_LABEL_PSYCHIATRY);
    }
  }
  Referral Draft(options::v1::SecurityLabel label) {
    v1::CreateReferralRequest request;
    request.mutable_referral()->set_person(person_);
    request.mutable_referral()->set_healthcare_service(service_);
    request.mutable_referral()->mutable_need()->set_code("counselling");
    request.mutable_referral()->set_note("prefers mornings");
    request.mutable_referral()->add_labels(label);
    return Must(*referral_, coordinator_, &Stub::CreateReferral, request).referral();
  }
  std::string Consent(bool substance_use, bool ends) {
    identity::v1::RecordConsentRequest request;
    auto& consent = *request.mutable_consent();
    consent.set_person(person_);
    consent.set_recipient(recipient_);
    consent.add_purposes(identity::v1::CONSENT_PURPOSE_TREATMENT);
    consent.add_categories(identity::v1::CONSENT_CATEGORY_DEMOGRAPHICS);
    consent.add_categories(identity::v1::CONSENT_CATEGORY_NEEDS);
    if (substance_use) consent.add_categories(CONSENT_CATEGORY_SUBSTANCE_USE);
    if (ends) consent.mutable_period()->mutable_end_time()->set_seconds(absl::ToUnixSeconds(absl::Now()) + 86400);
    consent.set_grantor(identity::v1::Consent::GRANTOR_PERSON);
    return Must(*identity_, coordinator_, &identity::v1::Consents::Stub::RecordConsent, request).consent().name();
  }
  std::string Send(const Referral& draft, Referral* sent = nullptr) {
    v1::RequestReferralResponse response;
    const grpc::Status status = ReferralWorld::Request(draft, &response);
    if (sent != nullptr) *sent = response.referral();
    return testing::ReasonOf(status);
  }
  Referral Get(const testing::TestUser& who, const std::string& name) {
    v1::GetReferralRequest request;
    request.set_name(name);
    return Must(*referral_, who, &Stub::GetReferral, request).referral();
  }
  template <class Request, class Response>
  std::string Try(const testing::TestUser& who,
                  grpc::Status (Stub::*verb)(grpc::ClientContext*, const Request&, Response*),
                  const std::string& name) {
    Request request;
    request.set_name(name);
    if constexpr (requires { request.mutable_reason(); }) request.mutable_reason()->set_code("other");
    Response response;
    return testing::ReasonOf(Call(*referral_, who, verb, request, &response));
  }
  std::vector<v1::Referral> Received(const testing::TestUser& who, int page_size, std::string* token) {
    v1::ListReferralsRequest request;
    request.set_direction(v1::ListReferralsRequest::DIRECTION_RECEIVED);
    request.set_page_size(page_size);
    request.set_page_token(*token);
    const auto response = Must(*referral_, who, &Stub::ListReferrals, request);
    *token = response.next_page_token();
    return {response.referrals().begin(), response.referrals().end()};
  }
  static bool Eventually(const std::function<bool()>& holds) {
    const absl::Time limit = absl::Now() + absl::Seconds(10);
    while (!holds() && absl::Now() < limit) absl::SleepFor(absl::Milliseconds(20));
    return holds();
  }
  static bool IsWhole(const Referral& referral) {
    return referral.has_need() && !referral.note().empty() && !referral.healthcare_service().empty();
  }
  static bool IsBare(const Referral& referral) {
    return !referral.has_need() && referral.note().empty() && referral.healthcare_service().empty() &&
           referral.withheld();
  }

  std::string service_;
  std::string person_;
  testing::TestUser uncleared_;
  testing::TestUser uncleared_counsellor_;
};

TEST_F(LabelledReferralTest, EachSideReadsItWithAClearanceOfItsOwn) {
  Consent(false, false);
  Referral sent;
  ASSERT_EQ(Send(Draft(SECURITY_LABEL_PSYCHIATRY), &sent), "");
  EXPECT_TRUE(IsWhole(Get(coordinator_, sent.name())));
  EXPECT_TRUE(IsWhole(Get(counsellor_, sent.name())));
  for (const testing::TestUser& who : {uncleared_, uncleared_counsellor_}) {
    const Referral bare = Get(who, sent.name());
    EXPECT_TRUE(IsBare(bare)) << bare.DebugString();
    EXPECT_EQ(bare.state(), Referral::STATE_REQUESTED);
    EXPECT_EQ(bare.labels_size(), 1);
  }
  EXPECT_EQ(Get(counsellor_, sent.name()).redisclosure_notice(), Referral::REDISCLOSURE_NOTICE_UNSPECIFIED);
}

TEST_F(LabelledReferralTest, WhoIsNotClearedMovesNothing) {
  Consent(false, false);
  const Referral draft = Draft(SECURITY_LABEL_PSYCHIATRY);
  EXPECT_EQ(Try(uncleared_, &Stub::RequestReferral, draft.name()), "LABEL_NOT_CLEARED");
  EXPECT_EQ(Try(uncleared_, &Stub::RetractReferral, draft.name()), "LABEL_NOT_CLEARED");
  EXPECT_EQ(Capacity(service_).held(), 0);
  ASSERT_EQ(Send(draft), "");
  EXPECT_EQ(Try(uncleared_counsellor_, &Stub::AcceptReferral, draft.name()), "LABEL_NOT_CLEARED");
  EXPECT_EQ(Try(uncleared_counsellor_, &Stub::RejectReferral, draft.name()), "LABEL_NOT_CLEARED");
  EXPECT_EQ(Try(uncleared_, &Stub::CancelReferral, draft.name()), "LABEL_NOT_CLEARED");
  EXPECT_EQ(Try(uncleared_counsellor_, &Stub::CompleteReferral, draft.name()), "LABEL_NOT_CLEARED")
      << "and does not learn that the state forbids it";
  EXPECT_EQ(Get(coordinator_, draft.name()).state(), Referral::STATE_REQUESTED);
  EXPECT_EQ(Try(counsellor_, &Stub::AcceptReferral, draft.name()), "");

  v1::ListPlacementsRequest placements;
  const auto bare = Must(*referral_, uncleared_, &v1::Placements::Stub::ListPlacements, placements);
  ASSERT_EQ(bare.placements_size(), 1);
  EXPECT_TRUE(bare.placements(0).withheld());
  EXPECT_EQ(bare.placements(0).healthcare_service(), "") << "where somebody is treated tells what for";
  const auto whole = Must(*referral_, coordinator_, &v1::Placements::Stub::ListPlacements, placements);
  EXPECT_EQ(whole.placements(0).healthcare_service(), service_);
}

// The consent that 42 CFR 2.31 asks for, state by state: what a referral labelled so needs and what another one does.
TEST_F(LabelledReferralTest, SubstanceUseLeavesWithAConsentThatNamesItAndEnds) {
  struct Case {
    bool substance_use, ends;
    const char* labelled;
  };
  for (const Case& one :
       {Case{false, false, "SUBSTANCE_USE_CONSENT_MISSING"}, Case{false, true, "SUBSTANCE_USE_CONSENT_MISSING"},
        Case{true, false, "SUBSTANCE_USE_CONSENT_MISSING"}, Case{true, true, ""}}) {
    person_ = RegisterPerson();
    const Referral labelled = Draft(SECURITY_LABEL_SUBSTANCE_USE);
    const Referral other = Draft(SECURITY_LABEL_PSYCHIATRY);
    EXPECT_EQ(Send(labelled), "CONSENT_MISSING");
    const std::string consent = Consent(one.substance_use, one.ends);
    EXPECT_EQ(Send(labelled), one.labelled) << one.substance_use << one.ends;
    EXPECT_EQ(Send(other), "");
    const bool sent = *one.labelled == '\0';
    EXPECT_EQ(Get(coordinator_, labelled.name()).state(), sent ? Referral::STATE_REQUESTED : Referral::STATE_DRAFT);
  }
}

TEST_F(LabelledReferralTest, OfSeveralConsentsTheOneThatCoversSubstanceUseIsTaken) {
  Consent(false, false);  // lasts longer
  const std::string narrow = Consent(true, true);
  Referral sent;
  ASSERT_EQ(Send(Draft(SECURITY_LABEL_SUBSTANCE_USE), &sent), "");
  EXPECT_EQ(sent.consent(), narrow);
}

TEST_F(LabelledReferralTest, TheRefusalNamesWhatIsMissing) {
  Consent(false, false);
  v1::RequestReferralResponse response;
  const grpc::Status status = ReferralWorld::Request(Draft(SECURITY_LABEL_SUBSTANCE_USE), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(testing::ReasonOf(status), "SUBSTANCE_USE_CONSENT_MISSING");
  EXPECT_NE(status.error_details().find("CONSENT_CATEGORY_SUBSTANCE_USE"), std::string::npos);
  EXPECT_NE(status.error_details().find(recipient_), std::string::npos);
}

TEST_F(LabelledReferralTest, EveryDisclosureCarriesTheNoticeAlsoWhereTheRestIsWithheld) {
  Consent(true, true);
  Referral sent;
  ASSERT_EQ(Send(Draft(SECURITY_LABEL_SUBSTANCE_USE), &sent), "");
  constexpr auto kNotice = Referral::REDISCLOSURE_NOTICE_42_CFR_PART_2;
  EXPECT_EQ(sent.redisclosure_notice(), kNotice);
  EXPECT_EQ(Get(counsellor_, sent.name()).redisclosure_notice(), kNotice);
  EXPECT_EQ(Get(uncleared_counsellor_, sent.name()).redisclosure_notice(), kNotice);
  std::string token;
  EXPECT_EQ(Received(counsellor_, 10, &token).at(0).redisclosure_notice(), kNotice);
  v1::AcceptReferralRequest accept;
  accept.set_name(sent.name());
  EXPECT_EQ(Must(*referral_, counsellor_, &Stub::AcceptReferral, accept).referral().redisclosure_notice(), kNotice);
}

TEST_F(LabelledReferralTest, WhoWasReferredIsToldToWhoIsClearedAloneAndWithTheNotice) {
  Consent(true, true);
  Referral sent;
  ASSERT_EQ(Send(Draft(SECURITY_LABEL_SUBSTANCE_USE), &sent), "");
  EXPECT_EQ(Try(uncleared_counsellor_, &Stub::GetReferredPerson, sent.name()), "LABEL_NOT_CLEARED");
  v1::GetReferredPersonRequest request;
  request.set_name(sent.name());
  const auto told = Must(*referral_, counsellor_, &Stub::GetReferredPerson, request);
  EXPECT_EQ(told.person().demographics().family_names(), "Okafor");
  EXPECT_EQ(told.redisclosure_notice(), Referral::REDISCLOSURE_NOTICE_42_CFR_PART_2);
  ASSERT_EQ(Try(counsellor_, &Stub::AcceptReferral, sent.name()), "");
  const auto placements =
      Must(*referral_, counsellor_, &v1::Placements::Stub::ListPlacements, v1::ListPlacementsRequest());
  ASSERT_EQ(placements.placements_size(), 1);
  EXPECT_EQ(placements.placements(0).redisclosure_notice(), Referral::REDISCLOSURE_NOTICE_42_CFR_PART_2);
}

TEST_F(LabelledReferralTest, ADraftIsDisclosedToNobodyAndCarriesNone) {
  EXPECT_EQ(Draft(SECURITY_LABEL_SUBSTANCE_USE).redisclosure_notice(), Referral::REDISCLOSURE_NOTICE_UNSPECIFIED);
}

TEST_F(LabelledReferralTest, AConsentThatIsRevokedBetweenTwoPagesTakesTheSecondWithIt) {
  const std::string consent = Consent(true, true);
  Referral first;
  Referral second;
  ASSERT_EQ(Send(Draft(SECURITY_LABEL_SUBSTANCE_USE), &first), "");
  ASSERT_EQ(Send(Draft(SECURITY_LABEL_SUBSTANCE_USE), &second), "");
  std::string token;
  const auto page = Received(counsellor_, 1, &token);
  ASSERT_EQ(page.size(), 1u);
  EXPECT_TRUE(IsWhole(page[0]));
  EXPECT_EQ(page[0].name(), second.name());
  ASSERT_NE(token, "");
  RevokeConsent(consent);
  ASSERT_TRUE(Eventually([&] { return Get(counsellor_, second.name()).person().empty(); }));
  const auto rest = Received(counsellor_, 1, &token);
  ASSERT_EQ(rest.size(), 1u);
  EXPECT_EQ(rest[0].name(), first.name());
  EXPECT_EQ(rest[0].person(), "");
  EXPECT_FALSE(rest[0].has_need());
  EXPECT_EQ(rest[0].note(), "");
  EXPECT_EQ(rest[0].redisclosure_notice(), Referral::REDISCLOSURE_NOTICE_42_CFR_PART_2);
  EXPECT_EQ(Try(counsellor_, &Stub::AcceptReferral, first.name()), "CONSENT_MISSING");
}

}  // namespace
}  // namespace trellis::referral
