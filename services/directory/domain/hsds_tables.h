// The table form of a package ({"organization": [...], "service": [...], "phone": [...], ...}) turned into the nested
// form, so that there is one reader for both.
#ifndef TRELLIS_SERVICES_DIRECTORY_DOMAIN_HSDS_TABLES_H_
#define TRELLIS_SERVICES_DIRECTORY_DOMAIN_HSDS_TABLES_H_

#include "nlohmann/json.hpp"
#include "services/directory/domain/hsds_row.h"

namespace trellis::directory {

// True where the object holds an array under the name of a table that stands for itself.
bool IsTableForm(const nlohmann::json& root);

// Moves the rows of dependent tables below the rows that they belong to and notes under kPathMember where they stood.
// A row whose parent is not in the package is reported and left out.
void NestTables(nlohmann::json& root, Problems& problems);

// The rows of a table under its singular or plural name; null where there is none. `name` is set to the name found.
const nlohmann::json* TableOf(const nlohmann::json& root, const char* table, std::string* name);

}  // namespace trellis::directory

#endif  // TRELLIS_SERVICES_DIRECTORY_DOMAIN_HSDS_TABLES_H_
