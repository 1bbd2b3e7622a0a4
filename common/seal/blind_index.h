// Finding sealed values by equality: a keyed hash of the canonical form (HMAC-SHA-256), with a key for each
// organization and field. Equal values of one field and organization have equal hashes and nothing else can be read
// from them; what is found is confirmed on the opened value, because a short hash may be shared.
#ifndef TRELLIS_COMMON_SEAL_BLIND_INDEX_H_
#define TRELLIS_COMMON_SEAL_BLIND_INDEX_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/seal/secret_key.h"

namespace trellis::seal {

// The organization's key for one field ("person.name"), made from its data key. Stays the same when master keys change.
absl::StatusOr<SecretKey> IndexKey(const SecretKey& organization_key, absl::string_view field);

// The first `size` bytes of the hash, at most 32. Few bytes where many values share a field, so that the index names
// nobody by itself; all of them where the database holds values to be unique by it.
std::string BlindIndex(const SecretKey& index_key, absl::string_view canonical, std::size_t size);

}  // namespace trellis::seal

#endif  // TRELLIS_COMMON_SEAL_BLIND_INDEX_H_
