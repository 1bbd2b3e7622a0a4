#include "tests/fault/audit_verdict.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"
#include "trellis/audit/v1/audit_record.pb.h"

namespace trellis::fault {
namespace {

constexpr absl::Duration kDrainLimit = absl::Seconds(60);

// What waits in the second sink comes into the journal first.
bool SpoolIsEmpty(const Fleet& fleet) {
  const std::filesystem::directory_iterator files(fleet.AuditFolder());
  return std::none_of(begin(files), end(files), [](const auto& file) { return file.path().extension() == ".spool"; });
}

absl::Status AwaitEmptyJournal(const Fleet& fleet, db::Pool& pool) {
  for (const absl::Time limit = absl::Now() + kDrainLimit; absl::Now() < limit;
       absl::SleepFor(absl::Milliseconds(50))) {
    if (!SpoolIsEmpty(fleet)) continue;
    std::int64_t waiting = -1;
    TRELLIS_RETURN_IF_ERROR(pool.Read(limit, [&](db::Session& session) -> absl::Status {
      TRELLIS_ASSIGN_OR_RETURN(const auto row,
                               session.QueryOne<std::int64_t>("SELECT COUNT(*) FROM audit_journal LIMIT 1"));
      waiting = std::get<0>(*row);
      return absl::OkStatus();
    }));
    if (waiting == 0) return absl::OkStatus();
  }
  return absl::DeadlineExceededError("records stay in the audit's journal");
}

// Of calls that were answered well.
absl::StatusOr<std::vector<audit::v1::AuditRecord>> RecordsOf(Fleet& fleet, const std::string& service,
                                                              const std::string& method) {
  TRELLIS_ASSIGN_OR_RETURN(const std::unique_ptr<db::Pool> pool, fleet.OpenSchema(service));
  TRELLIS_RETURN_IF_ERROR(AwaitEmptyJournal(fleet, *pool));
  std::vector<audit::v1::AuditRecord> records;
  TRELLIS_RETURN_IF_ERROR(pool->Read(absl::Now() + absl::Seconds(60), [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const auto rows,
                             session.Query<std::string>(
                                 "SELECT body FROM audit_record WHERE method = ? AND code = 0 LIMIT 10000000", method));
    records.clear();
    for (const auto& [body] : rows) {
      if (!records.emplace_back().ParseFromString(body)) return absl::DataLossError("a record is no record");
    }
    return absl::OkStatus();
  }));
  return records;
}

}  // namespace

absl::StatusOr<AuditCount> CountAuditRecords(Fleet& fleet, const std::string& service, const std::string& method,
                                             const std::map<std::string, bool>& asked) {
  TRELLIS_ASSIGN_OR_RETURN(const std::vector<audit::v1::AuditRecord> records, RecordsOf(fleet, service, method));
  AuditCount count;
  std::map<std::string, int> carried_out;
  for (const audit::v1::AuditRecord& record : records) {
    count.repeated += record.repeated_request() ? 1 : 0;
    count.records += record.repeated_request() ? 0 : 1;
    if (!record.repeated_request()) ++carried_out[record.request_id()];
  }
  for (const auto& [request, acknowledged] : asked) {
    const auto found = carried_out.find(request);
    count.acknowledged += acknowledged ? 1 : 0;
    count.missing += acknowledged && found == carried_out.end() ? 1 : 0;
  }
  for (const auto& [request, times] : carried_out) {
    count.doubled += times > 1 ? 1 : 0;
    count.unasked += asked.contains(request) ? 0 : 1;
  }
  return count;
}

absl::StatusOr<int> CountUnrecorded(Fleet& fleet, const std::string& service, const std::string& method,
                                    const std::vector<std::string>& traces) {
  TRELLIS_ASSIGN_OR_RETURN(const std::vector<audit::v1::AuditRecord> records, RecordsOf(fleet, service, method));
  std::set<std::string> recorded;
  for (const audit::v1::AuditRecord& record : records) recorded.insert(record.trace_id());
  return static_cast<int>(
      std::ranges::count_if(traces, [&](const std::string& trace) { return !recorded.contains(trace); }));
}

absl::Status AwaitChains(Fleet& fleet, const std::string& service) {
  TRELLIS_ASSIGN_OR_RETURN(const std::unique_ptr<db::Pool> pool, fleet.OpenSchema(service));
  return AwaitEmptyJournal(fleet, *pool);
}

}  // namespace trellis::fault
