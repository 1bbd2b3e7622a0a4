// May this caller see this person? What handlers ask.
#ifndef TRELLIS_COMMON_ACCESS_ACCESS_H_
#define TRELLIS_COMMON_ACCESS_ACCESS_H_

#include <cstddef>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/access/freshness.h"
#include "common/access/recent_denials.h"
#include "common/access/relations.h"
#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/db/pool.h"
#include "common/rpc/call_context.h"

namespace trellis::access {

// What lets a user see a person.
enum class Sight {
  kNone,
  kEmergency,  // emergency access and nothing else: reads alone, and the audit says so
  kRelation,
};

// Asks identity about the caller of `call`, with the caller's own token. Errors mean that nobody knows.
using AskIdentity = std::function<absl::StatusOr<Sight>(rpc::CallContext& call, const Id& person)>;

// Thread-safe. In identity the table is the truth: no `ask`, no `freshness`. Elsewhere it is a replica:
// - a live relation in a replica that is fresh: yes;
// - none there: identity is asked (a no is remembered for a second, so that nobody can use us to flood it);
// - a replica that is stale: identity is asked every time, and where it does not answer the call fails.
// Emergency access opens methods that declare NO_SIDE_EFFECTS, one person at a time. A replica's word for it is not
// enough: identity is asked at every call, so that it ends everywhere at the moment when it ends there.
class Access {
 public:
  struct Options {
    absl::Duration remember_denial = absl::Seconds(1);
    std::size_t remembered_denials = 10000;
  };

  Access(db::Pool* pool, const Clock* clock, AskIdentity ask, const Freshness* freshness, Options options);
  Access(db::Pool* pool, const Clock* clock, AskIdentity ask = nullptr, const Freshness* freshness = nullptr)
      : Access(pool, clock, std::move(ask), freshness, Options()) {}

  // May this call go on about the person? Where only emergency access lets it, the call's audit record will say so.
  // Errors: UNAVAILABLE (ACCESS_UNKNOWN) where identity had to be asked and did not answer; those of the database.
  absl::StatusOr<bool> CheckPerson(rpc::CallContext& call, const Id& person);

  // What lets the caller see the person, whatever the method. Decides nothing and notes nothing. The same errors.
  absl::StatusOr<Sight> Look(rpc::CallContext& call, const Id& person);

  // NOT_FOUND for `resource_name` (the name that the caller asked for), as if it did not exist, unless the caller may
  // see the person.
  absl::Status RequirePerson(rpc::CallContext& call, const Id& person, absl::string_view resource_name);

  // For lists: see relations.h. Emergency access opens none. Errors: UNAVAILABLE (ACCESS_UNKNOWN) while the replica is
  // stale: a list cannot ask identity row by row. A caller who is no user gets a part that lets nothing through.
  absl::StatusOr<SqlPart> AllowedPersonCondition(rpc::CallContext& call, absl::string_view person_column) const;
  absl::StatusOr<SqlPart> AllowedPersonsTable(rpc::CallContext& call) const;

 private:
  absl::Status RequireFresh() const;
  bool IsStale() const;
  absl::StatusOr<Sight> LookHere(rpc::CallContext& call, const Id& person);
  absl::StatusOr<Sight> Ask(rpc::CallContext& call, const Id& person);

  db::Pool* const pool_;
  const Clock* const clock_;
  const AskIdentity ask_;
  const Freshness* const freshness_;
  RecentDenials denials_;
};

}  // namespace trellis::access

#endif  // TRELLIS_COMMON_ACCESS_ACCESS_H_
