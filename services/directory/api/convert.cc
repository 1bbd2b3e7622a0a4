#include "services/directory/api/convert.h"

#include "common/rpc/dates.h"
#include "common/rpc/etag.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/timestamps.h"

namespace trellis::directory {
namespace {

std::string OrganizationName(const Id& organization) {
  return organization.is_nil() ? "" : rpc::MakeName(kOrganizations, organization);
}

template <class Entry, class Proto>
void SetValidity(const Entry& entry, Proto* proto) {
  if (entry.valid_from.has_value()) *proto->mutable_valid_from() = rpc::ToDate(*entry.valid_from);
  if (entry.valid_to.has_value()) *proto->mutable_valid_to() = rpc::ToDate(*entry.valid_to);
}

template <class Proto>
void SetStamp(const Stamp& stamp, Proto* proto) {
  proto->set_etag(rpc::MakeEtag(stamp.version));
  *proto->mutable_create_time() = rpc::ToTimestamp(stamp.create_time);
  *proto->mutable_update_time() = rpc::ToTimestamp(stamp.update_time);
}

template <class Proto>
void SetPhones(const std::vector<std::string>& phones, Proto* proto) {
  for (const std::string& phone : phones) proto->add_phones(phone);
}

void SetCosts(const HealthcareService& service, v1::HealthcareService* proto) {
  for (const CostOption& option : service.cost_options) {
    v1::CostOption* const line = proto->add_cost_options();
    line->set_option(option.option);
    line->set_currency(option.currency);
    if (option.amount.has_value()) line->set_amount(*option.amount);
    line->set_amount_description(option.amount_description);
    SetValidity(option, line);
  }
}

void SetSchedules(const HealthcareService& service, v1::HealthcareService* proto) {
  for (const Schedule& schedule : service.schedules) {
    v1::Schedule* const line = proto->add_schedules();
    line->set_frequency(schedule.frequency);
    line->set_by_day(schedule.by_day);
    line->set_interval(schedule.interval);
    line->set_opens_at(schedule.opens_at);
    line->set_closes_at(schedule.closes_at);
    line->set_description(schedule.description);
    SetValidity(schedule, line);
  }
}

// What is matched: kinds, needs, ages, languages.
void SetReach(const HealthcareService& service, v1::HealthcareService* proto) {
  for (const std::string& kind : service.kinds) proto->add_kinds(kind);
  for (const Coding& need : service.needs) {
    types::v1::Coding* const coding = proto->add_needs();
    coding->set_system(need.system);
    coding->set_code(need.code);
    coding->set_display(need.display);
  }
  if (service.minimum_age.has_value()) proto->set_minimum_age(*service.minimum_age);
  if (service.maximum_age.has_value()) proto->set_maximum_age(*service.maximum_age);
  for (const std::string& language : service.languages) proto->add_languages(language);
}

// What is read by people.
void SetWords(const HealthcareService& service, v1::HealthcareService* proto) {
  proto->set_display_name(service.display_name);
  proto->set_alternate_name(service.alternate_name);
  proto->set_description(service.description);
  proto->set_interpretation_services(service.interpretation_services);
  proto->set_eligibility_description(service.eligibility_description);
  proto->set_application_process(service.application_process);
  proto->set_fees_description(service.fees_description);
  proto->set_wait_time(service.wait_time);
  proto->set_alert(service.alert);
  proto->set_uri(service.uri);
  proto->set_email(service.email);
  SetPhones(service.phones, proto);
}

}  // namespace

v1::Provider ToProto(const StoredProvider& stored) {
  const Provider& provider = stored.provider;
  v1::Provider proto;
  proto.set_name(rpc::MakeName(kProviders, provider.id));
  proto.set_display_name(provider.display_name);
  proto.set_alternate_name(provider.alternate_name);
  proto.set_description(provider.description);
  proto.set_uri(provider.uri);
  proto.set_email(provider.email);
  SetPhones(provider.phones, &proto);
  proto.set_managing_organization(OrganizationName(stored.managing_organization));
  proto.set_source(provider.source);
  proto.set_external_id(provider.external_id);
  SetStamp(stored.stamp, &proto);
  return proto;
}

v1::Location ToProto(const StoredLocation& stored) {
  const Location& location = stored.location;
  v1::Location proto;
  proto.set_name(rpc::MakeName(kLocations, location.id));
  proto.set_display_name(location.display_name);
  proto.set_kind(static_cast<v1::Location::Kind>(location.kind));
  if (location.position.has_value()) {
    proto.mutable_position()->set_latitude(location.position->latitude);
    proto.mutable_position()->set_longitude(location.position->longitude);
  }
  if (location.address.has_value()) {
    types::v1::Address* const address = proto.mutable_address();
    for (const std::string& line : location.address->lines) address->add_lines(line);
    address->set_city(location.address->city);
    address->set_region(location.address->region);
    address->set_postal_code(location.address->postal_code);
    address->set_country(location.address->country);
  }
  proto.set_transportation(location.transportation);
  for (const std::string& remark : location.accessibility) proto.add_accessibility(remark);
  SetPhones(location.phones, &proto);
  proto.set_uri(location.uri);
  proto.set_source(location.source);
  proto.set_external_id(location.external_id);
  SetStamp(stored.stamp, &proto);
  return proto;
}

v1::HealthcareService ToProto(const StoredService& stored) {
  const HealthcareService& service = stored.service;
  v1::HealthcareService proto;
  proto.set_name(rpc::MakeName(kServices, service.id));
  proto.set_provider(rpc::MakeName(kProviders, service.provider));
  proto.set_provider_display_name(stored.provider_display_name);
  proto.set_managing_organization(OrganizationName(stored.managing_organization));
  proto.set_state(static_cast<v1::HealthcareService::State>(service.state));
  SetWords(service, &proto);
  SetReach(service, &proto);
  SetCosts(service, &proto);
  SetSchedules(service, &proto);
  for (const StoredLocation& location : stored.locations) *proto.add_locations() = ToProto(location);
  *proto.mutable_capacity() = ToProto(service.id, stored.capacity);
  if (service.assured_date.has_value()) *proto.mutable_assured_date() = rpc::ToDate(*service.assured_date);
  proto.set_source(service.source);
  proto.set_external_id(service.external_id);
  SetStamp(stored.stamp, &proto);
  return proto;
}

v1::Capacity ToProto(const Id& service, const std::optional<StoredCapacity>& stored) {
  v1::Capacity proto;
  proto.set_healthcare_service(rpc::MakeName(kServices, service));
  proto.set_state(stored.has_value() ? v1::Capacity::STATE_KNOWN : v1::Capacity::STATE_UNKNOWN);
  if (!stored.has_value()) return proto;
  proto.set_unit(stored->unit);
  proto.set_description(stored->description);
  proto.set_available(stored->places.available());
  proto.set_maximum(stored->places.maximum);
  proto.set_held(stored->places.held);
  proto.set_placed(stored->places.placed);
  proto.set_occupied_elsewhere(stored->places.elsewhere);
  proto.set_etag(rpc::MakeEtag(stored->version));
  *proto.mutable_update_time() = rpc::ToTimestamp(stored->update_time);
  return proto;
}

v1::Hold ToProto(const StoredHold& stored, absl::Time now) {
  v1::Hold proto;
  proto.set_name(rpc::MakeName(kHolds, stored.id));
  proto.set_healthcare_service(rpc::MakeName(kServices, stored.service));
  proto.set_organization(OrganizationName(stored.organization));
  proto.set_state(static_cast<v1::Hold::State>(StateAt(stored.state, stored.expire_time, now)));
  proto.set_reference(stored.reference);
  *proto.mutable_expire_time() = rpc::ToTimestamp(stored.expire_time);
  proto.set_etag(rpc::MakeEtag(stored.version));
  *proto.mutable_create_time() = rpc::ToTimestamp(stored.create_time);
  *proto.mutable_update_time() = rpc::ToTimestamp(stored.update_time);
  return proto;
}

}  // namespace trellis::directory
