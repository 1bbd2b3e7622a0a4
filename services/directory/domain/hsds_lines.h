// The parts of a row that belong to it alone: names, texts, phones, languages, schedules, costs, capacity, address.
#ifndef TRELLIS_SERVICES_DIRECTORY_DOMAIN_HSDS_LINES_H_
#define TRELLIS_SERVICES_DIRECTORY_DOMAIN_HSDS_LINES_H_

#include <optional>
#include <string>
#include <vector>

#include "services/directory/domain/hsds_row.h"
#include "services/directory/domain/mapping.h"
#include "services/directory/domain/model.h"

namespace trellis::directory {

// How much of a kind is kept of one row.
inline constexpr std::size_t kMostPhones = 20;
inline constexpr std::size_t kMostLines = 100;

// Everything of a service but its ids, its provider, its capacity and its places. What is wrong in the service itself
// breaks its row; a broken line below it (a language, a schedule, ...) is left out.
void ReadServiceLines(HsdsRow& row, const Mapping& mapping, HealthcareService& service);

// Nothing where the package does not say.
std::optional<StatedCapacity> ReadCapacity(HsdsRow& row);

std::vector<std::string> ReadPhones(HsdsRow& row);

// The first good address: of several, HSDS says the physical one comes first.
void ReadAddress(HsdsRow& row, Location& location);

}  // namespace trellis::directory

#endif  // TRELLIS_SERVICES_DIRECTORY_DOMAIN_HSDS_LINES_H_
