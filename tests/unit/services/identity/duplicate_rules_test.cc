#include "services/identity/domain/duplicate_rules.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trellis::identity {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using enum DuplicateReason;

PersonFacts Person(std::string given, std::string family, std::optional<absl::CivilDay> born = std::nullopt) {
  PersonFacts person;
  person.given_names = std::move(given);
  person.family_names = std::move(family);
  person.birth_date = born;
  return person;
}

using Day = absl::CivilDay;
constexpr Day kBorn(1990, 5, 17);

// Both ways round: which of two records came first must not matter.
Likelihood Between(const PersonFacts& a, const PersonFacts& b) {
  const DuplicateMatch match = CompareForDuplicate(a, b);
  const DuplicateMatch reverse = CompareForDuplicate(b, a);
  EXPECT_EQ(match.score, reverse.score);
  EXPECT_EQ(match.reasons, reverse.reasons);
  EXPECT_EQ(match.likelihood, reverse.likelihood);
  return match.likelihood;
}

TEST(DuplicateRules, SpellingsOfOneNameOnOneDayAreMostProbablyOnePerson) {
  const std::pair<PersonFacts, PersonFacts> pairs[] = {
      {Person("Anna", "Kowalska"), Person("ANNA", "kowalska")},
      {Person("Zoë", "Żółć"), Person("Zoe", "Zolc")},
      {Person("Jürgen", "Müller"), Person("Juergen", "Mueller")},
      {Person("Mohammed", "Khan"), Person("Muhammad", "Khan")},
      {Person("Stephen", "Meyer"), Person("Steven", "Maier")},
      {Person("Anna", "Kowalska"), Person("Anna", "Kowalksa")},  // two letters changed
      {Person("Anna", "Kowalska"), Person("Anna", "Kowalsk")},
      {Person("Anna Maria", "Kowalska"), Person("Maria Anna", "Kowalska")},
      {Person("Anna", "Kowalska"), Person("Anna Maria", "Kowalska")},
      {Person("Anna", "Kowalska"), Person("Anna", "Kowalska-Nowak")},
      {Person("Marie Ann", "O'Neil"), Person("Marieann", "ONeil")},
      {Person("小明", "王"), Person("小明", "王")},
  };
  for (auto [a, b] : pairs) {
    a.birth_date = b.birth_date = kBorn;
    EXPECT_EQ(Between(a, b), Likelihood::kHigh)
        << a.given_names << " " << a.family_names << " / " << b.given_names << " " << b.family_names;
  }
}

TEST(DuplicateRules, GiveTheirReasons) {
  PersonFacts a = Person("Anna", "Müller", kBorn);
  PersonFacts b = Person("Anne", "Mueller", kBorn);
  a.phones = {"+44 20 7946 0018"};
  b.phones = {"112", "(020) 7946-0018"};
  a.emails = {"anna@example.org"};
  b.emails = {"ANNA@example.org"};
  EXPECT_THAT(CompareForDuplicate(a, b).reasons,
              ElementsAre(kSameBirthDate, kSimilarFamilyName, kSimilarGivenName, kSamePhone, kSameEmail));
  EXPECT_THAT(CompareForDuplicate(Person("Anna", "Kowalska", kBorn), Person("Anna", "Kowalska", kBorn)).reasons,
              ElementsAre(kSameBirthDate, kSameFamilyName, kSameGivenName));
  EXPECT_THAT(CompareForDuplicate(Person("Anna", ""), Person("Berta", "")).reasons, IsEmpty());
}

TEST(DuplicateRules, SeeNamesInEachOthersPlace) {
  EXPECT_THAT(CompareForDuplicate(Person("Nguyen", "Thi Lan", kBorn), Person("Thi Lan", "Nguyen", kBorn)).reasons,
              ElementsAre(kSameBirthDate, kSwappedNames));
  EXPECT_EQ(Between(Person("Nguyen", "Lan", kBorn), Person("Lan", "Nguyen", kBorn)), Likelihood::kHigh);
  EXPECT_EQ(Between(Person("Müller", "Anna", kBorn), Person("Anne", "Mueller", kBorn)), Likelihood::kHigh);
  EXPECT_EQ(Between(Person("Nguyen", "Lan"), Person("Lan", "Nguyen")), Likelihood::kMedium);
  EXPECT_EQ(Between(Person("Anna Kowalska", "", kBorn), Person("Anna", "Kowalska", kBorn)), Likelihood::kHigh);
}

