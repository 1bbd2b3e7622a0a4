// A directory of its own for a group of tests, and people to call it.
#ifndef TRELLIS_TESTS_INTEGRATION_DIRECTORY_FIXTURE_H_
#define TRELLIS_TESTS_INTEGRATION_DIRECTORY_FIXTURE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/testing/test_service.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/directory/api/service.h"
#include "trellis/directory/v1/capacities.grpc.pb.h"
#include "trellis/directory/v1/healthcare_services.grpc.pb.h"
#include "trellis/directory/v1/imports.grpc.pb.h"
#include "trellis/directory/v1/locations.grpc.pb.h"
#include "trellis/directory/v1/providers.grpc.pb.h"

namespace trellis::directory {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::ReasonOf;
using ::testing::SizeIs;
using testing::TestService;
using testing::TestUser;

// A new UUID.
std::string NewUuid();
// The package of the invented town.
std::string Demonstration();
// 'x' for "x", so that JSON in tests can be read.
std::string Json(std::string text);

// What the holds of these tests are for.
inline constexpr char kReference[] = "referrals/0190c5a2-7b1e-7c3d-8e4f-5a6b7c8d9e0f";

class DirectoryTest : public ::testing::Test {
 protected:
  explicit DirectoryTest(std::vector<std::string> flags = {"--hold-sweep-interval=1h"});

  // The answer to importing a text, cut into chunks of `chunk` bytes.
  grpc::Status Import(const TestUser& who, const std::string& text, v1::ImportReport* report,
                      const std::string& source = "test", std::size_t chunk = 10'000, bool validate_only = false);
  v1::ImportReport MustImport(const std::string& text, const std::string& source = "test");

  // One service of one provider, with `more` JSON members; returns its name.
  std::string AddService(const std::string& more, v1::ImportReport* report = nullptr);
  // With so many places, all free.
  std::string AddServiceWithPlaces(int places);

  v1::HealthcareService Service(const std::string& name);
  v1::Capacity Capacity(const std::string& service);
  std::vector<v1::SearchHealthcareServicesResponse::Result> Search(v1::SearchHealthcareServicesRequest request);
  std::vector<std::string> NamesFound(const v1::SearchHealthcareServicesRequest& request);

  grpc::Status Hold(const TestUser& who, const std::string& service, v1::Hold* hold, const std::string& request_id = "",
                    absl::Duration ttl = absl::ZeroDuration());
  v1::Hold MustHold(const TestUser& who, const std::string& service, absl::Duration ttl = absl::ZeroDuration());
  grpc::Status Confirm(const TestUser& who, const std::string& name, v1::Hold* hold);
  grpc::Status Release(const TestUser& who, const std::string& name, v1::Hold* hold);
  grpc::Status GetHold(const TestUser& who, const std::string& name, v1::Hold* hold);
  void Link(const std::string& service, const Id& organization);

  // Everything the directory has told its followers, by the type's last word: "HoldPlaced".
  std::vector<std::string> EventTypes();

  ManualClock clock_{absl::FromUnixMicros(absl::ToUnixMicros(absl::Now()))};
  std::unique_ptr<TestService> directory_;
  TestUser administrator_ = TestUser::Make({options::v1::ROLE_DIRECTORY_ADMINISTRATOR});
  TestUser coordinator_ = TestUser::Make({options::v1::ROLE_COORDINATOR});
  TestUser stranger_ = TestUser::Make({options::v1::ROLE_COORDINATOR, options::v1::ROLE_PROVIDER_STAFF});
  TestUser staff_ = TestUser::Make({options::v1::ROLE_PROVIDER_STAFF});
  std::unique_ptr<v1::Imports::Stub> imports_;
  std::unique_ptr<v1::Providers::Stub> providers_;
  std::unique_ptr<v1::Locations::Stub> locations_;
  std::unique_ptr<v1::HealthcareServices::Stub> services_;
  std::unique_ptr<v1::Capacities::Stub> capacities_;
};

}  // namespace trellis::directory

#endif  // TRELLIS_TESTS_INTEGRATION_DIRECTORY_FIXTURE_H_
