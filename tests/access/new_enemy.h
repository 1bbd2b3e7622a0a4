// The new enemy: somebody leaves a care team, then something is written about the person. Does the one who left read
// it?
#ifndef TRELLIS_TESTS_ACCESS_NEW_ENEMY_H_
#define TRELLIS_TESTS_ACCESS_NEW_ENEMY_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/access/world.h"

namespace trellis::matrix {

class NewEnemy {
 public:
  struct Figures {
    int rounds = 0;
    int read = 0;                       // of what was written after leaving
    std::vector<absl::Duration> waits;  // from leaving until nothing is read any more; sorted
  };

  // The note of a service need, changed; an assessment, recorded. Caches are warm: the one who leaves has just read.
  Figures RunCaseload(int rounds);
  Figures RunAssessment(int rounds);

  // What recording takes in a service that follows identity, and in one that has none; sorted.
  std::vector<absl::Duration> TimeRecording(int count);
  std::vector<absl::Duration> TimeRecordingAlone(int count);

  World& world() { return world_; }

 private:
  template <class Write, class ReadNew, class ReadOld>
  Figures Run(int rounds, Write write, ReadNew read_new, ReadOld read_old);

  const Case& about() { return world_.cases().at("none"); }
  testing::TestUser owner() { return world_.cases().at("own").caller; }

  void Join();
  void Leave();
  void ChangeNote(const std::string& note);
  bool ReadsNeed(const std::string& note);  // whether the need can be read, with this note unless it is ""
  std::string Record(testing::TestService& service);
  bool ReadsAssessment(const std::string& name);

  World world_;
};

}  // namespace trellis::matrix

#endif  // TRELLIS_TESTS_ACCESS_NEW_ENEMY_H_
