// Signed checkpoints: how long a chain was and what its head was, as a C2SP signed note (tlog-checkpoint, signed-note).
//
//   trellis.local/identity/0190c5a2-...      origin: trust domain, service, organization
//   1234                                     records
//   qXv...=                                  head (base64)
//   <empty line>
//   — trellis.local/identity/0190c5a2-... <base64 of the key's hash and the Ed25519 signature>
//
// The "root hash" of that form is here the head of the chain (chain.h).
#ifndef TRELLIS_COMMON_AUDIT_CHECKPOINT_H_
#define TRELLIS_COMMON_AUDIT_CHECKPOINT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/id.h"
#include "common/crypto/signing_key.h"

namespace trellis::audit {

struct Checkpoint {
  std::string origin;
  std::int64_t size = 0;
  std::string head;  // 32 bytes
};

std::string OriginOf(absl::string_view trust_domain, absl::string_view service, const Id& organization);

// The signed note. Signing the same checkpoint again gives the same note.
absl::StatusOr<std::string> Sign(const Checkpoint& checkpoint, const crypto::SigningKey& key);

// What a note says. Error: INVALID_ARGUMENT where it has another form or is not signed with the key.
absl::StatusOr<Checkpoint> Open(absl::string_view note, absl::string_view public_key);

// The 32 bytes of a public key from its base64 text. Error: INVALID_ARGUMENT.
absl::StatusOr<std::string> ParsePublicKey(absl::string_view text);

// The notes in a file of them, one after the other; what a crash left half written is passed over.
std::vector<std::string> SplitNotes(absl::string_view text);

// A file that notes are added to and nothing is ever removed from: best on a volume that whoever administers the
// database cannot write. One thread at a time.
class CheckpointFile {
 public:
  explicit CheckpointFile(std::string path) : path_(std::move(path)) {}
  // OK: on disk.
  absl::Status Append(const std::vector<std::string>& notes) const;

 private:
  const std::string path_;
};

}  // namespace trellis::audit

#endif  // TRELLIS_COMMON_AUDIT_CHECKPOINT_H_
