// Erasing a person: unreadable at once, on every service, and in every backup.
#include <iostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/audit/database_verifier.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"
#include "common/rpc/resource_name.h"
#include "common/runtime/runtime.h"
#include "common/seal/data_keys.h"
#include "common/seal/file_key_ring.h"
#include "common/seal/rewrap.h"
#include "common/seal/sealer.h"
#include "common/testing/test_key_ring.h"
#include "gmock/gmock.h"
#include "tests/integration/protection/protection_world.h"
#include "trellis/assessment/v1/assessments.grpc.pb.h"
#include "trellis/caseload/v1/care_plans.grpc.pb.h"
#include "trellis/caseload/v1/cases.grpc.pb.h"
#include "trellis/identity/v1/persons.grpc.pb.h"

namespace trellis::protection {
namespace {

using ::testing::IsEmpty;
using testing::TestService;

std::string Plain(const std::string& field) { return "Quillfeather " + field.substr(field.rfind('.') + 1); }

class ErasureTest : public ProtectionWorld {
 protected:
  grpc::Status Erase(const std::string& person, const testing::TestUser& who) {
    identity::v1::ErasePersonRequest request;
    request.set_name(person);
    request.set_reason(identity::v1::ERASURE_REASON_REQUEST);
    identity::v1::ErasePersonResponse response;
    return Call(*identity_, who, &identity::v1::Persons::Stub::ErasePerson, request, &response);
  }

  // The four services that hold something about persons.
  std::vector<TestService*> holders() { return {identity_.get(), assessment_.get(), referral_.get(), caseload_.get()}; }

  seal::KeyOwner OwnerOf(const std::string& person) const {
    return {coordinator_.organization, *rpc::ParseName("persons", person)};
  }

  std::optional<seal::StoredKey> KeyIn(TestService& service, const std::string& person) {
    std::optional<seal::StoredKey> key;
    EXPECT_TRUE(service.pool()
                    .Read(absl::Now() + absl::Seconds(10),
                          [&](db::Session& session) -> absl::Status {
                            TRELLIS_ASSIGN_OR_RETURN(key, seal::FindKey(session, OwnerOf(person)));
                            return absl::OkStatus();
                          })
                    .ok());
    return key;
  }
  bool IsLive(TestService& service, const std::string& person) {
    const auto key = KeyIn(service, person);
    return key.has_value() && key->live();
  }

