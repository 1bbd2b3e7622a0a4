#include "tests/integration/referral/referral_world.h"

namespace trellis::referral {
namespace {

using v1::MatchReason;

class RoutingTest : public ReferralWorld {
 protected:
  v1::RankHealthcareServicesResponse Rank(const std::string& person, bool include_unfit = false) {
    v1::RankHealthcareServicesRequest request;
    request.set_person(person);
    request.mutable_need()->set_code("counselling");
    request.set_include_unfit(include_unfit);
    return Must(*referral_, coordinator_, &v1::Routing::Stub::RankHealthcareServices, request);
  }
  static MatchReason::Verdict VerdictOf(const v1::RankedHealthcareService& ranked, MatchReason::Rule rule) {
    for (const auto& reason : ranked.reasons()) {
      if (reason.rule() == rule) return reason.verdict();
    }
    return MatchReason::VERDICT_UNSPECIFIED;
  }
};

TEST_F(RoutingTest, RanksWhatFitsAndExplainsIt) {
  const std::string roomy = ImportService("Roomy", 5);
  const std::string full = ImportService("Full", 0);
  const std::string silent = ImportService("Silent", -1);
  const std::string person = RegisterPerson();

  const auto fits = Rank(person);
  EXPECT_EQ(fits.considered_count(), 3);
  ASSERT_EQ(fits.ranked_size(), 2);
  EXPECT_EQ(fits.ranked(0).healthcare_service(), roomy);
  EXPECT_EQ(fits.ranked(0).position(), 1);
  EXPECT_EQ(fits.ranked(0).free_places(), 5);
  EXPECT_NEAR(fits.ranked(0).distance_meters(), 131, 10);
  EXPECT_EQ(fits.ranked(0).reasons_size(), 8);
  EXPECT_EQ(VerdictOf(fits.ranked(0), MatchReason::RULE_CONSENT), MatchReason::VERDICT_NOT_MET);
  EXPECT_EQ(fits.ranked(1).healthcare_service(), silent);
  EXPECT_EQ(VerdictOf(fits.ranked(1), MatchReason::RULE_CAPACITY), MatchReason::VERDICT_UNKNOWN);

  const auto all = Rank(person, true);
  ASSERT_EQ(all.ranked_size(), 3);
  EXPECT_EQ(all.ranked(2).healthcare_service(), full);
  EXPECT_FALSE(all.ranked(2).fits());
  EXPECT_EQ(VerdictOf(all.ranked(2), MatchReason::RULE_CAPACITY), MatchReason::VERDICT_NOT_MET);

  RecordConsent(person, recipient_);
  EXPECT_EQ(VerdictOf(Rank(person).ranked(0), MatchReason::RULE_CONSENT), MatchReason::VERDICT_MET);
}

TEST_F(RoutingTest, TellsNothingAboutPersonsOfOthers) {
  const std::string person = RegisterPerson();
  v1::RankHealthcareServicesRequest request;
  request.set_person(person);
  request.mutable_need()->set_code("counselling");
  v1::RankHealthcareServicesResponse response;
  const auto stranger = testing::TestUser::Make({options::v1::ROLE_COORDINATOR});
  EXPECT_EQ(
      testing::ReasonOf(Call(*referral_, stranger, &v1::Routing::Stub::RankHealthcareServices, request, &response)),
      "NOT_FOUND");
}

}  // namespace
}  // namespace trellis::referral
