// Pages of lists that are sorted by id: the token holds the last id of the page before.
#ifndef TRELLIS_COMMON_RPC_ID_PAGE_H_
#define TRELLIS_COMMON_RPC_ID_PAGE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/error.h"
#include "common/base/id.h"
#include "common/base/status_macros.h"
#include "common/rpc/call_context.h"
#include "common/rpc/page_token.h"

namespace trellis::rpc {

struct IdPage {
  int size = 0;
  std::optional<Id> last;  // the last id that the caller has; nothing: the first page
  std::string filter;      // what the token is bound to

  std::string TokenAfter(const Id& id) const { return EncodePageToken(id.bytes(), filter); }
};

// Errors: INVALID_ARGUMENT on page_size or page_token.
template <class Request>
absl::StatusOr<IdPage> ReadIdPage(const CallContext& call, const Request& request, int default_size, int max_size) {
  IdPage page;
  page.filter = PageFilter(call, request);
  TRELLIS_ASSIGN_OR_RETURN(page.size, ClampPageSize(request.page_size(), default_size, max_size));
  TRELLIS_ASSIGN_OR_RETURN(const std::string key, DecodePageToken(request.page_token(), page.filter));
  if (key.empty()) return page;
  const absl::StatusOr<Id> last = Id::FromBytes(key);
  if (!last.ok()) return InvalidField("page_token", "is not a token that this method has given");
  page.last = *last;
  return page;
}

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_ID_PAGE_H_
