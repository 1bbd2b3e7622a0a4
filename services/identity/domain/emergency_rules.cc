#include "services/identity/domain/emergency_rules.h"

#include "absl/strings/ascii.h"
#include "common/base/error.h"

namespace trellis::identity {
namespace {

bool IsBlank(absl::string_view text) { return absl::StripAsciiWhitespace(text).empty(); }

absl::Status Refuse(absl::string_view reason, absl::string_view message) {
  return Error(absl::StatusCode::kFailedPrecondition, reason, message);
}

}  // namespace

EmergencyState StateAt(const EmergencyAccess& access, absl::Time now) {
  if (access.end_time.has_value()) return EmergencyState::kEnded;
  return now < access.expire_time ? EmergencyState::kLive : EmergencyState::kExpired;
}

absl::Status CheckRequest(absl::Duration duration, absl::string_view explanation) {
  if (duration < kShortestEmergency || duration > kLongestEmergency) {
    return InvalidField("duration", "must be between 1 and 60 minutes");
  }
  return IsBlank(explanation) ? InvalidField("explanation", "must say why it cannot wait") : absl::OkStatus();
}

bool MaySee(const EmergencyAccess& access, const Id& user, const Roles& roles) {
  return access.user == user || roles.contains(Role::kPrivacyOfficer);
}

absl::Status CheckEnd(const EmergencyAccess& access, absl::Time now) {
  if (StateAt(access, now) == EmergencyState::kLive) return absl::OkStatus();
  return Refuse("EMERGENCY_ACCESS_OVER", "The emergency access is over already.");
}

absl::Status CheckReview(const EmergencyAccess& access, const Id& reviewer, int verdict, absl::string_view note,
                         absl::Time now) {
  const bool justified = verdict == static_cast<int>(Verdict::kJustified);
  if (!justified && verdict != static_cast<int>(Verdict::kNotJustified)) {
    return InvalidField("verdict", "must be justified or not justified");
  }
  if (!justified && IsBlank(note)) return InvalidField("note", "must say why the access was not justified");
  if (access.user == reviewer) {
    return Refuse("OWN_EMERGENCY_ACCESS", "Nobody reviews their own emergency access: ask a colleague.");
  }
  if (access.verdict != Verdict::kNone) {
    return Refuse("EMERGENCY_ACCESS_REVIEWED", "The emergency access was reviewed before.");
  }
  if (StateAt(access, now) == EmergencyState::kLive) {
    return Refuse("EMERGENCY_ACCESS_LIVE", "The emergency access still goes on: end it first.");
  }
  return absl::OkStatus();
}

}  // namespace trellis::identity
