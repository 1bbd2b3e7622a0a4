#include "common/db/statement_cache.h"

#include <cppconn/prepared_statement.h>

#include <utility>

namespace trellis::db {

struct StatementCache::Entry {
  std::string sql;
  std::unique_ptr<sql::PreparedStatement> statement;
};

StatementCache::StatementCache(std::size_t capacity) : capacity_(capacity) {}
StatementCache::~StatementCache() = default;

sql::PreparedStatement* StatementCache::Find(absl::string_view sql) {
  const auto found = index_.find(sql);
  if (found == index_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->statement.get();
}

sql::PreparedStatement* StatementCache::Add(absl::string_view sql, std::unique_ptr<sql::PreparedStatement> statement) {
  if (entries_.size() >= capacity_) Remove(entries_.back().sql);
  entries_.push_front({std::string(sql), std::move(statement)});
  index_[entries_.front().sql] = entries_.begin();
  return entries_.front().statement.get();
}

void StatementCache::Remove(absl::string_view sql) {
  const auto found = index_.find(sql);
  if (found == index_.end()) return;
  const Order::iterator entry = found->second;
  index_.erase(found);
  entries_.erase(entry);
}

}  // namespace trellis::db
