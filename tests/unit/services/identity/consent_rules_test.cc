#include "services/identity/domain/consent_rules.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trellis::identity {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);
const absl::Time kEnd = kStart + absl::Hours(24);

Consent Make(char id, std::set<int> purposes, std::set<int> categories) {
  Consent consent;
  std::string bytes(16, 'x');
  bytes[15] = id;
  consent.id = *Id::FromBytes(bytes);
  consent.purposes = std::move(purposes);
  consent.categories = std::move(categories);
  consent.start_time = kStart;
  consent.end_time = kEnd;
  return consent;
}

TEST(Consent, HoldsFromItsStartUntilBeforeItsEnd) {
  const Consent consent = Make('a', {1}, {1});
  EXPECT_FALSE(HoldsAt(consent, kStart - absl::Microseconds(1)));
  EXPECT_TRUE(HoldsAt(consent, kStart));
  EXPECT_TRUE(HoldsAt(consent, kEnd - absl::Microseconds(1)));
  EXPECT_FALSE(HoldsAt(consent, kEnd));
  EXPECT_EQ(StateAt(consent, kEnd), ConsentState::kExpired);
  EXPECT_EQ(StateAt(consent, kStart), ConsentState::kActive);
}

TEST(Consent, HoldsNoMoreOnceRevoked) {
  Consent consent = Make('a', {1}, {1});
  consent.revoke_time = kStart + absl::Hours(1);
  EXPECT_TRUE(HoldsAt(consent, kStart + absl::Minutes(59)));
  EXPECT_FALSE(HoldsAt(consent, kStart + absl::Hours(1)));
  EXPECT_EQ(StateAt(consent, kEnd + absl::Hours(1)), ConsentState::kRevoked);
}

// Each condition by itself: the person's own, for that recipient, now, to treat or to coordinate care.
TEST(Consent, AllowsCareOfThatPersonByThatRecipient) {
  Consent consent = Make('a', {1}, {1});
  consent.person = *Id::FromBytes("the person......");
  consent.recipient = *Id::FromBytes("the recipient...");
  const Id other = *Id::FromBytes("somebody else...");
  EXPECT_TRUE(AllowsCare(consent, consent.person, consent.recipient, kStart));
  EXPECT_FALSE(AllowsCare(consent, other, consent.recipient, kStart));
  EXPECT_FALSE(AllowsCare(consent, consent.person, other, kStart));
  EXPECT_FALSE(AllowsCare(consent, consent.person, consent.recipient, kEnd));
  for (int purpose = 1; purpose <= kLastConsentPurpose; ++purpose) {
    consent.purposes = {purpose};
    EXPECT_EQ(AllowsCare(consent, consent.person, consent.recipient, kStart), purpose <= 2) << purpose;
  }
}

TEST(CheckConsents, WantsEveryCategoryForThatPurpose) {
  const std::vector<Consent> consents = {Make('a', {1, 2}, {1, 3})};
  EXPECT_TRUE(CheckConsents(consents, 1, {1, 3}, kStart).granted);
  EXPECT_TRUE(CheckConsents(consents, 2, {3}, kStart).granted);
  EXPECT_FALSE(CheckConsents(consents, 3, {1}, kStart).granted);
  const ConsentAnswer answer = CheckConsents(consents, 1, {1, 4, 5}, kStart);
  EXPECT_FALSE(answer.granted);
  EXPECT_THAT(answer.missing_categories, ElementsAre(4, 5));
  EXPECT_FALSE(CheckConsents({}, 1, {1}, kStart).granted);
  EXPECT_FALSE(CheckConsents(consents, 1, {}, kStart).granted);
}

TEST(CheckConsents, MayBeAnsweredBySeveralTogether) {
  Consent first = Make('a', {1}, {1});
  Consent second = Make('b', {1}, {2});
  second.end_time = absl::InfiniteFuture();
  const ConsentAnswer answer = CheckConsents({first, second}, 1, {1, 2}, kStart);
  EXPECT_TRUE(answer.granted);
  EXPECT_THAT(answer.consents, UnorderedElementsAre(first.id, second.id));
  EXPECT_EQ(answer.expire_time, kEnd);
}

TEST(CheckConsents, RestOnTheOneThatLastsLongest) {
  Consent shorter = Make('a', {1}, {1});
  Consent longer = Make('b', {1}, {1});
  longer.end_time = kEnd + absl::Hours(5);
  const ConsentAnswer answer = CheckConsents({shorter, longer}, 1, {1}, kStart);
  EXPECT_THAT(answer.consents, ElementsAre(longer.id));
  EXPECT_EQ(answer.expire_time, longer.end_time);
}

TEST(CheckConsents, DoNotCountTheRevokedOrTheFuture) {
  Consent revoked = Make('a', {1}, {1});
  revoked.revoke_time = kStart;
  Consent future = Make('b', {1}, {1});
  future.start_time = kStart + absl::Hours(1);
  const ConsentAnswer answer = CheckConsents({revoked, future}, 1, {1}, kStart);
  EXPECT_FALSE(answer.granted);
  EXPECT_THAT(answer.consents, IsEmpty());
}

TEST(ParseChoices, WantsKnownNumbersOnce) {
  EXPECT_EQ(*ParseChoices({1, 7}, 7, "f"), (std::set<int>{1, 7}));
  for (const std::vector<int>& bad : {std::vector<int>{}, {0}, {8}, {2, 2}, {-3}})
    EXPECT_FALSE(ParseChoices(bad, 7, "f").ok());
}

TEST(ValidatePeriod, EndsAfterItsStartAndInTheFuture) {
  EXPECT_TRUE(ValidatePeriod(kStart, kEnd, kStart, "f").ok());
  EXPECT_TRUE(ValidatePeriod(kStart - absl::Hours(9), kEnd, kStart, "f").ok());
  EXPECT_FALSE(ValidatePeriod(kStart, kStart, kStart - absl::Hours(1), "f").ok());
  EXPECT_FALSE(ValidatePeriod(kStart, kEnd, kEnd, "f").ok());
}

}  // namespace
}  // namespace trellis::identity
