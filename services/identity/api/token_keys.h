// The keys that access tokens are signed with: made on the first start, the same for all replicas.
#ifndef TRELLIS_SERVICES_IDENTITY_API_TOKEN_KEYS_H_
#define TRELLIS_SERVICES_IDENTITY_API_TOKEN_KEYS_H_

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/access/token.h"
#include "common/crypto/signing_key.h"
#include "common/runtime/runtime.h"
#include "services/identity/storage/signing_keys.h"

namespace trellis::identity {

struct PublishedKey {
  std::string key_id;
  std::string public_key;  // 32 bytes
};

// Thread-safe. Reads the table again when what it knows is a minute old, so that a key that another replica put there
// is published long before it is used.
class TokenKeys {
 public:
  explicit TokenKeys(runtime::Runtime& runtime) : runtime_(runtime) {}

  // All keys that tokens may be signed with now.
  absl::StatusOr<std::vector<PublishedKey>> Published(absl::Time deadline);
  // A token signed with the newest key that is in use.
  absl::StatusOr<access::IssuedToken> Issue(const access::TokenSubject& subject, absl::Time deadline);

 private:
  struct Snapshot {
    std::vector<PublishedKey> published;
    std::unique_ptr<crypto::SigningKey> key;
    std::unique_ptr<access::TokenIssuer> issuer;
  };

  absl::StatusOr<std::shared_ptr<const Snapshot>> Current(absl::Time deadline);
  absl::StatusOr<std::vector<storage::SigningKeyRow>> LoadOrMake(absl::Time deadline);
  absl::StatusOr<std::shared_ptr<const Snapshot>> Build(const std::vector<storage::SigningKeyRow>& rows);

  runtime::Runtime& runtime_;
  std::mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_;     // guarded by mutex_
  absl::Time next_load_ = absl::InfinitePast();  // guarded by mutex_
};

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_TOKEN_KEYS_H_
