#include "services/assessment/domain/instrument_registry.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/assessment/domain/instrument_parser.h"
#include "services/assessment/domain/wording.h"

namespace trellis::assessment {
namespace {

bool SameScale(const OutcomeDefinition& a, const OutcomeDefinition& b) {
  if (a.kind != b.kind || a.direction != b.direction || a.min != b.min) return false;
  if (LargestPosition(a) != LargestPosition(b)) return false;
  for (std::size_t i = 0; i < a.stages.size(); ++i) {
    if (a.stages[i].code != b.stages[i].code) return false;
  }
  return true;
}

absl::Status CheckAgainst(const Instrument& older, const Instrument& newer, const std::string& file) {
  for (const OutcomeDefinition& outcome : newer.outcomes) {
    const OutcomeDefinition* before = FindOutcome(older, outcome.code);
    if (before != nullptr && !SameScale(*before, outcome)) {
      return absl::InvalidArgumentError(absl::StrCat(file, ": outcome \"", outcome.code,
                                                     "\" is on another scale than in version ", older.version,
                                                     "; give it another code"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status InstrumentRegistry::Add(const EmbeddedFile& file) {
  absl::StatusOr<Instrument> parsed = ParseInstrument(file);
  if (!parsed.ok()) return parsed.status();
  const std::string expected = absl::StrCat(parsed->code, ".v", parsed->version, ".json");
  if (file.name != expected) {
    return absl::InvalidArgumentError(absl::StrCat(file.name, ": the file must be called ", expected));
  }
  for (const auto& [key, other] : instruments_) {
    if (other.code != parsed->code) continue;
    if (absl::Status status = CheckAgainst(other, *parsed, file.name); !status.ok()) return status;
  }
  // Unique, because the file's name is.
  instruments_.emplace(std::make_pair(parsed->code, parsed->version), *std::move(parsed));
  return absl::OkStatus();
}

absl::StatusOr<InstrumentRegistry> InstrumentRegistry::Load(const std::vector<EmbeddedFile>& instruments,
                                                            const std::vector<EmbeddedFile>& wordings) {
  InstrumentRegistry registry;
  std::vector<std::string> mistakes;
  for (const EmbeddedFile& file : instruments) {
    if (absl::Status status = registry.Add(file); !status.ok()) mistakes.emplace_back(status.message());
  }
  const auto find = [&](const std::string& code, int version) -> Instrument* {
    const auto it = registry.instruments_.find({code, version});
    return it == registry.instruments_.end() ? nullptr : &it->second;
  };
  for (const EmbeddedFile& file : wordings) {
    if (absl::Status status = ApplyWording(file, find); !status.ok()) mistakes.emplace_back(status.message());
  }
  if (!mistakes.empty()) return absl::InvalidArgumentError(absl::StrJoin(mistakes, "\n"));
  registry.ShareLabels();
  return registry;
}

void InstrumentRegistry::ShareLabels() {
  std::map<std::string, LabelSet> labels;
  for (const auto& [key, instrument] : instruments_) {
    labels[instrument.code] = labels[instrument.code] | instrument.assessment_labels;
  }
  for (auto& [key, instrument] : instruments_) instrument.assessment_labels = labels[instrument.code];
}

const Instrument* InstrumentRegistry::Find(absl::string_view code, int version) const {
  if (version > 0) {
    const auto it = instruments_.find({std::string(code), version});
    return it == instruments_.end() ? nullptr : &it->second;
  }
  auto it = instruments_.upper_bound({std::string(code), std::numeric_limits<int>::max()});
  if (it == instruments_.begin()) return nullptr;
  --it;
  return it->second.code == code ? &it->second : nullptr;
}

std::vector<const Instrument*> InstrumentRegistry::Newest() const {
  std::vector<const Instrument*> newest;
  for (const auto& [key, instrument] : instruments_) {
    if (!newest.empty() && newest.back()->code == instrument.code) newest.pop_back();
    newest.push_back(&instrument);
  }
  return newest;
}

}  // namespace trellis::assessment
