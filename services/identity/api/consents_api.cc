#include "services/identity/api/consents_api.h"

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "common/access/access.h"
#include "common/access/relations.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/dates.h"
#include "common/rpc/etag.h"
#include "common/rpc/id_page.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/timestamps.h"
#include "services/identity/api/convert.h"
#include "services/identity/storage/consents.h"
#include "services/identity/storage/organizations.h"
#include "trellis/identity/v1/identity_events.pb.h"

namespace trellis::identity {
namespace {

constexpr absl::CivilDay kEarliestSignature(1900, 1, 1);

// The consent that is wanted, checked but for what only the database knows.
absl::StatusOr<storage::ConsentRow> ParseConsent(const v1::Consent& wanted, const rpc::Caller& caller, absl::Time now) {
  storage::ConsentRow row;
  Consent& consent = row.consent;
  TRELLIS_ASSIGN_OR_RETURN(consent.person, rpc::ParseName(kPersons, wanted.person(), "consent.person"));
  TRELLIS_ASSIGN_OR_RETURN(consent.recipient, rpc::ParseName(kOrganizations, wanted.recipient(), "consent.recipient"));
  if (consent.recipient == caller.organization) {
    return InvalidField("consent.recipient", "is the person's own organization, which needs no consent");
  }
  TRELLIS_ASSIGN_OR_RETURN(consent.purposes,
                           ParseChoices(Numbers(wanted.purposes()), kLastConsentPurpose, "consent.purposes"));
  TRELLIS_ASSIGN_OR_RETURN(consent.categories,
                           ParseChoices(Numbers(wanted.categories()), kLastConsentCategory, "consent.categories"));
  consent.start_time = now;
  if (wanted.period().has_start_time()) {
    TRELLIS_ASSIGN_OR_RETURN(consent.start_time, ToTime(wanted.period().start_time(), "consent.period.start_time"));
  }
  if (wanted.period().has_end_time()) {
    TRELLIS_ASSIGN_OR_RETURN(consent.end_time, ToTime(wanted.period().end_time(), "consent.period.end_time"));
    TRELLIS_RETURN_IF_ERROR(ValidatePeriod(consent.start_time, consent.end_time, now, "consent.period.end_time"));
  }
  if (!v1::Consent::Grantor_IsValid(wanted.grantor()) || wanted.grantor() == v1::Consent::GRANTOR_UNSPECIFIED) {
    return InvalidField("consent.grantor", "is required");
  }
  row.grantor = wanted.grantor();
  if (wanted.has_sign_date()) {
    TRELLIS_ASSIGN_OR_RETURN(row.sign_date, rpc::FromDate(wanted.sign_date(), "consent.sign_date"));
    if (*row.sign_date < kEarliestSignature) return InvalidField("consent.sign_date", "must not be before 1900");
    if (*row.sign_date > absl::ToCivilDay(now, absl::UTCTimeZone()) + 1) {
      return InvalidField("consent.sign_date", "must not be in the future");
    }
  }
  row.recorded_by = caller.user;
  return row;
}

v1::ConsentRecorded EventOf(const v1::Consent& consent) {
  v1::ConsentRecorded event;
  event.set_consent(consent.name());
  event.set_person(consent.person());
  event.set_recipient(consent.recipient());
  *event.mutable_purposes() = consent.purposes();
  *event.mutable_categories() = consent.categories();
  *event.mutable_start_time() = consent.period().start_time();
  if (consent.period().has_end_time()) *event.mutable_end_time() = consent.period().end_time();
  return event;
}

}  // namespace

absl::StatusOr<v1::RecordConsentResponse> ConsentsApi::RecordConsent(rpc::CallContext& call,
                                                                     const v1::RecordConsentRequest& request) {
  return runtime_.Write<v1::RecordConsentResponse>(
      call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::RecordConsentResponse> {
        TRELLIS_ASSIGN_OR_RETURN(storage::ConsentRow row, ParseConsent(request.consent(), call.caller(), unit.now));
        TRELLIS_ASSIGN_OR_RETURN(const auto recipient, storage::FindOrganization(unit.db, row.consent.recipient));
        if (!recipient.has_value()) return NotFound(request.consent().recipient());
        row.consent.id = unit.NextId();
        row.create_time = unit.now;
        row.update_time = unit.now;
        TRELLIS_RETURN_IF_ERROR(storage::InsertConsent(unit.db, unit.organization, row));

        v1::RecordConsentResponse response;
        *response.mutable_consent() = ToProto(row, unit.now);
        TRELLIS_RETURN_IF_ERROR(unit.Publish(EventOf(response.consent())));
        return response;
      });
}

absl::StatusOr<v1::GetConsentResponse> ConsentsApi::GetConsent(rpc::CallContext& call,
                                                               const v1::GetConsentRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id id, rpc::ParseName(kConsents, request.name()));
  std::optional<storage::ConsentRow> row;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(row, storage::FindConsent(session, call.caller().organization, id));
    return absl::OkStatus();
  }));
  if (!row.has_value()) return NotFound(request.name());
  TRELLIS_RETURN_IF_ERROR(runtime_.access().RequirePerson(call, row->consent.person, request.name()));
  v1::GetConsentResponse response;
  *response.mutable_consent() = ToProto(*row, runtime_.clock().Now());
  return response;
}

