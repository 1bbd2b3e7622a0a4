// The prepared statements of one connection. Internal to common/db.
#ifndef TRELLIS_COMMON_DB_STATEMENT_CACHE_H_
#define TRELLIS_COMMON_DB_STATEMENT_CACHE_H_

#include <list>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace sql {
class PreparedStatement;
}

namespace trellis::db {

// Keeps the most recently used statements by their text; the others are closed. Not thread-safe.
class StatementCache {
 public:
  explicit StatementCache(std::size_t capacity);
  ~StatementCache();
  StatementCache(const StatementCache&) = delete;
  StatementCache& operator=(const StatementCache&) = delete;

  sql::PreparedStatement* Find(absl::string_view sql);  // null where it is not there
  sql::PreparedStatement* Add(absl::string_view sql, std::unique_ptr<sql::PreparedStatement> statement);
  void Remove(absl::string_view sql);

 private:
  struct Entry;
  using Order = std::list<Entry>;

  const std::size_t capacity_;
  Order entries_;                                                  // the last used first
  absl::flat_hash_map<absl::string_view, Order::iterator> index_;  // keys point into entries_
};

}  // namespace trellis::db

#endif  // TRELLIS_COMMON_DB_STATEMENT_CACHE_H_
