// Compares what clients were told with what is there.
#ifndef TRELLIS_TESTS_FAULT_VERDICT_H_
#define TRELLIS_TESTS_FAULT_VERDICT_H_

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/fault/client.h"
#include "tests/fault/load.h"

namespace trellis::fault {

// Of one kind of operation.
struct Count {
  int acknowledged = 0;
  int unknown = 0;          // the client was never told
  int unknown_applied = 0;  // of these: carried out
  int repeated = 0;         // sent more than once before it was acknowledged
  int lost = 0;             // acknowledged and not there
  int changed = 0;          // there, and not what was acknowledged
  int doubled = 0;          // there more than once, acknowledged or not
  int unasked = 0;          // there, and nobody asked for it
  int other_answer = 0;     // the request repeated at the end got another answer than the first time
};

struct AlertCount {
  int expected = 0;
  int missing = 0;
  int doubled = 0;
  int without_assessment = 0;
  absl::Duration drain;  // from the end of the load to the last alert
};

struct Verdict {
  Count registrations;
  Count recordings;
  AlertCount alerts;
  std::vector<std::string> failures;  // calls that did not work although everything is up
};

// With everything up and the load finished.
Verdict Examine(Client& client, const Load& load, absl::Time load_end);

}  // namespace trellis::fault

#endif  // TRELLIS_TESTS_FAULT_VERDICT_H_
