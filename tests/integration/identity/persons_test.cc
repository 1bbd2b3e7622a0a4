#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "tests/integration/identity/fixture.h"

namespace trellis::identity {
namespace {

using google::protobuf::util::MessageDifferencer;
using options::v1::ROLE_COORDINATOR;
using ::testing::ElementsAre;

class PersonsTest : public IdentityTest {
 protected:
  static v1::Person Anna() {
    v1::Person person;
    person.set_given_names("Anna Maria");
    person.set_family_names("Kowalska");
    person.mutable_birth_date()->set_year(1990);
    person.mutable_birth_date()->set_month(5);
    person.mutable_birth_date()->set_day(17);
    person.set_gender(v1::Person::GENDER_FEMALE);
    person.add_languages("pl");
    person.add_languages("en-GB");
    person.add_phones("+44 20 7946 0018");
    person.add_emails("anna@example.org");
    person.mutable_address()->add_lines("1 High Street");
    person.mutable_address()->set_city("Leeds");
    person.mutable_address()->set_country("GB");
    person.mutable_position()->set_latitude(53.8);
    person.mutable_position()->set_longitude(-1.55);
    return person;
  }
  static void AddNumber(v1::Person& person, const std::string& value) {
    auto* identifier = person.add_identifiers();
    identifier->set_system("https://fhir.nhs.uk/Id/nhs-number");
    identifier->set_value(value);
  }
  Answer<v1::UpdatePersonResponse> Update(const v1::Person& person, std::vector<std::string> mask) {
    v1::UpdatePersonRequest request;
    *request.mutable_person() = person;
    for (const std::string& path : mask) request.mutable_update_mask()->add_paths(path);
    return Call(coordinator_, *persons_, &v1::Persons::Stub::UpdatePerson, request);
  }

