// The one seam between what is known about a person and what the tables hold: everything personal is one message,
// sealed with the person's key.
#ifndef TRELLIS_SERVICES_IDENTITY_API_PERSON_PROFILE_H_
#define TRELLIS_SERVICES_IDENTITY_API_PERSON_PROFILE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/id.h"
#include "common/seal/sealer.h"
#include "services/identity/domain/person_rules.h"
#include "services/identity/storage/persons.h"
#include "trellis/identity/v1/person.pb.h"

namespace trellis::identity {

// What goes into person.profile: all personal fields, none that the row holds beside it. Errors: those of Sealer.
absl::StatusOr<std::string> SealProfile(seal::Sealer& sealer, db::Session& tx, const Id& organization, const Id& person,
                                        v1::Person profile);
// The person as the contract has it. Errors: NOT_FOUND PERSON_ERASED (seal::IsErased); DATA_LOSS; INTERNAL where the
// row is damaged.
absl::StatusOr<v1::Person> OpenPerson(seal::Sealer& sealer, const db::Session& session, const Id& organization,
                                      const storage::PersonRow& row);
// Sets what the row holds beside the profile: name, times, etag, merged_into. merged_persons stays empty
// (AddMerged).
void Complete(const storage::PersonRow& row, v1::Person& person);
// Sets merged_persons of persons who have some (PersonRow::has_merged), with one statement. At most 100.
absl::Status AddMerged(db::Session& session, const Id& organization, const std::vector<v1::Person*>& persons);

// The facts that rules speak of. Error: INVALID_ARGUMENT, with `prefix` ("person.") before the path, for a date that
// does not exist or a gender that the contract does not know.
absl::StatusOr<PersonFacts> FactsOf(const v1::Person& person, absl::string_view prefix);

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_PERSON_PROFILE_H_
