#include <regex>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "common/metrics/db_metrics.h"
#include "common/metrics/feed_metrics.h"
#include "common/metrics/registry.h"
#include "common/metrics/rpc_metrics.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trellis::metrics {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> Lines(const Registry& registry) {
  return absl::StrSplit(registry.Text(), '\n', absl::SkipEmpty());
}

// "name type" of each family, in the order of the text.
std::vector<std::string> Families(const Registry& registry) {
  std::vector<std::string> out;
  for (const std::string& line : Lines(registry)) {
    if (absl::StartsWith(line, "# TYPE ")) out.push_back(line.substr(7));
  }
  return out;
}

// What `promtool check metrics` would say about the form: every line parses, HELP and TYPE come first and once, samples
// belong to the family above them, none comes twice.
std::vector<std::string> FormatMistakes(const Registry& registry) {
  static const std::regex kSample(
      R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{([a-zA-Z_][a-zA-Z0-9_]*="(\\.|[^"\\])*",?)*\})? (\S+))");
  std::vector<std::string> mistakes;
  std::set<std::string> families, samples;
  std::string family, type, helped;
  for (const std::string& line : Lines(registry)) {
    const std::vector<std::string> words = absl::StrSplit(line, absl::MaxSplits(' ', 3));
    if (absl::StartsWith(line, "# HELP ")) {
      helped = words[2];
      if (words.size() < 4 || words[3].empty()) mistakes.push_back("no help: " + line);
      continue;
    }
    if (absl::StartsWith(line, "# TYPE ")) {
      family = words[2];
      type = words[3];
      if (helped != family) mistakes.push_back("TYPE without HELP: " + line);
      if (!families.insert(family).second) mistakes.push_back("family twice: " + line);
      if ((type == "counter") != absl::EndsWith(family, "_total")) mistakes.push_back("_total is a counter's: " + line);
      continue;
    }
    std::smatch match;
    if (!std::regex_match(line, match, kSample)) {
      mistakes.push_back("no sample: " + line);
      continue;
    }
    double value = 0;
    if (!absl::SimpleAtod(match[5].str(), &value)) mistakes.push_back("no number: " + line);
    if (!samples.insert(match[1].str() + match[2].str()).second) mistakes.push_back("sample twice: " + line);
    std::string base = match[1].str();
    if (type == "histogram") base = std::regex_replace(base, std::regex("_(bucket|sum|count)$"), "");
    if (base != family) mistakes.push_back("sample outside its family: " + line);
  }
  return mistakes;
}

class MetricsTest : public ::testing::Test {
 protected:
  bool Has(const std::string& line) {
    const std::vector<std::string> lines = Lines(registry_);
    return std::find(lines.begin(), lines.end(), line) != lines.end();
  }
  Registry registry_{{.service = "identity", .version = "0.1.0", .revision = "abc"}};
};

// The names are a contract with dashboards and alerts. Add to this list; do not change it.
TEST_F(MetricsTest, NamesAreTheGoldenOnes) {
  RpcMetrics server(&registry_, RpcMetrics::Side::kServer);
  RpcMetrics client(&registry_, RpcMetrics::Side::kClient);
  server.Register("trellis.identity.v1.Persons", "GetPerson", MethodType::kUnary);
  client.Register("trellis.directory.v1.Providers", "GetProvider", MethodType::kUnary);
  DbMetrics db(&registry_);
  FeedMetrics feed(&registry_, "identity");
  EXPECT_THAT(
      Families(registry_),
      ElementsAre("grpc_client_handled_total counter", "grpc_client_handling_seconds histogram",
                  "grpc_client_msg_received_total counter", "grpc_client_msg_sent_total counter",
                  "grpc_client_started_total counter", "grpc_server_handled_total counter",
                  "grpc_server_handling_seconds histogram", "grpc_server_msg_received_total counter",
                  "grpc_server_msg_sent_total counter", "grpc_server_started_total counter",
                  "process_cpu_seconds_total counter", "process_max_fds gauge", "process_open_fds gauge",
                  "process_resident_memory_bytes gauge", "process_start_time_seconds gauge", "process_threads gauge",
                  "process_virtual_memory_bytes gauge", "trellis_build_info gauge",
                  "trellis_db_connections_opened_total counter", "trellis_db_pool_in_use gauge",
                  "trellis_db_pool_size gauge", "trellis_db_pool_wait_seconds histogram",
                  "trellis_db_pool_waiting gauge", "trellis_db_statement_errors_total counter",
                  "trellis_db_transaction_retries_total counter", "trellis_db_transaction_seconds histogram",
                  "trellis_feed_errors_total counter", "trellis_feed_events_applied_total counter",
                  "trellis_feed_lag_seconds gauge", "trellis_feed_parked gauge", "trellis_feed_position gauge"));
  EXPECT_THAT(FormatMistakes(registry_), IsEmpty());
}

