// The stored form of an entry: one JSON document. Two entries are the same exactly where their documents are, which is
// how an import sees what has changed. Search columns are copies made when a document is written.
#ifndef TRELLIS_SERVICES_DIRECTORY_DOMAIN_DOCUMENT_H_
#define TRELLIS_SERVICES_DIRECTORY_DOMAIN_DOCUMENT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/directory/domain/model.h"

namespace trellis::directory {

// Without the entry's own id, which is the key of its row. Values that are empty are left out.
std::string ToDocument(const Provider& provider);
std::string ToDocument(const Location& location);
std::string ToDocument(const HealthcareService& service);

// Unknown members are skipped (a newer version may have written them). Error: INTERNAL where the text is not what
// ToDocument makes.
absl::StatusOr<Provider> ProviderFromDocument(const Id& id, absl::string_view document);
absl::StatusOr<Location> LocationFromDocument(const Id& id, absl::string_view document);
absl::StatusOr<HealthcareService> ServiceFromDocument(const Id& id, absl::string_view document);

}  // namespace trellis::directory

#endif  // TRELLIS_SERVICES_DIRECTORY_DOMAIN_DOCUMENT_H_
