// A cohort summary for people: how many are in each band, with bars, and what else is told.
#ifndef TRELLIS_SERVICES_CLI_COHORT_TABLE_H_
#define TRELLIS_SERVICES_CLI_COHORT_TABLE_H_

#include <string>

#include "trellis/assessment/v1/cohort.pb.h"

namespace trellis::cli {

// A count that was left out is a star.
std::string DescribeCohort(const assessment::v1::CohortSummary& summary);

}  // namespace trellis::cli

#endif  // TRELLIS_SERVICES_CLI_COHORT_TABLE_H_
