// Pages of lists that are sorted by id: the token holds the last id of the page before.
#ifndef TRELLIS_COMMON_RPC_ID_PAGE_H_
#define TRELLIS_COMMON_RPC_ID_PAGE_H_

#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/base/error.h"
#include "common/base/id.h"
#include "common/base/status_macros.h"
#include "common/rpc/call_context.h"
#include "common/rpc/page.h"
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
absl::StatusOr<IdPage> ReadIdPage(const CallContext& call, const Request& request, int default_size = kDefaultPageSize,
                                  int max_size = kLargestPageSize) {
  TRELLIS_ASSIGN_OR_RETURN(Page page, ReadPage(call, request, default_size, max_size));
  IdPage ids{.size = page.size, .last = std::nullopt, .filter = std::move(page.filter)};
  if (page.after.empty()) return ids;
  const absl::StatusOr<Id> last = Id::FromBytes(page.after);
  if (!last.ok()) return InvalidField("page_token", "is not a token that this method has given");
  ids.last = *last;
  return ids;
}

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_ID_PAGE_H_
