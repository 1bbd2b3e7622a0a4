#include "tests/contract/source_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>

namespace trellis::contract {

std::vector<SourceFile> FilesBelow(const std::string& folder, const std::vector<std::string>& endings) {
  namespace fs = std::filesystem;
  const fs::path top = TRELLIS_SOURCE_DIR;
  std::vector<SourceFile> files;
  if (!fs::exists(top / folder)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(top / folder)) {
    const std::string ending = entry.path().extension();
    if (std::find(endings.begin(), endings.end(), ending) == endings.end()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    files.push_back({fs::relative(entry.path(), top).string(),
                     std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>())});
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

std::vector<std::string> Includes(const SourceFile& file) {
  static const std::regex pattern("#include\\s+[<\"]([^>\"]+)[>\"]");
  std::vector<std::string> out;
  for (auto it = std::sregex_iterator(file.text.begin(), file.text.end(), pattern); it != std::sregex_iterator();
       ++it) {
    out.push_back((*it)[1]);
  }
  return out;
}

}  // namespace trellis::contract
