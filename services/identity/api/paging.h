// Pages of lists that are sorted by id.
#ifndef TRELLIS_SERVICES_IDENTITY_API_PAGING_H_
#define TRELLIS_SERVICES_IDENTITY_API_PAGING_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/base/error.h"
#include "common/base/id.h"
#include "common/base/status_macros.h"
#include "common/rpc/call_context.h"
#include "common/rpc/page_token.h"

namespace trellis::identity {

struct IdPage {
  int size = 0;
  Id after;            // nil: from the beginning
  std::string filter;  // what the token is bound to

  std::string TokenAfter(const Id& last) const { return rpc::EncodePageToken(last.bytes(), filter); }
};

// Errors: INVALID_ARGUMENT on page_size or page_token.
template <class Request>
absl::StatusOr<IdPage> ReadPage(const rpc::CallContext& call, const Request& request, int default_size, int max_size) {
  IdPage page;
  page.filter = rpc::PageFilter(call, request);
  TRELLIS_ASSIGN_OR_RETURN(page.size, rpc::ClampPageSize(request.page_size(), default_size, max_size));
  TRELLIS_ASSIGN_OR_RETURN(const std::string key, rpc::DecodePageToken(request.page_token(), page.filter));
  if (key.empty()) return page;
  const absl::StatusOr<Id> after = Id::FromBytes(key);
  if (!after.ok()) return InvalidField("page_token", "is not a token that this method has given");
  page.after = *after;
  return page;
}

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_PAGING_H_
