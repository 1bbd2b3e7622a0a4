// All instruments of the installation.
#ifndef TRELLIS_SERVICES_ASSESSMENT_DOMAIN_INSTRUMENT_REGISTRY_H_
#define TRELLIS_SERVICES_ASSESSMENT_DOMAIN_INSTRUMENT_REGISTRY_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/embedded.h"
#include "services/assessment/domain/instrument.h"

namespace trellis::assessment {

// Does not change after it was loaded: all threads may read it.
class InstrumentRegistry {
 public:
  // Reads instrument files and the wording files that belong to them (data/instruments/README.md). Errors:
  // INVALID_ARGUMENT with a line for every mistake in any file. An outcome that two versions of an instrument share
  // must be on the same scale in both, because their values are compared.
  static absl::StatusOr<InstrumentRegistry> Load(const std::vector<EmbeddedFile>& instruments,
                                                 const std::vector<EmbeddedFile>& wordings);

  // Version 0: the newest. nullptr where there is none. The result lives as long as the registry.
  const Instrument* Find(absl::string_view code, int version) const;

  // The newest version of each instrument, ordered by code.
  std::vector<const Instrument*> Newest() const;

 private:
  absl::Status Add(const EmbeddedFile& file);
  // What one version says about the sensitivity of assessments holds for all versions.
  void ShareLabels();

  std::map<std::pair<std::string, int>, Instrument> instruments_;  // by code and version
};

// The instrument files that this binary carries.
namespace data {
const std::vector<EmbeddedFile>& Files();
}  // namespace data

}  // namespace trellis::assessment

#endif  // TRELLIS_SERVICES_ASSESSMENT_DOMAIN_INSTRUMENT_REGISTRY_H_
