#ifndef TRELLIS_SERVICES_IDENTITY_API_PERSONS_API_H_
#define TRELLIS_SERVICES_IDENTITY_API_PERSONS_API_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "services/identity/api/person_index.h"
#include "services/identity/domain/person_rules.h"
#include "trellis/identity/v1/persons.pb.h"

namespace trellis::identity {

// Serves trellis.identity.v1.Persons but for the search (person_search_api.h). Thread-safe.
class PersonsApi {
 public:
  explicit PersonsApi(runtime::Runtime& runtime) : runtime_(runtime) {}

  absl::StatusOr<v1::RegisterPersonResponse> RegisterPerson(rpc::CallContext& call,
                                                            const v1::RegisterPersonRequest& request);
  absl::StatusOr<v1::GetPersonResponse> GetPerson(rpc::CallContext& call, const v1::GetPersonRequest& request);
  absl::StatusOr<v1::BatchGetPersonsResponse> BatchGetPersons(rpc::CallContext& call,
                                                              const v1::BatchGetPersonsRequest& request);
  absl::StatusOr<v1::UpdatePersonResponse> UpdatePerson(rpc::CallContext& call, const v1::UpdatePersonRequest& request);

 private:
  absl::CivilDay Today() const { return absl::ToCivilDay(runtime_.clock().Now(), absl::UTCTimeZone()); }

  absl::StatusOr<PersonIndex> IndexToWrite(runtime::WriteUnit& unit);

  runtime::Runtime& runtime_;
};

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_PERSONS_API_H_
