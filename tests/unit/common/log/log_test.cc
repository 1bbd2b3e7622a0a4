#include "common/log/log.h"

#include <limits>
#include <thread>

#include "absl/strings/str_split.h"
#include "common/trace/context.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace trellis::log {
namespace {

using nlohmann::json;

class LogTest : public ::testing::Test {
 protected:
  LogTest() { Start(Severity::kInfo); }
  ~LogTest() override { Configure({}); }

  void Start(Severity lowest) {
    Configure({.service = "identity", .lowest = lowest, .clock = &clock_, .sink = [this](absl::string_view line) {
                 lines_.emplace_back(line);
               }});
  }

  ManualClock clock_{absl::FromUnixMillis(1'700'000'000'123)};
  std::vector<std::string> lines_;
};

TEST_F(LogTest, WritesOneJsonObjectForEachMessage) {
  Info("listening", {{"port", 7101}, {"reflection", false}, {"took", absl::Milliseconds(1500)}, {"peer", "directory"}});
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_EQ(lines_[0].back(), '\n');
  EXPECT_EQ(json::parse(lines_[0]), json::parse(R"({"time":"2023-11-14T22:13:20.123000Z","severity":"info",
      "service":"identity","message":"listening","port":7101,"reflection":false,"took":1.5,"peer":"directory"})"));
}

TEST_F(LogTest, NamesTheTraceOfTheThread) {
  const trace::Context context{.trace_id = "0af7651916cd43dd8448eb211c80319c", .span_id = "b7ad6b7169203331"};
  {
    trace::Scope scope(context);
    Info("inside");
  }
  Info("outside");
  EXPECT_EQ(json::parse(lines_[0])["trace_id"], context.trace_id);
  EXPECT_FALSE(json::parse(lines_[1]).contains("trace_id"));
}

TEST_F(LogTest, EveryTextStaysOneLineOfValidJson) {
  const std::string nasty = "line\nbreak \"quote\" back\\slash tab\t nul" + std::string(1, '\0') + "\x7f é";
  Info(nasty, {{"broken", std::string("\xff\xfe not UTF-8")}, {"long", std::string(100'000, 'x')}});
  ASSERT_EQ(std::count(lines_[0].begin(), lines_[0].end(), '\n'), 1);
  const json line = json::parse(lines_[0]);
  EXPECT_EQ(line["message"], nasty);
  EXPECT_EQ(line["broken"], "\\xff\\xfe not UTF-8");
  EXPECT_LT(lines_[0].size(), 10'000u);
}

TEST_F(LogTest, CutsLongTextBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "é";
  Info(text);
  EXPECT_NO_THROW(json::parse(lines_[0]));
}

TEST_F(LogTest, WritesValuesOfEveryKind) {
  Info("m", {{"status", absl::UnavailableError("no answer")},
             {"time", absl::FromUnixSeconds(0)},
             {"big", std::numeric_limits<std::uint64_t>::max()},
             {"small", std::numeric_limits<std::int64_t>::min()},
             {"endless", absl::InfiniteDuration()}});
  const json line = json::parse(lines_[0]);
  EXPECT_EQ(line["status"], "UNAVAILABLE: no answer");
  EXPECT_EQ(line["time"], "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(line["big"], std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(line["small"], std::numeric_limits<std::int64_t>::min());
  EXPECT_TRUE(line["endless"].is_null());
}

TEST_F(LogTest, LeavesOutWhatIsBelowTheLowestSeverity) {
  Start(Severity::kWarning);
  Debug("a");
  Info("b");
  Warning("c");
  Error("d");
  ASSERT_EQ(lines_.size(), 2u);
  EXPECT_EQ(json::parse(lines_[0])["severity"], "warning");
  EXPECT_EQ(json::parse(lines_[1])["severity"], "error");
  EXPECT_FALSE(Enabled(Severity::kInfo));
}

TEST_F(LogTest, LinesOfManyThreadsDoNotMix) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int k = 0; k < 100; ++k) Info("m", {{"k", k}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_EQ(lines_.size(), 400u);
  for (const std::string& line : lines_) EXPECT_NO_THROW(json::parse(line));
}

TEST_F(LogTest, RateLimitLetsOneThroughAndCountsTheRest) {
  RateLimit limit(absl::Seconds(10), &clock_);
  EXPECT_EQ(limit.Pass(), 0);
  EXPECT_EQ(limit.Pass(), std::nullopt);
  EXPECT_EQ(limit.Pass(), std::nullopt);
  clock_.Advance(absl::Seconds(9));
  EXPECT_EQ(limit.Pass(), std::nullopt);
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(limit.Pass(), 3);
  EXPECT_EQ(limit.Pass(), std::nullopt);
}

TEST(SeverityTest, IsReadByName) {
  Severity severity = Severity::kInfo;
  EXPECT_TRUE(ParseSeverity("WARNING", &severity));
  EXPECT_EQ(severity, Severity::kWarning);
  EXPECT_FALSE(ParseSeverity("loud", &severity));
}

}  // namespace
}  // namespace trellis::log