  testing::TestUser coordinator_ = testing::TestUser::Make({ROLE_COORDINATOR}, administrator_.organization);
};

TEST_F(PersonsTest, IsRegisteredAndReadByTheOneWhoRegistered) {
  const auto registered = Register(coordinator_, Anna());
  ASSERT_TRUE(registered.ok()) << registered.status.error_message();
  const auto read = Get(coordinator_, registered.value.person().name());
  ASSERT_TRUE(read.ok()) << read.status.error_message();
  EXPECT_TRUE(MessageDifferencer::Equals(read.value.person(), registered.value.person()));
  v1::Person facts = read.value.person();
  for (const char* field : {"name", "etag", "create_time", "update_time"}) {
    EXPECT_TRUE(facts.GetReflection()->HasField(facts, facts.GetDescriptor()->FindFieldByName(field))) << field;
    facts.GetReflection()->ClearField(&facts, facts.GetDescriptor()->FindFieldByName(field));
  }
  EXPECT_TRUE(MessageDifferencer::Equals(facts, Anna()));
}

TEST_F(PersonsTest, StoresNothingThatTheContractDoesNotKnow) {
  v1::Person person = Anna();
  person.GetReflection()->MutableUnknownFields(&person)->AddLengthDelimited(999, std::string(100'000, '\x07'));
  const auto registered = Register(coordinator_, person);
  ASSERT_TRUE(registered.ok()) << registered.status.error_message();
  const auto read = Get(coordinator_, registered.value.person().name());
  ASSERT_TRUE(read.ok()) << read.status.error_message();
  EXPECT_TRUE(read.value.person().GetReflection()->GetUnknownFields(read.value.person()).empty());
}

TEST_F(PersonsTest, KeepsHostileTextAsItIs) {
  const std::vector<std::string> names = {
      "Robert'); DROP TABLE person;--",
      "\" OR 1=1 --",
      "%_\\% a",
      "${jndi:ldap://x}",
      "<script>alert(1)</script>",
      "Zo\u00eb",
      "Zoe\u0308",  // composed and not: two different texts
      "عبد الرحمن",
      "李小龙",
      "👩‍👩‍👧‍👦 Family",
      "İıſßﬁ",
      "Ｆｕｌｌ",
      " leading and trailing ",
      "{\"json\": [1,2]}",
      "NULL",
      "1e309",
  };
  for (const std::string& name : names) {
    v1::Person person;
    person.set_family_names(name);
    const auto registered = Register(coordinator_, person);
    ASSERT_TRUE(registered.ok()) << name << ": " << registered.status.error_message();
    EXPECT_EQ(Get(coordinator_, registered.value.person().name()).value.person().family_names(), name);
  }
}

TEST_F(PersonsTest, RefusesTextThatDeceivesOrIsBroken) {
  v1::Person person = Anna();
  for (const std::string& name :
       {std::string("a\0b", 3), std::string("evil\u202Etxt"), std::string("bell\a"), std::string(201, 'x')}) {
    person.set_given_names(name);
    const auto answer = Register(coordinator_, person);
    EXPECT_EQ(answer.code(), grpc::StatusCode::INVALID_ARGUMENT) << answer.status.error_message();
  }
}

TEST_F(PersonsTest, NamesEverythingThatIsWrong) {
  v1::Person person = Anna();
  person.mutable_birth_date()->set_day(31);
  person.mutable_birth_date()->set_month(2);
  EXPECT_THAT(WrongFields(Register(coordinator_, person).status), ElementsAre("person.birth_date"));
  person = Anna();
  person.clear_given_names();
  person.clear_family_names();
  person.add_phones("call me");
  EXPECT_THAT(WrongFields(Register(coordinator_, person).status),
              ElementsAre("person.family_names", "person.phones[1]"));
  EXPECT_THAT(
      WrongFields(
          Call(coordinator_, *persons_, &v1::Persons::Stub::RegisterPerson, v1::RegisterPersonRequest()).status),
      ElementsAre("person"));
}

TEST_F(PersonsTest, ExistsForNobodyWithoutARelation) {
  const std::string person = Registered(coordinator_, "Anna", "Kowalska");
  const std::string unknown = "persons/01890000-0000-7000-8000-000000000000";
  const testing::TestUser colleague = testing::TestUser::Make({ROLE_COORDINATOR}, administrator_.organization);
  const testing::TestUser stranger = testing::TestUser::Make({ROLE_COORDINATOR});
  // The same ids in the token of another organization do not help.
  testing::TestUser forger = coordinator_;
  forger.organization = stranger.organization;
  for (const testing::TestUser& who : {colleague, stranger, forger}) {
    EXPECT_TRUE(SameRefusal(Get(who, person).status, person, Get(who, unknown).status, unknown));
    v1::UpdatePersonRequest update;
    update.mutable_person()->set_name(person);
    update.mutable_person()->set_given_names("Changed");
    EXPECT_EQ(Call(who, *persons_, &v1::Persons::Stub::UpdatePerson, update).code(), grpc::StatusCode::NOT_FOUND);
    v1::BatchGetPersonsRequest batch;
    batch.add_names(person);
    EXPECT_EQ(Call(who, *persons_, &v1::Persons::Stub::BatchGetPersons, batch).code(), grpc::StatusCode::NOT_FOUND);
  }
  EXPECT_EQ(Get(coordinator_, person).value.person().given_names(), "Anna");
}

TEST_F(PersonsTest, IsNotForAdministratorsAndAnalysts) {
  const std::string person = Registered(coordinator_, "Anna", "Kowalska");
  for (const options::v1::Role role :
       {options::v1::ROLE_ORGANIZATION_ADMINISTRATOR, options::v1::ROLE_ANALYST, options::v1::ROLE_PROVIDER_STAFF,
        options::v1::ROLE_PRIVACY_OFFICER, options::v1::ROLE_PLATFORM_ADMINISTRATOR}) {
    testing::TestUser who = coordinator_;
    who.roles = {role};
    EXPECT_EQ(Get(who, person).code(), grpc::StatusCode::PERMISSION_DENIED);
    EXPECT_EQ(Register(who, Anna()).code(), grpc::StatusCode::PERMISSION_DENIED);
  }
}

TEST_F(PersonsTest, IsRegisteredOnceForOneRequestId) {
  v1::RegisterPersonRequest request;
  *request.mutable_person() = Anna();
  AddNumber(*request.mutable_person(), "943 476 5919");
  request.set_request_id(NewRequestId());
  const auto first = Call(coordinator_, *persons_, &v1::Persons::Stub::RegisterPerson, request);
  ASSERT_TRUE(first.ok()) << first.status.error_message();
  const auto again = Call(coordinator_, *persons_, &v1::Persons::Stub::RegisterPerson, request);
  ASSERT_TRUE(again.ok()) << again.status.error_message();
  EXPECT_TRUE(MessageDifferencer::Equals(again.value, first.value));
  request.mutable_person()->set_given_names("Another");
  EXPECT_EQ(Call(coordinator_, *persons_, &v1::Persons::Stub::RegisterPerson, request).reason(), "REQUEST_ID_REUSED");
}

TEST_F(PersonsTest, OwnsAnIdentifierWithinTheOrganization) {
  v1::Person person = Anna();
  AddNumber(person, "943 476 5919");
  const auto first = Register(coordinator_, person);
  ASSERT_TRUE(first.ok());
  person.mutable_identifiers(0)->set_value("943-4765919");
  const auto second = Register(coordinator_, person);
  EXPECT_EQ(second.reason(), "IDENTIFIER_TAKEN");
  EXPECT_THAT(WrongFields(second.status), ElementsAre("person.identifiers[0]"));
  EXPECT_TRUE(Register(testing::TestUser::Make({ROLE_COORDINATOR}), person).ok()) << "another organization";

  // Given up, it is free again.
  v1::Person update;
  update.set_name(first.value.person().name());
  ASSERT_TRUE(Update(update, {"identifiers"}).ok());
  EXPECT_TRUE(Register(coordinator_, person).ok());
}

TEST_F(PersonsTest, IsChangedFieldByField) {
  v1::Person person = Register(coordinator_, Anna()).value.person();
  v1::Person change;
  change.set_name(person.name());
  change.set_family_names("Nowak");
  change.add_phones("112");
  auto updated = Update(change, {"family_names", "address"});
  ASSERT_TRUE(updated.ok()) << updated.status.error_message();
  EXPECT_EQ(updated.value.person().family_names(), "Nowak");
  EXPECT_FALSE(updated.value.person().has_address()) << "named and empty: cleared";
  EXPECT_THAT(updated.value.person().phones(), ElementsAre("+44 20 7946 0018"));
  EXPECT_EQ(updated.value.person().given_names(), "Anna Maria");

  // Without a mask: what is set.
  updated = Update(change, {});
  EXPECT_THAT(updated.value.person().phones(), ElementsAre("112"));
  EXPECT_TRUE(updated.value.person().has_birth_date());
  EXPECT_TRUE(MessageDifferencer::Equals(Get(coordinator_, person.name()).value.person(), updated.value.person()));

  EXPECT_THAT(WrongFields(Update(change, {"name"}).status), ElementsAre("update_mask"));
  EXPECT_THAT(WrongFields(Update(change, {"address.city"}).status), ElementsAre("update_mask"));
  change.clear_family_names();
  EXPECT_THAT(WrongFields(Update(change, {"family_names", "given_names"}).status), ElementsAre("person.family_names"));
}

TEST_F(PersonsTest, IsNotChangedOverSomebodyElsesChange) {
  v1::Person person = Register(coordinator_, Anna()).value.person();
  v1::Person change;
  change.set_name(person.name());
  change.set_etag(person.etag());
  change.set_preferred_name("Ania");
  const auto updated = Update(change, {});
  ASSERT_TRUE(updated.ok());
  change.set_preferred_name("Hania");
  const auto stale = Update(change, {});
  EXPECT_EQ(stale.code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(stale.reason(), "ETAG_MISMATCH");
  change.set_etag(updated.value.person().etag());
  EXPECT_TRUE(Update(change, {}).ok());
}

TEST_F(PersonsTest, AreReadManyAtOnceOrNotAtAll) {
  v1::BatchGetPersonsRequest request;
  for (const char* name : {"Anna", "Berta", "Cecylia"}) request.add_names(Registered(coordinator_, name, "Kowalska"));
  request.mutable_names()->SwapElements(0, 2);
  request.add_names(request.names(1));
  const auto all = Call(coordinator_, *persons_, &v1::Persons::Stub::BatchGetPersons, request);
  ASSERT_TRUE(all.ok()) << all.status.error_message();
  std::vector<std::string> names;
  for (const auto& person : all.value.persons()) names.push_back(person.given_names());
  EXPECT_THAT(names, ElementsAre("Cecylia", "Berta", "Anna", "Berta"));

  const testing::TestUser colleague = testing::TestUser::Make({ROLE_COORDINATOR}, administrator_.organization);
  request.add_names(Registered(colleague, "Dora", "Kowalska"));
  EXPECT_EQ(Call(coordinator_, *persons_, &v1::Persons::Stub::BatchGetPersons, request).code(),
            grpc::StatusCode::NOT_FOUND);
  request.clear_names();
  EXPECT_THAT(WrongFields(Call(coordinator_, *persons_, &v1::Persons::Stub::BatchGetPersons, request).status),
              ElementsAre("names"));
  for (int i = 0; i < 101; ++i) request.add_names("persons/01890000-0000-7000-8000-000000000000");
  EXPECT_EQ(Call(coordinator_, *persons_, &v1::Persons::Stub::BatchGetPersons, request).code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace trellis::identity
