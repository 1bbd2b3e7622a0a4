#include "services/identity/api/convert.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/resource_name.h"
#include "services/identity/domain/person_rules.h"

namespace trellis::identity {

google::protobuf::Timestamp ToProto(absl::Time time) {
  google::protobuf::Timestamp out;
  const std::int64_t seconds = absl::ToUnixSeconds(time);
  out.set_seconds(seconds);
  out.set_nanos(static_cast<std::int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
  return out;
}

absl::StatusOr<absl::Time> ToTime(const google::protobuf::Timestamp& timestamp, absl::string_view field) {
  constexpr std::int64_t kYear1900 = -2208988800;
  constexpr std::int64_t kYear10000 = 253402300800;
  if (timestamp.seconds() < kYear1900 || timestamp.seconds() >= kYear10000 || timestamp.nanos() < 0 ||
      timestamp.nanos() > 999'999'999) {
    return InvalidField(field, "is not a time between the years 1900 and 9999");
  }
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Microseconds(timestamp.nanos() / 1000);
}

types::v1::Date ToProto(absl::CivilDay day) {
  types::v1::Date out;
  out.set_year(static_cast<int>(day.year()));
  out.set_month(day.month());
  out.set_day(day.day());
  return out;
}

absl::StatusOr<absl::CivilDay> ToDay(const types::v1::Date& date, absl::string_view field) {
  return MakeDay(date.year(), date.month(), date.day(), field);
}

v1::Organization ToProto(const storage::OrganizationRow& row) {
  v1::Organization out;
  out.set_name(rpc::MakeName(kOrganizations, row.id));
  out.set_display_name(row.display_name);
  out.set_kind(static_cast<v1::Organization::Kind>(row.kind));
  *out.mutable_create_time() = ToProto(row.create_time);
  *out.mutable_update_time() = ToProto(row.update_time);
  out.set_etag(MakeEtag(row.version));
  return out;
}

v1::User ToProto(const storage::UserRow& row) {
  v1::User out;
  out.set_name(rpc::MakeName(kUsers, row.id));
  out.set_login(row.login);
  out.set_display_name(row.display_name);
  for (const Role role : row.roles) out.add_roles(static_cast<options::v1::Role>(role));
  out.set_disabled(row.disabled);
  *out.mutable_create_time() = ToProto(row.create_time);
  *out.mutable_update_time() = ToProto(row.update_time);
  out.set_etag(MakeEtag(row.version));
  return out;
}

v1::AccessRelation ToProto(const storage::RelationRow& row) {
  const Relation& relation = row.relation;
  v1::AccessRelation out;
  out.set_resource(rpc::MakeName(ResourceCollection(relation.kind), relation.resource));
  out.set_subject(rpc::MakeName(SubjectCollection(relation.kind), relation.subject));
  out.set_kind(static_cast<v1::RelationKind>(relation.kind));
  *out.mutable_start_time() = ToProto(row.start_time);
  if (row.end_time.has_value()) *out.mutable_end_time() = ToProto(*row.end_time);
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
  *out.mutable_period()->mutable_start_time() = ToProto(consent.start_time);
  if (consent.end_time != absl::InfiniteFuture()) *out.mutable_period()->mutable_end_time() = ToProto(consent.end_time);
  out.set_grantor(static_cast<v1::Consent::Grantor>(row.grantor));
  if (row.sign_date.has_value()) *out.mutable_sign_date() = ToProto(*row.sign_date);
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
  if (consent.revoke_time != absl::InfiniteFuture()) *out.mutable_revoke_time() = ToProto(consent.revoke_time);
  *out.mutable_create_time() = ToProto(row.create_time);
  *out.mutable_update_time() = ToProto(row.update_time);
  out.set_etag(MakeEtag(row.version));
  return out;
}

Roles RolesOf(const rpc::Caller& caller) {
  Roles roles;
  for (const options::v1::Role role : caller.roles) roles.insert(static_cast<Role>(role));
  return roles;
}

std::vector<int> Numbers(const google::protobuf::RepeatedField<int>& values) { return {values.begin(), values.end()}; }

std::string MakeEtag(std::int64_t version) { return absl::StrCat("\"", version, "\""); }

absl::Status CheckEtag(absl::string_view etag, std::int64_t version) {
  if (etag.empty() || etag == MakeEtag(version)) return absl::OkStatus();
  return Error(absl::StatusCode::kAborted, "ETAG_MISMATCH",
               "It was changed in the meantime: read it again and repeat the change on what you find.");
}

absl::Status RequireText(absl::string_view text, absl::string_view field) {
  return absl::StripAsciiWhitespace(text).empty() ? InvalidField(field, "is required") : absl::OkStatus();
}

}  // namespace trellis::identity
