#include "services/identity/api/relation_list.h"

#include <algorithm>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/access/relations.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/resource_name.h"
#include "services/identity/api/convert.h"
#include "services/identity/storage/users.h"

namespace trellis::identity {
namespace {

// A page begins behind a kind and the id at the other end: 17 bytes.
std::string CursorBytes(int kind, const Id& other) {
  return absl::StrCat(std::string(1, static_cast<char>(kind)), other.bytes());
}

absl::StatusOr<storage::RelationCursor> ParseCursor(absl::string_view bytes) {
  if (bytes.empty()) return storage::RelationCursor();
  const absl::StatusOr<Id> other = Id::FromBytes(bytes.substr(1));
  if (!other.ok()) return InvalidField("page_token", "is not a token that this method has given");
  return storage::RelationCursor{bytes[0], *other};
}

}  // namespace

absl::StatusOr<bool> LeadsPopulation(db::Session& session, const Id& organization, const Id& population, const Id& user,
                                     absl::Time now) {
  TRELLIS_ASSIGN_OR_RETURN(
      const auto lead, access::FindRelation(session, {organization, population, access::RelationKind::kLead, user}));
  return lead.has_value() && lead->LiveAt(now);
}

absl::StatusOr<RelationList> RelationList::Parse(const rpc::CallContext& call,
                                                 const v1::ListRelationsRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(RelationList list, ParseEnd(request));
  if (request.kind() != v1::RELATION_KIND_UNSPECIFIED) TRELLIS_RETURN_IF_ERROR(list.RestrictTo(request.kind()));
  TRELLIS_ASSIGN_OR_RETURN(list.page_, rpc::ReadPage(call, request));
  TRELLIS_ASSIGN_OR_RETURN(list.after_, ParseCursor(list.page_.after));
  return list;
}

absl::StatusOr<RelationList> RelationList::ParseEnd(const v1::ListRelationsRequest& request) {
  if (request.resource().empty() == request.subject().empty()) {
    return InvalidField("resource", "exactly one of resource and subject must be set");
  }
  const bool by_resource = !request.resource().empty();
  const char* field = by_resource ? "resource" : "subject";
  RelationList list;
  list.name_ = by_resource ? request.resource() : request.subject();
  const char* collection = nullptr;
  if (absl::StartsWith(list.name_, "populations/")) {
    collection = kPopulations;
    list.of_ = by_resource ? Of::kPopulationLeads : Of::kPopulationMembers;
    list.first_kind_ = list.second_kind_ = by_resource ? RelationKind::kLead : RelationKind::kMember;
  } else if (by_resource) {
    collection = kPersons;
    list.of_ = Of::kPerson;
    list.second_kind_ = RelationKind::kMember;
  } else {
    collection = kUsers;
    list.of_ = Of::kUser;
    list.second_kind_ = RelationKind::kLead;
  }
  TRELLIS_ASSIGN_OR_RETURN(list.end_, rpc::ParseName(collection, list.name_, field));
  return list;
}

absl::Status RelationList::RestrictTo(int kind) {
  if (kind != static_cast<int>(first_kind_) && kind != static_cast<int>(second_kind_)) {
    return InvalidField("kind", "does not occur in this list");
  }
  first_kind_ = second_kind_ = static_cast<RelationKind>(kind);
  return absl::OkStatus();
}

absl::Status RelationList::CheckReader(db::Session& session, const rpc::Caller& caller, absl::Time now) const {
  TRELLIS_ASSIGN_OR_RETURN(const bool may_read, MayRead(session, caller, now));
  return may_read ? absl::OkStatus() : NotFound(name_);
}

absl::StatusOr<bool> RelationList::MayRead(db::Session& session, const rpc::Caller& caller, absl::Time now) const {
  const Roles roles = RolesOf(caller);
  switch (of_) {
    case Of::kPerson:
      if (!MayStandInRelation(roles)) return false;
      return access::MaySeePerson(session, caller.organization, caller.user, end_, now);
    case Of::kPopulationLeads:
      if (roles.contains(Role::kOrganizationAdministrator)) return true;
      [[fallthrough]];
    case Of::kPopulationMembers:
      return LeadsPopulation(session, caller.organization, end_, caller.user, now);
    case Of::kUser: {
      if (end_ == caller.user) return true;
      if (!roles.contains(Role::kOrganizationAdministrator) && !roles.contains(Role::kPrivacyOfficer)) return false;
      TRELLIS_ASSIGN_OR_RETURN(const auto user, storage::FindUser(session, caller.organization, end_));
      return user.has_value();
    }
  }
  return false;
}

absl::Status RelationList::Fill(db::Session& session, const Id& organization, absl::Time now,
                                v1::ListRelationsResponse& response) const {
  const auto list = ByResource() ? storage::ListByResource : storage::ListBySubject;
  TRELLIS_ASSIGN_OR_RETURN(const auto rows,
                           list(session, organization, end_, first_kind_, second_kind_, now, after_, page_.size + 1));
  const std::size_t shown = std::min(rows.size(), static_cast<std::size_t>(page_.size));
  for (std::size_t i = 0; i < shown; ++i) *response.add_relations() = ToProto(rows[i]);
  if (rows.size() > shown) {
    const Relation& last = rows[shown - 1].relation;
    response.set_next_page_token(
        page_.TokenAfter(CursorBytes(static_cast<int>(last.kind), ByResource() ? last.subject : last.resource)));
  }
  return absl::OkStatus();
}

}  // namespace trellis::identity
