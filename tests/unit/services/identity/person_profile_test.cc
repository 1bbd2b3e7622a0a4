#include "services/identity/api/person_profile.h"

#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trellis::identity {
namespace {

v1::Person Anna() {
  v1::Person person;
  person.set_given_names("Anna \u202Eevil");
  person.set_family_names("O'Neil-Żółć 😀");
  person.mutable_birth_date()->set_year(1990);
  person.mutable_birth_date()->set_month(5);
  person.mutable_birth_date()->set_day(17);
  person.mutable_position()->set_latitude(0.0);
  person.add_identifiers()->set_system("urn:nhs");
  person.mutable_identifiers(0)->set_value("943 476 5919");
  return person;
}

TEST(PersonProfile, NamesADateThatDoesNotExist) {
  v1::Person person = Anna();
  person.mutable_birth_date()->set_month(2);
  person.mutable_birth_date()->set_day(30);
  EXPECT_EQ(DetailsOf(FactsOf(person, "person.").status())->fields[0].field, "person.birth_date");
  person = Anna();
  person.set_gender(static_cast<v1::Person::Gender>(99));
  EXPECT_EQ(DetailsOf(FactsOf(person, "person.").status())->fields[0].field, "person.gender");
}

}  // namespace
}  // namespace trellis::identity
