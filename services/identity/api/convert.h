// Rows and domain values as messages of the contract, and back.
#ifndef TRELLIS_SERVICES_IDENTITY_API_CONVERT_H_
#define TRELLIS_SERVICES_IDENTITY_API_CONVERT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/rpc/caller.h"
#include "google/protobuf/repeated_field.h"
#include "google/protobuf/timestamp.pb.h"
#include "services/identity/domain/roles.h"
#include "services/identity/storage/consents.h"
#include "services/identity/storage/organizations.h"
#include "services/identity/storage/passkeys.h"
#include "services/identity/storage/relations.h"
#include "services/identity/storage/service_keys.h"
#include "services/identity/storage/sessions.h"
#include "services/identity/storage/users.h"
#include "trellis/identity/v1/access_relation.pb.h"
#include "trellis/identity/v1/consent.pb.h"
#include "trellis/identity/v1/organization.pb.h"
#include "trellis/identity/v1/passkeys.pb.h"
#include "trellis/identity/v1/service_keys.pb.h"
#include "trellis/identity/v1/session.pb.h"
#include "trellis/identity/v1/user.pb.h"

namespace trellis::identity {

inline constexpr char kOrganizations[] = "organizations";
inline constexpr char kUsers[] = "users";
inline constexpr char kSessions[] = "sessions";
inline constexpr char kServiceKeys[] = "serviceKeys";
inline constexpr char kPasskeys[] = "passkeys";
inline constexpr char kPersons[] = "persons";
inline constexpr char kPopulations[] = "populations";
inline constexpr char kConsents[] = "consents";
inline constexpr char kEmergencyAccesses[] = "emergencyAccesses";

// In whole microseconds. Error: INVALID_ARGUMENT on `field` outside of the years 1900 to 9999.
absl::StatusOr<absl::Time> ToTime(const google::protobuf::Timestamp& timestamp, absl::string_view field);

v1::Organization ToProto(const storage::OrganizationRow& row);
v1::User ToProto(const storage::UserRow& row);
// `current`: the session that the call belongs to.
v1::Session ToProto(const storage::SessionRow& row, const Id& current);
v1::ServiceKey ToProto(const storage::ServiceKeyRow& row);
v1::Passkey ToProto(const storage::PasskeyRow& row);
v1::AccessRelation ToProto(const storage::RelationRow& row);
v1::Consent ToProto(const storage::ConsentRow& row, absl::Time now);

Roles RolesOf(const rpc::Caller& caller);
std::vector<int> Numbers(const google::protobuf::RepeatedField<int>& values);

// Text that is required in this place, though not wherever the message is used. Error: INVALID_ARGUMENT on `field`.
absl::Status RequireText(absl::string_view text, absl::string_view field);

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_CONVERT_H_
