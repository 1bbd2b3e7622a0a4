// Rows as messages.
#ifndef TRELLIS_SERVICES_REFERRAL_API_CONVERT_H_
#define TRELLIS_SERVICES_REFERRAL_API_CONVERT_H_

#include <optional>

#include "common/base/id.h"
#include "common/base/label_set.h"
#include "services/referral/storage/placements.h"
#include "services/referral/storage/referrals.h"
#include "trellis/referral/v1/placement.pb.h"
#include "trellis/referral/v1/referral.pb.h"

namespace trellis::referral {

inline constexpr char kReferrals[] = "referrals";
inline constexpr char kPlacements[] = "placements";
inline constexpr char kPersons[] = "persons";
inline constexpr char kUsers[] = "users";
inline constexpr char kOrganizations[] = "organizations";
inline constexpr char kHealthcareServices[] = "healthcareServices";
inline constexpr char kServiceNeeds[] = "serviceNeeds";
inline constexpr char kConsents[] = "consents";
inline constexpr char kHolds[] = "holds";

// Which notice goes with what is labelled so and leaves the organization `from` for `to`.
v1::Referral::RedisclosureNotice NoticeFor(LabelSet labels, const Id& from, const std::optional<Id>& to);

// `placement`: the one that the referral became, if any.
v1::Referral ToProto(const ReferralRow& row, const std::optional<Id>& placement);
v1::Placement ToProto(const PlacementRow& row);

// Takes away who is referred and everything about them.
void Redact(v1::Referral& referral);
void Redact(v1::Placement& placement);

}  // namespace trellis::referral

#endif  // TRELLIS_SERVICES_REFERRAL_API_CONVERT_H_
