// The keys that access tokens are signed with: made on the first start, followed by new ones from time to time, the
// same for all replicas.
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

// Thread-safe. Reads the table again when what it knows is 20 seconds old: a key that another replica put there is
// published long before it is used, and one that was withdrawn in an emergency is refused everywhere within a minute.
class TokenKeys {
 public:
  // `life`: how long a key signs.
  TokenKeys(runtime::Runtime& runtime, absl::Duration life) : runtime_(runtime), life_(life) {}

  // All keys that tokens may be signed with now.
  absl::StatusOr<std::vector<PublishedKey>> Published(absl::Time deadline);
  // A token signed with the newest key that is in use.
  absl::StatusOr<access::IssuedToken> Issue(const access::TokenSubject& subject, absl::Time deadline);

  // Makes the next key where the newest has signed for long enough, and deletes keys that retired a day ago. Every
  // replica may do it at any time.
  absl::Status RotateIfDue(absl::Time deadline);
  // Makes the next key now. `at_once`: it signs from now on, and all tokens signed before are refused.
  absl::Status Rotate(bool at_once, absl::Time deadline);

 private:
  struct Snapshot {
    std::vector<PublishedKey> published;
    std::unique_ptr<crypto::SigningKey> key;
    std::unique_ptr<access::TokenIssuer> issuer;
  };

  absl::StatusOr<std::shared_ptr<const Snapshot>> Current(absl::Time deadline);
  absl::StatusOr<std::vector<storage::SigningKeyRow>> LoadOrMake(absl::Time deadline);
  absl::StatusOr<std::vector<storage::SigningKeyRow>> Load(absl::Time deadline);
  absl::StatusOr<storage::SigningKeyRow> Make(db::Session& tx, int generation, absl::Time use_time);
  absl::Status Succeed(db::Session& tx, int newest_generation, bool at_once);
  absl::StatusOr<std::shared_ptr<const Snapshot>> Build(const std::vector<storage::SigningKeyRow>& rows);

  runtime::Runtime& runtime_;
  const absl::Duration life_;
  std::mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_;      // guarded by mutex_
  absl::Time next_load_ = absl::InfinitePast();   // guarded by mutex_
  absl::Time good_until_ = absl::InfinitePast();  // guarded by mutex_; what was loaded then may be used so long
};

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_TOKEN_KEYS_H_
