// The whole program of a service: started, looked at, ended.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/runtime/migrations.h"
#include "common/testing/private_mariadb.h"
#include "common/testing/scratch_database.h"
#include "common/testing/test_certificates.h"
#include "common/testing/test_key_ring.h"
#include "gmock/gmock.h"
#include "grpcpp/create_channel.h"
#include "gtest/gtest.h"
#include "tests/unit/common/runtime/note_service.h"
#include "trellis/notetest/v1/notetest.grpc.pb.h"

namespace trellis::runtime {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::ScratchDatabase;

// One run of the program. Its output goes to a file.
class Program {
 public:
  explicit Program(std::vector<std::string> arguments) {
    output_ = absl::StrCat(::testing::TempDir(), "/program-", ::getpid(), "-", ++counter_);
    arguments.insert(arguments.begin(), TRELLIS_NOTETEST);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      const int fd = ::open(output_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      ::dup2(fd, STDOUT_FILENO);
      ::dup2(fd, STDERR_FILENO);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
  }
  ~Program() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      Wait();
    }
    ::unlink(output_.c_str());
  }

  void Signal(int signal) { ::kill(pid_, signal); }

  // The exit code, or 128 + signal.
  int Wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  std::string Output() const {
    std::ostringstream out;
    out << std::ifstream(output_).rdbuf();
    return std::move(out).str();
  }

  bool AwaitOutput(absl::string_view text, absl::Duration limit = absl::Seconds(20)) const {
    const absl::Time until = absl::Now() + limit;
    while (absl::Now() < until) {
      if (absl::StrContains(Output(), text)) return true;
      absl::SleepFor(absl::Milliseconds(10));
    }
    return false;
  }

  // The number behind "name": in the line that says "ready".
  int Port(absl::string_view name) const {
    for (absl::string_view line : absl::StrSplit(Output(), '\n')) {
      if (!absl::StrContains(line, "\"message\":\"ready\"")) continue;
      const std::string key = absl::StrCat("\"", name, "\":");
      const absl::string_view rest = line.substr(line.find(key) + key.size());
      int port = 0;
      if (absl::SimpleAtoi(rest.substr(0, rest.find_first_of(",}")), &port)) return port;
    }
    return 0;
  }

 private:
  static inline int counter_ = 0;
  std::string output_;
  pid_t pid_ = 0;
};

std::vector<std::string> DatabaseFlags(const db::Settings& settings) {
  std::vector<std::string> flags = {"--db-user=" + settings.user, "--db-schema=" + settings.schema};
  if (settings.unix_socket.empty()) {
    flags.push_back("--db-host=" + settings.host);
    flags.push_back(absl::StrCat("--db-port=", settings.port));
  } else {
    flags.push_back("--db-socket=" + settings.unix_socket);
  }
  ::setenv("TRELLIS_DB_PASSWORD", settings.password.c_str(), 1);
  return flags;
}

std::string KeyRingPath() {
  static const testing::TestKeyRing* const ring = new testing::TestKeyRing();
  return ring->path();
}

std::vector<std::string> ServeFlags(const db::Settings& settings) {
  const rpc::TlsFiles tls = testing::CertificateOf("notetest");
  std::vector<std::string> flags = DatabaseFlags(settings);
  for (const std::string& flag :
       {std::string("--listen=127.0.0.1:0"), std::string("--http-listen=127.0.0.1:0"), "--tls-cert=" + tls.certificate,
        "--tls-key=" + tls.key, "--tls-ca=" + tls.ca, "--key-ring=" + KeyRingPath(), std::string("--issuer=i"),
        std::string("--audience=a"), std::string("--peer-identity=127.0.0.1:1"), std::string("--drain-wait=300ms"),
        std::string("--drain-grace=10s")}) {
    flags.push_back(flag);
  }
  return flags;
}

std::vector<ScratchDatabase::Component> Components() {
  return {{"runtime", migrations::Files()}, {"notetest", DescribeNotes().migrations()}};
}

std::unique_ptr<notetest::v1::Notes::Stub> Connect(int port) {
  const grpc::SslCredentialsOptions tls = testing::Showing(testing::CertificateOf("door"));
  return notetest::v1::Notes::NewStub(grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::SslCredentials(tls)));
}

grpc::Status CallCount(notetest::v1::Notes::Stub& stub, int delay_ms) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(9)));
  notetest::v1::CountNotesRequest request;
  request.set_delay_ms(delay_ms);
  notetest::v1::CountNotesResponse response;
  return stub.CountNotes(&context, request, &response);
}

TEST(MainTest, ServesAndDrainsWithoutFailingACall) {
  ScratchDatabase database(Components());
  Program program(ServeFlags(database.settings()));
  ASSERT_TRUE(program.AwaitOutput("\"message\":\"ready\"")) << program.Output();
  const auto stub = Connect(program.Port("port"));
  ASSERT_TRUE(CallCount(*stub, 0).ok());

  grpc::Status slow;
  std::thread caller([&] { slow = CallCount(*stub, 1500); });
  absl::SleepFor(absl::Milliseconds(200));
  program.Signal(SIGTERM);
  ASSERT_TRUE(program.AwaitOutput("\"message\":\"ending\""));
  EXPECT_TRUE(CallCount(*stub, 0).ok()) << "calls are still served while others learn that we go";
  caller.join();
  EXPECT_TRUE(slow.ok()) << slow.error_message();
  EXPECT_EQ(program.Wait(), 0);
  EXPECT_THAT(program.Output(), HasSubstr("\"message\":\"ended\""));
  EXPECT_THAT(program.Output(), Not(HasSubstr("\"severity\":\"error\""))) << program.Output();
}

