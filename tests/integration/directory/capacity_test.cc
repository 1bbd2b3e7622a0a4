// A place is given once.
#include <atomic>
#include <thread>

#include "tests/integration/directory/fixture.h"

namespace trellis::directory {
namespace {

class CapacityTest : public DirectoryTest {
 protected:
  grpc::Status Set(const TestUser& who, const std::string& service, int maximum, int available, const std::string& etag,
                   v1::Capacity* capacity = nullptr) {
    v1::SetCapacityRequest request;
    request.set_healthcare_service(service);
    request.set_maximum(maximum);
    request.set_available(available);
    request.set_etag(etag);
    v1::SetCapacityResponse response;
    const grpc::Status status = capacities_->SetCapacity(directory_->As(who).get(), request, &response);
    if (capacity != nullptr) *capacity = response.capacity();
    return status;
  }
};

TEST_F(CapacityTest, APlaceIsHeldConfirmedAndGivenBack) {
  const std::string service = AddServiceWithPlaces(2);
  Link(service, staff_.organization);
  v1::Hold hold = MustHold(coordinator_, service);
  EXPECT_EQ(hold.state(), v1::Hold::STATE_ACTIVE);
  EXPECT_EQ(hold.healthcare_service(), service);
  EXPECT_EQ(hold.reference(), kReference);
  EXPECT_EQ(hold.organization(), absl::StrCat("organizations/", coordinator_.organization.ToString()));
  EXPECT_EQ(Capacity(service).held(), 1);
  EXPECT_EQ(Capacity(service).available(), 1);

  ASSERT_TRUE(Confirm(staff_, hold.name(), &hold).ok());
  EXPECT_EQ(hold.state(), v1::Hold::STATE_CONFIRMED);
  ASSERT_TRUE(Confirm(staff_, hold.name(), &hold).ok());  // changes nothing
  EXPECT_EQ(Capacity(service).placed(), 1);
  EXPECT_EQ(Capacity(service).held(), 0);

  ASSERT_TRUE(Release(coordinator_, hold.name(), &hold).ok());
  EXPECT_EQ(hold.state(), v1::Hold::STATE_RELEASED);
  ASSERT_TRUE(Release(coordinator_, hold.name(), &hold).ok());
  EXPECT_EQ(Capacity(service).available(), 2);
  EXPECT_EQ(ReasonOf(Confirm(staff_, hold.name(), &hold)), "HOLD_RELEASED");
  EXPECT_THAT(EventTypes(), ElementsAre("HealthcareServiceChanged", "CapacityChanged", "ProviderLinked", "HoldPlaced",
                                        "HoldConfirmed", "HoldReleased"));
}

TEST_F(CapacityTest, NoPlaceIsPromisedWhereNoneIsOrNobodyKnows) {
  v1::Hold hold;
  EXPECT_EQ(ReasonOf(Hold(coordinator_, AddServiceWithPlaces(0), &hold)), "CAPACITY_EXHAUSTED");
  EXPECT_EQ(ReasonOf(Hold(coordinator_, AddService(""), &hold)), "CAPACITY_UNKNOWN");
  EXPECT_EQ(Hold(coordinator_, absl::StrCat("healthcareServices/", NewUuid()), &hold).error_code(),
            grpc::StatusCode::NOT_FOUND);
  const std::string closed = AddServiceWithPlaces(3);
  MustImport(Json(absl::StrCat("{'id':'", closed.substr(closed.find('/') + 1),
                               "','name':'S','status':'inactive','organization':{'id':'o','name':'O'}}")));
  EXPECT_EQ(ReasonOf(Hold(coordinator_, closed, &hold)), "SERVICE_NOT_ACTIVE");
}

TEST_F(CapacityTest, SixteenAtOnceGetExactlyWhatIsFree) {
  const std::string service = AddServiceWithPlaces(5);
  std::atomic<int> held = 0, refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&, i] {
      // Each from an organization of its own, and three tries each.
      const TestUser user = TestUser::Make({options::v1::ROLE_COORDINATOR});
      for (int round = 0; round < 3; ++round) {
        v1::Hold hold;
        const grpc::Status status = Hold(user, service, &hold, NewUuid());
        if (status.ok()) {
          ++held;
        } else if (ReasonOf(status) == "CAPACITY_EXHAUSTED") {
          ++refused;
        } else {
          ADD_FAILURE() << i << ": " << status.error_message() << " " << ReasonOf(status);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(held, 5);
  EXPECT_EQ(refused, 16 * 3 - 5);
  EXPECT_EQ(Capacity(service).held(), 5);
  EXPECT_EQ(Capacity(service).available(), 0);
}

TEST_F(CapacityTest, HoldingConfirmingAndReleasingAtOnceKeepsTheSum) {
  const std::string service = AddServiceWithPlaces(4);
  Link(service, staff_.organization);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const TestUser user = TestUser::Make({options::v1::ROLE_COORDINATOR});
      for (int round = 0; round < 8; ++round) {
        v1::Hold hold;
        const grpc::Status status = Hold(user, service, &hold);
        if (!status.ok()) {
          EXPECT_EQ(ReasonOf(status), "CAPACITY_EXHAUSTED");
          Capacity(service);  // checks the sum
          continue;
        }
        if (i % 2 == 0) {
          EXPECT_TRUE(Confirm(staff_, hold.name(), &hold).ok());
        }
        EXPECT_TRUE(Release(user, hold.name(), &hold).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const v1::Capacity capacity = Capacity(service);
  EXPECT_EQ(capacity.available(), 4);
  EXPECT_EQ(capacity.held() + capacity.placed(), 0);
}

TEST_F(CapacityTest, OneRequestHoldsOnePlace) {
  const std::string service = AddServiceWithPlaces(5);
  const std::string request_id = NewUuid();
  v1::Hold first, again;
  ASSERT_TRUE(Hold(coordinator_, service, &first, request_id).ok());
  ASSERT_TRUE(Hold(coordinator_, service, &again, request_id).ok());
  EXPECT_EQ(again.name(), first.name());
  EXPECT_EQ(Capacity(service).held(), 1);
  // The same id for something else is a mistake; another caller's is another request.
  EXPECT_EQ(ReasonOf(Hold(coordinator_, service, &again, request_id, absl::Hours(1))), "REQUEST_ID_REUSED");
  ASSERT_TRUE(Hold(stranger_, service, &again, request_id).ok());
  EXPECT_NE(again.name(), first.name());
}

TEST_F(CapacityTest, AHoldRunsOutAndItsPlaceIsFreeAtOnce) {
  const std::string service = AddServiceWithPlaces(1);
  Link(service, staff_.organization);
  v1::Hold hold = MustHold(coordinator_, service, absl::Seconds(60));
  v1::Hold other;
  EXPECT_EQ(ReasonOf(Hold(stranger_, service, &other)), "CAPACITY_EXHAUSTED");
  clock_.Advance(absl::Seconds(60));
  // Nobody has swept yet: reading and holding know it by themselves.
  EXPECT_EQ(Capacity(service).available(), 1);
  EXPECT_EQ(Service(service).capacity().available(), 1);
  ASSERT_TRUE(GetHold(coordinator_, hold.name(), &hold).ok());
  EXPECT_EQ(hold.state(), v1::Hold::STATE_EXPIRED);
  ASSERT_TRUE(Hold(stranger_, service, &other).ok());
  EXPECT_EQ(ReasonOf(Confirm(staff_, hold.name(), &hold)), "HOLD_EXPIRED");
  EXPECT_EQ(Capacity(service).held(), 1);
  EXPECT_EQ(Capacity(service).available(), 0);
  EXPECT_THAT(EventTypes(), ElementsAre("HealthcareServiceChanged", "CapacityChanged", "ProviderLinked", "HoldPlaced",
                                        "HoldExpired", "HoldPlaced"));
}

TEST_F(CapacityTest, AHoldThatRanOutIsConfirmedWhileAPlaceIsFree) {
  const std::string service = AddServiceWithPlaces(1);
  Link(service, staff_.organization);
  v1::Hold hold = MustHold(coordinator_, service, absl::Seconds(60));
  clock_.Advance(absl::Minutes(2));
  ASSERT_TRUE(Confirm(staff_, hold.name(), &hold).ok());
  EXPECT_EQ(hold.state(), v1::Hold::STATE_CONFIRMED);
  EXPECT_EQ(Capacity(service).placed(), 1);
  EXPECT_EQ(Capacity(service).held(), 0);
  EXPECT_EQ(Capacity(service).available(), 0);
}

TEST_F(CapacityTest, ReleasingWhatRanOutGivesThePlaceBackOnce) {
  const std::string service = AddServiceWithPlaces(2);
  v1::Hold hold = MustHold(coordinator_, service, absl::Seconds(60));
  clock_.Advance(absl::Minutes(2));
  ASSERT_TRUE(Release(coordinator_, hold.name(), &hold).ok());
  EXPECT_EQ(hold.state(), v1::Hold::STATE_EXPIRED);
  ASSERT_TRUE(Release(coordinator_, hold.name(), &hold).ok());
  EXPECT_EQ(Capacity(service).available(), 2);
  EXPECT_EQ(Capacity(service).held(), 0);
}

class SweeperTest : public DirectoryTest {
 protected:
  SweeperTest() : DirectoryTest({"--hold-sweep-interval=100ms"}) {}
};

TEST_F(SweeperTest, GivesPlacesBackWhereNobodyAsks) {
  const std::string service = AddServiceWithPlaces(3);
  MustHold(coordinator_, service, absl::Seconds(60));
  MustHold(coordinator_, service, absl::Seconds(60));
  MustHold(coordinator_, service, absl::Hours(2));
  clock_.Advance(absl::Minutes(2));
  std::vector<std::string> types;
  for (int i = 0; i < 50 && std::count(types.begin(), types.end(), "HoldExpired") < 2; ++i) types = EventTypes();
  EXPECT_EQ(std::count(types.begin(), types.end(), "HoldExpired"), 2);
  EXPECT_EQ(Capacity(service).held(), 1);
}

TEST_F(CapacityTest, HoldsAreOfTheirOrganization) {
  const std::string service = AddServiceWithPlaces(3);
  v1::Hold hold = MustHold(coordinator_, service);
  const TestUser colleague = TestUser::Make({options::v1::ROLE_COORDINATOR}, coordinator_.organization);
  v1::Hold seen;
  for (const TestUser& foreigner : {stranger_, staff_}) {
    EXPECT_EQ(GetHold(foreigner, hold.name(), &seen).error_code(), grpc::StatusCode::NOT_FOUND);
    EXPECT_EQ(Confirm(foreigner, hold.name(), &seen).error_code(), grpc::StatusCode::NOT_FOUND);
    EXPECT_EQ(Release(foreigner, hold.name(), &seen).error_code(), grpc::StatusCode::NOT_FOUND);
    EXPECT_EQ(ReasonOf(Confirm(foreigner, hold.name(), &seen)),
              ReasonOf(Confirm(foreigner, absl::StrCat("holds/", NewUuid()), &seen)));
  }
  EXPECT_EQ(Capacity(service).held(), 1);
  EXPECT_TRUE(GetHold(colleague, hold.name(), &seen).ok());
  // Whoever holds a place does not give it to themselves.
  EXPECT_EQ(Confirm(colleague, hold.name(), &seen).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  hold = MustHold(stranger_, service);
  EXPECT_EQ(Confirm(stranger_, hold.name(), &seen).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Capacity(service).placed(), 0);
  EXPECT_EQ(Hold(staff_, service, &seen).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(Confirm(administrator_, hold.name(), &seen).error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(CapacityTest, TheProvidersStaffConfirmAndReleaseHoldsOnTheirServices) {
  const std::string service = AddServiceWithPlaces(3);
  Link(service, staff_.organization);
  v1::Hold hold = MustHold(coordinator_, service);
  EXPECT_TRUE(GetHold(staff_, hold.name(), &hold).ok());
  ASSERT_TRUE(Confirm(staff_, hold.name(), &hold).ok());
  EXPECT_EQ(hold.state(), v1::Hold::STATE_CONFIRMED);
  ASSERT_TRUE(Release(staff_, hold.name(), &hold).ok());
  // Another role of the same organization is not enough, and neither is a link that was taken away.
  const TestUser coordinator_there = TestUser::Make({options::v1::ROLE_COORDINATOR}, staff_.organization);
  hold = MustHold(coordinator_, service);
  EXPECT_EQ(Confirm(coordinator_there, hold.name(), &hold).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  hold = MustHold(coordinator_, service);
  Link(service, Id());
  EXPECT_EQ(Confirm(staff_, hold.name(), &hold).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(CapacityTest, TheProvidersStaffSayHowManyPlacesThereAre) {
  const std::string service = AddService("");
  EXPECT_EQ(Capacity(service).state(), v1::Capacity::STATE_UNKNOWN);
  EXPECT_EQ(ReasonOf(Set(staff_, service, 8, 3, "")), "NOT_MANAGED_BY_CALLER");
  Link(service, staff_.organization);
  v1::Capacity capacity;
  ASSERT_TRUE(Set(staff_, service, 8, 3, "", &capacity).ok());
  EXPECT_EQ(capacity.state(), v1::Capacity::STATE_KNOWN);
  EXPECT_EQ(capacity.occupied_elsewhere(), 5);
  EXPECT_EQ(capacity.unit(), "place");
  EXPECT_EQ(Capacity(service).etag(), capacity.etag());

  const v1::Hold hold = MustHold(coordinator_, service);
  EXPECT_EQ(Capacity(service).etag(), capacity.etag());  // holds do not change the provider's figures
  const grpc::Status inconsistent = Set(staff_, service, 3, 3, capacity.etag());
  EXPECT_EQ(ReasonOf(inconsistent), "CAPACITY_INCONSISTENT");
  ASSERT_TRUE(Set(staff_, service, 3, 2, capacity.etag(), &capacity).ok());
  EXPECT_EQ(capacity.held(), 1);
  EXPECT_EQ(capacity.occupied_elsewhere(), 0);
  EXPECT_TRUE(Set(administrator_, service, 4, 2, capacity.etag()).ok());
  EXPECT_EQ(Set(coordinator_, service, 4, 2, capacity.etag()).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(ReasonOf(Set(stranger_, service, 4, 2, capacity.etag())), "NOT_MANAGED_BY_CALLER");
}

TEST_F(CapacityTest, NobodyOverwritesFiguresThatHeHasNotSeen) {
  const std::string service = AddServiceWithPlaces(5);
  EXPECT_EQ(Set(administrator_, service, 6, 6, "").error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonOf(Set(administrator_, service, 6, 6, "77")), "ETAG_MISMATCH");
  EXPECT_EQ(ReasonOf(Set(administrator_, service, 6, 6, "no etag")), "ETAG_MISMATCH");
  const std::string etag = Capacity(service).etag();
  std::atomic<int> done = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const grpc::Status status = Set(administrator_, service, 10 + i, 1, etag);
      if (status.ok()) {
        ++done;
      } else {
        EXPECT_EQ(ReasonOf(status), "ETAG_MISMATCH");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(done, 1);
}

TEST_F(CapacityTest, EtagsGuardHoldsAndLinksToo) {
  const std::string service = AddServiceWithPlaces(5);
  Link(service, staff_.organization);
  const v1::Hold hold = MustHold(coordinator_, service);
  v1::ConfirmHoldRequest confirm;
  confirm.set_name(hold.name());
  confirm.set_etag("9");
  v1::ConfirmHoldResponse confirmed;
  EXPECT_EQ(ReasonOf(capacities_->ConfirmHold(directory_->As(staff_).get(), confirm, &confirmed)), "ETAG_MISMATCH");
  confirm.set_etag(hold.etag());
  EXPECT_TRUE(capacities_->ConfirmHold(directory_->As(staff_).get(), confirm, &confirmed).ok());

  v1::LinkProviderRequest link;
  link.set_name(Service(service).provider());
  link.set_organization(absl::StrCat("organizations/", NewUuid()));
  link.set_etag("9");
  v1::LinkProviderResponse linked;
  EXPECT_EQ(ReasonOf(providers_->LinkProvider(directory_->As(administrator_).get(), link, &linked)), "ETAG_MISMATCH");
  EXPECT_EQ(providers_->LinkProvider(directory_->As(coordinator_).get(), link, &linked).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  link.set_name(absl::StrCat("providers/", NewUuid()));
  EXPECT_EQ(providers_->LinkProvider(directory_->As(administrator_).get(), link, &linked).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(CapacityTest, HoldTimesHaveBounds) {
  const std::string service = AddServiceWithPlaces(5);
  v1::Hold hold;
  EXPECT_EQ(Hold(coordinator_, service, &hold, "", -absl::Seconds(5)).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Hold(coordinator_, service, &hold, "", absl::Hours(24 * 31)).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Hold(coordinator_, service, &hold, "no uuid").error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Capacity(service).held(), 0);
}

}  // namespace
}  // namespace trellis::directory
