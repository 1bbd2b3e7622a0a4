// Two records of one human being become one, and two again.
#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"
#include "common/rpc/timestamps.h"
#include "common/testing/tables.h"
#include "gmock/gmock.h"
#include "tests/integration/identity/fixture.h"

namespace trellis::identity {
namespace {

using options::v1::ROLE_COORDINATOR;
using options::v1::ROLE_PRIVACY_OFFICER;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr char kNumbers[] = "urn:pupil";

class PersonMergeTest : public IdentityTest {
 protected:
  PersonMergeTest() {
    person_ = Registered("Anna", "Kowalska", "1");
    duplicate_ = Registered("Hanka", "Nowak", "2");
  }

  std::string Registered(const std::string& given, const std::string& family, const std::string& number = "") {
    v1::Person person;
    person.set_given_names(given);
    person.set_family_names(family);
    if (!number.empty()) {
      person.add_identifiers()->set_system(kNumbers);
      person.mutable_identifiers(0)->set_value(number);
    }
    const auto answer = Register(coordinator_, person);
    EXPECT_TRUE(answer.ok()) << answer.status.error_message();
    clock().Advance(absl::Milliseconds(2));
    return answer.value.person().name();
  }
  Answer<v1::MergePersonsResponse> Merge(const testing::TestUser& who, const std::string& person,
                                         const std::string& duplicate, const std::string& request_id = "") {
    v1::MergePersonsRequest request;
    request.set_person(person);
    request.set_duplicate(duplicate);
    request.set_request_id(request_id);
    return Call(who, *persons_, &v1::Persons::Stub::MergePersons, request);
  }
  Answer<v1::UnmergePersonsResponse> Unmerge(const testing::TestUser& who, const std::string& duplicate) {
    v1::UnmergePersonsRequest request;
    request.set_duplicate(duplicate);
    return Call(who, *persons_, &v1::Persons::Stub::UnmergePersons, request);
  }
  void MustMerge(const std::string& person, const std::string& duplicate) {
    const auto merged = Merge(coordinator_, person, duplicate);
    ASSERT_TRUE(merged.ok()) << merged.status.error_message();
  }
  void MustUnmerge(const std::string& duplicate) {
    const auto parted = Unmerge(coordinator_, duplicate);
    ASSERT_TRUE(parted.ok()) << parted.status.error_message();
  }
  Answer<v1::ErasePersonResponse> Erase(const std::string& person) {
    v1::ErasePersonRequest request;
    request.set_name(person);
    request.set_reason(v1::ERASURE_REASON_REQUEST);
    return Call(testing::TestUser::Make({ROLE_PRIVACY_OFFICER}, administrator_.organization), *persons_,
                &v1::Persons::Stub::ErasePerson, request);
  }
  bool Sees(const testing::TestUser& who, const std::string& person) { return Get(who, person).ok(); }
  testing::TestUser ColleagueOf(const std::string& person) {
    const testing::TestUser user = NewUser({ROLE_COORDINATOR});
    EXPECT_TRUE(Grant(coordinator_, v1::RELATION_KIND_CARE_TEAM, person, NameOf("users", user.user)).ok());
    return user;
  }

  std::vector<std::string> Names(const v1::SearchPersonsRequest& request) {
    const auto found = Call(coordinator_, *persons_, &v1::Persons::Stub::SearchPersons, request);
    EXPECT_TRUE(found.ok()) << found.status.error_message();
    std::vector<std::string> names;
    for (const auto& person : found.value.persons()) names.push_back(person.name());
    return names;
  }
  std::vector<std::string> Named(const std::string& query) {
    v1::SearchPersonsRequest request;
    request.set_name_query(query);
    return Names(request);
  }
  std::vector<std::string> Numbered(const std::string& number) {
    v1::SearchPersonsRequest request;
    request.mutable_identifier()->set_system(kNumbers);
    request.mutable_identifier()->set_value(number);
    return Names(request);
  }

