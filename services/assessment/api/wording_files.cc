#include "services/assessment/api/wording_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace trellis::assessment {

absl::StatusOr<std::vector<EmbeddedFile>> ReadWordingFiles(const std::string& folder) {
  std::vector<EmbeddedFile> files;
  if (folder.empty()) return files;
  std::error_code error;
  std::vector<std::filesystem::path> paths;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".json") paths.push_back(it->path());
  }
  if (error) return absl::InvalidArgumentError(absl::StrCat("--wording-dir=", folder, ": ", error.message()));
  std::sort(paths.begin(), paths.end());
  for (const std::filesystem::path& path : paths) {
    std::ifstream in(path, std::ios::binary);
    std::string content{std::istreambuf_iterator<char>(in), {}};
    if (!in) return absl::InvalidArgumentError(absl::StrCat(path.string(), ": cannot be read"));
    files.push_back({path.string(), std::move(content)});
  }
  return files;
}

}  // namespace trellis::assessment
