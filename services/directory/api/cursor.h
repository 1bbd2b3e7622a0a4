// Where a page of a list or a search begins, as the bytes inside a page token.
#ifndef TRELLIS_SERVICES_DIRECTORY_API_CURSOR_H_
#define TRELLIS_SERVICES_DIRECTORY_API_CURSOR_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/directory/domain/nearest.h"
#include "services/directory/storage/entries.h"

namespace trellis::directory {

std::string EncodeCursor(const NameCursor& cursor);
// The default cursor for empty bytes. Error: INVALID_ARGUMENT on page_token.
absl::StatusOr<NameCursor> DecodeNameCursor(absl::string_view bytes);

// A search around a point comes in two parts: what has a distance, then what has none.
struct SearchCursor {
  std::optional<Near> near;        // the last service with a distance
  std::optional<NameCursor> name;  // the last one without
};
std::string EncodeCursor(const SearchCursor& cursor);
absl::StatusOr<SearchCursor> DecodeSearchCursor(absl::string_view bytes);

}  // namespace trellis::directory

#endif  // TRELLIS_SERVICES_DIRECTORY_API_CURSOR_H_