  std::string Get(const std::string& person) {
    identity::v1::GetPersonRequest request;
    request.set_name(person);
    identity::v1::GetPersonResponse response;
    return testing::ReasonOf(
        Call(*identity_, coordinator_, &identity::v1::Persons::Stub::GetPerson, request, &response));
  }
  int Found(const std::string& name) {
    identity::v1::SearchPersonsRequest request;
    request.set_name_query(name);
    return Must(*identity_, coordinator_, &identity::v1::Persons::Stub::SearchPersons, request).persons_size();
  }
  int FoundByIdentifier(const std::string& system, const std::string& value) {
    identity::v1::SearchPersonsRequest request;
    request.mutable_identifier()->set_system(system);
    request.mutable_identifier()->set_value(value);
    return Must(*identity_, coordinator_, &identity::v1::Persons::Stub::SearchPersons, request).persons_size();
  }
  void ExpectGone(const Story& story) {
    EXPECT_EQ(Get(story.person), "NOT_FOUND");
    EXPECT_EQ(Found("Quillfeather"), 0);
    EXPECT_EQ(FoundByIdentifier(Plain("person.identifiers.system"), Plain("person.identifiers.value")), 0);
    assessment::v1::GetAssessmentRequest assessment;
    assessment.set_name(story.assessment);
    assessment::v1::GetAssessmentResponse no_assessment;
    EXPECT_FALSE(
        Call(*assessment_, coordinator_, &assessment::v1::Assessments::Stub::GetAssessment, assessment, &no_assessment)
            .ok());
    // The access ends with the events of the erasure, which take a moment.
    caseload::v1::GetServiceNeedRequest need;
    need.set_name(story.service_need);
    EXPECT_TRUE(Eventually([&] {
      caseload::v1::GetServiceNeedResponse kept;
      const bool is_seen =
          Call(*caseload_, coordinator_, &caseload::v1::CarePlans::Stub::GetServiceNeed, need, &kept).ok();
      EXPECT_EQ(kept.service_need().note(), "") << "no text once the key is gone";
      return !is_seen;
    }));
    referral::v1::GetReferralRequest referral;
    referral.set_name(story.referral);
    EXPECT_TRUE(Eventually([&] {
      referral::v1::GetReferralResponse kept;
      const bool is_seen =
          Call(*referral_, coordinator_, &referral::v1::Referrals::Stub::GetReferral, referral, &kept).ok();
      EXPECT_EQ(kept.referral().note(), "") << "no text once the key is gone";
      return !is_seen;
    }));
  }
  // Whether anything sealed with the person's key can be opened with what the service has now.
  absl::Status OpenKey(TestService& service, const std::string& person) {
    return service.pool().Read(absl::Now() + absl::Seconds(10), [&](db::Session& session) {
      return service.runtime().seal().KeyToOpen(session, OwnerOf(person)).status();
    });
  }
};

TEST_F(ErasureTest, ReachesEveryServiceAndEveryBackup) {
  const Story story = Tell(Plain);
  ASSERT_EQ(Get(story.person), "");
  ASSERT_EQ(Found("quilfeather"), 1) << "by its sound";
  ASSERT_EQ(FoundByIdentifier(Plain("person.identifiers.system"), Plain("person.identifiers.value")), 1);
  std::vector<std::string> backups;
  for (TestService* const service : holders()) {
    ASSERT_TRUE(IsLive(*service, story.person));
    backups.push_back(Dump(*service, "--hex-blob"));
  }

  // Only for the privacy officer of the person's own organization.
  EXPECT_EQ(Erase(story.person, coordinator_).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(testing::ReasonOf(Erase(story.person, testing::TestUser::Make({options::v1::ROLE_PRIVACY_OFFICER}))),
            "NOT_FOUND");
  ASSERT_EQ(Get(story.person), "");

  const absl::Time begun = absl::Now();
  ASSERT_TRUE(Erase(story.person, officer_).ok());
  EXPECT_EQ(Get(story.person), "NOT_FOUND") << "at once";
  ASSERT_TRUE(Eventually([&] {
    for (TestService* const service : holders()) {
      if (IsLive(*service, story.person)) return false;
    }
    return true;
  }));
  std::cout << "erased on four services after " << absl::Now() - begun << "\n";
  ExpectGone(story);
  EXPECT_EQ(testing::ReasonOf(Erase(story.person, officer_)), "NOT_FOUND") << "once is enough";

  // Nothing new can be written about somebody who was erased, whoever claims a relation to them.
  assessment_->AddCareTeam(coordinator_.organization, OwnerOf(story.person).person, coordinator_.user);
  std::string none;
  EXPECT_EQ(testing::ReasonOf(Assess(story.person, &none)), "PERSON_ERASED");

  // Last week's backup.
  StopAll();
  for (std::size_t i = 0; i < backups.size(); ++i) {
    Restore(*holders()[i], backups[i]);
    EXPECT_TRUE(IsLive(*holders()[i], story.person)) << "the backup holds the key, or this test shows nothing";
  }
  RestartAll();
  for (TestService* const service : holders()) EXPECT_TRUE(seal::IsErased(OpenKey(*service, story.person)));
  ExpectGone(story);
  EXPECT_TRUE(Eventually([&] {
    for (TestService* const service : holders()) {
      if (IsLive(*service, story.person)) return false;
    }
    return true;
  })) << "what came back is destroyed again";
}

// Records name who was erased by an id that means nothing any more, so nothing of a chain has to change.
TEST_F(ErasureTest, LeavesTheChainsOfTheAuditAsTheyWere) {
  constexpr int kErased = 100;
  std::vector<std::string> persons;
  for (int i = 0; i < kErased; ++i) {
    identity::v1::RegisterPersonRequest request;
    request.mutable_person()->set_given_names(absl::StrCat("Quillfeather", i));
    persons.push_back(
        Must(*identity_, coordinator_, &identity::v1::Persons::Stub::RegisterPerson, request).person().name());
    ASSERT_EQ(Get(persons.back()), "");
  }
  const auto count = [&](const std::string& sql) {
    std::int64_t found = -1;
    const absl::Status status =
        identity_->pool().Read(absl::Now() + absl::Seconds(10), [&](db::Session& session) -> absl::Status {
          TRELLIS_ASSIGN_OR_RETURN(const auto row, session.QueryOne<std::int64_t>(sql));
          found = row.has_value() ? std::get<0>(*row) : -1;
          return absl::OkStatus();
        });
    EXPECT_TRUE(status.ok()) << status;
    return found;
  };
  const auto chained = [&] { return count("SELECT COUNT(*) FROM audit_journal") == 0; };
  ASSERT_TRUE(Eventually(chained));
  constexpr char kDigest[] = "SELECT CAST(SUM(CRC32(body)) AS SIGNED) FROM audit_record WHERE sequence <= 200";
  const std::int64_t before = count(kDigest);

  for (const std::string& person : persons) ASSERT_TRUE(Erase(person, officer_).ok());
  ASSERT_TRUE(Eventually(chained));
  const audit::DatabaseVerifier verifier(&identity_->pool(),
                                         {.trust_domain = "trellis.local", .service = "identity", .public_key = ""});
  const auto report = verifier.Verify(coordinator_.organization, {});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->ok()) << report->problems.front();
  EXPECT_GE(report->records, 3 * kErased) << "registered, read, erased";
  EXPECT_EQ(count(kDigest), before) << "not a byte was changed";
  EXPECT_EQ(count("SELECT COUNT(*) FROM audit_record WHERE code = 0 AND method = "
                  "'trellis.identity.v1.Persons.ErasePerson'"),
            kErased);
  for (const std::string& person : persons) {
    EXPECT_TRUE(seal::IsErased(OpenKey(*identity_, person)));
    EXPECT_EQ(Get(person), "NOT_FOUND");
  }
  EXPECT_EQ(Found("Quillfeather"), 0);
}

// Somebody has the backup and the key ring's file and does not care for the list of destroyed keys.
TEST_F(ErasureTest, ANewMasterKeyShutsBackupsForGood) {
  const Story story = Tell(Plain);
  const std::string backup = Dump(*identity_, "--hex-blob");
  ASSERT_TRUE(Erase(story.person, officer_).ok());
  testing::TestKeyRing& ring = identity_->key_ring();
  const auto thief = *seal::FileKeyRing::Open({.path = ring.path(), .destroyed_path = ring.path() + ".stolen"},
                                              SystemClock(), SystemRandom());

  StopAll();
  Restore(*identity_, backup);
  const seal::StoredKey restored = *KeyIn(*identity_, story.person);
  EXPECT_TRUE(thief->Unwrap(OwnerOf(story.person), restored.wrapped).ok()) << "until the master key is changed";

  ring.Rotate();
  const auto own = *seal::FileKeyRing::Open({.path = ring.path()}, SystemClock(), SystemRandom());
  ASSERT_TRUE(seal::Rewrap(identity_->pool(), *own, absl::Now() + absl::Seconds(30)).ok());
  ring.Remove("k1");
  EXPECT_EQ(ReasonOf(thief->Unwrap(OwnerOf(story.person), restored.wrapped).status()), "MASTER_KEY_MISSING");
  EXPECT_FALSE(IsLive(*identity_, story.person)) << "wrapping anew passes over who was erased";
}

}  // namespace
}  // namespace trellis::protection
