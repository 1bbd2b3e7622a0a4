// All five services, four organizations, and everybody who stands in one relation or another to somebody: what the
// access matrix is asked of. Knows what it made and writes that down as facts; judges nothing.
#ifndef TRELLIS_TESTS_ACCESS_WORLD_H_
#define TRELLIS_TESTS_ACCESS_WORLD_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/access/relations.h"
#include "common/base/clock.h"
#include "common/testing/test_service.h"
#include "google/protobuf/descriptor.h"
#include "trellis/identity/v1/consent.pb.h"

namespace trellis::matrix {

// Somebody who calls, and what they call about: one relation of the matrix.
struct Case {
  testing::TestUser caller;
  Id organization;                           // of what is there
  std::map<std::string, std::string> names;  // placeholder -> resource name or text
  // Of the referral.
  std::string recipient = {};
  std::string state = "ACCEPTED";
  bool placed = false;
  absl::Time consent_end = absl::InfinitePast();  // InfinitePast: there is none
};

// One RPC of a running service.
struct Rpc {
  std::string service;
  const google::protobuf::MethodDescriptor* method;
};

class World {
 public:
  World();
  ~World();

  testing::TestService& service(const std::string& name) { return *services_.at(name); }
  const std::vector<Rpc>& rpcs() const { return rpcs_; }
  const std::map<std::string, Case>& cases() const { return cases_; }

  // For the evaluator: tests/access/evaluator.py says how they are read.
  std::string Facts() const;

  const testing::TestUser& colleague() const { return colleague_; }

  std::string ExpiredToken(const testing::TestUser& who) { return late_->TokenFor(who); }

  // What all tables hold, but for what moves by itself: a checksum for each.
  std::map<std::string, std::int64_t> Contents();
  // Waits until the services have told each other everything.
  void AwaitQuiet();

  // Behind the services' backs: a relation that is live, a referral that is in some state.
  void Revive(const access::RelationKey& key);
  void SetReferralState(const Case& of, int state);

 private:
  struct Fact {
    access::RelationKey key;
    absl::Time start;
    absl::Time end = absl::InfiniteFuture();
    bool revoked = false;
  };
  template <class Stub, class Request, class Response>
  Response Must(const std::string& service, const testing::TestUser& who,
                grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), const Request& request);

  void StartServices();
  void MakeOrganizations();
  void ImportServices();
  std::string ImportService(const std::string& title, const testing::TestUser& manager);
  void MakeCases();
  testing::TestUser NewOrganization(const std::string& title, int kind);  // as its administrator
  testing::TestUser NewUser(const testing::TestUser& administrator);
  std::string NewProgram(const testing::TestUser& administrator);  // a service account

  Case& Begin(const std::string& label, const testing::TestUser& caller);
  void RegisterPerson(const std::string& label, Case& made);
  void MakePopulation(Case& made);
  void MakeRecords(Case& made);
  void TakeEmergencyAccess(Case& made);
  void Refer(const std::string& label, Case& made, const testing::TestUser& staff, const std::string& service);
  void Send(Case& made, const testing::TestUser& staff, bool accept);
  std::string Consent(const Case& made, const std::string& recipient, absl::Time end);
  void AwaitAlerts();

  void Grant(const access::RelationKey& key, absl::Time start = absl::InfinitePast(),
             absl::Time end = absl::InfiniteFuture());
  void Revoke(const access::RelationKey& key);
  void Note(const access::RelationKey& key) { facts_.push_back({key, absl::UnixEpoch()}); }

  ManualClock past_;
  std::vector<std::string> order_;
  std::map<std::string, std::unique_ptr<testing::TestService>> services_;
  std::unique_ptr<testing::TestService> late_;  // lives an hour ago; issues expired tokens
  std::vector<Rpc> rpcs_;
  std::map<std::string, Case> cases_;
  std::vector<Fact> facts_;
  std::map<std::string, std::string> everywhere_;  // placeholders that are the same for everybody

  testing::TestUser home_, away_, provider_, other_provider_;  // administrators of the four organizations
  testing::TestUser owner_, colleague_;                        // coordinators at home
  testing::TestUser responder_;                                // a coordinator at home, in emergencies
  testing::TestUser staff_, other_staff_;                      // of the two providers
  std::string service_, other_service_;
};

Id IdOf(const std::string& name);

}  // namespace trellis::matrix

#endif  // TRELLIS_TESTS_ACCESS_WORLD_H_
