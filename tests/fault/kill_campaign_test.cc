// Services and the database are killed again and again under load; see README.md. Bounds are those of the rule of
// three: with no failure in n trials, the chance of one is below 3/n at 95 % confidence.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/rpc/channel.h"
#include "gtest/gtest.h"
#include "tests/fault/audit_verdict.h"
#include "tests/fault/client.h"
#include "tests/fault/fleet.h"
#include "tests/fault/load.h"
#include "tests/fault/outages.h"
#include "tests/fault/verdict.h"

namespace trellis::fault {
namespace {

constexpr int kPersons = 40;  // there before the load

std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  std::uint64_t value = 0;
  return text != nullptr && absl::SimpleAtoi(text, &value) ? value : otherwise;
}

absl::Duration Between(std::mt19937_64& random, int least_ms, int most_ms) {
  return absl::Milliseconds(least_ms + static_cast<int>(random() % static_cast<std::uint64_t>(most_ms - least_ms)));
}

void Must(Client& client, const std::string& service, const Client::Send& send) {
  const grpc::Status status = client.Until(absl::Now() + absl::Seconds(30), service, send);
  ASSERT_TRUE(status.ok()) << service << ": " << rpc::FromGrpc(status);
}

// An organization with its administrator and a coordinator.
void MakeStaff(const Fleet& fleet, const std::string& office, const std::string& coordinator) {
  Client platform(fleet, kAdministrator, nullptr);
  identity::v1::CreateOrganizationRequest organization;
  organization.mutable_organization()->set_display_name("Harbour College");
  organization.mutable_organization()->set_kind(identity::v1::Organization::KIND_SCHOOL);
  organization.mutable_administrator()->set_login(office);
  organization.mutable_administrator()->set_display_name("Office");
  organization.set_administrator_password(kPassword);
  organization.set_request_id(NewRequestId());
  identity::v1::CreateOrganizationResponse made;
  Must(platform, "identity", [&](grpc::ClientContext& context) {
    return platform.organizations().CreateOrganization(&context, organization, &made);
  });
  Client administrator(fleet, office, nullptr);
  identity::v1::CreateUserRequest user;
  user.mutable_user()->set_login(coordinator);
  user.mutable_user()->set_display_name("Ines Almeida");
  user.mutable_user()->add_roles(options::v1::ROLE_COORDINATOR);
  user.set_password(kPassword);
  user.set_request_id(NewRequestId());
  identity::v1::CreateUserResponse created;
  Must(administrator, "identity",
       [&](grpc::ClientContext& context) { return administrator.users().CreateUser(&context, user, &created); });
}

// Persons with an open case each.
std::vector<std::string> MakeCaseload(Client& coordinator, int size) {
  std::vector<std::string> persons;
  for (int i = 0; i < size; ++i) {
    identity::v1::RegisterPersonRequest person;
    person.mutable_person()->set_given_names("Sam");
    person.mutable_person()->set_family_names(absl::StrCat("Before", i));
    person.set_request_id(NewRequestId());
    identity::v1::RegisterPersonResponse registered;
    Must(coordinator, "identity", [&](grpc::ClientContext& context) {
      return coordinator.persons().RegisterPerson(&context, person, &registered);
    });
    persons.push_back(registered.person().name());
    caseload::v1::OpenCaseRequest open;
    open.mutable_case_record()->set_person(persons.back());
    open.set_request_id(NewRequestId());
    caseload::v1::OpenCaseResponse opened;
    Must(coordinator, "caseload",
         [&](grpc::ClientContext& context) { return coordinator.cases().OpenCase(&context, open, &opened); });
  }
  return persons;
}

// Kills in rotation, each round in another order, until `end`. Some are killed again while they are still starting.
class Killer {
 public:
  Killer(Fleet& fleet, Outages& outages, std::uint64_t seed) : fleet_(fleet), outages_(outages), random_(seed) {}

  void Run(absl::Time end) {
    std::vector<std::string> round;
    while (absl::Now() < end && !::testing::Test::HasFatalFailure()) {
      if (round.empty()) {
        round = Fleet::Targets();
        std::shuffle(round.begin(), round.end(), random_);
      }
      absl::SleepFor(Between(random_, 300, 2000));
      KillAndRevive(round.back());
      if (round.back() != kDatabase && random_() % 5 == 0) {
        absl::SleepFor(Between(random_, 20, 400));
        KillAndRevive(round.back());
      }
      round.pop_back();
      CheckThatNothingElseEnded();
    }
  }

 private:
  void KillAndRevive(const std::string& target) {
    outages_.Killed(target, absl::Now());
    fleet_.Kill(target);
    absl::SleepFor(Between(random_, 0, 600));
    const absl::Status status = fleet_.Revive(target);
    ASSERT_TRUE(status.ok()) << target << " does not come back: " << status;
  }

  void CheckThatNothingElseEnded() {
    const std::vector<std::string> ends = fleet_.UnexpectedEnds();
    ASSERT_TRUE(ends.empty()) << ends.front();
  }

