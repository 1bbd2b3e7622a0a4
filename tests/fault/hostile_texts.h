// Texts that somebody wrote to do harm, all of which may be stored.
#ifndef TRELLIS_TESTS_FAULT_HOSTILE_TEXTS_H_
#define TRELLIS_TESTS_FAULT_HOSTILE_TEXTS_H_

#include <string>
#include <vector>

namespace trellis::fault {

// Each holds a letter, as a name must, and differs from the others without its signs too. One has several lines.
const std::vector<std::string>& HostileTexts();

}  // namespace trellis::fault

#endif  // TRELLIS_TESTS_FAULT_HOSTILE_TEXTS_H_
