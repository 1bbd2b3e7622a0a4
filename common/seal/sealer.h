// The front of sealing: what handlers use. Keys are found by their owner, made when the first value is sealed, and kept
// open for at most five minutes.
#ifndef TRELLIS_COMMON_SEAL_SEALER_H_
#define TRELLIS_COMMON_SEAL_SEALER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/base/random.h"
#include "common/db/session.h"
#include "common/seal/envelope.h"
#include "common/seal/key_cache.h"
#include "common/seal/key_ring.h"

namespace trellis::seal {

// Thread-safe. The parts that it is made of outlive it.
//
//   const seal::Place place{{unit.organization, person}, "referral", "note", id.bytes()};
//   TRELLIS_ASSIGN_OR_RETURN(row.note, runtime.seal().Seal(unit.db, place, request.note()));
//   TRELLIS_ASSIGN_OR_RETURN(note, runtime.seal().Open(session, place, row.note));
//
// An empty value stays empty: that nothing was written is not hidden.
// Errors of all functions, besides those of KeyRing and Session:
//   NOT_FOUND PERSON_ERASED (IsErased)  the key was destroyed
//   DATA_LOSS SEAL_BROKEN               the value was not sealed for this place, or its key is missing
class Sealer {
 public:
  static constexpr absl::Duration kKeyLifetime = absl::Minutes(5);
  static constexpr std::size_t kMostKeys = 12288;  // the others of SecretKey's places are for keys in use

  Sealer(KeyRing* ring, const Clock* clock, RandomSource* random)
      : ring_(*ring), clock_(*clock), random_(*random), cache_(*clock, kKeyLifetime, kMostKeys) {}

  // Makes the owner's key where there is none yet, so `tx` is a transaction.
  absl::StatusOr<std::string> Seal(db::Session& tx, const Place& place, absl::string_view content);
  absl::StatusOr<std::string> Open(db::Session& session, const Place& place, absl::string_view sealed);
  // The same, and nothing ("") for a person who was erased: for lists, which go on without what is gone.
  absl::StatusOr<std::string> OpenIfKept(db::Session& session, const Place& place, absl::string_view sealed);

  // --- for many values with one key, and for rows that bring their key with them ------------------------------------
  // The owner's key, made where there is none yet.
  absl::StatusOr<SecretKey> KeyToSeal(db::Session& tx, const KeyOwner& owner);
  absl::StatusOr<SecretKey> KeyToOpen(db::Session& session, const KeyOwner& owner);
  // The same, and nothing where no key was made yet: there is nothing that it could open.
  absl::StatusOr<std::optional<SecretKey>> KeyIfMade(db::Session& session, const KeyOwner& owner);
  // The same where the row was read with `LEFT JOIN data_key`: no statement at all. No bytes: destroyed or missing.
  absl::StatusOr<SecretKey> KeyOfRow(const db::Session& session, const KeyOwner& owner, const WrappedKey& wrapped);
  // Opens the keys of many persons with one statement for those that are not open yet. At most 1,000 persons; those
  // without a key are passed over.
  absl::Status OpenKeys(db::Session& session, const Id& organization, const std::vector<Id>& persons);
  std::string Seal(const SecretKey& key, const Place& place, absl::string_view content);
  absl::StatusOr<std::string> Open(const SecretKey& key, const Place& place, absl::string_view sealed);

  // --- destroying
  // ----------------------------------------------------------------------------------------------------- The owner's
  // key is gone from this schema and, remembered by the ring, from every backup of it. Goes on where a former try
  // stopped half-way.
  absl::Status Destroy(db::Session& tx, const KeyOwner& owner);

  KeyRing& ring() { return ring_; }
  KeyCache& cache() { return cache_; }

 private:
  absl::StatusOr<SecretKey> Unwrapped(const KeyOwner& owner, const WrappedKey& wrapped, bool may_keep);

  KeyRing& ring_;
  const Clock& clock_;
  RandomSource& random_;
  KeyCache cache_;
};

}  // namespace trellis::seal

#endif  // TRELLIS_COMMON_SEAL_SEALER_H_
