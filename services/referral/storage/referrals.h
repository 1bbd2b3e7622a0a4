// Rows of referral.
#ifndef TRELLIS_SERVICES_REFERRAL_STORAGE_REFERRALS_H_
#define TRELLIS_SERVICES_REFERRAL_STORAGE_REFERRALS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/base/label_set.h"
#include "common/db/session.h"
#include "services/referral/domain/state_table.h"
#include "services/referral/storage/list_filter.h"

namespace trellis::referral {

struct ReferralRow {
  Id organization;  // the requester's
  Id id;
  std::int64_t version = 1;
  Id person;
  Id healthcare_service;
  std::optional<Id> service_need = std::nullopt;
  std::string need_system;
  std::string need_code;
  std::string need_display;  // sealed
  int priority = 1;
  LabelSet labels;
  std::string note;  // sealed
  State state = State::kDraft;
  absl::Time state_time;
  std::string reason_code;
  std::string reason_text;  // sealed
  Id requester;
  std::optional<Id> recipient = std::nullopt;
  std::optional<Id> consent = std::nullopt;
  std::optional<absl::Time> consent_end_time = std::nullopt;
  bool consent_revoked = false;
  std::optional<Id> hold = std::nullopt;
  absl::Time create_time;
  absl::Time update_time;
};

absl::Status InsertReferral(db::Session& tx, const ReferralRow& row);

// A referral that `organization` made or received; a draft is nobody's but the requester's. `lock`: keeps others from
// changing it until the transaction ends.
absl::StatusOr<std::optional<ReferralRow>> FindReferral(db::Session& session, const Id& organization, const Id& id,
                                                        bool lock = false);

// Writes everything that a step may change: state, reason, recipient, consent, hold, version and times.
absl::Status SaveStep(db::Session& tx, const ReferralRow& row);

// Marks what was revoked. Referrals that the recipient has not answered yet cannot be accepted any more.
// Remembers the consent, too, for a referral that is being sent at this moment with what it knew before.
absl::Status MarkConsentRevoked(db::Session& tx, const Id& organization, const Id& consent, absl::Time now);
absl::StatusOr<bool> WasRevoked(db::Session& session, const Id& consent);

absl::StatusOr<std::vector<ReferralRow>> ListReferrals(db::Session& session, const ListFilter& filter,
                                                       const Visible& visible);

}  // namespace trellis::referral

#endif  // TRELLIS_SERVICES_REFERRAL_STORAGE_REFERRALS_H_
