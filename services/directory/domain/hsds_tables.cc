#include "services/directory/domain/hsds_tables.h"

#include <string>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"

namespace trellis::directory {
namespace {

using Json = nlohmann::json;
using Index = std::unordered_map<std::string, Json*>;

// A row of `table` whose `key` names a row of `parent` goes into that row's array `list`.
struct Belonging {
  const char* table;
  const char* key;
  const char* parent;
  const char* list;
};
constexpr Belonging kBelongings[] = {
    {"address", "location_id", "location", "addresses"},
    {"accessibility", "location_id", "location", "accessibility"},
    {"phone", "location_id", "location", "phones"},
    {"phone", "service_id", "service", "phones"},
    {"phone", "organization_id", "organization", "phones"},
    {"language", "service_id", "service", "languages"},
    {"schedule", "service_id", "service", "schedules"},
    {"cost_option", "service_id", "service", "cost_options"},
    {"service_capacity", "service_id", "service", "capacities"},
    {"service_at_location", "service_id", "service", "service_at_locations"},
    {"attribute", "link_id", "service", "attributes"},
};

Json* MutableTable(Json& root, const char* table, std::string* name) {
  return const_cast<Json*>(TableOf(root, table, name));
}

// Rows by id. Pointers stay valid: rows are not moved before all indexes are used.
Index IndexOf(Json& root, const char* table) {
  Index index;
  std::string name;
  Json* rows = MutableTable(root, table, &name);
  if (rows == nullptr) return index;
  for (Json& row : *rows) {
    if (row.is_object() && row.contains("id") && row["id"].is_string()) {
      index.emplace(row["id"].get_ref<const std::string&>(), &row);
    }
  }
  return index;
}

Json* Lookup(const Index& index, const Json& row, const char* key) {
  const auto reference = row.find(key);
  if (reference == row.end() || !reference->is_string()) return nullptr;
  const auto found = index.find(reference->get_ref<const std::string&>());
  return found == index.end() ? nullptr : found->second;
}

// Puts the row that `key` of each row names into the row itself, as `member`.
void Embed(Json& root, const char* table, const char* key, const char* target, const char* member) {
  const Index index = IndexOf(root, target);
  std::string name;
  Json* rows = MutableTable(root, table, &name);
  if (rows == nullptr || index.empty()) return;
  for (Json& row : *rows) {
    if (!row.is_object() || row.contains(member)) continue;
    if (const Json* found = Lookup(index, row, key); found != nullptr) row[member] = *found;
  }
}

void Attach(Json& root, const Belonging& rule, Problems& problems) {
  const Index parents = IndexOf(root, rule.parent);
  std::string name;
  Json* rows = MutableTable(root, rule.table, &name);
  if (rows == nullptr) return;
  for (std::size_t i = 0; i < rows->size(); ++i) {
    Json& row = (*rows)[i];
    if (!row.is_object() || !row.contains(rule.key) || row[rule.key].is_null()) continue;
    const std::string path = absl::StrCat("/", name, "/", i);
    // Attributes hang on anything; those of other things than services say nothing here.
    if (std::string(rule.table) == "attribute" && row.value("link_entity", Json()) != "service") continue;
    Json* parent = Lookup(parents, row, rule.key);
    if (parent == nullptr) {
      problems.Add({absl::StrCat(path, "/", rule.key), rule.table, "UNKNOWN_REFERENCE",
                    absl::StrCat("names no ", rule.parent, " of the package")},
                   path);
      continue;
    }
    Json& list = (*parent)[rule.list];
    if (!list.is_array()) list = Json::array();
    Json child = row;
    child[kPathMember] = path;
    list.push_back(std::move(child));
  }
}

}  // namespace

const Json* TableOf(const Json& root, const char* table, std::string* name) {
  for (const char* suffix : {"", "s"}) {
    *name = absl::StrCat(table, suffix);
    const auto found = root.find(*name);
    if (found != root.end() && found->is_array()) return &*found;
  }
  return nullptr;
}

bool IsTableForm(const Json& root) {
  std::string name;
  if (!root.is_object() || root.contains("id")) return false;
  return TableOf(root, "organization", &name) != nullptr || TableOf(root, "service", &name) != nullptr ||
         TableOf(root, "location", &name) != nullptr;
}

void NestTables(Json& root, Problems& problems) {
  Embed(root, "attribute", "taxonomy_term_id", "taxonomy_term", "taxonomy_term");
  Embed(root, "service_capacity", "unit_id", "unit", "unit");
  for (const Belonging& rule : kBelongings) Attach(root, rule, problems);
}

}  // namespace trellis::directory