TEST_F(MetricsTest, EveryCodeOfAMethodIsThereFromTheStart) {
  RpcMetrics metrics(&registry_, RpcMetrics::Side::kServer);
  metrics.Register("trellis.identity.v1.Persons", "GetPerson", MethodType::kUnary);
  for (const char* code : {"OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound",
                           "AlreadyExists", "PermissionDenied", "ResourceExhausted", "FailedPrecondition", "Aborted",
                           "OutOfRange", "Unimplemented", "Internal", "Unavailable", "DataLoss", "Unauthenticated"}) {
    EXPECT_TRUE(Has(absl::StrCat("grpc_server_handled_total{grpc_code=\"", code,
                                 "\",grpc_method=\"GetPerson\",grpc_service=\"trellis.identity.v1.Persons\","
                                 "grpc_type=\"unary\"} 0")))
        << registry_.Text();
  }
}

TEST_F(MetricsTest, CountsACall) {
  RpcMetrics metrics(&registry_, RpcMetrics::Side::kServer);
  MethodMetrics& method = metrics.Register("s.S", "M", MethodType::kBidiStream);
  method.Started();
  method.MessageReceived();
  method.MessageReceived();
  method.MessageSent();
  method.Handled(absl::StatusCode::kNotFound, absl::Milliseconds(7));
  const std::string labels = "grpc_method=\"M\",grpc_service=\"s.S\",grpc_type=\"bidi_stream\"";
  EXPECT_TRUE(Has("grpc_server_started_total{" + labels + "} 1"));
  EXPECT_TRUE(Has("grpc_server_msg_received_total{" + labels + "} 2"));
  EXPECT_TRUE(Has("grpc_server_msg_sent_total{" + labels + "} 1"));
  EXPECT_TRUE(Has("grpc_server_handled_total{grpc_code=\"NotFound\"," + labels + "} 1"));
  EXPECT_TRUE(Has("grpc_server_handling_seconds_bucket{" + labels + ",le=\"0.005\"} 0"));
  EXPECT_TRUE(Has("grpc_server_handling_seconds_bucket{" + labels + ",le=\"0.01\"} 1"));
  EXPECT_TRUE(Has("grpc_server_handling_seconds_count{" + labels + "} 1"));
}

TEST_F(MetricsTest, RegisteringTwiceGivesTheSameMetrics) {
  RpcMetrics metrics(&registry_, RpcMetrics::Side::kClient);
  MethodMetrics& first = metrics.Register("s.S", "M", MethodType::kUnary);
  EXPECT_EQ(&first, &metrics.Register("s.S", "M", MethodType::kUnary));
  EXPECT_THAT(FormatMistakes(registry_), IsEmpty());
}

TEST_F(MetricsTest, AllUnknownMethodsShareOneName) {
  RpcMetrics metrics(&registry_, RpcMetrics::Side::kServer);
  metrics.Unknown().Handled(absl::StatusCode::kUnimplemented, absl::ZeroDuration());
  metrics.Unknown().Handled(static_cast<absl::StatusCode>(99), absl::ZeroDuration());
  EXPECT_THAT(registry_.Text(), HasSubstr("grpc_code=\"Unimplemented\",grpc_method=\"unknown\","
                                          "grpc_service=\"unknown\",grpc_type=\"unary\"} 1"));
  EXPECT_THAT(registry_.Text(), HasSubstr("grpc_code=\"Unknown\",grpc_method=\"unknown\","
                                          "grpc_service=\"unknown\",grpc_type=\"unary\"} 1"));
}

TEST_F(MetricsTest, TellsWhatIsRunning) {
  EXPECT_TRUE(Has("trellis_build_info{revision=\"abc\",service=\"identity\",version=\"0.1.0\"} 1")) << registry_.Text();
}

TEST_F(MetricsTest, ProcessFiguresAreThoseOfThisProcess) {
  std::map<std::string, double> values;
  for (const std::string& line : Lines(registry_)) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    if (!absl::StartsWith(line, "process_")) continue;
    ASSERT_TRUE(absl::SimpleAtod(words[1], &values[words[0]])) << line;
  }
  EXPECT_GT(values["process_resident_memory_bytes"], 1e6);
  EXPECT_GE(values["process_threads"], 1);
  EXPECT_GE(values["process_open_fds"], 3);
  EXPECT_GT(values["process_max_fds"], values["process_open_fds"]);
  EXPECT_NEAR(values["process_start_time_seconds"], absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch()), 600);
}

TEST_F(MetricsTest, LabelValuesAreEscaped) {
  registry_.AddCounter("trellis_test_total", "Test.", {{"kind", "a\"b\\c\nd"}}).Increment();
  EXPECT_TRUE(Has("trellis_test_total{kind=\"a\\\"b\\\\c\\nd\"} 1")) << registry_.Text();
  EXPECT_THAT(FormatMistakes(registry_), IsEmpty());
}

}  // namespace
}  // namespace trellis::metrics
