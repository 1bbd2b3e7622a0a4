// Finding healthcare services that take people and meet every filter that is set.
#ifndef TRELLIS_SERVICES_DIRECTORY_STORAGE_SEARCH_H_
#define TRELLIS_SERVICES_DIRECTORY_STORAGE_SEARCH_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/db/session.h"
#include "services/directory/domain/geo.h"
#include "services/directory/domain/model.h"
#include "services/directory/domain/nearest.h"
#include "services/directory/storage/entries.h"

namespace trellis::directory {

// What is empty lets everything through.
struct SearchFilter {
  std::vector<std::string> kinds;      // any of these
  std::vector<std::string> languages;  // any of these primary languages
  std::vector<Coding> needs;           // any of these, by system and code
  std::optional<int> age;
  int min_available = 0;
};

// Which services of a search by name.
enum class Positioned { kAll, kOnlyWithout };

// By display name, then id. Only id and display name are set in the answer.
absl::StatusOr<std::vector<NameCursor>> SearchByName(db::Session& session, const SearchFilter& filter,
                                                     Positioned positioned, const NameCursor& after, int limit);

// Every place in the cells at which a matching service is offered, in no order; at most `limit`.
absl::StatusOr<std::vector<Candidate>> SearchCells(db::Session& session, const SearchFilter& filter,
                                                   const std::vector<CellRange>& ranges, int limit);

}  // namespace trellis::directory

#endif  // TRELLIS_SERVICES_DIRECTORY_STORAGE_SEARCH_H_
