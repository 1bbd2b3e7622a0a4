// Etags (AIP-154): the version of a row, in quotes.
#ifndef TRELLIS_COMMON_RPC_ETAG_H_
#define TRELLIS_COMMON_RPC_ETAG_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/error.h"

namespace trellis::rpc {

inline std::string MakeEtag(std::int64_t version) { return absl::StrCat("\"", version, "\""); }

// ABORTED ETAG_MISMATCH.
inline Error EtagMismatch() {
  return Error(absl::StatusCode::kAborted, "ETAG_MISMATCH", "somebody changed it in the meantime: read it again");
}

// An empty etag compares nothing. Error: ABORTED ETAG_MISMATCH with the metadata `etag`, the one of now.
inline absl::Status CheckEtag(absl::string_view etag, std::int64_t version) {
  if (etag.empty() || etag == MakeEtag(version)) return absl::OkStatus();
  return EtagMismatch().With("etag", MakeEtag(version));
}

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_ETAG_H_
