#include "common/config/loader.h"

#include <cstdio>
#include <fstream>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trellis::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

using Variables = std::map<std::string, std::string>;

Loader Make(std::vector<std::string> arguments, Variables variables = {}) {
  return Loader("trellis-test serve", std::move(arguments),
                [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
                  const auto found = variables.find(name);
                  if (found == variables.end()) return std::nullopt;
                  return found->second;
                });
}

std::string WriteFile(const std::string& content) {
  const std::string path = ::testing::TempDir() + "/secret_" +
                           ::testing::UnitTest::GetInstance()->current_test_info()->name();
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

TEST(LoaderTest, FlagWinsOverEnvironmentWinsOverFallback) {
  Loader loader = Make({"--listen=flag"}, {{"TRELLIS_LISTEN", "environment"}, {"TRELLIS_DB_HOST", "db"}});
  std::string listen, host, user;
  loader.String("listen", &listen, "fallback", "");
  loader.String("db-host", &host, "localhost", "");
  loader.String("db-user", &user, "trellis", "");
  EXPECT_TRUE(loader.Finish().ok());
  EXPECT_EQ(listen, "flag");
  EXPECT_EQ(host, "db");
  EXPECT_EQ(user, "trellis");
}

TEST(LoaderTest, UnderstandsEveryKind) {
  Loader loader = Make({"--size", "12", "--grace=1m30s", "--reflection", "--no-wait", "--peers= a, b,,c ",
                        "--level=info"},
                       {{"TRELLIS_INSECURE", "yes"}, {"TRELLIS_EMPTY", ""}});
  int size = 0;
  absl::Duration grace;
  bool reflection = false, wait = true, insecure = false, empty = true;
  std::vector<std::string> peers;
  std::string level;
  loader.Int("size", &size, 1, 1, 100, "");
  loader.Duration("grace", &grace, absl::Seconds(1), "");
  loader.Bool("reflection", &reflection, false, "");
  loader.Bool("wait", &wait, true, "");
  loader.Bool("insecure", &insecure, false, "");
  loader.Bool("empty", &empty, true, "");
  loader.List("peers", &peers, "", "");
  loader.Choice("level", &level, {"debug", "info"}, "debug", "");
  EXPECT_TRUE(loader.Finish().ok());
  EXPECT_EQ(size, 12);
  EXPECT_EQ(grace, absl::Seconds(90));
  EXPECT_TRUE(reflection);
  EXPECT_FALSE(wait);
  EXPECT_TRUE(insecure);
  EXPECT_TRUE(empty) << "an empty variable counts as not set";
  EXPECT_THAT(peers, ElementsAre("a", "b", "c"));
  EXPECT_EQ(level, "info");
}

TEST(LoaderTest, ReportsEveryMistakeAtOnce) {
  Loader loader = Make({"--size=12x", "--listne=1", "stray", "--grace=fast", "--grace=1s", "--on=perhaps", "--last"},
                       {{"TRELLIS_WORKERS", "0"}, {"TRELLIS_LEVEL", "loud"}});
  int size = 7, workers = 8;
  absl::Duration grace;
  bool on = true;
  std::string listen, issuer, level, last;
  loader.Int("size", &size, 7, 1, 100, "");
  loader.Int("workers", &workers, 8, 1, 100, "");
  loader.Duration("grace", &grace, absl::Seconds(3), "");
  loader.Bool("on", &on, true, "");
  loader.String("listen", &listen, "x", "");
  loader.String("last", &last, "fallback", "");
  loader.RequiredString("issuer", &issuer, "who issues tokens");
  loader.Choice("level", &level, {"debug", "info"}, "info", "");
  const std::string message(loader.Finish().message());
  EXPECT_THAT(message, HasSubstr("--size: '12x' is not a whole number from 1 to 100"));
  EXPECT_THAT(message, HasSubstr("TRELLIS_WORKERS: '0' is not a whole number from 1 to 100"));
  EXPECT_THAT(message, HasSubstr("--grace: given more than once"));
  EXPECT_THAT(message, HasSubstr("--on: 'perhaps' is neither true nor false"));
  EXPECT_THAT(message, HasSubstr("--issuer (or TRELLIS_ISSUER) is required: who issues tokens"));
  EXPECT_THAT(message, HasSubstr("TRELLIS_LEVEL: 'loud' is none of debug, info"));
  EXPECT_THAT(message, HasSubstr("--listne: unknown flag; did you mean --listen?"));
  EXPECT_THAT(message, HasSubstr("--last: no value given"));
  EXPECT_THAT(message, HasSubstr("'stray': not expected here"));
  EXPECT_EQ(std::vector<std::string>(absl::StrSplit(message, '\n')).size(), 9u) << message;
  EXPECT_EQ(size, 7) << "a mistake leaves the fallback";
  EXPECT_EQ(level, "info");
}

TEST(LoaderTest, RefusesNegativeAndEndlessDurations) {
  for (const char* text : {"-1s", "inf", "1", "", "1 parsec"}) {
    Loader loader = Make({absl::StrCat("--grace=", text)});
    absl::Duration grace;
    loader.Duration("grace", &grace, absl::Seconds(3), "");
    EXPECT_FALSE(loader.Finish().ok()) << text;
    EXPECT_EQ(grace, absl::Seconds(3));
  }
}

TEST(LoaderTest, NamesNoFlagThatIsNothingLikeTheUnknownOne) {
  Loader loader = Make({"--zzzzzz=1"});
  std::string listen;
  loader.String("listen", &listen, "", "");
  EXPECT_EQ(loader.Finish().message(), "--zzzzzz: unknown flag");
}

TEST(LoaderTest, ReadsSecretsFromFilesWithoutTheFinalNewline) {
  const std::string path = WriteFile(" p\nq \n");
  Loader loader = Make({"--db-password-file=" + path}, {{"TRELLIS_DB_PASSWORD", "weaker"}});
  std::string password;
  loader.Secret("db-password", &password, "the password");
  EXPECT_TRUE(loader.Finish().ok());
  EXPECT_EQ(password, " p\nq ");
}

TEST(LoaderTest, TakesASecretFromTheEnvironment) {
  Loader loader = Make({}, {{"TRELLIS_DB_PASSWORD", "hunter2"}});
  std::string password;
  loader.RequiredSecret("db-password", &password, "the password");
  EXPECT_TRUE(loader.Finish().ok());
  EXPECT_EQ(password, "hunter2");
}

TEST(LoaderTest, RefusesASecretOnTheCommandLineWithoutRepeatingIt) {
  Loader loader = Make({"--db-password=hunter2"});
  std::string password;
  loader.RequiredSecret("db-password", &password, "the password");
  const std::string message(loader.Finish().message());
  EXPECT_THAT(message, HasSubstr("--db-password: a secret must not stand on the command line"));
  EXPECT_THAT(message, Not(HasSubstr("hunter2")));
  EXPECT_EQ(password, "");
}

TEST(LoaderTest, ReportsSecretsThatAreMissingUnreadableOrEmpty) {
  Loader loader = Make({"--a-file=/nowhere/at/all", "--b-file=" + WriteFile("\n")});
  std::string a, b, c;
  loader.RequiredSecret("a", &a, "the first");
  loader.RequiredSecret("b", &b, "the second");
  loader.RequiredSecret("c", &c, "the third");
  const std::string message(loader.Finish().message());
  EXPECT_THAT(message, HasSubstr("--a-file: cannot read /nowhere/at/all: No such file"));
  EXPECT_THAT(message, HasSubstr("is empty"));
  EXPECT_THAT(message, HasSubstr("--c-file (or TRELLIS_C_FILE, or TRELLIS_C) is required: the third"));
  EXPECT_EQ(std::vector<std::string>(absl::StrSplit(message, '\n')).size(), 3u) << message;
}

TEST(LoaderTest, HelpShowsEveryFlagWithItsFallback) {
  Loader loader = Make({"--help"});
  int size = 0;
  std::string password;
  loader.Int("db-pool-size", &size, 8, 1, 100, "most connections");
  loader.Secret("db-password", &password, "the password");
  EXPECT_TRUE(loader.help_wanted());
  EXPECT_THAT(loader.Help(), HasSubstr("  --db-pool-size      most connections [8]\n"));
  EXPECT_THAT(loader.Help(), HasSubstr("  --db-password-file  file that holds the password\n"));
  EXPECT_TRUE(loader.Finish().ok());
}

}  // namespace
}  // namespace trellis::config
