// Paging of lists (AIP-158).
#ifndef TRELLIS_COMMON_RPC_PAGE_TOKEN_H_
#define TRELLIS_COMMON_RPC_PAGE_TOKEN_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/rpc/call_context.h"
#include "google/protobuf/message.h"

namespace trellis::rpc {

// Everything that a page token must not outlive: the method, the caller (organization and user: what is visible differs
// from user to user) and all fields of the request except page_size and page_token.
std::string PageFilter(const CallContext& call, const google::protobuf::Message& request);

// An opaque token that carries `key` (where the next page begins) and works only with the same `filter`. It is not
// secret and not signed: the query's own tenant condition protects the rows.
std::string EncodePageToken(absl::string_view key, absl::string_view filter);
// "" for an empty token: the first page. Error: INVALID_ARGUMENT on the field page_token.
absl::StatusOr<std::string> DecodePageToken(absl::string_view token, absl::string_view filter);

// 0: `default_size`; more than `max_size`: `max_size`. Error: INVALID_ARGUMENT on the field page_size where negative.
absl::StatusOr<int> ClampPageSize(std::int32_t page_size, int default_size, int max_size);

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_PAGE_TOKEN_H_
