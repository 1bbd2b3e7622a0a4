#include "services/referral/domain/matching.h"

#include "gtest/gtest.h"

namespace trellis::referral {
namespace {

Wish SampleWish() {
  return {.kind = "counselling", .age = 17, .languages = {"en"}, .radius_meters = 5000, .min_free_places = 1};
}

Offer Fitting() {
  Offer offer;
  offer.name = "healthcareServices/a";
  offer.display_name = "A";
  offer.active = true;
  offer.kinds = {"counselling", "crisis_support"};
  offer.minimum_age = 12;
  offer.maximum_age = 25;
  offer.languages = {"en-GB", "ur"};
  offer.distance_meters = 1200;
  offer.free_places = 3;
  offer.reachable = true;
  offer.consented = true;
  return offer;
}

Verdict VerdictOf(const Wish& wish, const Offer& offer, Rule rule) {
  for (const Reason& reason : Evaluate(wish, offer).reasons) {
    if (reason.rule == rule) return reason.verdict;
  }
  ADD_FAILURE() << "rule was not reported";
  return Verdict::kUnknown;
}

TEST(Evaluate, ReportsEveryRuleOnceInOrder) {
  const Match match = Evaluate(SampleWish(), Fitting());
  ASSERT_EQ(match.reasons.size(), 8u);
  for (std::size_t i = 0; i < match.reasons.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(match.reasons[i].rule), i + 1);
    EXPECT_EQ(match.reasons[i].verdict, Verdict::kMet);
  }
  EXPECT_TRUE(match.fits);
}

TEST(Evaluate, AgeBoundsAreInclusive) {
  Wish wish = SampleWish();
  for (const auto& [age, verdict] :
       {std::pair{11, Verdict::kNotMet}, {12, Verdict::kMet}, {25, Verdict::kMet}, {26, Verdict::kNotMet}}) {
    wish.age = age;
    EXPECT_EQ(VerdictOf(wish, Fitting(), Rule::kAge), verdict) << age;
  }
  wish.age = std::nullopt;
  EXPECT_EQ(VerdictOf(wish, Fitting(), Rule::kAge), Verdict::kUnknown);
  Offer open = Fitting();
  open.minimum_age = open.maximum_age = std::nullopt;
  EXPECT_EQ(VerdictOf(wish, open, Rule::kAge), Verdict::kMet);
}

TEST(Evaluate, MissingFactsAreUnknownAndDoNotExclude) {
  Offer offer = Fitting();
  offer.languages.clear();
  offer.distance_meters = std::nullopt;
  offer.free_places = std::nullopt;
  const Match match = Evaluate(SampleWish(), offer);
  EXPECT_TRUE(match.fits);
  for (const Rule rule : {Rule::kLanguage, Rule::kDistance, Rule::kCapacity}) {
    EXPECT_EQ(VerdictOf(SampleWish(), offer, rule), Verdict::kUnknown);
  }
}

TEST(Evaluate, OneRuleThatIsNotMetExcludes) {
  const auto fits = [](auto change) {
    Offer offer = Fitting();
    change(offer);
    return Evaluate(SampleWish(), offer).fits;
  };
  EXPECT_FALSE(fits([](Offer& o) { o.active = false; }));
  EXPECT_FALSE(fits([](Offer& o) { o.kinds = {"accommodation"}; }));
  EXPECT_FALSE(fits([](Offer& o) { o.languages = {"pl"}; }));
  EXPECT_FALSE(fits([](Offer& o) { o.distance_meters = 5001; }));
  EXPECT_FALSE(fits([](Offer& o) { o.free_places = 0; }));
  EXPECT_FALSE(fits([](Offer& o) { o.reachable = false; }));
  // Consent can still be asked for.
  EXPECT_TRUE(fits([](Offer& o) { o.consented = false; }));
}

TEST(SameLanguage, LooksAtTheLanguageBeforeTheCountry) {
  EXPECT_TRUE(SameLanguage("en", "EN"));
  EXPECT_TRUE(SameLanguage("en-GB", "en"));
  EXPECT_TRUE(SameLanguage("en", "en-GB"));
  EXPECT_FALSE(SameLanguage("en", "eng"));
  EXPECT_FALSE(SameLanguage("pt-BR", "pt-PT"));
}

TEST(Order, PutsFitBeforeUnknownBeforeDistanceBeforePlaces) {
  Offer best = Fitting();
  Offer farther = Fitting();
  farther.distance_meters = 4000;
  Offer fuller = farther;
  fuller.free_places = 1;
  Offer unknown = Fitting();
  unknown.free_places = std::nullopt;
  Offer unfit = Fitting();
  unfit.distance_meters = 10;
  unfit.active = false;
  const std::vector<Offer> offers = {unfit, unknown, fuller, farther, best};
  std::vector<Match> matches;
  for (const Offer& offer : offers) matches.push_back(Evaluate(SampleWish(), offer));
  EXPECT_EQ(Order(offers, matches), (std::vector<std::size_t>{4, 3, 2, 1, 0}));
}

TEST(Order, IsTheSameWhateverTheInputsOrder) {
  Offer a = Fitting();
  Offer b = Fitting();
  b.name = "healthcareServices/b";
  const Match match = Evaluate(SampleWish(), a);
  EXPECT_EQ(Order({a, b}, {match, match}), (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(Order({b, a}, {match, match}), (std::vector<std::size_t>{1, 0}));
}

TEST(AgeAt, CountsBirthdaysThatHavePassed) {
  EXPECT_EQ(AgeAt(absl::CivilDay(2008, 3, 14), absl::CivilDay(2026, 3, 13)), 17);
  EXPECT_EQ(AgeAt(absl::CivilDay(2008, 3, 14), absl::CivilDay(2026, 3, 14)), 18);
  EXPECT_EQ(AgeAt(absl::CivilDay(2008, 2, 29), absl::CivilDay(2026, 2, 28)), 17);
  EXPECT_EQ(AgeAt(absl::CivilDay(2008, 2, 29), absl::CivilDay(2026, 3, 1)), 18);
  EXPECT_EQ(AgeAt(absl::CivilDay(2026, 3, 1), absl::CivilDay(2026, 3, 1)), 0);
  EXPECT_EQ(AgeAt(absl::CivilDay(2026, 3, 2), absl::CivilDay(2026, 3, 1)), std::nullopt);
}

}  // namespace
}  // namespace trellis::referral
