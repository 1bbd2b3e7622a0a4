// Finds out whether one organization's chain is what was recorded: nothing changed, removed, added, exchanged or cut
// off.
#ifndef TRELLIS_COMMON_AUDIT_CHAIN_VERIFIER_H_
#define TRELLIS_COMMON_AUDIT_CHAIN_VERIFIER_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/audit/checkpoint.h"
#include "common/base/id.h"
#include "trellis/audit/v1/audit_record.pb.h"

namespace trellis::audit {

struct Report {
  std::int64_t records = 0;
  std::int64_t checkpoints = 0;     // that the chain was held against
  std::int64_t signed_records = 0;  // up to the last checkpoint
  std::int64_t problem_count = 0;
  std::vector<std::string> problems;  // the first of them, in words

  bool ok() const { return problem_count == 0; }
  void Add(std::string problem);
};

// Feed it every link in the order of the chain, then ask for the report. What it finds:
// - a changed record, an exchanged one: its hash does not follow from the one before;
// - a removed one: a gap in the sequence; an added one: a place given twice, or a wrong hash;
// - a chain that was computed anew after any of these, a chain cut off at its end, an old copy put back, a fork: it
// does
//   not agree with a checkpoint that was signed before. The chain alone cannot show these.
class ChainVerifier {
 public:
  // The checkpoints of this chain; their signatures have been checked (Open). Others are passed over.
  ChainVerifier(const Id& organization, absl::string_view origin, const std::vector<Checkpoint>& checkpoints);

  // `*record` is what the body says; it may be null.
  void Add(std::int64_t sequence, absl::string_view body, absl::string_view hash, v1::AuditRecord* record = nullptr);

  Report Finish();
  Report& report() { return report_; }
  const std::string& head() const { return head_; }

 private:
  void CheckBody(std::int64_t sequence, absl::string_view body, v1::AuditRecord& record);

  const std::string organization_;             // its name; "" for the chain of none
  std::map<std::int64_t, std::string> heads_;  // by size, of the checkpoints
  std::string head_;
  std::int64_t sequence_ = 0;
  Report report_;
};

}  // namespace trellis::audit

#endif  // TRELLIS_COMMON_AUDIT_CHAIN_VERIFIER_H_
