#ifndef TRELLIS_SERVICES_IDENTITY_API_PERSON_MERGE_API_H_
#define TRELLIS_SERVICES_IDENTITY_API_PERSON_MERGE_API_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/id.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "trellis/identity/v1/persons.pb.h"

namespace trellis::identity {

// Parts the duplicate from its group again and tells the followers. `group`: locked, the one that remains first
// (storage::LockMergeGroup).
absl::Status Unmerge(runtime::WriteUnit& unit, const std::vector<Id>& group, const Id& duplicate);

// Serves MergePersons, UnmergePersons and FindDuplicates of trellis.identity.v1.Persons. Thread-safe.
class PersonMergeApi {
 public:
  explicit PersonMergeApi(runtime::Runtime& runtime) : runtime_(runtime) {}

  absl::StatusOr<v1::MergePersonsResponse> MergePersons(rpc::CallContext& call, const v1::MergePersonsRequest& request);
  absl::StatusOr<v1::UnmergePersonsResponse> UnmergePersons(rpc::CallContext& call,
                                                            const v1::UnmergePersonsRequest& request);
  absl::StatusOr<v1::FindDuplicatesResponse> FindDuplicates(rpc::CallContext& call,
                                                            const v1::FindDuplicatesRequest& request);

 private:
  absl::StatusOr<v1::Person> Person(runtime::WriteUnit& unit, const Id& id);

  runtime::Runtime& runtime_;
};

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_PERSON_MERGE_API_H_
