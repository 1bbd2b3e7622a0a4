// The project's own sources as text, for the tests of this folder.
#ifndef TRELLIS_TESTS_CONTRACT_SOURCE_FILES_H_
#define TRELLIS_TESTS_CONTRACT_SOURCE_FILES_H_

#include <string>
#include <vector>

namespace trellis::contract {

struct SourceFile {
  std::string path;  // from the top of the tree, for example "common/db/pool.cc"
  std::string text;
};

// Files below `folder` with one of the endings, sorted by path.
std::vector<SourceFile> FilesBelow(const std::string& folder, const std::vector<std::string>& endings);

// The paths that a file includes with quotes or angle brackets.
std::vector<std::string> Includes(const SourceFile& file);

}  // namespace trellis::contract

#endif  // TRELLIS_TESTS_CONTRACT_SOURCE_FILES_H_
