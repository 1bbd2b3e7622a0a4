// Who is found when somebody is registered a second time.
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/rpc/channel.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "tests/integration/identity/fixture.h"

namespace trellis::identity {
namespace {

using options::v1::ROLE_COORDINATOR;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using Possible = v1::PossibleDuplicate;

class PersonDuplicatesTest : public IdentityTest {
 protected:
  static v1::Person Person(const std::string& given, const std::string& family, int day = 17) {
    v1::Person person;
    person.set_given_names(given);
    person.set_family_names(family);
    if (day == 0) return person;
    person.mutable_birth_date()->set_year(1990);
    person.mutable_birth_date()->set_month(5);
    person.mutable_birth_date()->set_day(day);
    return person;
  }
  v1::RegisterPersonResponse MustRegister(const testing::TestUser& who, const v1::Person& person) {
    const auto answer = Register(who, person);
    EXPECT_TRUE(answer.ok()) << answer.status.error_message();
    clock().Advance(absl::Milliseconds(2));
    return answer.value;
  }
  Answer<v1::RegisterPersonResponse> RegisterUnlessThere(const testing::TestUser& who, const v1::Person& person) {
    v1::RegisterPersonRequest request;
    *request.mutable_person() = person;
    request.set_refuse_duplicates(true);
    return Call(who, *persons_, &v1::Persons::Stub::RegisterPerson, request);
  }
  static Possible Among(const v1::RegisterPersonResponse& answer, const std::string& person) {
    for (const Possible& one : answer.possible_duplicates()) {
      if (one.person() == person) return one;
    }
    return Possible();
  }
  Answer<v1::FindDuplicatesResponse> Find(const testing::TestUser& who, const std::string& person) {
    v1::FindDuplicatesRequest request;
    request.set_name(person);
    return Call(who, *persons_, &v1::Persons::Stub::FindDuplicates, request);
  }

