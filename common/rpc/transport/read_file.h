// The whole content of a small file.
#ifndef TRELLIS_COMMON_RPC_TRANSPORT_READ_FILE_H_
#define TRELLIS_COMMON_RPC_TRANSPORT_READ_FILE_H_

#include <fstream>
#include <sstream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace trellis::rpc {

// Error: FAILED_PRECONDITION naming the file.
inline absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  if (!in || !(out << in.rdbuf())) return absl::FailedPreconditionError(absl::StrCat("cannot read ", path));
  return std::move(out).str();
}

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_TRANSPORT_READ_FILE_H_
