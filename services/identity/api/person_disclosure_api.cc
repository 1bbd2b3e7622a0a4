#include "services/identity/api/person_disclosure_api.h"

#include <optional>
#include <utility>

#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/resource_name.h"
#include "common/seal/sealer.h"
#include "services/identity/api/convert.h"
#include "services/identity/api/person_profile.h"
#include "services/identity/domain/consent_rules.h"
#include "services/identity/storage/consents.h"
#include "services/identity/storage/persons.h"

namespace trellis::identity {
namespace {

struct Asked {
  Id organization;  // the owner's
  Id person;
  std::optional<Id> consent;
};

absl::StatusOr<Asked> AskedFor(const v1::DisclosePersonRequest& request) {
  Asked asked;
  TRELLIS_ASSIGN_OR_RETURN(asked.person, rpc::ParseName(kPersons, request.person(), "person"));
  TRELLIS_ASSIGN_OR_RETURN(asked.organization, rpc::ParseName(kOrganizations, request.organization(), "organization"));
  if (request.consent().empty()) return asked;
  TRELLIS_ASSIGN_OR_RETURN(asked.consent, rpc::ParseName(kConsents, request.consent(), "consent"));
  return asked;
}

// What the recipient may be told at that instant: nothing, or the parts of the contract's message.
struct Parts {
  bool demographics = false;
  bool contact = false;
};

absl::StatusOr<std::optional<Parts>> PartsFor(db::Session& session, const Asked& asked, const Id& recipient,
                                              absl::Time now) {
  if (asked.organization == recipient) return Parts{.demographics = true, .contact = true};
  if (!asked.consent.has_value()) return std::nullopt;
  TRELLIS_ASSIGN_OR_RETURN(const auto found, storage::FindConsent(session, asked.organization, *asked.consent));
  if (!found.has_value() || !AllowsCare(found->consent, asked.person, recipient, now)) return std::nullopt;
  const Parts parts{.demographics = found->consent.categories.contains(v1::CONSENT_CATEGORY_DEMOGRAPHICS),
                    .contact = found->consent.categories.contains(v1::CONSENT_CATEGORY_CONTACT)};
  return parts.demographics || parts.contact ? std::optional<Parts>(parts) : std::nullopt;
}

v1::DisclosedDemographics DemographicsOf(v1::Person& person) {
  v1::DisclosedDemographics out;
  out.set_given_names(person.given_names());
  out.set_family_names(person.family_names());
  out.set_preferred_name(person.preferred_name());
  if (person.has_birth_date()) *out.mutable_birth_date() = person.birth_date();
  out.set_gender(person.gender());
  out.mutable_languages()->Swap(person.mutable_languages());
  out.mutable_identifiers()->Swap(person.mutable_identifiers());
  return out;
}

v1::DisclosedContact ContactOf(v1::Person& person) {
  v1::DisclosedContact out;
  out.mutable_phones()->Swap(person.mutable_phones());
  out.mutable_emails()->Swap(person.mutable_emails());
  if (person.has_address()) *out.mutable_address() = std::move(*person.mutable_address());
  return out;
}

}  // namespace

absl::StatusOr<v1::DisclosePersonResponse> PersonDisclosureApi::DisclosePerson(
    rpc::CallContext& call, const v1::DisclosePersonRequest& request) {
  const Id& recipient = call.caller().organization;
  TRELLIS_ASSIGN_OR_RETURN(const Asked asked, AskedFor(request));
  v1::DisclosePersonResponse response;
  const absl::Status status = runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const auto row, storage::FindPerson(session, asked.organization, asked.person));
    if (!row.has_value()) return NotFound(request.person());
    TRELLIS_ASSIGN_OR_RETURN(v1::Person person, OpenPerson(runtime_.seal(), session, asked.organization, *row));
    // Last, so that nobody is told what was written after the consent was revoked.
    TRELLIS_ASSIGN_OR_RETURN(const auto parts, PartsFor(session, asked, recipient, runtime_.clock().Now()));
    if (!parts.has_value()) return NotFound(request.person());
    v1::DisclosedPerson& out = *response.mutable_person();
    if (parts->demographics) *out.mutable_demographics() = DemographicsOf(person);
    if (parts->contact) *out.mutable_contact() = ContactOf(person);
    return absl::OkStatus();
  });
  if (seal::IsErased(status)) return NotFound(request.person());
  TRELLIS_RETURN_IF_ERROR(status);
  v1::DisclosedPerson& out = *response.mutable_person();
  out.set_person(request.person());
  out.set_organization(request.organization());
  out.set_recipient(rpc::MakeName(kOrganizations, recipient));
  if (asked.organization != recipient) out.set_consent(request.consent());
  return response;
}

}  // namespace trellis::identity