  // The types of this test's latest events, without their package, oldest first.
  std::vector<std::string> Events(std::size_t latest) {
    std::vector<std::string> types;
    const absl::Status status =
        service().pool().Read(absl::Now() + absl::Seconds(10), [&](db::Session& session) -> absl::Status {
          TRELLIS_ASSIGN_OR_RETURN(const auto rows,
                                   session.Query<std::string>("SELECT type FROM event WHERE organization_id = ? "
                                                              "ORDER BY write_time, event_id LIMIT 100",
                                                              administrator_.organization));
          for (const auto& [type] : rows) types.push_back(type.substr(type.rfind('.') + 1));
          return absl::OkStatus();
        });
    EXPECT_TRUE(status.ok()) << status;
    types.erase(types.begin(), types.end() - static_cast<std::ptrdiff_t>(std::min(latest, types.size())));
    return types;
  }

  // What the tables hold about this test's organization, but for the log of what was done.
  std::map<std::string, std::string> Tables() {
    std::map<std::string, std::string> out;
    const absl::Status status = testing::ForEachStillTable(
        service().pool(),
        [&](db::Session& session, const std::string& table) { return AddTable(session, table, out); });
    EXPECT_TRUE(status.ok()) << status;
    return out;
  }
  absl::Status AddTable(db::Session& session, const std::string& table, std::map<std::string, std::string>& out) {
    if (table == "event" || table == "idempotency") return absl::OkStatus();
    TRELLIS_ASSIGN_OR_RETURN(
        const auto columns,
        session.Query<std::string>("SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() "
                                   "AND table_name = ? ORDER BY ordinal_position LIMIT 100",
                                   table));
    std::string row = "CONCAT_WS('|'";
    bool of_a_tenant = false;
    for (const auto& [column] : columns) {
      absl::StrAppend(&row, ", COALESCE(HEX(", column, "), 'NULL')");
      of_a_tenant |= column == "organization_id";
    }
    if (!of_a_tenant) return absl::OkStatus();
    TRELLIS_ASSIGN_OR_RETURN(
        const auto rows,
        session.Query<std::string>(absl::StrCat("SELECT ", row, ") AS content FROM ", table,
                                                " WHERE organization_id = ? ORDER BY content LIMIT 10000"),
                                   administrator_.organization));
    for (const auto& [content] : rows) absl::StrAppend(&out[table], content, "\n");
    return absl::OkStatus();
  }

