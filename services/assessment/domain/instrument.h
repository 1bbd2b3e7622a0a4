// What an instrument is: the model behind the files in data/instruments. Plain values, filled by the parser and not
// changed afterwards, so that all threads may read them.
#ifndef TRELLIS_SERVICES_ASSESSMENT_DOMAIN_INSTRUMENT_H_
#define TRELLIS_SERVICES_ASSESSMENT_DOMAIN_INSTRUMENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/base/label_set.h"
#include "services/assessment/domain/expression.h"

namespace trellis::assessment {

struct Coding {
  std::string system;
  std::string code;
};

// The official text in one language.
struct Wording {
  std::string language;  // BCP 47
  std::string text;
};

struct Option {
  std::string code;
  std::string label;
  std::optional<double> weight;  // reversal is already in it; unset where the item is not scored
  std::vector<Wording> wordings;
};

struct Item {
  enum class Type { kChoice, kInteger, kText };

  std::string code;
  std::string ordinal;  // the number on the printed form
  std::string label;
  Type type = Type::kChoice;
  std::vector<Option> options;           // kChoice
  std::int64_t min = 0;                  // kInteger
  std::int64_t max = 0;                  // kInteger
  bool optional = false;                 // may be left out
  std::optional<Expression> asked_when;  // refers to earlier items only
  std::string condition;                 // asked_when for people
  std::vector<Coding> codings;
  std::vector<Wording> wordings;
};

enum class Direction { kHigherIsWorse, kHigherIsBetter };
enum class OutcomeKind { kNumber, kStage, kFlag };

struct MissingPolicy {
  enum class Treatment { kInvalid, kProrate, kZero };
  Treatment treatment = Treatment::kInvalid;
  int max_missing = 0;
  std::string source;
};

struct Band {
  std::string code;
  std::string label;
  double min = 0;    // for stages: position of the first stage
  double max = 0;    // for stages: position of the last stage
  int severity = 0;  // 0 is the least severe band of its system
};

struct BandSystem {
  std::string code;
  std::string source;
  std::vector<Band> bands;  // ascending by min, without a gap
};

struct Stage {
  std::string code;
  std::string label;
  std::optional<Expression> when;  // unset for the first stage, and where the stage is an answer
};

// A published figure and who published it.
struct Published {
  double value = 0;
  std::string source;
};

// How one result is worked out and what it means. Its value is a position on one axis: the number itself, the position
// of the stage (0 is the first), or 0 and 1 for no and yes.
struct OutcomeDefinition {
  std::string code;
  std::string label;
  OutcomeKind kind = OutcomeKind::kNumber;
  Direction direction = Direction::kHigherIsWorse;
  std::string source;  // where the rule comes from
  std::vector<Coding> codings;
  std::optional<Expression> applies_when;  // the outcome exists only then

  // kNumber: the sum of the weights, times the factor.
  std::vector<std::string> sum;
  double factor = 1;
  double min = 0;
  double max = 0;
  MissingPolicy missing;

  // kStage: the answer to `from_item`, or the most severe stage whose rule holds. Least severe first.
  std::string from_item;
  std::vector<Stage> stages;

  // kFlag.
  std::optional<Expression> true_when;

  std::vector<BandSystem> band_systems;  // the first one is the principal system
  std::optional<Published> reliable_change;
  std::optional<Published> response_percent;
};

enum class CriticalLevel { kHigh, kUrgent };

struct CriticalRule {
  std::string code;
  std::string item;
  Expression when;
  std::string condition;  // `when` for people
  CriticalLevel level = CriticalLevel::kHigh;
  std::string source;
};

struct Licence {
  enum class Gate { kPublicDomain, kFreeWithAttribution, kPermissionRequired };
  Gate gate = Gate::kPermissionRequired;
  std::string statement;
  std::string source;
};

struct Instrument {
  std::string code;
  int version = 0;
  std::string title;
  std::string description;
  std::vector<Coding> codings;
  Licence licence;
  std::vector<Item> items;
  std::vector<OutcomeDefinition> outcomes;  // the first one is the principal outcome
  std::vector<CriticalRule> critical;
  std::vector<std::string> notes;
  LabelSet assessment_labels;  // of every assessment with it, in any version
};

// Nothing where there is none of that code. The result points into the argument.
const Item* FindItem(const Instrument& instrument, absl::string_view code);
const Option* FindOption(const Item& item, absl::string_view code);
const OutcomeDefinition* FindOutcome(const Instrument& instrument, absl::string_view code);

// All weights that an answer to the item can have. {0, 0} for an item that is not scored.
Interval WeightRange(const Item& item);

// The largest position of an outcome; its smallest is `min`, which is 0 for stages and flags.
double LargestPosition(const OutcomeDefinition& outcome);

}  // namespace trellis::assessment

#endif  // TRELLIS_SERVICES_ASSESSMENT_DOMAIN_INSTRUMENT_H_
