// The page of a list that a request asks for.
#ifndef TRELLIS_COMMON_RPC_PAGE_H_
#define TRELLIS_COMMON_RPC_PAGE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/status_macros.h"
#include "common/rpc/call_context.h"
#include "common/rpc/page_token.h"

namespace trellis::rpc {

// Of a list that has no reason for others.
inline constexpr int kDefaultPageSize = 50;
inline constexpr int kLargestPageSize = 500;

struct Page {
  int size = 0;
  std::string after;   // the key of the last row that the caller has; "": the first page
  std::string filter;  // what the token is bound to

  std::string TokenAfter(absl::string_view key) const { return EncodePageToken(key, filter); }
};

// Errors: INVALID_ARGUMENT on page_size or page_token. A token is not signed: a key that was made up must do no harm.
template <class Request>
absl::StatusOr<Page> ReadPage(const CallContext& call, const Request& request, int default_size = kDefaultPageSize,
                              int max_size = kLargestPageSize) {
  Page page;
  page.filter = PageFilter(call, request);
  TRELLIS_ASSIGN_OR_RETURN(page.size, ClampPageSize(request.page_size(), default_size, max_size));
  TRELLIS_ASSIGN_OR_RETURN(page.after, DecodePageToken(request.page_token(), page.filter));
  return page;
}

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_PAGE_H_
