// Reads while the database takes no audit records: with a second sink they go on and are all recorded, without one they
// are all refused. No answer without a record, ever.
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/audit/database_verifier.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"
#include "common/testing/test_service.h"
#include "gtest/gtest.h"
#include "services/identity/api/service.h"
#include "trellis/identity/v1/organizations.grpc.pb.h"
#include "trellis/identity/v1/persons.grpc.pb.h"

namespace trellis::identity {
namespace {

using testing::TestService;
using testing::TestUser;

constexpr absl::Duration kPatience = absl::Seconds(20);

class AuditSinkTest : public ::testing::Test {
 protected:
  AuditSinkTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "trellis-sink-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~AuditSinkTest() override {
    StopReading();
    service_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Start(bool second_sink) {
    TestService::Options options;
    if (second_sink) options.audit_spool = folder_;
    service_ = TestService::MustStart(Describe(), options);
    v1::CreateOrganizationRequest organization;
    organization.mutable_organization()->set_display_name("School");
    organization.mutable_organization()->set_kind(v1::Organization::KIND_SCHOOL);
    organization.mutable_administrator()->set_login("office@example.org");
    organization.mutable_administrator()->set_display_name("Office");
    organization.set_administrator_password("a long enough passphrase");
    v1::CreateOrganizationResponse made;
    const TestUser platform = TestUser::Make({options::v1::ROLE_PLATFORM_ADMINISTRATOR});
    const auto organizations = v1::Organizations::NewStub(service_->channel());
    ASSERT_TRUE(organizations->CreateOrganization(service_->As(platform).get(), organization, &made).ok());
    const std::string& name = made.organization().name();
    coordinator_ = TestUser::Make({options::v1::ROLE_COORDINATOR}, *Id::Parse(name.substr(name.find('/') + 1)));
    v1::RegisterPersonRequest person;
    person.mutable_person()->set_given_names("Anna");
    v1::RegisterPersonResponse registered;
    const auto persons = v1::Persons::NewStub(service_->channel());
    ASSERT_TRUE(persons->RegisterPerson(service_->As(coordinator_).get(), person, &registered).ok());
    person_ = registered.person().name();
  }

  void StartReading() {
    reading_ = true;
    for (int i = 0; i < 4; ++i) readers_.emplace_back([this] { Read(); });
  }
  void StopReading() {
    reading_ = false;
    for (std::thread& reader : readers_) reader.join();
    readers_.clear();
  }
  void Read() {
    const auto persons = v1::Persons::NewStub(service_->channel());
    v1::GetPersonRequest request;
    request.set_name(person_);
    while (reading_) {
      v1::GetPersonResponse response;
      const grpc::Status status = persons->GetPerson(service_->As(coordinator_).get(), request, &response);
      if (status.ok()) ++answered_;
      if (status.error_code() == grpc::StatusCode::UNAVAILABLE) ++refused_;
      EXPECT_TRUE(status.ok() || response.person().given_names().empty());
    }
  }
  // More of `what` within the patience.
  static void AwaitMore(const std::atomic<int>& what, int more) {
    const int before = what;
    const absl::Time limit = absl::Now() + kPatience;
    while (what < before + more && absl::Now() < limit) absl::SleepFor(absl::Milliseconds(5));
    EXPECT_GE(what, before + more);
  }

