// Who makes a call, and what decides that.
#ifndef TRELLIS_COMMON_RPC_CALLER_H_
#define TRELLIS_COMMON_RPC_CALLER_H_

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/base/label_set.h"
#include "trellis/options/v1/options.pb.h"

namespace google::protobuf {
class Message;
}

namespace trellis::rpc {

class CallContext;

// A value.
struct Caller {
  enum class Kind {
    kAnonymous,  // neither a token nor a certificate: public methods only
    kUser,       // a valid access token; `service` besides where a service of the suite passes the token on
    kService,    // a service of the suite in its own name: certificate, no token
  };

  Kind kind = Kind::kAnonymous;
  Id user;
  Id organization;  // the tenant of everything that the call reads and writes
  Id session;
  std::vector<options::v1::Role> roles;
  std::string service;  // the peer's service name by its certificate, "" where it showed none
  // Of the token: how the user proved who they are (RFC 8176: "pwd", "otp"), when, and when the token was issued.
  std::vector<std::string> methods = {};
  absl::Time auth_time = absl::InfinitePast();
  absl::Time issue_time = absl::InfinitePast();
  LabelSet clearances = {};  // labels of records that the user may read

  bool HasRole(options::v1::Role role) const { return std::find(roles.begin(), roles.end(), role) != roles.end(); }
};

// Where a call comes from. Never says who the user is: the door sends many users' calls through one connection.
struct Peer {
  // Of the SPIFFE name in a verified client certificate; "" for everybody who is no service of the suite: whoever comes
  // through the door, and tests without TLS.
  std::string service;
  // "10.1.2.3" or "2001:db8::1", without port. Through the door: of whoever called the door. "" where there is none.
  // Personal data: not for logs.
  std::string address;
};

// Turns a bearer token into a caller. Thread-safe.
class Authenticator {
 public:
  virtual ~Authenticator() = default;
  // `token` is never empty. Errors: UNAUTHENTICATED for any token that is not good, whatever is wrong with it;
  // UNAVAILABLE where that cannot be found out. The pipeline sets `service` from the certificate,
  // where one was shown.
  virtual absl::StatusOr<Caller> Authenticate(absl::string_view token, const Peer& peer) = 0;
};

// Decides whether a call may go on. Thread-safe. Runs before the request is validated: any field may hold anything.
class Authorizer {
 public:
  virtual ~Authorizer() = default;
  // Errors: PERMISSION_DENIED, NOT_FOUND (unknown and forbidden look the same), INVALID_ARGUMENT where the field that
  // names the person is malformed, UNAVAILABLE. On a stream `request` is an empty message of the request's type.
  virtual absl::Status Authorize(CallContext& call, const google::protobuf::Message& request) = 0;
};

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_CALLER_H_
