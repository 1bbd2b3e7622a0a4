// How long a session goes on, and what becomes of a refresh token that is shown.
#ifndef TRELLIS_SERVICES_IDENTITY_DOMAIN_SESSION_RULES_H_
#define TRELLIS_SERVICES_IDENTITY_DOMAIN_SESSION_RULES_H_

#include <optional>

#include "absl/time/time.h"

namespace trellis::identity {

inline constexpr absl::Duration kSessionLife = absl::Hours(12);
inline constexpr absl::Duration kSessionIdle = absl::Minutes(30);
// For a client whose answer got lost: it may show the token that it used last once more.
inline constexpr absl::Duration kRefreshGrace = absl::Seconds(10);
inline constexpr int kMostSessions = 50;  // of one user at a time

// How a user proves who they are: the values of a token's `amr` (RFC 8176; "key" is our own).
inline constexpr char kPasswordMethod[] = "pwd";
inline constexpr char kOneTimeCode[] = "otp";
inline constexpr char kPasskeyMethod[] = "hwk";
inline constexpr char kServiceKeyMethod[] = "key";

// The numbers of the contract and of the database.
enum class EndReason : int {
  kNone = 0,
  kSignedOut = 1,
  kRevoked = 2,
  kTokenReused = 3,
  kCredentialChanged = 4,
  kRolesChanged = 5,  // or clearances
  kUserDisabled = 6,
  kTooMany = 7,
};

struct SessionState {
  int generation = 1;  // of the token that was given out last
  absl::Time refresh_time;
  absl::Time expire_time;
  bool ended = false;
};

bool GoesOn(const SessionState& session, absl::Time now);

struct ShownToken {
  int generation = 1;
  std::optional<absl::Time> use_time;  // nothing: not used yet
};

enum class Refresh {
  kNext,     // give out the next token
  kRepeat,   // give out the same next token once more
  kTheft,    // end the session: the token was used before
  kTooLate,  // the session is over
};

// Of a token that the session had.
Refresh JudgeRefresh(const SessionState& session, const ShownToken& token, absl::Time now);

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_DOMAIN_SESSION_RULES_H_
