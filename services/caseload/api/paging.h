// Where a page begins and how long it is.
#ifndef TRELLIS_SERVICES_CASELOAD_API_PAGING_H_
#define TRELLIS_SERVICES_CASELOAD_API_PAGING_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/id.h"
#include "common/base/status_macros.h"
#include "common/rpc/page_token.h"

namespace trellis::caseload {

// A token works only for the user who got it: what is visible differs from user to user.
struct Page {
  int size = 0;
  std::string after;  // "" on the first page
  std::string filter;

  template <class Request>
  static absl::StatusOr<Page> Of(const rpc::CallContext& call, const Request& request) {
    Page page;
    page.filter = absl::StrCat(rpc::PageFilter(call, request), call.caller().user.bytes());
    TRELLIS_ASSIGN_OR_RETURN(page.size, rpc::ClampPageSize(request.page_size(), 50, 500));
    TRELLIS_ASSIGN_OR_RETURN(page.after, rpc::DecodePageToken(request.page_token(), page.filter));
    return page;
  }

  // For lists that go by id. Nothing on the first page.
  absl::StatusOr<std::optional<Id>> AfterId() const {
    if (after.empty()) return std::nullopt;
    const absl::StatusOr<Id> id = Id::FromBytes(after);
    if (!id.ok()) return InvalidField("page_token", "is not a token of this list");
    return *id;
  }
  std::string TokenFor(const std::string& key) const { return rpc::EncodePageToken(key, filter); }
};

}  // namespace trellis::caseload

#endif  // TRELLIS_SERVICES_CASELOAD_API_PAGING_H_
