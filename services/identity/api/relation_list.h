// The list of one resource's or one subject's relations: who may read it, and its pages.
#ifndef TRELLIS_SERVICES_IDENTITY_API_RELATION_LIST_H_
#define TRELLIS_SERVICES_IDENTITY_API_RELATION_LIST_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/db/session.h"
#include "common/rpc/call_context.h"
#include "common/rpc/page.h"
#include "services/identity/domain/relation_rules.h"
#include "services/identity/storage/relations.h"
#include "trellis/identity/v1/access_relations.pb.h"

namespace trellis::identity {

// Whether the user leads the population at `now`.
absl::StatusOr<bool> LeadsPopulation(db::Session& session, const Id& organization, const Id& population, const Id& user,
                                     absl::Time now);

// A value.
class RelationList {
 public:
  // Errors: INVALID_ARGUMENT on the fields of the request.
  static absl::StatusOr<RelationList> Parse(const rpc::CallContext& call, const v1::ListRelationsRequest& request);

  // NOT_FOUND, naming what was asked for, where the caller may not read this list.
  absl::Status CheckReader(db::Session& session, const rpc::Caller& caller, absl::Time now) const;
  absl::Status Fill(db::Session& session, const Id& organization, absl::Time now,
                    v1::ListRelationsResponse& response) const;

 private:
  enum class Of { kPerson, kPopulationLeads, kPopulationMembers, kUser };

  RelationList() = default;
  static absl::StatusOr<RelationList> ParseEnd(const v1::ListRelationsRequest& request);
  absl::Status RestrictTo(int kind);
  absl::StatusOr<bool> MayRead(db::Session& session, const rpc::Caller& caller, absl::Time now) const;
  bool ByResource() const { return of_ == Of::kPerson || of_ == Of::kPopulationLeads; }

  Of of_ = Of::kPerson;
  Id end_;
  std::string name_;
  RelationKind first_kind_ = RelationKind::kCareTeam;
  RelationKind second_kind_ = RelationKind::kCareTeam;
  rpc::Page page_;
  storage::RelationCursor after_;
};

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_RELATION_LIST_H_
