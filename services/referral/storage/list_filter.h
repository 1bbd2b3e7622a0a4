// Which part of a list, newest first. The same for referrals and placements.
#ifndef TRELLIS_SERVICES_REFERRAL_STORAGE_LIST_FILTER_H_
#define TRELLIS_SERVICES_REFERRAL_STORAGE_LIST_FILTER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/id.h"
#include "common/db/value.h"

namespace trellis::referral {

// A condition on r.person_id and its arguments, from the access layer; empty text lets everything through.
struct Visible {
  std::string sql;
  std::vector<db::Value> arguments;
};

struct ListFilter {
  Id organization;
  bool received = false;  // by the organization, otherwise made by it
  std::optional<Id> person = std::nullopt;
  std::optional<int> state = std::nullopt;
  std::optional<Id> before = std::nullopt;  // only older ones
  int limit = 50;
};

struct Condition {
  std::string sql;  // what follows WHERE, for a table called r
  std::vector<db::Value> arguments;
};

inline Condition NewestFirst(const ListFilter& filter, const Visible& visible) {
  Condition out{filter.received ? "r.recipient_organization_id = ?" : "r.organization_id = ?",
                {db::Value(filter.organization)}};
  const auto add = [&](const char* condition, const db::Value& value) {
    absl::StrAppend(&out.sql, " AND ", condition);
    out.arguments.push_back(value);
  };
  if (filter.person.has_value()) add("r.person_id = ?", db::Value(*filter.person));
  if (filter.state.has_value()) add("r.state = ?", db::Value(*filter.state));
  if (filter.before.has_value()) add("r.id < ?", db::Value(*filter.before));
  if (!visible.sql.empty()) {
    absl::StrAppend(&out.sql, " AND ", visible.sql);
    out.arguments.insert(out.arguments.end(), visible.arguments.begin(), visible.arguments.end());
  }
  absl::StrAppend(&out.sql, " ORDER BY r.id DESC LIMIT ?");
  out.arguments.push_back(db::Value(filter.limit));
  return out;
}

}  // namespace trellis::referral

#endif  // TRELLIS_SERVICES_REFERRAL_STORAGE_LIST_FILTER_H_
