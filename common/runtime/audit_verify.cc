#include "common/runtime/audit_verify.h"

#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/audit/checkpoint.h"
#include "common/audit/database_verifier.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"

namespace trellis::runtime {
namespace {

absl::StatusOr<std::vector<std::string>> NotesIn(const std::vector<std::string>& files) {
  std::vector<std::string> notes;
  for (const std::string& path : files) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    if (!in || !(text << in.rdbuf())) return absl::InvalidArgumentError(absl::StrCat("cannot read ", path));
    for (std::string& note : audit::SplitNotes(text.str())) notes.push_back(std::move(note));
  }
  return notes;
}

void Print(const Id& organization, const audit::Report& report, std::ostream& out) {
  out << (organization.is_nil() ? "of no organization" : absl::StrCat("organizations/", organization.ToString()))
      << ": " << report.records << " records, " << report.signed_records << " of them signed, " << report.checkpoints
      << " checkpoints: " << (report.ok() ? "good" : absl::StrCat(report.problem_count, " problems")) << "\n";
  for (const std::string& problem : report.problems) out << "  " << problem << "\n";
}

}  // namespace

absl::Status VerifyAudit(absl::string_view service, const AuditVerification& wanted, db::Pool& pool,
                         std::ostream& out) {
  const absl::Time began = absl::Now();
  std::string key;
  if (!wanted.public_key.empty()) {
    TRELLIS_ASSIGN_OR_RETURN(key, audit::ParsePublicKey(wanted.public_key));
  }
  TRELLIS_ASSIGN_OR_RETURN(const std::vector<std::string> notes, NotesIn(wanted.files));
  const audit::DatabaseVerifier verifier(
      &pool, {.trust_domain = wanted.trust_domain, .service = std::string(service), .public_key = key});
  TRELLIS_ASSIGN_OR_RETURN(const std::vector<Id> organizations, verifier.Organizations(notes));
  std::int64_t records = 0;
  std::int64_t problems = 0;
  for (const Id& organization : organizations) {
    TRELLIS_ASSIGN_OR_RETURN(const audit::Report report, verifier.Verify(organization, notes));
    Print(organization, report, out);
    records += report.records;
    problems += report.problem_count;
  }
  out << absl::StrFormat(
      "%d records in %d chains verified in %.2f s: %s\n", records, organizations.size(),
      absl::ToDoubleSeconds(absl::Now() - began),
      problems == 0 ? "nothing was changed, removed or cut off" : absl::StrCat(problems, " problems"));
  if (key.empty()) out << "without --audit-public-key: nobody can say whether the end of a chain is cut off\n";
  return problems == 0 ? absl::OkStatus() : absl::DataLossError("the audit is not what was recorded");
}

}  // namespace trellis::runtime
