#include "services/identity/api/convert.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/dates.h"
#include "common/rpc/etag.h"
#include "common/rpc/labels.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/timestamps.h"
#include "services/identity/domain/person_rules.h"

namespace trellis::identity {

absl::StatusOr<absl::Time> ToTime(const google::protobuf::Timestamp& timestamp, absl::string_view field) {
  constexpr std::int64_t kYear1900 = -2208988800;
  constexpr std::int64_t kYear10000 = 253402300800;
  if (timestamp.seconds() < kYear1900 || timestamp.seconds() >= kYear10000 || timestamp.nanos() < 0 ||
      timestamp.nanos() > 999'999'999) {
    return InvalidField(field, "is not a time between the years 1900 and 9999");
  }
  return rpc::FromTimestamp(timestamp);
}

v1::Organization ToProto(const storage::OrganizationRow& row) {
  v1::Organization out;
  out.set_name(rpc::MakeName(kOrganizations, row.id));
  out.set_display_name(row.display_name);
  out.set_kind(static_cast<v1::Organization::Kind>(row.kind));
  out.set_second_factor_required(row.second_factor_required);
  out.set_passkey_required_for_administrators(row.passkey_required_for_administrators);
  *out.mutable_create_time() = rpc::ToTimestamp(row.create_time);
  *out.mutable_update_time() = rpc::ToTimestamp(row.update_time);
  out.set_etag(rpc::MakeEtag(row.version));
  return out;
}

v1::User ToProto(const storage::UserRow& row) {
  v1::User out;
  out.set_name(rpc::MakeName(kUsers, row.id));
  out.set_login(row.login);
  out.set_display_name(row.display_name);
  for (const Role role : row.roles) out.add_roles(static_cast<options::v1::Role>(role));
  out.set_disabled(row.disabled);
  rpc::PutLabels(row.clearances, out.mutable_clearances());
  *out.mutable_create_time() = rpc::ToTimestamp(row.create_time);
  *out.mutable_update_time() = rpc::ToTimestamp(row.update_time);
  out.set_etag(rpc::MakeEtag(row.version));
  return out;
}

v1::Session ToProto(const storage::SessionRow& row, const Id& current) {
  v1::Session out;
  out.set_name(rpc::MakeName(kSessions, row.id));
  *out.mutable_create_time() = rpc::ToTimestamp(row.create_time);
  *out.mutable_refresh_time() = rpc::ToTimestamp(row.refresh_time);
  *out.mutable_expire_time() = rpc::ToTimestamp(row.expire_time);
  *out.mutable_auth_time() = rpc::ToTimestamp(row.auth_time);
  for (const std::string& method : row.methods) out.add_methods(method);
  out.set_current(row.id == current);
  return out;
}

v1::ServiceKey ToProto(const storage::ServiceKeyRow& row) {
  v1::ServiceKey out;
  out.set_name(rpc::MakeName(kServiceKeys, row.id));
  out.set_user(rpc::MakeName(kUsers, row.user));
  out.set_display_name(row.display_name);
  *out.mutable_create_time() = rpc::ToTimestamp(row.create_time);
  *out.mutable_expire_time() = rpc::ToTimestamp(row.expire_time);
  if (row.use_time.has_value()) *out.mutable_use_time() = rpc::ToTimestamp(*row.use_time);
  return out;
}

v1::Passkey ToProto(const storage::PasskeyRow& row) {
  v1::Passkey out;
  out.set_name(rpc::MakeName(kPasskeys, row.id));
  out.set_user(rpc::MakeName(kUsers, row.user));
  out.set_display_name(row.display_name);
  *out.mutable_create_time() = rpc::ToTimestamp(row.create_time);
  if (row.use_time.has_value()) *out.mutable_use_time() = rpc::ToTimestamp(*row.use_time);
  if (row.suspect_time.has_value()) *out.mutable_suspect_time() = rpc::ToTimestamp(*row.suspect_time);
  return out;
}

v1::AccessRelation ToProto(const storage::RelationRow& row) {
  const Relation& relation = row.relation;
  v1::AccessRelation out;
  out.set_resource(rpc::MakeName(ResourceCollection(relation.kind), relation.resource));
  out.set_subject(rpc::MakeName(SubjectCollection(relation.kind), relation.subject));
  out.set_kind(static_cast<v1::RelationKind>(relation.kind));
  *out.mutable_start_time() = rpc::ToTimestamp(row.start_time);
  if (row.end_time.has_value()) *out.mutable_end_time() = rpc::ToTimestamp(*row.end_time);
  return out;
}

v1::Consent ToProto(const storage::ConsentRow& row, absl::Time now) {
  const Consent& consent = row.consent;
  v1::Consent out;
  out.set_name(rpc::MakeName(kConsents, consent.id));
  out.set_person(rpc::MakeName(kPersons, consent.person));
  out.set_recipient(rpc::MakeName(kOrganizations, consent.recipient));
  for (const int purpose : consent.purposes) out.add_purposes(static_cast<v1::ConsentPurpose>(purpose));
  for (const int category : consent.categories) out.add_categories(static_cast<v1::ConsentCategory>(category));
  *out.mutable_period()->mutable_start_time() = rpc::ToTimestamp(consent.start_time);
  if (consent.end_time != absl::InfiniteFuture())
    *out.mutable_period()->mutable_end_time() = rpc::ToTimestamp(consent.end_time);
  out.set_grantor(static_cast<v1::Consent::Grantor>(row.grantor));
  if (row.sign_date.has_value()) *out.mutable_sign_date() = rpc::ToDate(*row.sign_date);
  switch (StateAt(consent, now)) {
    case ConsentState::kActive:
      out.set_state(v1::Consent::STATE_ACTIVE);
      break;
    case ConsentState::kExpired:
      out.set_state(v1::Consent::STATE_EXPIRED);
      break;
    case ConsentState::kRevoked:
      out.set_state(v1::Consent::STATE_REVOKED);
      break;
  }
  if (consent.revoke_time != absl::InfiniteFuture()) *out.mutable_revoke_time() = rpc::ToTimestamp(consent.revoke_time);
  *out.mutable_create_time() = rpc::ToTimestamp(row.create_time);
  *out.mutable_update_time() = rpc::ToTimestamp(row.update_time);
  out.set_etag(rpc::MakeEtag(row.version));
  return out;
}

Roles RolesOf(const rpc::Caller& caller) {
  Roles roles;
  for (const options::v1::Role role : caller.roles) roles.insert(static_cast<Role>(role));
  return roles;
}

std::vector<int> Numbers(const google::protobuf::RepeatedField<int>& values) { return {values.begin(), values.end()}; }

absl::Status RequireText(absl::string_view text, absl::string_view field) {
  return absl::StripAsciiWhitespace(text).empty() ? InvalidField(field, "is required") : absl::OkStatus();
}

}  // namespace trellis::identity
