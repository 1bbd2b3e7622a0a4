#include "tests/bench/suite/feed_lag.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/bench/suite/load.h"
#include "tests/bench/suite/workload.h"
#include "trellis/assessment/v1/assessments.pb.h"
#include "trellis/caseload/v1/worklist.pb.h"

namespace trellis::bench {
namespace {

std::string Record(Suite& suite, const std::string& token, const std::string& person, int n) {
  assessment::v1::RecordAssessmentResponse response;
  Load load;
  load.method = "/trellis.assessment.v1.Assessments/RecordAssessment";
  load.token = token;
  load.request = [&](std::int64_t) { return RecordRequest(person, n, false); };
  load.on_response = [&](absl::string_view bytes) {
    response.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  };
  load.count = 1;
  const Sample sample = Run(suite.channel("assessment"), load);
  if (sample.failed > 0) Die(sample.first_failure);
  return response.assessment().name();
}

}  // namespace

std::vector<absl::Duration> MeasureFeedLag(Suite& suite, int samples, absl::Duration interval) {
  const std::unique_ptr<SqlConnection> connection = suite.Connect("trellis_caseload");
  SqlStatement line(*connection, "SELECT entry FROM worklist_entry WHERE organization_id = ? AND person_id = ?");
  const std::string token = suite.SignIn();
  std::vector<absl::Duration> lags;
  for (int n = 0; n < samples; ++n) {
    const std::string& person = suite.persons()[static_cast<std::size_t>(n * 37) % suite.persons().size()];
    const absl::Time begin = absl::Now();
    const std::string assessment = Record(suite, token, person, n);
    const absl::Time answered = absl::Now();
    caseload::v1::WorklistEntry entry;
    while (entry.last_assessment().assessment() != assessment) {
      if (absl::Now() - answered > absl::Seconds(30)) Die(absl::StrCat(person, ": the worklist does not change"));
      absl::SleepFor(absl::Microseconds(500));
      line.Execute({suite.organization().bytes(), IdBytes(person)});
      entry.ParseFromString(line.Column(0));
    }
    lags.push_back(absl::Now() - answered);
    absl::SleepFor(begin + interval - absl::Now());
  }
  return lags;
}

}  // namespace trellis::bench
