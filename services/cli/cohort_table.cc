#include "services/cli/cohort_table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/cli/table.h"

namespace trellis::cli {
namespace {

using assessment::v1::CohortBand;
using assessment::v1::CohortSummary;

constexpr std::int64_t kWidestBar = 40;

std::int64_t LargestCount(const CohortSummary& summary) {
  std::int64_t largest = 1;
  for (const CohortBand& band : summary.bands()) largest = std::max<std::int64_t>(largest, band.persons());
  return largest;
}

// Something, however small, has a bar.
std::string Bar(std::int64_t count, std::int64_t largest) {
  std::string bar;
  for (std::int64_t i = 0; i < (count * kWidestBar + largest - 1) / largest; ++i) bar += "█";
  return bar;
}

std::string RangeOf(const CohortBand& band) {
  if (band.min_value() == band.max_value()) return FormatNumber(band.min_value());
  return absl::StrCat(FormatNumber(band.min_value()), "–", FormatNumber(band.max_value()));
}

std::string Bands(const CohortSummary& summary) {
  const bool number = summary.outcome().kind() == assessment::v1::OUTCOME_KIND_NUMBER;
  Table table({"band", number ? "points" : "", "persons", ""});
  for (const CohortBand& band : summary.bands()) {
    table.Add({band.label(), number ? RangeOf(band) : "", band.suppressed() ? "*" : absl::StrCat(band.persons()),
               Bar(band.persons(), LargestCount(summary))});
  }
  return table.ToString();
}

std::string Totals(const CohortSummary& summary) {
  if (!summary.has_persons()) return "";
  std::string out = absl::StrCat("    ", summary.persons(), " persons, ", summary.assessments(), " assessments");
  if (summary.has_mean()) {
    absl::StrAppend(&out, ", mean ", FormatNumber(summary.mean()), ", standard deviation ",
                    FormatNumber(summary.standard_deviation()));
  }
  return out + "\n";
}

std::string Change(const CohortSummary& summary) {
  if (!summary.has_change()) return "";
  return absl::StrCat("    from first to last: ", summary.change().improved(), " improved, ",
                      summary.change().unchanged(), " unchanged, ", summary.change().deteriorated(),
                      " deteriorated (by ", FormatNumber(summary.outcome().reliable_change()), " points or more; ",
                      summary.outcome().reliable_change_source(), ")\n");
}

}  // namespace

std::string DescribeCohort(const CohortSummary& summary) {
  std::string out = absl::StrCat("    ", summary.instrument(), ", ", summary.outcome().label(), ", from ",
                                 FormatDate(summary.start_date()), " until before ", FormatDate(summary.end_date()),
                                 "\n", Bands(summary), Totals(summary), Change(summary));
  absl::StrAppend(&out, "    counts are rounded to the nearest 5\n");
  if (summary.suppressed()) {
    out += "    * and what could give it away is left out: 1 to 4 persons, or too few or too alike in all\n";
  }
  return out;
}

}  // namespace trellis::cli