  testing::TestUser coordinator_ = NewUser({ROLE_COORDINATOR});
  std::string person_;
  std::string duplicate_;
};

TEST_F(PersonMergeTest, OldLinksLeadOn) {
  const auto before = Get(coordinator_, person_);
  const auto merged = Merge(coordinator_, person_, duplicate_);
  ASSERT_TRUE(merged.ok()) << merged.status.error_message();
  EXPECT_EQ(merged.value.person().name(), person_);
  EXPECT_THAT(merged.value.person().merged_persons(), ElementsAre(duplicate_));
  EXPECT_EQ(merged.value.person().given_names(), "Anna");
  EXPECT_EQ(merged.value.person().etag(), before.value.person().etag()) << "no field of the record was changed";

  const auto old = Get(coordinator_, duplicate_);
  ASSERT_TRUE(old.ok()) << old.status.error_message();
  EXPECT_EQ(old.value.person().merged_into(), person_);
  EXPECT_EQ(old.value.person().given_names(), "Hanka") << "what was recorded stays readable";
  EXPECT_THAT(Get(coordinator_, person_).value.person().merged_persons(), ElementsAre(duplicate_));
  v1::BatchGetPersonsRequest request;
  request.add_names(duplicate_);
  request.add_names(person_);
  const auto batch = Call(coordinator_, *persons_, &v1::Persons::Stub::BatchGetPersons, request);
  ASSERT_EQ(batch.value.persons_size(), 2) << batch.status.error_message();
  EXPECT_EQ(batch.value.persons(0).merged_into(), person_);
  EXPECT_THAT(batch.value.persons(1).merged_persons(), ElementsAre(duplicate_));

  v1::UpdatePersonRequest update;
  update.mutable_person()->set_name(duplicate_);
  update.mutable_person()->set_family_names("Other");
  EXPECT_EQ(Call(coordinator_, *persons_, &v1::Persons::Stub::UpdatePerson, update).reason(), "PERSON_MERGED");
  v1::FindDuplicatesRequest find;
  find.set_name(duplicate_);
  EXPECT_EQ(Call(coordinator_, *persons_, &v1::Persons::Stub::FindDuplicates, find).reason(), "PERSON_MERGED");
}

TEST_F(PersonMergeTest, WhatFoundTheDuplicateFindsThePerson) {
  const std::string third = Registered("Hanka", "Nowakowska", "3");
  MustMerge(person_, duplicate_);
  EXPECT_THAT(Named(""), ElementsAre(person_, third));
  EXPECT_THAT(Named("kowalska"), ElementsAre(person_));
  EXPECT_THAT(Named("hanka"), ElementsAre(person_, third));
  EXPECT_THAT(Named("hanka nowak"), ElementsAre(person_, third));
  EXPECT_THAT(Named("anna nowak"), IsEmpty()) << "each record fulfils a query or it does not";
  EXPECT_THAT(Numbered("2"), ElementsAre(person_));
  EXPECT_THAT(Numbered("1"), ElementsAre(person_));

  MustMerge(person_, third);
  EXPECT_THAT(Named("hanka"), ElementsAre(person_)) << "once, though two of its records are found";
  v1::SearchPersonsRequest request;
  request.set_name_query("hanka");
  request.set_page_size(1);
  const auto page = Call(coordinator_, *persons_, &v1::Persons::Stub::SearchPersons, request);
  ASSERT_EQ(page.value.persons_size(), 1);
  EXPECT_THAT(page.value.persons(0).merged_persons(), ElementsAre(duplicate_, third));
  request.set_page_token(page.value.next_page_token());
  if (!request.page_token().empty()) {
    EXPECT_THAT(Names(request), IsEmpty());
  }

  v1::Person again;
  again.set_given_names("Berta");
  again.add_identifiers()->set_system(kNumbers);
  again.mutable_identifiers(0)->set_value("2");
  EXPECT_EQ(Register(coordinator_, again).reason(), "IDENTIFIER_TAKEN");
  again.clear_identifiers();
  again.set_given_names("Hanka");
  again.set_family_names("Nowak");
  const auto registered = Register(coordinator_, again);
  ASSERT_EQ(registered.value.possible_duplicates_size(), 1);
  EXPECT_EQ(registered.value.possible_duplicates(0).person(), person_) << "the one that remains is named";
}

TEST_F(PersonMergeTest, WhoSeesOneSeesBoth) {
  const testing::TestUser of_person = ColleagueOf(person_);
  const testing::TestUser of_duplicate = ColleagueOf(duplicate_);
  const std::string population = NameOf("populations", testing::TestUser::Make({}).user);
  ASSERT_TRUE(Grant(coordinator_, v1::RELATION_KIND_LEAD, population, NameOf("users", coordinator_.user)).ok());
  ASSERT_TRUE(Grant(coordinator_, v1::RELATION_KIND_MEMBER, duplicate_, population).ok());
  const testing::TestUser lead = NewUser({ROLE_COORDINATOR});
  service().AddLead(administrator_.organization, IdOf(population), lead.user);
  EXPECT_FALSE(Sees(of_person, duplicate_) || Sees(of_duplicate, person_) || Sees(lead, person_));
  MustMerge(person_, duplicate_);
  for (const auto& who : {of_person, of_duplicate, lead}) {
    EXPECT_TRUE(Sees(who, person_) && Sees(who, duplicate_));
  }
  MustUnmerge(duplicate_);
  EXPECT_TRUE(Sees(of_person, person_) && Sees(of_duplicate, duplicate_) && Sees(lead, duplicate_));
  EXPECT_FALSE(Sees(of_person, duplicate_) || Sees(of_duplicate, person_) || Sees(lead, person_));
}

TEST_F(PersonMergeTest, UnmergingRestoresTheTables) {
  const testing::TestUser of_person = ColleagueOf(person_);
  const testing::TestUser of_duplicate = ColleagueOf(duplicate_);
  const std::string third = Registered("Hanna", "Third");
  ColleagueOf(third);
  // A former member of the other care team, and one whose relation ends earlier there.
  ASSERT_TRUE(Grant(coordinator_, v1::RELATION_KIND_CARE_TEAM, duplicate_, NameOf("users", of_person.user)).ok());
  ASSERT_TRUE(Revoke(coordinator_, v1::RELATION_KIND_CARE_TEAM, duplicate_, NameOf("users", of_person.user)).ok());
  v1::GrantRelationRequest shorter;
  shorter.mutable_relation()->set_kind(v1::RELATION_KIND_CARE_TEAM);
  shorter.mutable_relation()->set_resource(person_);
  shorter.mutable_relation()->set_subject(NameOf("users", of_duplicate.user));
  *shorter.mutable_relation()->mutable_end_time() = rpc::ToTimestamp(clock().Now() + absl::Hours(1));
  ASSERT_TRUE(Call(coordinator_, *relations_, &v1::AccessRelations::Stub::GrantRelation, shorter).ok());

  const auto before = Tables();
  for (const char* table : {"person", "person_identifier", "person_search", "access_relation"}) {
    EXPECT_EQ(before.count(table), 1u) << table;
  }
  MustMerge(person_, duplicate_);
  EXPECT_NE(Tables(), before);
  EXPECT_TRUE(Sees(of_person, duplicate_));
  MustUnmerge(duplicate_);
  EXPECT_EQ(Tables(), before);

  MustMerge(person_, duplicate_);
  MustMerge(person_, third);
  MustUnmerge(duplicate_);
  MustUnmerge(third);
  EXPECT_EQ(Tables(), before) << "also where another merge came in between";

  MustMerge(person_, duplicate_);
  clock().Advance(absl::Hours(2));
  EXPECT_TRUE(Sees(of_duplicate, person_)) << "as long as the longer of the relations";
  MustUnmerge(duplicate_);
  EXPECT_EQ(Tables(), before);
  EXPECT_FALSE(Sees(of_duplicate, person_));
}

TEST_F(PersonMergeTest, FollowersAreToldOfTheMergeAndOfEachRelation) {
  ColleagueOf(person_);
  ColleagueOf(duplicate_);
  clock().Advance(absl::Seconds(1));
  MustMerge(person_, duplicate_);
  EXPECT_THAT(Events(3), ElementsAre("PersonsMerged", "RelationGranted", "RelationGranted"));
  clock().Advance(absl::Seconds(1));
  MustUnmerge(duplicate_);
  EXPECT_THAT(Events(3), ElementsAre("PersonsUnmerged", "RelationRevoked", "RelationRevoked"));
}

TEST_F(PersonMergeTest, OneOfSeveralIsPartedAlone) {
  const std::string third = Registered("Hanna", "Third");
  const testing::TestUser of_duplicate = ColleagueOf(duplicate_);
  const testing::TestUser of_third = ColleagueOf(third);
  MustMerge(person_, duplicate_);
  MustMerge(person_, third);
  for (const std::string& one : {person_, duplicate_, third}) {
    EXPECT_TRUE(Sees(of_duplicate, one) && Sees(of_third, one)) << one;
  }
  MustUnmerge(duplicate_);
  EXPECT_TRUE(Sees(of_third, person_) && Sees(of_third, third) && Sees(of_duplicate, duplicate_));
  EXPECT_FALSE(Sees(of_third, duplicate_) || Sees(of_duplicate, person_) || Sees(of_duplicate, third));
  EXPECT_THAT(Get(coordinator_, person_).value.person().merged_persons(), ElementsAre(third));
}

TEST_F(PersonMergeTest, GrantsAndRevocationsSinceHoldForAllRecordsAndStay) {
  const testing::TestUser of_duplicate = ColleagueOf(duplicate_);
  const testing::TestUser leaver = ColleagueOf(person_);
  MustMerge(person_, duplicate_);
  const testing::TestUser newcomer = ColleagueOf(person_);
  EXPECT_TRUE(Sees(newcomer, duplicate_)) << "a relation since is shared, too";
  ASSERT_TRUE(Revoke(coordinator_, v1::RELATION_KIND_CARE_TEAM, person_, NameOf("users", leaver.user)).ok());
  EXPECT_FALSE(Sees(leaver, person_) || Sees(leaver, duplicate_)) << "whoever leaves the team sees no record of theirs";
  // The merge has given it, and now somebody wants it.
  ASSERT_TRUE(Grant(coordinator_, v1::RELATION_KIND_CARE_TEAM, person_, NameOf("users", of_duplicate.user)).ok());
  MustUnmerge(duplicate_);
  EXPECT_TRUE(Sees(of_duplicate, person_)) << "what somebody granted since stays";
  EXPECT_TRUE(Sees(newcomer, person_));
  EXPECT_FALSE(Sees(newcomer, duplicate_)) << "that was the merge's";
  EXPECT_FALSE(Sees(leaver, person_) || Sees(leaver, duplicate_));
}

TEST_F(PersonMergeTest, UnmergingKeepsWhatWasEditedSince) {
  MustMerge(person_, duplicate_);
  v1::UpdatePersonRequest update;
  update.mutable_person()->set_name(person_);
  update.mutable_person()->set_family_names("Wedding");
  ASSERT_TRUE(Call(coordinator_, *persons_, &v1::Persons::Stub::UpdatePerson, update).ok());
  MustUnmerge(duplicate_);
  EXPECT_THAT(Named("wedding"), ElementsAre(person_));
  EXPECT_THAT(Named("kowalska"), IsEmpty());
  EXPECT_THAT(Named("nowak"), ElementsAre(duplicate_));
  EXPECT_THAT(Numbered("1"), ElementsAre(person_));
  EXPECT_THAT(Numbered("2"), ElementsAre(duplicate_));
  EXPECT_TRUE(Get(coordinator_, duplicate_).value.person().merged_into().empty());
  EXPECT_THAT(Get(coordinator_, person_).value.person().merged_persons(), IsEmpty());
  update.mutable_person()->set_name(duplicate_);
  EXPECT_TRUE(Call(coordinator_, *persons_, &v1::Persons::Stub::UpdatePerson, update).ok());
}

TEST_F(PersonMergeTest, ConsentsCountForTheirOwnRecordOnly) {
  const testing::TestUser other = NewOrganization();
  v1::RecordConsentRequest record;
  record.mutable_consent()->set_person(duplicate_);
  record.mutable_consent()->set_recipient(NameOf("organizations", other.organization));
  record.mutable_consent()->add_purposes(v1::CONSENT_PURPOSE_TREATMENT);
  record.mutable_consent()->add_categories(v1::CONSENT_CATEGORY_NEEDS);
  record.mutable_consent()->set_grantor(v1::Consent::GRANTOR_PERSON);
  ASSERT_TRUE(Call(coordinator_, *consents_, &v1::Consents::Stub::RecordConsent, record).ok());
  MustMerge(person_, duplicate_);
  v1::CheckConsentRequest check;
  check.set_recipient(record.consent().recipient());
  check.set_purpose(v1::CONSENT_PURPOSE_TREATMENT);
  check.add_categories(v1::CONSENT_CATEGORY_NEEDS);
  check.set_person(duplicate_);
  EXPECT_TRUE(Call(coordinator_, *consents_, &v1::Consents::Stub::CheckConsent, check).value.granted());
  check.set_person(person_);
  const auto answer = Call(coordinator_, *consents_, &v1::Consents::Stub::CheckConsent, check);
  ASSERT_TRUE(answer.ok()) << answer.status.error_message();
  EXPECT_FALSE(answer.value.granted());
}

TEST_F(PersonMergeTest, ThereAreNoChainsAndNoCircles) {
  const std::string third = Registered("Third", "Record");
  EXPECT_EQ(Merge(coordinator_, person_, person_).code(), grpc::StatusCode::INVALID_ARGUMENT);
  MustMerge(person_, duplicate_);
  EXPECT_EQ(Merge(coordinator_, duplicate_, person_).reason(), "PERSON_MERGED");
  EXPECT_EQ(Merge(coordinator_, person_, duplicate_).reason(), "PERSON_MERGED");
  EXPECT_EQ(Merge(coordinator_, duplicate_, third).reason(), "PERSON_MERGED");
  EXPECT_EQ(Merge(coordinator_, third, duplicate_).reason(), "PERSON_MERGED");
  EXPECT_EQ(Merge(coordinator_, third, person_).reason(), "PERSON_HAS_DUPLICATES");
  EXPECT_EQ(Unmerge(coordinator_, person_).reason(), "PERSON_NOT_MERGED");
  EXPECT_EQ(Unmerge(coordinator_, third).reason(), "PERSON_NOT_MERGED");
}

TEST_F(PersonMergeTest, WhoDoesNotSeeBothMergesNothing) {
  const testing::TestUser of_person = ColleagueOf(person_);
  const testing::TestUser stranger = NewUser({ROLE_COORDINATOR});
  const std::string nobody = NameOf("persons", testing::TestUser::Make({}).user);
  const auto refused = Merge(of_person, person_, duplicate_);
  EXPECT_EQ(refused.code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_TRUE(SameRefusal(refused.status, duplicate_, Merge(of_person, person_, nobody).status, nobody));
  EXPECT_EQ(Merge(of_person, duplicate_, person_).code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Merge(stranger, person_, duplicate_).code(), grpc::StatusCode::NOT_FOUND);

  testing::TestUser elsewhere = NewOrganization();
  elsewhere.roles = {ROLE_COORDINATOR};
  const std::string foreign = IdentityTest::Registered(elsewhere, "Anna", "Kowalska");
  EXPECT_EQ(Merge(coordinator_, person_, foreign).code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Merge(elsewhere, foreign, person_).code(), grpc::StatusCode::NOT_FOUND);

  MustMerge(person_, duplicate_);
  EXPECT_EQ(Unmerge(stranger, duplicate_).code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Unmerge(elsewhere, duplicate_).code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(PersonMergeTest, ARepeatedMergeGivesTheSameAnswer) {
  const std::string request_id = NewRequestId();
  const auto first = Merge(coordinator_, person_, duplicate_, request_id);
  const auto tables = Tables();
  const auto again = Merge(coordinator_, person_, duplicate_, request_id);
  ASSERT_TRUE(first.ok() && again.ok()) << again.status.error_message();
  EXPECT_EQ(first.value.SerializeAsString(), again.value.SerializeAsString());
  EXPECT_EQ(Tables(), tables);
}

TEST_F(PersonMergeTest, OfTwoMergesAtOneTimeOneWins) {
  for (int round = 0; round < 5; ++round) {
    const std::string a = Registered(absl::StrCat("A", round), "Racer");
    const std::string b = Registered(absl::StrCat("B", round), "Racer");
    std::atomic<int> merged = 0;
    std::atomic<int> refused = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        const auto answer = i % 2 == 0 ? Merge(coordinator_, a, b) : Merge(coordinator_, b, a);
        if (answer.ok()) ++merged;
        if (answer.reason() == "PERSON_MERGED" || answer.reason() == "PERSON_HAS_DUPLICATES") ++refused;
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(merged, 1);
    EXPECT_EQ(refused, 3);
  }
}

TEST_F(PersonMergeTest, ErasingThePersonErasesAllRecords) {
  const testing::TestUser of_duplicate = ColleagueOf(duplicate_);
  const std::string third = Registered("Third", "Record");
  MustMerge(person_, duplicate_);
  MustMerge(person_, third);
  const auto erased = Erase(person_);
  ASSERT_TRUE(erased.ok()) << erased.status.error_message();
  EXPECT_THAT(erased.value.merged_persons(), UnorderedElementsAre(duplicate_, third));
  for (const std::string& one : {person_, duplicate_, third}) {
    EXPECT_FALSE(Sees(coordinator_, one) || Sees(of_duplicate, one)) << one;
    EXPECT_EQ(Erase(one).code(), grpc::StatusCode::NOT_FOUND) << one;
  }
  EXPECT_THAT(Named(""), IsEmpty());
  EXPECT_EQ(Tables().count("shared_relation"), 0u);
  EXPECT_EQ(Tables().count("person_search"), 0u);
}

TEST_F(PersonMergeTest, ErasingADuplicateLeavesThePersonAsItWas) {
  const testing::TestUser of_duplicate = ColleagueOf(duplicate_);
  MustMerge(person_, duplicate_);
  EXPECT_TRUE(Sees(of_duplicate, person_));
  const auto erased = Erase(duplicate_);
  ASSERT_TRUE(erased.ok()) << erased.status.error_message();
  EXPECT_THAT(erased.value.merged_persons(), IsEmpty());
  EXPECT_FALSE(Sees(coordinator_, duplicate_) || Sees(of_duplicate, person_));
  EXPECT_TRUE(Sees(coordinator_, person_));
  EXPECT_THAT(Get(coordinator_, person_).value.person().merged_persons(), IsEmpty());
  EXPECT_THAT(Named(""), ElementsAre(person_));
  EXPECT_THAT(Named("hanka"), IsEmpty());
  EXPECT_EQ(Tables().count("shared_relation"), 0u);
}

}  // namespace
}  // namespace trellis::identity
