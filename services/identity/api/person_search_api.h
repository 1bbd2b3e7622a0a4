#ifndef TRELLIS_SERVICES_IDENTITY_API_PERSON_SEARCH_API_H_
#define TRELLIS_SERVICES_IDENTITY_API_PERSON_SEARCH_API_H_

#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "trellis/identity/v1/persons.pb.h"

namespace trellis::identity {

// Serves trellis.identity.v1.Persons.SearchPersons. Thread-safe.
class PersonSearchApi {
 public:
  explicit PersonSearchApi(runtime::Runtime& runtime) : runtime_(runtime) {}
  absl::StatusOr<v1::SearchPersonsResponse> SearchPersons(rpc::CallContext& call,
                                                          const v1::SearchPersonsRequest& request);

 private:
  runtime::Runtime& runtime_;
};

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_PERSON_SEARCH_API_H_