  void Run(const std::string& sql) {
    const absl::Status done = service_->pool().ReadUnpooled(
        absl::Now() + kPatience, kPatience, [&](db::Session& session) { return session.ExecuteText(sql); });
    ASSERT_TRUE(done.ok()) << done;
  }
  std::int64_t Count(const std::string& sql) {
    std::int64_t count = -1;
    service_->pool()
        .Read(absl::Now() + kPatience,
              [&](db::Session& session) -> absl::Status {
                TRELLIS_ASSIGN_OR_RETURN(const auto row, session.QueryOne<std::int64_t>(sql));
                if (row.has_value()) count = std::get<0>(*row);
                return absl::OkStatus();
              })
        .IgnoreError();
    return count;
  }
  std::int64_t RecordedReads() {
    return Count(
        "SELECT COUNT(*) FROM audit_record WHERE method = 'trellis.identity.v1.Persons.GetPerson' AND code = 0");
  }
  // Everything is chained: as many reads as were answered, each once, in a chain that verifies.
  void ExpectEachAnswerRecordedOnce() {
    const absl::Time limit = absl::Now() + kPatience;
    const auto settled = [&] {
      return RecordedReads() >= answered_ && Count("SELECT COUNT(*) FROM audit_journal") == 0;
    };
    while (!settled() && absl::Now() < limit) absl::SleepFor(absl::Milliseconds(20));
    EXPECT_EQ(RecordedReads(), answered_);
    EXPECT_EQ(Count("SELECT COUNT(*) - COUNT(DISTINCT record_id) FROM audit_record"), 0);
    const audit::DatabaseVerifier verifier(&service_->pool(),
                                           {.trust_domain = "trellis.local", .service = "identity", .public_key = ""});
    const auto report = verifier.Verify(coordinator_.organization, {});
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_TRUE(report->ok()) << report->problems.front();
    EXPECT_GT(report->records, answered_);
  }

  std::string folder_;
  std::unique_ptr<TestService> service_;
  TestUser coordinator_;
  std::string person_;
  std::atomic<bool> reading_ = false;
  std::atomic<int> answered_ = 0;
  std::atomic<int> refused_ = 0;
  std::vector<std::thread> readers_;
};

TEST_F(AuditSinkTest, ReadsGoOnWithASecondSink) {
  Start(/*second_sink=*/true);
  StartReading();
  AwaitMore(answered_, 50);
  for (int outage = 0; outage < 3; ++outage) {
    Run("RENAME TABLE audit_journal TO away");
    AwaitMore(answered_, 100);
    Run("RENAME TABLE away TO audit_journal");
    AwaitMore(answered_, 50);
  }
  StopReading();
  EXPECT_EQ(refused_, 0);
  ExpectEachAnswerRecordedOnce();
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1) << "the lock alone";
}

// The database neither takes the records nor says that it does not.
TEST_F(AuditSinkTest, ReadsGoOnWhereTheDatabaseHangs) {
  Start(/*second_sink=*/true);
  StartReading();
  AwaitMore(answered_, 50);
  const absl::Status held = service_->pool().ReadUnpooled(
      absl::Now() + absl::Minutes(1), absl::Minutes(1), [&](db::Session& session) -> absl::Status {
        TRELLIS_RETURN_IF_ERROR(session.ExecuteText("LOCK TABLES audit_journal READ"));
        AwaitMore(answered_, 100);
        return session.ExecuteText("UNLOCK TABLES");
      });
  EXPECT_TRUE(held.ok()) << held;
  AwaitMore(answered_, 50);
  StopReading();
  EXPECT_EQ(refused_, 0);
  ExpectEachAnswerRecordedOnce();
}

TEST_F(AuditSinkTest, WhatWaitsWhenTheServiceEndsIsWrittenWhenItComesAgain) {
  Start(/*second_sink=*/true);
  Run("RENAME TABLE audit_journal TO away");
  StartReading();
  AwaitMore(answered_, 100);
  StopReading();
  service_->Stop();
  Run("RENAME TABLE away TO audit_journal");
  EXPECT_EQ(RecordedReads(), 0);
  service_->Restart();
  ExpectEachAnswerRecordedOnce();
}

TEST_F(AuditSinkTest, WithoutOneEveryReadIsRefused) {
  Start(/*second_sink=*/false);
  StartReading();
  AwaitMore(answered_, 50);
  StopReading();
  Run("RENAME TABLE audit_journal TO away");
  const int before = answered_;
  StartReading();
  AwaitMore(refused_, 100);
  StopReading();
  EXPECT_EQ(answered_, before);
  Run("RENAME TABLE away TO audit_journal");
  StartReading();
  AwaitMore(answered_, 50);
  StopReading();
  ExpectEachAnswerRecordedOnce();
}

}  // namespace
}  // namespace trellis::identity