TEST(DuplicateRules, TwinsAreNeverMostProbablyOnePerson) {
  PersonFacts a = Person("Anna", "Kowalska", kBorn);
  PersonFacts b = Person("Berta", "Kowalska", kBorn);
  EXPECT_EQ(Between(a, b), Likelihood::kMedium);
  a.phones = b.phones = {"+44 20 7946 0018"};
  a.emails = b.emails = {"family@example.org"};
  EXPECT_GE(CompareForDuplicate(a, b).score, 75) << "by points alone they would be";
  EXPECT_EQ(Between(a, b), Likelihood::kMedium);
  EXPECT_EQ(Between(Person("Tom", "Kowalska", kBorn), Person("Tim", "Kowalski", kBorn)), Likelihood::kNone);
}

TEST(DuplicateRules, EqualNamesAloneAreWorthALookWhereADayIsMissing) {
  EXPECT_EQ(Between(Person("Anna", "Kowalska"), Person("Anna", "Kowalska", kBorn)), Likelihood::kMedium);
  EXPECT_EQ(Between(Person("Anna", "Kowalska"), Person("Ánna", "KOWALSKA")), Likelihood::kMedium);
  EXPECT_EQ(Between(Person("Anna", "Kowalska"), Person("Anna", "Kowalski")), Likelihood::kNone);
  EXPECT_EQ(Between(Person("Anna", ""), Person("Anna", "")), Likelihood::kNone) << "one name says too little";
  EXPECT_EQ(Between(Person("Anna", "Kowalska", kBorn), Person("Anna", "Kowalska", Day(1961, 2, 3))), Likelihood::kNone);
}

TEST(DuplicateRules, SlipsInADayAreSeen) {
  const auto between = [](Day a, Day b) {
    return Between(Person("Anna", "Kowalska", a), Person("Anna", "Kowalska", b));
  };
  EXPECT_EQ(between(Day(1990, 5, 7), Day(1990, 7, 5)), Likelihood::kMedium);
  EXPECT_EQ(between(Day(1990, 5, 17), Day(1990, 5, 11)), Likelihood::kMedium);
  EXPECT_EQ(between(Day(1990, 5, 17), Day(1980, 5, 17)), Likelihood::kMedium);
  EXPECT_EQ(between(Day(1990, 5, 17), Day(1991, 5, 18)), Likelihood::kNone);
}

TEST(DuplicateRules, AMarriageOrANicknameIsWorthALook) {
  EXPECT_EQ(Between(Person("Anna", "Kowalska", kBorn), Person("Anna", "Wedding", kBorn)), Likelihood::kMedium);
  EXPECT_EQ(Between(Person("Elizabeth", "Brown", kBorn), Person("Liz", "Brown", kBorn)), Likelihood::kMedium);
  PersonFacts full = Person("Elizabeth", "Brown", kBorn);
  full.preferred_name = "Liz";
  EXPECT_EQ(Between(full, Person("Liz", "Brown", kBorn)), Likelihood::kHigh);
}

TEST(DuplicateRules, StrangersAreNoDuplicates) {
  EXPECT_EQ(Between(Person("Anna", "Kowalska", kBorn), Person("Peter", "Smith", kBorn)), Likelihood::kNone);
  EXPECT_EQ(Between(Person("", ""), Person("", "")), Likelihood::kNone);
  PersonFacts a = Person("Anna", "Kowalska");
  PersonFacts b = Person("Peter", "Smith");
  a.phones = b.phones = {"112"};
  EXPECT_THAT(CompareForDuplicate(a, b).reasons, IsEmpty()) << "a short number says nothing";
}

TEST(DuplicateKeys, AreFewAndSharedByLikelyDuplicates) {
  const DuplicateKeys keys = DuplicateKeysOf(Person("Jürgen", "Müller", Day(1990, 5, 7)));
  EXPECT_THAT(keys.birth_dates, ElementsAre(SearchKey{SearchKind::kBirthDate, "1990-05-07"},
                                            SearchKey{SearchKind::kBirthDate, "1990-07-05"}));
  EXPECT_THAT(keys.names, SizeIs(2));
  EXPECT_EQ(keys.fewest_names, 2);
  const std::vector<SearchKey> other = SearchKeysOf(Person("Jurgen", "Muller"));
  for (const SearchKey& key : keys.names) EXPECT_THAT(other, ::testing::Contains(key));

  EXPECT_THAT(DuplicateKeysOf(Person("A B C D E F G", "H I J K L", kBorn)).names, SizeIs(6));
  EXPECT_THAT(DuplicateKeysOf(Person("Anna", "")).birth_dates, IsEmpty());
  EXPECT_EQ(DuplicateKeysOf(Person("Anna", "")).fewest_names, 1);
  EXPECT_THAT(DuplicateKeysOf(Person("", "", kBorn)).names, IsEmpty());
  EXPECT_THAT(DuplicateKeysOf(Person("Anna", "", Day(1990, 5, 5))).birth_dates, SizeIs(1));
}

}  // namespace
}  // namespace trellis::identity
