#include "services/identity/domain/person_rules.h"

#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trellis::identity {
namespace {

using ::testing::ElementsAre;

constexpr absl::CivilDay kToday(2026, 5, 17);

PersonFacts Anna() {
  PersonFacts person;
  person.given_names = "Anna";
  person.family_names = "Kowalska";
  person.birth_date = absl::CivilDay(1990, 2, 28);
  return person;
}

std::vector<std::string> WrongFields(const PersonFacts& person) {
  std::vector<std::string> fields;
  const absl::Status status = ValidatePerson(person, kToday, "person.");
  if (status.ok()) return fields;
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  const ErrorDetails details = DetailsOf(status).value();
  for (const FieldError& error : details.fields) fields.push_back(error.field);
  return fields;
}

TEST(ValidatePerson, AcceptsWhatIsUsual) { EXPECT_THAT(WrongFields(Anna()), ElementsAre()); }

TEST(ValidatePerson, AcceptsOneNameOfAnyScript) {
  PersonFacts person;
  person.family_names = "李";
  EXPECT_THAT(WrongFields(person), ElementsAre());
  person = PersonFacts();
  person.given_names = "Sukarno";
  EXPECT_THAT(WrongFields(person), ElementsAre());
}

TEST(ValidatePerson, WantsALetterInAName) {
  PersonFacts person = Anna();
  person.given_names = " ";
  person.family_names = "--";
  EXPECT_THAT(WrongFields(person), ElementsAre("person.family_names"));
}

TEST(ValidatePerson, HoldsDatesTogether) {
  PersonFacts person = Anna();
  person.birth_date = kToday + 2;
  EXPECT_THAT(WrongFields(person), ElementsAre("person.birth_date"));
  person.birth_date = absl::CivilDay(1849, 12, 31);
  EXPECT_THAT(WrongFields(person), ElementsAre("person.birth_date"));
  person = Anna();
  person.death_date = absl::CivilDay(2020, 1, 1);
  EXPECT_THAT(WrongFields(person), ElementsAre("person.death_date"));
  person.deceased = true;
  EXPECT_THAT(WrongFields(person), ElementsAre());
  person.death_date = absl::CivilDay(1990, 2, 27);
  EXPECT_THAT(WrongFields(person), ElementsAre("person.death_date"));
}

TEST(ValidatePerson, NamesEveryWrongFieldAtOnce) {
  PersonFacts person = Anna();
  person.phones = {"+44 (0)20 7946-0018", "ring me", "1-"};
  person.languages = {"en", "ur-PK", "EN"};
  person.identifiers = {{"urn:nhs", "943 476 5919"}, {"urn:nhs", "9434765919"}, {"urn:x", "-"}};
  EXPECT_THAT(WrongFields(person), ElementsAre("person.identifiers[1]", "person.identifiers[2].value",
                                               "person.languages[2]", "person.phones[1]", "person.phones[2]"));
}

}  // namespace
}  // namespace trellis::identity
