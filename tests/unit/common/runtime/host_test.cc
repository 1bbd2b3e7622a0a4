#include "common/runtime/host.h"

#include "absl/time/clock.h"
#include "common/access/key_set.h"
#include "common/base/error.h"
#include "common/metrics/registry.h"
#include "common/runtime/migrations.h"
#include "common/testing/scratch_database.h"
#include "common/testing/test_service.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/common/runtime/note_service.h"
#include "trellis/notetest/v1/notetest.grpc.pb.h"

namespace trellis::runtime {
namespace {

using ::testing::HasSubstr;
using testing::ScratchDatabase;
using testing::TestService;

Settings SettingsFor(const ScratchDatabase& database) {
  Settings settings;
  settings.listen = "127.0.0.1:0";
  settings.insecure = true;
  settings.issuer = settings.audience = "test";
  settings.workers = settings.max_in_flight = 2;
  settings.peers["identity"] = "127.0.0.1:1";
  settings.database = database.settings();
  return settings;
}

TEST(HostTest, RefusesAnEmptySchemaUnlessItMayMigrate) {
  ScratchDatabase empty;
  Settings settings = SettingsFor(empty);
  auto host = *Host::Make(DescribeNotes(), settings);
  EXPECT_EQ(ReasonOf(host->CheckDatabase()), "SCHEMA_TOO_OLD");
  EXPECT_FALSE(host->Ready().ok());

  settings.migrate_on_start = true;
  auto migrating = *Host::Make(DescribeNotes(), settings);
  EXPECT_TRUE(migrating->CheckDatabase().ok());
  EXPECT_TRUE(host->CheckDatabase().ok()) << "the other finds it done";
}

TEST(HostTest, RefusesToStartWithoutIssuerOrAudience) {
  ScratchDatabase database;
  for (std::string Settings::*const member : {&Settings::issuer, &Settings::audience}) {
    Settings settings = SettingsFor(database);
    settings.*member = "";
    EXPECT_EQ(Host::Make(DescribeNotes(), settings).status().code(), absl::StatusCode::kFailedPrecondition);
  }
}

TEST(HostTest, AnErrorOfBuildIsAnErrorOfMake) {
  ScratchDatabase database;
  Service service = DescribeNotes();
  service.build = [](Runtime&) { return absl::InternalError("broken"); };
  EXPECT_EQ(Host::Make(service, SettingsFor(database)).status().message(), "broken");
}

TEST(HostTest, AMethodWithoutAHandlerKeepsItFromStarting) {
  ScratchDatabase database({{"runtime", migrations::Files()}, {"notetest", DescribeNotes().migrations()}});
  Service service = DescribeNotes();
  service.build = [](Runtime& runtime) {
    auto* const notes = runtime.Make<NotesApi>(runtime);
    runtime.router().Unary("trellis.notetest.v1.Notes.CreateNote", notes, &NotesApi::CreateNote);
    return absl::OkStatus();
  };
  auto host = *Host::Make(service, SettingsFor(database));
  const absl::Status status = host->Start();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("CountNotes"));
}

TEST(HostTest, IsReadyOnlyWithDatabaseAndKeys) {
  ScratchDatabase database({{"runtime", migrations::Files()}, {"notetest", DescribeNotes().migrations()}});
  std::atomic<bool> keys_there{false};
  Service service = DescribeNotes();
  service.build = [&](Runtime& runtime) {
    const absl::Status status = DescribeNotes().build(runtime);
    runtime.UseKeys([&]() -> absl::StatusOr<std::vector<access::VerificationKey>> {
      if (!keys_there) return absl::UnavailableError("identity is not up yet");
      return std::vector<access::VerificationKey>{{"k", std::string(32, 'k')}};
    });
    return status;
  };
  auto host = *Host::Make(service, SettingsFor(database));
  EXPECT_THAT(std::string(host->Ready().message()), HasSubstr("schema"));
  ASSERT_TRUE(host->CheckDatabase().ok());
  EXPECT_THAT(std::string(host->Ready().message()), HasSubstr("keys"));
  ASSERT_TRUE(host->Start().ok());
  keys_there = true;
  const absl::Time limit = absl::Now() + absl::Seconds(10);
  while (!host->Ready().ok() && absl::Now() < limit) absl::SleepFor(absl::Milliseconds(10));
  EXPECT_TRUE(host->Ready().ok());
  host->Drain(absl::ZeroDuration(), absl::Seconds(1));
  EXPECT_EQ(host->Ready().message(), "ending");
}

TEST(HostTest, RunsTheServicesOwnWork) {
  std::atomic<int> runs{0};
  Service service = DescribeNotes();
  service.build = [&](Runtime& runtime) {
    runtime.Every("test.work", absl::Milliseconds(5), [&](absl::Time deadline) {
      EXPECT_GT(deadline, absl::Now());
      ++runs;
      return absl::OkStatus();
    });
    return DescribeNotes().build(runtime);
  };
  auto running = TestService::MustStart(service);
  const absl::Time limit = absl::Now() + absl::Seconds(10);
  while (runs < 3 && absl::Now() < limit) absl::SleepFor(absl::Milliseconds(5));
  EXPECT_GE(runs, 3);
}

TEST(HostTest, CountsCallsAndTheDatabase) {
  auto running = TestService::MustStart(DescribeNotes());
  const auto stub = notetest::v1::Notes::NewStub(running->channel());
  notetest::v1::CountNotesResponse response;
  ASSERT_TRUE(stub->CountNotes(TestService::AsNobody().get(), {}, &response).ok());
  const std::string text = running->runtime().metrics().Text();
  EXPECT_THAT(text, HasSubstr("grpc_server_started_total{grpc_method=\"CountNotes\","
                              "grpc_service=\"trellis.notetest.v1.Notes\",grpc_type=\"unary\"} 1"));
  EXPECT_THAT(text, HasSubstr("grpc_server_handled_total{grpc_code=\"NotFound\",grpc_method=\"CreateNote\","
                              "grpc_service=\"trellis.notetest.v1.Notes\",grpc_type=\"unary\"} 0"));
  EXPECT_THAT(text, HasSubstr("trellis_db_connections_opened_total{result=\"ok\"}"));
  EXPECT_THAT(text, HasSubstr("trellis_build_info{"));
}

}  // namespace
}  // namespace trellis::runtime