  Fleet& fleet_;
  Outages& outages_;
  std::mt19937_64 random_;
};

std::string Bound(int failures, int trials) {
  return failures == 0 && trials > 0 ? absl::StrFormat("< %.1e", 3.0 / trials) : "-";
}

void PrintCount(const char* what, const Count& count) {
  std::cout << absl::StreamFormat("  %-12s %8d %8d %9d %8d %6d %8d %8d %8d %10d   %s\n", what, count.acknowledged,
                                  count.unknown, count.unknown_applied, count.repeated, count.lost, count.changed,
                                  count.doubled, count.unasked, count.other_answer,
                                  Bound(count.lost + count.doubled, count.acknowledged));
}

void Print(const Verdict& verdict, const Load& load, const Outages& outages) {
  std::cout << absl::StreamFormat("  %-12s %8s %8s %9s %8s %6s %8s %8s %8s %10s   %s\n", "", "acknowl.", "unknown",
                                  "(applied)", "repeated", "lost", "changed", "doubled", "unasked", "other ans.",
                                  "lost or doubled, 95 %");
  PrintCount("persons", verdict.registrations);
  PrintCount("assessments", verdict.recordings);
  const AlertCount& alerts = verdict.alerts;
  std::cout << absl::StreamFormat(
      "  alerts: %d expected, %d missing, %d doubled, %d without an assessment (%s); "
      "all there %.1f s after the load\n",
      alerts.expected, alerts.missing, alerts.doubled, alerts.without_assessment,
      Bound(alerts.missing + alerts.doubled, alerts.expected), absl::ToDoubleSeconds(alerts.drain));
  std::cout << absl::StreamFormat("  read back under faults: %d good, %d wrong\n", load.answered_reads().size(),
                                  load.stale_reads());
  for (const auto& [target, outage] : outages.Summarize()) {
    std::cout << absl::StreamFormat("  %-10s killed %3d times; out of reach %.2f s (median), %.2f s (longest)\n",
                                    target, outage.kills, absl::ToDoubleSeconds(outage.median),
                                    absl::ToDoubleSeconds(outage.longest));
  }
}

void ExpectGood(const char* what, const Count& count) {
  EXPECT_EQ(count.lost, 0) << what;
  EXPECT_EQ(count.changed, 0) << what;
  EXPECT_EQ(count.doubled, 0) << what;
  EXPECT_EQ(count.unasked, 0) << what;
  EXPECT_EQ(count.other_answer, 0) << what;
}

void ExpectGood(const Verdict& verdict) {
  ExpectGood("persons", verdict.registrations);
  ExpectGood("assessments", verdict.recordings);
  EXPECT_EQ(verdict.alerts.missing, 0);
  EXPECT_EQ(verdict.alerts.doubled, 0);
  EXPECT_EQ(verdict.alerts.without_assessment, 0);
  EXPECT_TRUE(verdict.failures.empty()) << verdict.failures.size() << " calls failed, first: " << verdict.failures[0];
}

// A run with too few writes or kills shows nothing.
void ExpectPower(const Verdict& verdict, const Outages& outages, int seconds) {
  EXPECT_GE(verdict.recordings.acknowledged, 4 * seconds);
  EXPECT_GE(verdict.registrations.acknowledged, seconds);
  EXPECT_GE(verdict.alerts.expected, seconds);
  EXPECT_GT(verdict.recordings.repeated + verdict.registrations.repeated, 0);
  int kills = 0;
  for (const auto& [target, outage] : outages.Summarize()) {
    kills += outage.kills;
    EXPECT_EQ(outage.pending, 0) << target;
  }
  EXPECT_GE(kills, std::max(6, seconds / 10));
  if (seconds >= 30) {
    EXPECT_EQ(outages.Summarize().size(), Fleet::Targets().size());
  }
}

template <class Operations>
std::map<std::string, bool> AskedIn(const Operations& operations) {
  std::map<std::string, bool> asked;
  for (const auto& operation : operations) asked[operation.request.request_id()] = operation.acknowledged;
  return asked;
}

// What was carried out before the load, by MakeCaseload, is not among `asked`.
void ExamineAudit(Fleet& fleet, const std::string& service, const std::string& method,
                  const std::map<std::string, bool>& asked, int before) {
  const auto count = CountAuditRecords(fleet, service, method, asked);
  ASSERT_TRUE(count.ok()) << count.status();
  std::cout << absl::StreamFormat(
      "  audit of %s: %d acknowledged, %d carried out, %d given again, %d missing, "
      "%d doubled (%s)\n",
      method, count->acknowledged, count->records, count->repeated, count->missing, count->doubled,
      Bound(count->missing + count->doubled, count->acknowledged));
  EXPECT_EQ(count->missing, 0) << method;
  EXPECT_EQ(count->doubled, 0) << method;
  EXPECT_EQ(count->unasked, before) << method;
}

// Reads leave their records with those of others, in a commit that their answers wait for.
void ExamineAuditOfReads(Fleet& fleet, const std::vector<std::string>& traces) {
  const std::string method = "trellis.assessment.v1.Assessments.GetAssessment";
  const auto missing = CountUnrecorded(fleet, "assessment", method, traces);
  ASSERT_TRUE(missing.ok()) << missing.status();
  const int reads = static_cast<int>(traces.size());
  std::cout << absl::StreamFormat("  audit of %s: %d answered, %d missing (%s)\n", method, reads, *missing,
                                  Bound(*missing, reads));
  EXPECT_EQ(*missing, 0) << method;
  // The comparison has teeth: a read that nobody recorded is found.
  std::vector<std::string> one_more = traces;
  one_more.push_back(std::string(32, 'f'));
  EXPECT_EQ(CountUnrecorded(fleet, "assessment", method, one_more).value_or(-1), 1);
}

// 0: the audit is what was recorded. By the command that asks no running service.
int VerifyAudit(Fleet& fleet, const std::string& service) {
  std::vector<std::string> command = fleet.DatabaseArguments(service);
  command.insert(command.begin(), "audit-verify");
  command.push_back(absl::StrCat("--audit-public-key-file=", fleet.AuditFolder(), "/public-key"));
  command.push_back(absl::StrCat("--audit-checkpoints=", fleet.CheckpointsOf(service)));
  return fleet.Run(service, command);
}

void VerifyChains(Fleet& fleet) {
  for (const std::string& service : Fleet::Services()) {
    const absl::Status chained = AwaitChains(fleet, service);
    EXPECT_TRUE(chained.ok()) << service << ": " << chained;
    EXPECT_GT(std::filesystem::file_size(fleet.CheckpointsOf(service)), 0U) << service << ": nothing was signed";
    EXPECT_EQ(VerifyAudit(fleet, service), 0) << service << ": its audit does not verify";
  }
}

// What whoever administers the database might do. The last one is the end of the data.
void TamperWithAudit(Fleet& fleet) {
  const std::pair<const char*, const char*> changes[] = {
      {"UPDATE trellis_identity.audit_record SET code = code + 1 WHERE sequence = 3",
       "UPDATE trellis_identity.audit_record SET code = code - 1 WHERE sequence = 3"},
      {"UPDATE trellis_identity.audit_record SET hash = REVERSE(hash) WHERE sequence = 3",
       "UPDATE trellis_identity.audit_record SET hash = REVERSE(hash) WHERE sequence = 3"},
      {"DELETE FROM trellis_identity.audit_record WHERE sequence > 5", ""},
  };
  for (const auto& [change, back] : changes) {
    ASSERT_TRUE(fleet.Sql(change).ok());
    EXPECT_EQ(VerifyAudit(fleet, "identity"), 1) << change;
    if (*back == '\0') continue;
    ASSERT_TRUE(fleet.Sql(back).ok());
    EXPECT_EQ(VerifyAudit(fleet, "identity"), 0) << back;
  }
}

TEST(KillCampaign, LosesNothingAndDoesNothingTwice) {
  const int seconds = std::max(10, static_cast<int>(FromEnvironment("TRELLIS_FAULT_SECONDS", 60)));
  const std::uint64_t seed = FromEnvironment("TRELLIS_FAULT_SEED", std::random_device()());
  std::cout << "  TRELLIS_FAULT_SECONDS=" << seconds << " TRELLIS_FAULT_SEED=" << seed << std::endl;
  auto started = Fleet::Start();
  ASSERT_TRUE(started.ok()) << started.status();
  Fleet& fleet = **started;
  Outages outages(Fleet::Services());
  ASSERT_NO_FATAL_FAILURE(MakeStaff(fleet, "office@harbour.example", "coordinator@harbour.example"));
  Client coordinator(fleet, "coordinator@harbour.example", &outages);
  std::vector<std::string> persons;
  ASSERT_NO_FATAL_FAILURE(persons = MakeCaseload(coordinator, kPersons));

  Load load(coordinator, persons, {.seed = seed});
  load.Begin();
  Killer(fleet, outages, seed).Run(absl::Now() + absl::Seconds(seconds));
  const absl::Status ready = fleet.AwaitReady(absl::Seconds(60));
  load.Finish();
  EXPECT_TRUE(ready.ok()) << ready;
  const Verdict verdict = Examine(coordinator, load, absl::Now());
  Print(verdict, load, outages);

  ExamineAudit(fleet, "identity", "trellis.identity.v1.Persons.RegisterPerson", AskedIn(load.registrations()),
               kPersons);
  ExamineAudit(fleet, "assessment", "trellis.assessment.v1.Assessments.RecordAssessment", AskedIn(load.recordings()),
               0);
  ExamineAuditOfReads(fleet, load.answered_reads());
  VerifyChains(fleet);
  ExpectGood(verdict);
  ExpectPower(verdict, outages, seconds);
  EXPECT_EQ(load.stale_reads(), 0);
  EXPECT_TRUE(load.surprises().empty()) << load.surprises().size()
                                        << " answers that no fault explains, first: " << load.surprises()[0];
  const std::vector<std::string> ends = fleet.UnexpectedEnds();
  EXPECT_TRUE(ends.empty()) << ends[0];
  TamperWithAudit(fleet);
  if (HasFailure()) {
    fleet.KeepFolder();
    std::cout << "  logs: " << fleet.folder() << std::endl;
  }
}

}  // namespace
}  // namespace trellis::fault
