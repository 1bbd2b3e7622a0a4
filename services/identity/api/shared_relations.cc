#include "services/identity/api/shared_relations.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "common/access/relations.h"
#include "common/base/status_macros.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/timestamps.h"
#include "services/identity/storage/relations.h"
#include "trellis/identity/v1/identity_events.pb.h"

namespace trellis::identity {
namespace {

constexpr int kAtOnce = 200;

using MaybeRelation = std::optional<access::Relation>;
using Subject = std::pair<RelationKind, Id>;

// One record's relation to the subject: what stands in the table, and what would without any merge.
struct Place {
  access::RelationKey key;
  MaybeRelation current;
  MaybeRelation base;
  bool shared = false;  // what stands there is the merge's
};

struct Span {
  absl::Time start;
  absl::Time end;  // InfiniteFuture: none
};

// Live, or to come.
bool IsAlive(const MaybeRelation& relation, absl::Time now) {
  return relation.has_value() && !relation->revoke_time.has_value() &&
         relation->valid_to.value_or(absl::InfiniteFuture()) > now;
}

Span SpanOf(const access::Relation& relation) {
  return {relation.valid_from, relation.valid_to.value_or(absl::InfiniteFuture())};
}

Span Both(const Span& a, const Span& b) { return {std::min(a.start, b.start), std::max(a.end, b.end)}; }

bool Same(const MaybeRelation& a, const MaybeRelation& b) {
  if (!a.has_value() || !b.has_value()) return a.has_value() == b.has_value();
  return a->valid_from == b->valid_from && a->valid_to == b->valid_to && a->revoke_time == b->revoke_time;
}

access::RelationKey KeyOf(const Id& organization, const Id& person, const Subject& subject) {
  return {organization, person, static_cast<access::RelationKind>(subject.first), subject.second};
}

absl::StatusOr<Place> ReadPlace(runtime::WriteUnit& unit, const Id& person, const Subject& subject) {
  Place place;
  place.key = KeyOf(unit.organization, person, subject);
  TRELLIS_ASSIGN_OR_RETURN(place.current, access::FindRelation(unit.db, place.key, /*lock=*/true));
  TRELLIS_ASSIGN_OR_RETURN(const auto shared, storage::FindShared(unit.db, place.key));
  place.shared = shared.has_value();
  place.base = shared.has_value() ? shared->relation : place.current;
  return place;
}

// What all records of the group are to be seen for: the live relations together, or else the next one to come.
std::optional<Span> SharedSpan(const std::vector<Place>& places, absl::Time now) {
  std::optional<Span> live;
  std::optional<Span> next;
  for (const Place& place : places) {
    if (!IsAlive(place.base, now)) continue;
    const Span span = SpanOf(*place.base);
    if (span.start <= now) {
      live = live.has_value() ? Both(*live, span) : span;
    } else if (!next.has_value() || span.start < next->start) {
      next = span;
    }
  }
  return live.has_value() ? live : next;
}

// What is to stand in the place.
MaybeRelation Wanted(const Place& place, const std::optional<Span>& span, absl::Time now) {
  if (!span.has_value()) return place.base;
  Span wanted = *span;
  if (IsAlive(place.base, now)) {
    const Span own = SpanOf(*place.base);
    if (own.start <= std::max(wanted.start, now) && own.end >= wanted.end) return place.base;
    wanted = Both(wanted, own);
  }
  access::Relation relation{place.key, wanted.start, std::nullopt, std::nullopt};
  if (wanted.end != absl::InfiniteFuture()) relation.valid_to = wanted.end;
  return relation;
}

template <class Event>
Event EventOf(const access::RelationKey& key) {
  const auto kind = static_cast<RelationKind>(key.kind);
  Event event;
  event.set_resource(rpc::MakeName(ResourceCollection(kind), key.resource));
  event.set_subject(rpc::MakeName(SubjectCollection(kind), key.subject));
  event.set_kind(static_cast<v1::RelationKind>(kind));
  return event;
}

absl::Status Tell(runtime::WriteUnit& unit, const Place& place, const MaybeRelation& now_there) {
  if (IsAlive(now_there, unit.now)) {
    auto event = EventOf<v1::RelationGranted>(place.key);
    *event.mutable_start_time() = rpc::ToTimestamp(now_there->valid_from);
    if (now_there->valid_to.has_value()) *event.mutable_end_time() = rpc::ToTimestamp(*now_there->valid_to);
    return unit.Publish(event);
  }
  if (!IsAlive(place.current, unit.now)) return absl::OkStatus();
  return unit.Publish(EventOf<v1::RelationRevoked>(place.key));
}

absl::Status Put(runtime::WriteUnit& unit, const Place& place, const MaybeRelation& wanted) {
  if (!Same(wanted, place.current)) {
    TRELLIS_RETURN_IF_ERROR(wanted.has_value() ? access::PutRelation(unit.db, *wanted)
                                               : storage::DeleteRelation(unit.db, place.key));
    TRELLIS_RETURN_IF_ERROR(Tell(unit, place, wanted));
  }
  const bool shared = !Same(wanted, place.base);
  if (shared == place.shared) return absl::OkStatus();
  return shared ? storage::InsertShared(unit.db, place.key, place.base) : storage::DeleteShared(unit.db, place.key);
}

absl::Status ShareOne(runtime::WriteUnit& unit, const std::vector<Id>& group, const Subject& subject) {
  std::vector<Place> places;
  for (const Id& person : group) {
    TRELLIS_ASSIGN_OR_RETURN(places.emplace_back(), ReadPlace(unit, person, subject));
  }
  const std::optional<Span> span = SharedSpan(places, unit.now);
  for (const Place& place : places) {
    TRELLIS_RETURN_IF_ERROR(Put(unit, place, Wanted(place, span, unit.now)));
  }
  return absl::OkStatus();
}

// Everybody who has a relation to the person, will have one, or was given one by a merge.
absl::Status AddSubjects(runtime::WriteUnit& unit, const Id& person, std::set<Subject>& subjects) {
  storage::RelationCursor after;
  while (true) {
    TRELLIS_ASSIGN_OR_RETURN(const auto rows,
                             storage::ListByResource(unit.db, unit.organization, person, RelationKind::kCareTeam,
                                                     RelationKind::kMember, unit.now, after, kAtOnce));
    for (const auto& row : rows) subjects.emplace(row.relation.kind, row.relation.subject);
    if (rows.size() < kAtOnce) break;
    after = {static_cast<int>(rows.back().relation.kind), rows.back().relation.subject};
  }
  after = {};
  while (true) {
    TRELLIS_ASSIGN_OR_RETURN(const auto rows, storage::ListShared(unit.db, unit.organization, person, after, kAtOnce));
    for (const auto& row : rows) subjects.emplace(static_cast<RelationKind>(row.kind), row.other);
    if (rows.size() < kAtOnce) return absl::OkStatus();
    after = rows.back();
  }
}

}  // namespace

absl::Status ShareRelations(runtime::WriteUnit& unit, const std::vector<Id>& group) {
  std::set<Subject> subjects;
  for (const Id& person : group) TRELLIS_RETURN_IF_ERROR(AddSubjects(unit, person, subjects));
  for (const Subject& subject : subjects) TRELLIS_RETURN_IF_ERROR(ShareOne(unit, group, subject));
  return absl::OkStatus();
}

absl::Status ShareGranted(runtime::WriteUnit& unit, const std::vector<Id>& group, const Relation& relation) {
  if (group.size() < 2) return absl::OkStatus();
  const Subject subject(relation.kind, relation.subject);
  TRELLIS_RETURN_IF_ERROR(storage::DeleteShared(unit.db, KeyOf(unit.organization, relation.resource, subject)));
  return ShareOne(unit, group, subject);
}

absl::Status RevokeShared(runtime::WriteUnit& unit, const std::vector<Id>& group, const Relation& relation) {
  if (group.size() < 2) return absl::OkStatus();
  for (const Id& person : group) {
    const access::RelationKey key = KeyOf(unit.organization, person, {relation.kind, relation.subject});
    TRELLIS_RETURN_IF_ERROR(storage::DeleteShared(unit.db, key));
    if (person == relation.resource) continue;
    TRELLIS_ASSIGN_OR_RETURN(const bool revoked, access::RevokeRelation(unit.db, key, unit.now));
    if (revoked) TRELLIS_RETURN_IF_ERROR(unit.Publish(EventOf<v1::RelationRevoked>(key)));
  }
  return absl::OkStatus();
}

}  // namespace trellis::identity