absl::StatusOr<v1::ListConsentsResponse> ConsentsApi::ListConsents(rpc::CallContext& call,
                                                                   const v1::ListConsentsRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id person, rpc::ParseName(kPersons, request.person(), "person"));
  TRELLIS_ASSIGN_OR_RETURN(const rpc::IdPage page, rpc::ReadIdPage(call, request));
  std::vector<storage::ConsentRow> rows;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(rows, storage::ListConsents(session, call.caller().organization, person,
                                                         page.last.value_or(Id()), page.size + 1));
    return absl::OkStatus();
  }));
  // Again, now that they are read: who was removed meanwhile must not see what was recorded after that.
  TRELLIS_RETURN_IF_ERROR(runtime_.access().RequirePerson(call, person, request.person()));
  v1::ListConsentsResponse response;
  const std::size_t shown = std::min(rows.size(), static_cast<std::size_t>(page.size));
  for (std::size_t i = 0; i < shown; ++i) *response.add_consents() = ToProto(rows[i], runtime_.clock().Now());
  if (rows.size() > shown) response.set_next_page_token(page.TokenAfter(rows[shown - 1].consent.id));
  return response;
}

absl::StatusOr<v1::RevokeConsentResponse> ConsentsApi::RevokeConsent(rpc::CallContext& call,
                                                                     const v1::RevokeConsentRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id id, rpc::ParseName(kConsents, request.name()));
  return runtime_.Write<v1::RevokeConsentResponse>(
      call, request, [&](runtime::WriteUnit& unit) -> absl::StatusOr<v1::RevokeConsentResponse> {
        TRELLIS_ASSIGN_OR_RETURN(auto row, storage::LockConsent(unit.db, unit.organization, id));
        if (!row.has_value()) return NotFound(request.name());
        TRELLIS_ASSIGN_OR_RETURN(
            const bool allowed,
            access::MaySeePerson(unit.db, unit.organization, call.caller().user, row->consent.person, unit.now));
        if (!allowed) return NotFound(request.name());
        TRELLIS_RETURN_IF_ERROR(rpc::CheckEtag(request.etag(), row->version));
        if (StateAt(row->consent, unit.now) == ConsentState::kRevoked) {
          return Error(absl::StatusCode::kFailedPrecondition, "CONSENT_REVOKED", "The consent was revoked before.");
        }
        row->consent.revoke_time = unit.now;
        row->update_time = unit.now;
        ++row->version;
        TRELLIS_RETURN_IF_ERROR(storage::RevokeConsent(unit.db, unit.organization, *row));

        v1::RevokeConsentResponse response;
        *response.mutable_consent() = ToProto(*row, unit.now);
        v1::ConsentRevoked event;
        event.set_consent(response.consent().name());
        event.set_person(response.consent().person());
        event.set_recipient(response.consent().recipient());
        TRELLIS_RETURN_IF_ERROR(unit.Publish(event));
        return response;
      });
}

absl::StatusOr<v1::CheckConsentResponse> ConsentsApi::CheckConsent(rpc::CallContext& call,
                                                                   const v1::CheckConsentRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const Id person, rpc::ParseName(kPersons, request.person(), "person"));
  TRELLIS_ASSIGN_OR_RETURN(const Id recipient, rpc::ParseName(kOrganizations, request.recipient(), "recipient"));
  TRELLIS_ASSIGN_OR_RETURN(const auto purpose, ParseChoices({request.purpose()}, kLastConsentPurpose, "purpose"));
  TRELLIS_ASSIGN_OR_RETURN(const std::set<int> categories,
                           ParseChoices(Numbers(request.categories()), kLastConsentCategory, "categories"));
  const absl::Time now = runtime_.clock().Now();
  std::vector<Consent> consents;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(consents,
                             storage::FindOpenConsents(session, call.caller().organization, person, recipient, now));
    return absl::OkStatus();
  }));
  TRELLIS_RETURN_IF_ERROR(runtime_.access().RequirePerson(call, person, request.person()));
  const ConsentAnswer answer = CheckConsents(consents, *purpose.begin(), categories, now);
  v1::CheckConsentResponse response;
  response.set_granted(answer.granted);
  for (const Id& id : answer.consents) response.add_consents(rpc::MakeName(kConsents, id));
  for (const int missing : answer.missing_categories) {
    response.add_missing_categories(static_cast<v1::ConsentCategory>(missing));
  }
  if (answer.granted && answer.expire_time != absl::InfiniteFuture()) {
    *response.mutable_expire_time() = rpc::ToTimestamp(answer.expire_time);
  }
  return response;
}

}  // namespace trellis::identity
