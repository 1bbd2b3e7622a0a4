// From the words of packages to the directory's own codes. The rules are data (data/mapping.json).
#ifndef TRELLIS_SERVICES_DIRECTORY_DOMAIN_MAPPING_H_
#define TRELLIS_SERVICES_DIRECTORY_DOMAIN_MAPPING_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/directory/domain/model.h"

namespace trellis::directory {

// Immutable, so thread-safe.
class Mapping {
 public:
  // Error: INVALID_ARGUMENT, with what is wrong in the text.
  static absl::StatusOr<Mapping> Parse(absl::string_view json);
  // The rules in the binary. Ends the process where they are broken.
  static const Mapping& Default();

  bool IsKind(absl::string_view code) const { return kinds_.contains(std::string(code)); }
  const std::set<std::string>& kinds() const { return kinds_; }

  // What a term of a taxonomy says: kinds, a need, or nothing that is known here.
  struct Meaning {
    std::vector<std::string> kinds;
    std::optional<Coding> need;
  };
  Meaning OfTerm(absl::string_view taxonomy, absl::string_view code, absl::string_view name) const;

  // The kinds whose words occur in the text.
  std::vector<std::string> KindsInText(absl::string_view text) const;

  // A language tag for a tag or an English name; nothing where neither is known. "ENG" is "en", "Urdu" is "ur".
  std::optional<std::string> Language(absl::string_view code, absl::string_view name) const;

 private:
  struct Taxonomy {
    bool gives_kinds = false;
    std::string system;  // of needs
  };

  std::set<std::string> kinds_;
  std::map<std::string, Taxonomy> taxonomies_;              // by lower-case name
  std::vector<std::pair<std::string, std::string>> words_;  // lower-case word, kind
  std::map<std::string, std::string> languages_;            // lower-case name or three-letter code, tag
};

// "en-GB": the part before the first hyphen, lower case: "en".
std::string PrimaryLanguage(absl::string_view tag);

}  // namespace trellis::directory

#endif  // TRELLIS_SERVICES_DIRECTORY_DOMAIN_MAPPING_H_
