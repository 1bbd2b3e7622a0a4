// A coordinator's app that does not give up.
#ifndef TRELLIS_TESTS_FAULT_CLIENT_H_
#define TRELLIS_TESTS_FAULT_CLIENT_H_

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "tests/fault/fleet.h"
#include "tests/fault/outages.h"
#include "trellis/assessment/v1/assessments.grpc.pb.h"
#include "trellis/caseload/v1/cases.grpc.pb.h"
#include "trellis/caseload/v1/safety_alerts.grpc.pb.h"
#include "trellis/identity/v1/organizations.grpc.pb.h"
#include "trellis/identity/v1/persons.grpc.pb.h"
#include "trellis/identity/v1/sessions.grpc.pb.h"
#include "trellis/identity/v1/users.grpc.pb.h"

namespace trellis::fault {

// Whether a client that gets this answer repeats the request.
bool MayRepeat(const grpc::Status& status);

// A UUID.
std::string NewRequestId();

// Somebody who is signed in, with channels of their own. Thread-safe.
class Client {
 public:
  using Send = std::function<grpc::Status(grpc::ClientContext&)>;

  // outages may be nullptr.
  Client(const Fleet& fleet, std::string login, Outages* outages);

  // One attempt. Signs in before, where the token is missing or old.
  grpc::Status Once(const std::string& service, const Send& send, absl::Duration timeout = absl::Seconds(3));
  // Until the answer is final or `limit` has come: the last answer.
  grpc::Status Until(absl::Time limit, const std::string& service, const Send& send);

  identity::v1::Organizations::Stub& organizations() { return *organizations_; }
  identity::v1::Users::Stub& users() { return *users_; }
  identity::v1::Persons::Stub& persons() { return *persons_; }
  assessment::v1::Assessments::Stub& assessments() { return *assessments_; }
  caseload::v1::Cases::Stub& cases() { return *cases_; }
  caseload::v1::SafetyAlerts::Stub& alerts() { return *alerts_; }

 private:
  std::shared_ptr<grpc::Channel> ChannelTo(const Fleet& fleet, const std::string& service) const;
  grpc::Status SignIn(std::string* token);

  const std::string login_;
  Outages* const outages_;
  std::unique_ptr<identity::v1::Sessions::Stub> sessions_;
  std::unique_ptr<identity::v1::Organizations::Stub> organizations_;
  std::unique_ptr<identity::v1::Users::Stub> users_;
  std::unique_ptr<identity::v1::Persons::Stub> persons_;
  std::unique_ptr<assessment::v1::Assessments::Stub> assessments_;
  std::unique_ptr<caseload::v1::Cases::Stub> cases_;
  std::unique_ptr<caseload::v1::SafetyAlerts::Stub> alerts_;
  std::mutex mutex_;
  std::string token_;                               // guarded by mutex_
  absl::Time signed_in_ = absl::InfinitePast();     // guarded by mutex_
};

}  // namespace trellis::fault

#endif  // TRELLIS_TESTS_FAULT_CLIENT_H_
