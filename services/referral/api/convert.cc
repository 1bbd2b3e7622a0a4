#include "services/referral/api/convert.h"

#include "common/rpc/etag.h"
#include "common/rpc/labels.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/timestamps.h"

namespace trellis::referral {
namespace {

std::string NameOf(const char* collection, const std::optional<Id>& id) {
  return id.has_value() ? rpc::MakeName(collection, *id) : "";
}

}  // namespace

v1::Referral::RedisclosureNotice NoticeFor(LabelSet labels, const Id& from, const std::optional<Id>& to) {
  const bool leaves = to.has_value() && *to != from;
  return leaves && labels.Has(options::v1::SECURITY_LABEL_SUBSTANCE_USE)
             ? v1::Referral::REDISCLOSURE_NOTICE_42_CFR_PART_2
             : v1::Referral::REDISCLOSURE_NOTICE_UNSPECIFIED;
}

v1::Referral ToProto(const ReferralRow& row, const std::optional<Id>& placement) {
  v1::Referral out;
  out.set_name(rpc::MakeName(kReferrals, row.id));
  out.set_etag(rpc::MakeEtag(row.version));
  *out.mutable_create_time() = rpc::ToTimestamp(row.create_time);
  *out.mutable_update_time() = rpc::ToTimestamp(row.update_time);
  out.set_person(rpc::MakeName(kPersons, row.person));
  out.set_healthcare_service(rpc::MakeName(kHealthcareServices, row.healthcare_service));
  out.set_service_need(NameOf(kServiceNeeds, row.service_need));
  out.mutable_need()->set_system(row.need_system);
  out.mutable_need()->set_code(row.need_code);
  out.set_priority(static_cast<v1::Referral::Priority>(row.priority));
  out.set_state(static_cast<v1::Referral::State>(row.state));
  *out.mutable_state_time() = rpc::ToTimestamp(row.state_time);
  if (!row.reason_code.empty()) out.mutable_state_reason()->set_code(row.reason_code);
  out.set_requester(rpc::MakeName(kUsers, row.requester));
  out.set_requester_organization(rpc::MakeName(kOrganizations, row.organization));
  out.set_recipient_organization(NameOf(kOrganizations, row.recipient));
  out.set_consent(NameOf(kConsents, row.consent));
  out.set_hold(NameOf(kHolds, row.hold));
  out.set_placement(NameOf(kPlacements, placement));
  rpc::PutLabels(row.labels, out.mutable_labels());
  out.set_redisclosure_notice(NoticeFor(row.labels, row.organization, row.recipient));
  return out;
}

v1::Placement ToProto(const PlacementRow& row) {
  v1::Placement out;
  out.set_name(rpc::MakeName(kPlacements, row.id));
  *out.mutable_create_time() = rpc::ToTimestamp(row.create_time);
  *out.mutable_update_time() = rpc::ToTimestamp(row.update_time);
  out.set_referral(rpc::MakeName(kReferrals, row.referral));
  out.set_person(rpc::MakeName(kPersons, row.person));
  out.set_healthcare_service(rpc::MakeName(kHealthcareServices, row.healthcare_service));
  out.set_state(static_cast<v1::Placement::State>(row.state));
  rpc::PutLabels(row.labels, out.mutable_labels());
  out.set_redisclosure_notice(NoticeFor(row.labels, row.organization, row.recipient));
  if (row.start_time.has_value()) *out.mutable_start_time() = rpc::ToTimestamp(*row.start_time);
  if (row.end_time.has_value()) *out.mutable_end_time() = rpc::ToTimestamp(*row.end_time);
  return out;
}

void Redact(v1::Referral& referral) {
  referral.clear_person();
  referral.clear_service_need();
  referral.clear_need();
  referral.clear_note();
  referral.clear_consent();
  referral.clear_requester();
  if (referral.has_state_reason()) referral.mutable_state_reason()->clear_text();
}

void Redact(v1::Placement& placement) { placement.clear_person(); }

}  // namespace trellis::referral