  testing::TestUser coordinator_ = testing::TestUser::Make({ROLE_COORDINATOR}, administrator_.organization);
  testing::TestUser colleague_ = testing::TestUser::Make({ROLE_COORDINATOR}, administrator_.organization);
};

TEST_F(PersonDuplicatesTest, SpellingsOfOneNameAreFoundAtRegistration) {
  const auto first = MustRegister(coordinator_, Person("Jürgen", "Müller"));
  EXPECT_THAT(first.possible_duplicates(), IsEmpty());
  for (const auto& [given, family] :
       {std::pair("JÜRGEN", "MÜLLER"), std::pair("Jurgen", "Muller"), std::pair("Juergen", "Mueller"),
        std::pair("Müller", "Jürgen"), std::pair("Jürgen Karl", "Müller"), std::pair("Jürgen", "Müler")}) {
    const auto again = MustRegister(coordinator_, Person(given, family));
    const Possible found = Among(again, first.person().name());
    EXPECT_EQ(found.likelihood(), Possible::LIKELIHOOD_HIGH) << given << " " << family;
    EXPECT_THAT(found.reasons(), Contains(Possible::REASON_SAME_BIRTH_DATE));
    EXPECT_EQ(again.hidden_duplicate_count(), 0);
  }
}

TEST_F(PersonDuplicatesTest, ReasonsAndLikelihoodAreGiven) {
  v1::Person anna = Person("Anna", "Kowalska");
  anna.add_phones("+44 20 7946 0018");
  anna.add_emails("anna@example.org");
  const std::string name = MustRegister(coordinator_, anna).person().name();
  const auto answer = MustRegister(coordinator_, anna);
  ASSERT_EQ(answer.possible_duplicates_size(), 1);
  EXPECT_EQ(answer.possible_duplicates(0).person(), name);
  EXPECT_EQ(answer.possible_duplicates(0).likelihood(), Possible::LIKELIHOOD_HIGH);
  EXPECT_THAT(answer.possible_duplicates(0).reasons(),
              ElementsAre(Possible::REASON_SAME_BIRTH_DATE, Possible::REASON_SAME_FAMILY_NAME,
                          Possible::REASON_SAME_GIVEN_NAME, Possible::REASON_SAME_PHONE, Possible::REASON_SAME_EMAIL));

  // Without a day only equal names are worth a look.
  const auto no_day = MustRegister(coordinator_, Person("Anna", "Kowalska", 0));
  ASSERT_EQ(no_day.possible_duplicates_size(), 2);
  for (const Possible& one : no_day.possible_duplicates()) EXPECT_EQ(one.likelihood(), Possible::LIKELIHOOD_MEDIUM);
  EXPECT_THAT(MustRegister(coordinator_, Person("Anne", "Kowalski", 0)).possible_duplicates(), IsEmpty());
  EXPECT_THAT(MustRegister(coordinator_, Person("Peter", "Smith")).possible_duplicates(), IsEmpty());
}

TEST_F(PersonDuplicatesTest, ADayWithASlipAndTwinsAreNotMostProbable) {
  MustRegister(coordinator_, Person("Anna", "Kowalska", 7));
  v1::Person swapped = Person("Anna", "Kowalska");
  swapped.mutable_birth_date()->set_month(7);
  swapped.mutable_birth_date()->set_day(5);
  for (const v1::Person& person : {swapped, Person("Anna", "Kowalska", 1), Person("Berta", "Kowalska", 7)}) {
    const auto answer = MustRegister(coordinator_, person);
    ASSERT_GE(answer.possible_duplicates_size(), 1) << person.given_names();
    EXPECT_EQ(answer.possible_duplicates(0).likelihood(), Possible::LIKELIHOOD_MEDIUM) << person.given_names();
  }
}

TEST_F(PersonDuplicatesTest, WhoIsNotTheCallersToSeeIsCountedAndNotNamed) {
  const std::string theirs = MustRegister(colleague_, Person("Anna", "Kowalska")).person().name();
  MustRegister(testing::TestUser::Make({ROLE_COORDINATOR}), Person("Anna", "Kowalska"));  // of another organization
  const auto answer = MustRegister(coordinator_, Person("Anna", "Kowalska"));
  EXPECT_THAT(answer.possible_duplicates(), IsEmpty());
  EXPECT_EQ(answer.hidden_duplicate_count(), 1);
  EXPECT_EQ(answer.SerializeAsString().find(theirs), std::string::npos);
  const auto twin = MustRegister(coordinator_, Person("Xaver", "Kowalska"));
  EXPECT_EQ(twin.hidden_duplicate_count(), 0) << "what is only worth a look is nobody else's to know";

  const auto found = Find(coordinator_, answer.person().name());
  ASSERT_TRUE(found.ok()) << found.status.error_message();
  EXPECT_EQ(found.value.possible_duplicates_size(), 1);  // the twin
  EXPECT_EQ(found.value.hidden_duplicate_count(), 1);
  const auto refused = RegisterUnlessThere(coordinator_, Person("Anna", "Kowalska"));
  EXPECT_EQ(refused.reason(), "POSSIBLE_DUPLICATE");
  EXPECT_EQ(refused.status.error_details().find(theirs), std::string::npos);
}

TEST_F(PersonDuplicatesTest, RefusesBeforeAnythingIsWritten) {
  const std::string first = MustRegister(coordinator_, Person("Anna", "Kowalska")).person().name();
  const auto refused = RegisterUnlessThere(coordinator_, Person("Anne", "Kowalska"));
  EXPECT_EQ(refused.code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(refused.reason(), "POSSIBLE_DUPLICATE");
  const auto details = DetailsOf(rpc::FromGrpc(refused.status));
  ASSERT_TRUE(details.has_value());
  EXPECT_THAT(details->metadata, UnorderedElementsAre(std::pair("persons", first), std::pair("hidden", "0")));
  EXPECT_EQ(
      Call(coordinator_, *persons_, &v1::Persons::Stub::SearchPersons, v1::SearchPersonsRequest()).value.persons_size(),
      1);
  const auto twin = RegisterUnlessThere(coordinator_, Person("Berta", "Kowalska"));
  EXPECT_TRUE(twin.ok()) << "only what is most probable is refused: " << twin.status.error_message();
}

TEST_F(PersonDuplicatesTest, ARepeatedRegistrationGivesTheSameAnswer) {
  MustRegister(coordinator_, Person("Anna", "Kowalska"));
  v1::RegisterPersonRequest request;
  *request.mutable_person() = Person("Anna", "Kowalska");
  request.set_request_id(NewRequestId());
  const auto first = Call(coordinator_, *persons_, &v1::Persons::Stub::RegisterPerson, request);
  MustRegister(coordinator_, Person("Anna", "Kowalska"));
  const auto again = Call(coordinator_, *persons_, &v1::Persons::Stub::RegisterPerson, request);
  ASSERT_TRUE(first.ok() && again.ok()) << again.status.error_message();
  EXPECT_EQ(first.value.possible_duplicates_size(), 1);
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(first.value, again.value));
}

TEST_F(PersonDuplicatesTest, AreFoundForSomebodyWhoIsThere) {
  const std::string first = MustRegister(coordinator_, Person("Anna", "Kowalska")).person().name();
  EXPECT_THAT(Find(coordinator_, first).value.possible_duplicates(), IsEmpty()) << "nobody is her own duplicate";
  const std::string second = MustRegister(coordinator_, Person("Kowalska", "Anna")).person().name();
  const auto found = Find(coordinator_, first);
  ASSERT_EQ(found.value.possible_duplicates_size(), 1);
  EXPECT_EQ(found.value.possible_duplicates(0).person(), second);
  EXPECT_THAT(found.value.possible_duplicates(0).reasons(),
              ElementsAre(Possible::REASON_SAME_BIRTH_DATE, Possible::REASON_SWAPPED_NAMES));
  EXPECT_EQ(Find(colleague_, first).code(), grpc::StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace trellis::identity