TEST(MainTest, EndsAtOnceWhileItWaitsForItsDatabase) {
  db::Settings nowhere = testing::PrivateMariaDb::Shared();
  nowhere.unix_socket = "/nowhere/at/all.sock";
  nowhere.schema = "none";
  Program program(ServeFlags(nowhere));
  ASSERT_TRUE(program.AwaitOutput("waiting for the database")) << program.Output();
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Wait(), 0);
}

TEST(MainTest, WaitsForTheMigration) {
  ScratchDatabase database;
  Program server(ServeFlags(database.settings()));
  ASSERT_TRUE(server.AwaitOutput("waiting for the database")) << server.Output();

  std::vector<std::string> migrate = DatabaseFlags(database.settings());
  migrate.insert(migrate.begin(), "migrate");
  Program migration(migrate);
  EXPECT_EQ(migration.Wait(), 0) << migration.Output();
  Program again(migrate);
  EXPECT_EQ(again.Wait(), 0) << "a second time there is nothing to do: " << again.Output();
  EXPECT_TRUE(server.AwaitOutput("\"message\":\"ready\"")) << server.Output();
  server.Signal(SIGINT);
  EXPECT_EQ(server.Wait(), 0);
}

TEST(MainTest, GivesUpOnASchemaThatNobodyMigrates) {
  ScratchDatabase database;
  std::vector<std::string> flags = ServeFlags(database.settings());
  flags.push_back("--schema-wait=10ms");
  Program program(flags);
  EXPECT_EQ(program.Wait(), 1);
  EXPECT_THAT(program.Output(), HasSubstr("cannot start"));
}

TEST(MainTest, RefusesAnUnsafeDatabaseAndSaysWhy) {
  auto server = testing::PrivateMariaDb::Start({"--innodb-flush-log-at-trx-commit=2"});
  ASSERT_TRUE(server.ok()) << server.status();
  ScratchDatabase database((*server)->OverSocket(), Components());
  Program program(ServeFlags(database.settings()));
  EXPECT_EQ(program.Wait(), 1);
  EXPECT_THAT(program.Output(), HasSubstr("innodb_flush_log_at_trx_commit"));
}

TEST(MainTest, RefusesWrongSettingsAllAtOnce) {
  Program program({"serve", "--workers=many", "--lisen=x"});
  EXPECT_EQ(program.Wait(), 2);
  for (const char* text : {"--issuer", "--audience", "--tls-cert", "--workers: 'many'", "did you mean --listen?"}) {
    EXPECT_THAT(program.Output(), HasSubstr(text));
  }
}

TEST(MainTest, SaysThatThePortIsTaken) {
  ScratchDatabase database(Components());
  Program first(ServeFlags(database.settings()));
  ASSERT_TRUE(first.AwaitOutput("\"message\":\"ready\"")) << first.Output();
  std::vector<std::string> flags = ServeFlags(database.settings());
  flags[static_cast<std::size_t>(std::find(flags.begin(), flags.end(), "--listen=127.0.0.1:0") - flags.begin())] =
      absl::StrCat("--listen=127.0.0.1:", first.Port("port"));
  Program second(flags);
  EXPECT_EQ(second.Wait(), 1);
  EXPECT_THAT(second.Output(), HasSubstr("cannot start"));
}

TEST(MainTest, RunsACommandOfTheService) {
  ScratchDatabase database(Components());
  std::vector<std::string> flags = DatabaseFlags(database.settings());
  flags.insert(flags.begin(), "greet");
  flags.push_back("--greeting=good morning");
  Program program(flags);
  EXPECT_EQ(program.Wait(), 0) << program.Output();
  std::string text;
  EXPECT_TRUE(database.pool()
                  .Read(absl::Now() + absl::Seconds(5),
                        [&](db::Session& session) -> absl::Status {
                          TRELLIS_ASSIGN_OR_RETURN(const auto row,
                                                   session.QueryOne<std::string>("SELECT text FROM note LIMIT 1"));
                          if (row.has_value()) text = std::get<0>(*row);
                          return absl::OkStatus();
                        })
                  .ok());
  EXPECT_EQ(text, "good morning");
}

TEST(MainTest, ExplainsItself) {
  Program help({"help"});
  EXPECT_EQ(help.Wait(), 0);
  EXPECT_THAT(help.Output(), HasSubstr("greet                 says the greeting"));
  Program flags({"serve", "--help"});
  EXPECT_EQ(flags.Wait(), 0);
  EXPECT_THAT(flags.Output(), HasSubstr("--greeting"));
  EXPECT_THAT(flags.Output(), HasSubstr("--db-password-file"));
  Program version({"version"});
  EXPECT_EQ(version.Wait(), 0);
  EXPECT_THAT(version.Output(), HasSubstr("trellis-notetest 0."));
  Program unknown({"dance"});
  EXPECT_EQ(unknown.Wait(), 2);
  EXPECT_THAT(unknown.Output(), HasSubstr("no command 'dance'"));
}

}  // namespace
}  // namespace trellis::runtime
