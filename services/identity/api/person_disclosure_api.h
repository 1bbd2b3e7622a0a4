#ifndef TRELLIS_SERVICES_IDENTITY_API_PERSON_DISCLOSURE_API_H_
#define TRELLIS_SERVICES_IDENTITY_API_PERSON_DISCLOSURE_API_H_

#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "trellis/identity/v1/persons.pb.h"

namespace trellis::identity {

// Serves trellis.identity.v1.Persons.DisclosePerson. Thread-safe.
class PersonDisclosureApi {
 public:
  explicit PersonDisclosureApi(runtime::Runtime& runtime) : runtime_(runtime) {}

  absl::StatusOr<v1::DisclosePersonResponse> DisclosePerson(rpc::CallContext& call,
                                                            const v1::DisclosePersonRequest& request);

 private:
  runtime::Runtime& runtime_;
};

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_PERSON_DISCLOSURE_API_H_
