// The suite behind its door, and an app that uses it as it should.
#ifndef TRELLIS_TESTS_FAULT_DOOR_WORLD_H_
#define TRELLIS_TESTS_FAULT_DOOR_WORLD_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "tests/fault/door.h"
#include "tests/fault/fleet.h"
#include "trellis/directory/v1/providers.grpc.pb.h"
#include "trellis/identity/v1/organizations.grpc.pb.h"

namespace trellis::fault {

// Stands in the directory's place, with its certificate, and keeps what reaches it: what the door makes of a call can
// be seen nowhere else.
class Listener final : public directory::v1::Providers::Service {
 public:
  grpc::Status GetProvider(grpc::ServerContext* context, const directory::v1::GetProviderRequest* request,
                           directory::v1::GetProviderResponse* response) override;

  std::multimap<std::string, std::string> metadata;  // of the last call
  absl::Duration delay;                              // before it is answered
};

// One for all tests of the program. identity, assessment and caseload are real processes; nobody is in referral's
// place.
class DoorTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite();
  static void TearDownTestSuite();
  void SetUp() override;

  static Fleet& fleet() { return *world_->fleet; }
  static Door& door() { return *world_->door; }
  static Listener& listener() { return world_->listener; }

  // A new connection each time.
  static std::shared_ptr<grpc::Channel> Connect();
  static std::unique_ptr<grpc::ClientContext> Context(const std::string& token = "",
                                                      absl::Duration timeout = absl::Seconds(20));
  // Signs the first administrator in.
  static std::string SignIn();
  // A call that identity answers out of its database.
  static grpc::Status List(identity::v1::Organizations::Stub& stub, const std::string& token);
  // What the door wrote.
  static std::string Log();

 private:
  struct World {
    std::unique_ptr<Fleet> fleet;
    Listener listener;
    std::unique_ptr<grpc::Server> directory;
    std::unique_ptr<Door> door;
    std::string problem;
  };
  static std::unique_ptr<World> Open();
  static std::unique_ptr<World> world_;
};

}  // namespace trellis::fault

#endif  // TRELLIS_TESTS_FAULT_DOOR_WORLD_H_
