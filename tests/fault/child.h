// A program that a test starts and that ends with the test.
#ifndef TRELLIS_TESTS_FAULT_CHILD_H_
#define TRELLIS_TESTS_FAULT_CHILD_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace trellis::fault {

// Starts words[0] with the other words, these environment entries ("NAME=value") and no others, its output appended to
// the file `log`. The kernel ends it together with the thread that calls this. Returns its process id.
pid_t StartChild(std::vector<std::string> words, std::vector<std::string> environment, const std::string& log);

}  // namespace trellis::fault

#endif  // TRELLIS_TESTS_FAULT_CHILD_H_
