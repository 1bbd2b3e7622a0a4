#include "common/audit/chain_verifier.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/audit/chain.h"
#include "common/audit/record.h"

namespace trellis::audit {
namespace {

constexpr std::size_t kMostProblems = 20;

}  // namespace

void Report::Add(std::string problem) {
  ++problem_count;
  if (problems.size() < kMostProblems) problems.push_back(std::move(problem));
}

ChainVerifier::ChainVerifier(const Id& organization, absl::string_view origin,
                             const std::vector<Checkpoint>& checkpoints)
    : organization_(NameOf("organizations", organization)), head_(EmptyHead()) {
  for (const Checkpoint& checkpoint : checkpoints) {
    if (checkpoint.origin != origin) continue;
    const auto [place, is_new] = heads_.try_emplace(checkpoint.size, checkpoint.head);
    if (!is_new && place->second != checkpoint.head) {
      report_.Add(absl::StrCat("two checkpoints of ", checkpoint.size, " records have different heads"));
    }
  }
}

void ChainVerifier::Add(std::int64_t sequence, absl::string_view body, absl::string_view hash,
                        v1::AuditRecord* record) {
  ++report_.records;
  if (sequence != sequence_ + 1) {
    report_.Add(absl::StrCat("after record ", sequence_, " comes ", sequence, ": records are missing or twice there"));
  }
  sequence_ = sequence;
  if (Extend(head_, body) != hash) {
    report_.Add(absl::StrCat("record ", sequence, " is not what was recorded, or not in its place"));
  }
  v1::AuditRecord own;
  CheckBody(sequence, body, record != nullptr ? *record : own);
  head_ = std::string(hash);  // so that one change is one problem
  const auto expected = heads_.find(sequence);
  if (expected == heads_.end()) return;
  ++report_.checkpoints;
  if (expected->second != hash) {
    report_.Add(absl::StrCat("the chain differs from the checkpoint of ", sequence, " records"));
  } else {
    report_.signed_records = sequence;
  }
}

void ChainVerifier::CheckBody(std::int64_t sequence, absl::string_view body, v1::AuditRecord& record) {
  if (!record.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    report_.Add(absl::StrCat("record ", sequence, " cannot be read"));
  } else if (record.organization() != organization_) {
    report_.Add(absl::StrCat("record ", sequence, " belongs to another organization"));
  } else if (record.ByteSizeLong() != body.size() || record.SerializeAsString() != body) {
    report_.Add(absl::StrCat("record ", sequence, " is not in the canonical form"));
  }
}

Report ChainVerifier::Finish() {
  for (auto beyond = heads_.upper_bound(sequence_); beyond != heads_.end(); ++beyond) {
    report_.Add(absl::StrCat("a checkpoint tells of ", beyond->first, " records, and there are ", sequence_,
                             ": the end is cut off"));
  }
  return report_;
}

}  // namespace trellis::audit
