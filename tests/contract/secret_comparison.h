// Finds comparisons of secrets whose time tells where the first difference lies.
#ifndef TRELLIS_TESTS_CONTRACT_SECRET_COMPARISON_H_
#define TRELLIS_TESTS_CONTRACT_SECRET_COMPARISON_H_

#include <string>
#include <vector>

#include "tests/contract/source_files.h"

namespace trellis::contract {

struct Comparison {
  int line = 0;
  std::string text;  // "a.token_hash == b.token_hash", or the function: "memcmp"
};

// Comparisons with ==, != or a function that stops at the first difference, in the code of a file without its comments
// and literals. Who compares with a constant, a number or nothing at all, or the size of something, compares no
// secrets.
std::vector<Comparison> SecretComparisons(const SourceFile& file);

}  // namespace trellis::contract

#endif  // TRELLIS_TESTS_CONTRACT_SECRET_COMPARISON_H_
