#include "services/identity/api/person_profile.h"

#include "common/base/error.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"

namespace trellis::identity {
namespace {

using google::protobuf::util::MessageDifferencer;

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

TEST(PersonProfile, ComesBackAsItWas) {
  v1::Person person = Anna();
  person.set_name("persons/whatever");
  person.set_etag("whatever");
  storage::PersonRow row;
  row.profile = EncodeProfile(person);
  row.version = 7;
  v1::Person back = DecodePerson(row).value();
  EXPECT_EQ(back.etag(), "\"7\"");
  back.clear_name();
  back.clear_etag();
  back.clear_create_time();
  back.clear_update_time();
  EXPECT_TRUE(MessageDifferencer::Equals(back, Anna()));
}

TEST(PersonProfile, ThatIsDamagedIsAnError) {
  storage::PersonRow row;
  row.profile = "\xFF\xFF\xFF";
  EXPECT_EQ(DecodePerson(row).status().code(), absl::StatusCode::kInternal);
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

TEST(IdentifierKey, IsOneForEachOrganizationAndForm) {
  const Id here = *Id::FromBytes(std::string(16, 'h'));
  const Id there = *Id::FromBytes(std::string(16, 't'));
  const PersonIdentifier number{"urn:nhs", "943 476 5919"};
  EXPECT_EQ(IdentifierKey(here, number).size(), 32u);
  EXPECT_EQ(IdentifierKey(here, number), IdentifierKey(here, {"urn:nhs", "9434765919"}));
  EXPECT_NE(IdentifierKey(here, number), IdentifierKey(there, number));
}

}  // namespace
}  // namespace trellis::identity
