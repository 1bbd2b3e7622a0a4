// Prints how often somebody who left a care team reads what was written afterwards, how long until they read nothing,
// and what a write pays for that. Asserts nothing:
//   new_enemy [rounds]
#include <iostream>

#include "absl/strings/numbers.h"
#include "tests/access/new_enemy.h"

namespace trellis::matrix {
namespace {

void Print(const char* service, const NewEnemy::Figures& figures) {
  std::cout << service << ": " << figures.read << " of " << figures.rounds
            << " reads of what was written after leaving; denied after " << figures.waits[figures.waits.size() / 2]
            << " (median), " << figures.waits.back() << " (longest)" << std::endl;
}

void Print(const char* what, const std::vector<absl::Duration>& times) {
  std::cout << what << ": p50 " << times[times.size() / 2] << ", p99 " << times[times.size() * 99 / 100] << std::endl;
}

}  // namespace
}  // namespace trellis::matrix

int main(int argc, char** argv) {
  int rounds = 300;
  if (argc > 1 && (!absl::SimpleAtoi(argv[1], &rounds) || rounds < 1)) return 2;
  trellis::matrix::NewEnemy enemy;
  trellis::matrix::Print("caseload", enemy.RunCaseload(rounds));
  trellis::matrix::Print("assessment", enemy.RunAssessment(rounds));
  trellis::matrix::Print("RecordAssessment", enemy.TimeRecording(rounds));
  trellis::matrix::Print("RecordAssessment without identity", enemy.TimeRecordingAlone(rounds));
}
