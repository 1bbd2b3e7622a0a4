#include "common/access/access.h"

#include <utility>

#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "google/protobuf/descriptor.h"

namespace trellis::access {
namespace {

bool IsUser(const rpc::CallContext& call) { return call.caller().kind == rpc::Caller::Kind::kUser; }

bool IsRead(const rpc::CallContext& call) {
  return call.method().options().idempotency_level() == google::protobuf::MethodOptions::NO_SIDE_EFFECTS;
}

absl::Status Unknown() {
  return Error(absl::StatusCode::kUnavailable, "ACCESS_UNKNOWN", "whom you may see cannot be found out at the moment")
      .RetryAfter(absl::Seconds(1));
}

}  // namespace

Access::Access(db::Pool* pool, const Clock* clock, AskIdentity ask, const Freshness* freshness, Options options)
    : pool_(pool),
      clock_(clock),
      ask_(std::move(ask)),
      freshness_(freshness),
      denials_(options.remember_denial, options.remembered_denials) {}

absl::StatusOr<bool> Access::CheckPerson(rpc::CallContext& call, const Id& person) {
  TRELLIS_ASSIGN_OR_RETURN(const Sight sight, Look(call, person));
  if (sight != Sight::kEmergency) return sight == Sight::kRelation;
  if (!IsRead(call)) return false;
  call.audit().purpose = rpc::kEmergencyPurpose;
  return true;
}

absl::StatusOr<Sight> Access::Look(rpc::CallContext& call, const Id& person) {
  if (!IsUser(call) || person.is_nil()) return Sight::kNone;
  if (IsStale()) return Ask(call, person);
  TRELLIS_ASSIGN_OR_RETURN(const Sight here, LookHere(call, person));
  if (here == Sight::kRelation || ask_ == nullptr) return here;

  const rpc::Caller& caller = call.caller();
  if (denials_.Contains(caller.organization, caller.user, person, clock_->Now())) return Sight::kNone;
  TRELLIS_ASSIGN_OR_RETURN(const Sight there, Ask(call, person));
  if (there == Sight::kNone) denials_.Add(caller.organization, caller.user, person, clock_->Now());
  return there;
}

absl::Status Access::RequirePerson(rpc::CallContext& call, const Id& person, absl::string_view resource_name) {
  TRELLIS_ASSIGN_OR_RETURN(const bool allowed, CheckPerson(call, person));
  return allowed ? absl::OkStatus() : NotFound(resource_name);
}

absl::StatusOr<SqlPart> Access::AllowedPersonCondition(rpc::CallContext& call, absl::string_view person_column) const {
  TRELLIS_RETURN_IF_ERROR(RequireFresh());
  if (!IsUser(call)) return SqlPart{"(1 = 0)", {}};
  const rpc::Caller& caller = call.caller();
  return access::AllowedPersonCondition(person_column, caller.organization, caller.user, clock_->Now());
}

absl::StatusOr<SqlPart> Access::AllowedPersonsTable(rpc::CallContext& call) const {
  TRELLIS_RETURN_IF_ERROR(RequireFresh());
  // Nobody has a relation to the nil user.
  const Id user = IsUser(call) ? call.caller().user : Id();
  return access::AllowedPersonsTable(call.caller().organization, user, clock_->Now());
}

bool Access::IsStale() const { return freshness_ != nullptr && freshness_->IsStale(clock_->Now()); }

absl::Status Access::RequireFresh() const { return IsStale() ? Unknown() : absl::OkStatus(); }

absl::StatusOr<Sight> Access::LookHere(rpc::CallContext& call, const Id& person) {
  const rpc::Caller& caller = call.caller();
  const absl::Time now = clock_->Now();
  const bool truth = ask_ == nullptr;
  Sight sight = Sight::kNone;
  TRELLIS_RETURN_IF_ERROR(pool_->Read(call.deadline(), [&](db::Session& session) -> absl::Status {
    sight = Sight::kNone;
    TRELLIS_ASSIGN_OR_RETURN(const bool related, MaySeePerson(session, caller.organization, caller.user, person, now));
    if (related) sight = Sight::kRelation;
    if (related || !truth) return absl::OkStatus();
    TRELLIS_ASSIGN_OR_RETURN(const bool emergency,
                             HasEmergency(session, caller.organization, caller.user, person, now));
    if (emergency) sight = Sight::kEmergency;
    return absl::OkStatus();
  }));
  return sight;
}

absl::StatusOr<Sight> Access::Ask(rpc::CallContext& call, const Id& person) {
  if (ask_ == nullptr) return Unknown();
  absl::StatusOr<Sight> answer = ask_(call, person);
  if (answer.ok()) return answer;
  switch (answer.status().code()) {
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
      return answer.status();
    default:
      return Unknown();
  }
}

}  // namespace trellis::access
