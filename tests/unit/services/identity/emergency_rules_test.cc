#include "services/identity/domain/emergency_rules.h"

#include "common/base/error.h"
#include "gtest/gtest.h"

namespace trellis::identity {
namespace {

Id MakeId(char last) { return *Id::FromBytes(std::string(15, 'x') + last); }
const Id kUser = MakeId('u');
const Id kOfficer = MakeId('o');
const absl::Time kStart = absl::FromUnixSeconds(1790000000);
const absl::Time kEnd = kStart + absl::Minutes(30);

EmergencyAccess Emergency() {
  return {.id = MakeId('e'), .person = MakeId('p'), .user = kUser, .start_time = kStart, .expire_time = kEnd};
}

TEST(EmergencyRequest, LastsOneToSixtyMinutesAndIsExplained) {
  EXPECT_TRUE(CheckRequest(absl::Minutes(1), "he says he will jump").ok());
  EXPECT_TRUE(CheckRequest(absl::Minutes(60), "he says he will jump").ok());
  EXPECT_FALSE(CheckRequest(absl::Minutes(1) - absl::Nanoseconds(1), "he says he will jump").ok());
  EXPECT_EQ(DetailsOf(CheckRequest(absl::Minutes(60) + absl::Nanoseconds(1), "a"))->fields[0].field, "duration");
  EXPECT_FALSE(CheckRequest(absl::InfiniteDuration(), "a").ok());
  EXPECT_FALSE(CheckRequest(-absl::Minutes(5), "a").ok());
  EXPECT_EQ(DetailsOf(CheckRequest(absl::Minutes(5), ""))->fields[0].field, "explanation");
  EXPECT_EQ(DetailsOf(CheckRequest(absl::Minutes(5), " \n\t "))->fields[0].field, "explanation");
}

TEST(EmergencyState, FollowsTheClockUnlessItWasEnded) {
  EmergencyAccess emergency = Emergency();
  EXPECT_EQ(StateAt(emergency, kEnd - absl::Microseconds(1)), EmergencyState::kLive);
  EXPECT_EQ(StateAt(emergency, kEnd), EmergencyState::kExpired);
  EXPECT_TRUE(CheckEnd(emergency, kStart).ok());
  EXPECT_EQ(ReasonOf(CheckEnd(emergency, kEnd)), "EMERGENCY_ACCESS_OVER");
  emergency.end_time = kStart + absl::Minutes(1);
  EXPECT_EQ(StateAt(emergency, kStart), EmergencyState::kEnded);
  EXPECT_EQ(StateAt(emergency, kEnd), EmergencyState::kEnded);
  EXPECT_EQ(ReasonOf(CheckEnd(emergency, kStart)), "EMERGENCY_ACCESS_OVER");
}

TEST(EmergencyReader, IsTheUserOrAPrivacyOfficer) {
  EXPECT_TRUE(MaySee(Emergency(), kUser, {Role::kClinician}));
  EXPECT_TRUE(MaySee(Emergency(), kOfficer, {Role::kPrivacyOfficer}));
  EXPECT_FALSE(MaySee(Emergency(), kOfficer, {Role::kClinician, Role::kCoordinator}));
  EXPECT_FALSE(MaySee(Emergency(), kOfficer, {Role::kOrganizationAdministrator, Role::kPlatformAdministrator}));
}

TEST(EmergencyReview, IsForOthersOnceItIsOverAndOnlyOnce) {
  EmergencyAccess emergency = Emergency();
  EXPECT_TRUE(CheckReview(emergency, kOfficer, 1, "", kEnd).ok());
  EXPECT_TRUE(CheckReview(emergency, kOfficer, 2, "curiosity", kEnd).ok());
  EXPECT_EQ(DetailsOf(CheckReview(emergency, kOfficer, 2, " ", kEnd))->fields[0].field, "note");
  for (const int verdict : {0, 3, -1}) {
    EXPECT_EQ(DetailsOf(CheckReview(emergency, kOfficer, verdict, "a", kEnd))->fields[0].field, "verdict");
  }
  EXPECT_EQ(ReasonOf(CheckReview(emergency, kUser, 1, "", kEnd)), "OWN_EMERGENCY_ACCESS");
  EXPECT_EQ(ReasonOf(CheckReview(emergency, kOfficer, 1, "", kStart)), "EMERGENCY_ACCESS_LIVE");
  emergency.end_time = kStart;
  EXPECT_TRUE(CheckReview(emergency, kOfficer, 1, "", kStart).ok());
  emergency.verdict = Verdict::kJustified;
  EXPECT_EQ(ReasonOf(CheckReview(emergency, kOfficer, 2, "after all", kEnd)), "EMERGENCY_ACCESS_REVIEWED");
}

}  // namespace
}  // namespace trellis::identity
