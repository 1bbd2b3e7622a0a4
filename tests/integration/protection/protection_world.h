// All five services in one process, on a database server of its own with a binary log, and a person whose story leaves
// a trace in each of them.
#ifndef TRELLIS_TESTS_INTEGRATION_PROTECTION_PROTECTION_WORLD_H_
#define TRELLIS_TESTS_INTEGRATION_PROTECTION_PROTECTION_WORLD_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/testing/private_mariadb.h"
#include "common/testing/test_service.h"
#include "tests/integration/referral/referral_world.h"
#include "trellis/identity/v1/person.pb.h"

namespace trellis::protection {

// The names of what the story made.
struct Story {
  std::string person;
  std::string assessment;
  std::string case_record;
  std::string service_need;
  std::string safety_alert;
  std::string referral;
};

class ProtectionWorld : public referral::ReferralWorld {
 public:
  static constexpr char kPhone[] = "+4477009001234";  // the story's person has it

 protected:
  // A text for one field: "person.given_names", "case.note".
  using TextOf = std::function<std::string(const std::string& field)>;

  ProtectionWorld();
  void SetUp() override;

  // Registers a person with every field that can hold text, assesses them with a critical answer, opens a case with a
  // need, acknowledges the alert, refers, cancels, closes; somebody else reads in an emergency.
  Story Tell(const TextOf& text);

  // Records answers of the person, a critical one among them.
  grpc::Status Assess(const std::string& person, std::string* name);

  static testing::PrivateMariaDb& server();
  std::vector<testing::TestService*> services();
  void StopAll();
  void RestartAll();
  // The schema of a service as SQL text. `arguments`: for mariadb-dump.
  std::string Dump(testing::TestService& service, const std::string& arguments);
  void Restore(testing::TestService& service, const std::string& dump);
  static bool Eventually(const std::function<bool()>& holds);

  std::unique_ptr<testing::TestService> assessment_;
  std::unique_ptr<testing::TestService> caseload_;
  testing::TestUser officer_;  // privacy officer of the coordinator's organization

 private:
  std::string Register(const TextOf& text);
  void FillCase(const TextOf& text, Story& story);
  void Refer(const TextOf& text, Story& story);
  void TakeEmergencyAccess(const TextOf& text, const Story& story);
};

}  // namespace trellis::protection

#endif  // TRELLIS_TESTS_INTEGRATION_PROTECTION_PROTECTION_WORLD_H_
