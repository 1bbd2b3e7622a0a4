// Reads expressions out of instrument files. The forms (data/instruments/README.md):
//   numbers:     3 | "item-code" | {"sum": [number, ...]} | {"count": [condition, ...]}
//   conditions:  {"at_least": [number, number]} | {"at_most": [number, number]} | {"chosen": ["item", "option"]} |
//                {"all": [condition, ...]} | {"any": [condition, ...]} | {"not": condition}
#ifndef TRELLIS_SERVICES_ASSESSMENT_DOMAIN_EXPRESSION_PARSER_H_
#define TRELLIS_SERVICES_ASSESSMENT_DOMAIN_EXPRESSION_PARSER_H_

#include <string>

#include <nlohmann/json.hpp>

#include "services/assessment/domain/expression.h"
#include "services/assessment/domain/json_reader.h"

namespace trellis::assessment {

// Reads a condition; notes every mistake with its path. Whether items exist is checked later, by CheckInstrument.
Expression ParseCondition(const nlohmann::json& json, const std::string& path, Problems* problems);

}  // namespace trellis::assessment

#endif  // TRELLIS_SERVICES_ASSESSMENT_DOMAIN_EXPRESSION_PARSER_H_
