// Recordings of one series at the same time.
#include <future>
#include <thread>

#include "common/runtime/runtime.h"
#include "services/assessment/storage/assessment_store.h"
#include "tests/integration/assessment/fixture.h"

namespace trellis::assessment {
namespace {

TEST_F(AssessmentTest, ARecordingWaitsForTheOneBeforeItAndComparesWithIt) {
  const Id person = NewPerson(coordinator_);
  const absl::Time day = absl::Now() - absl::Hours(24);
  Assessment open;
  open.id = NewId();
  open.person = person;
  open.instrument = "phq-9";
  open.instrument_version = 1;
  open.effective_time = day;
  open.recorder = coordinator_.user;
  open.result.outcomes = {{"total", 20.0, false}, {"depressive-syndrome", 2.0, false}};
  open.create_time = day;
  open.update_time = day;

  std::future<v1::Assessment> second;
  const absl::Status status = Service().pool().Transact(absl::Now() + absl::Seconds(8), [&](db::Session& tx) {
    absl::Status locked = storage::LockSeries(tx, coordinator_.organization, person, "phq-9");
    if (!locked.ok()) return locked;
    second = std::async(std::launch::async, [&] { return MustRecord(coordinator_, Phq9(person, 10)); });
    EXPECT_EQ(second.wait_for(std::chrono::milliseconds(400)), std::future_status::timeout);
    return storage::Insert(tx, Service().runtime().seal(), coordinator_.organization, open);
  });
  ASSERT_TRUE(status.ok()) << status;
  const v1::Assessment recorded = second.get();
  EXPECT_EQ(recorded.outcomes(0).change_from_previous().assessment(), absl::StrCat("assessments/", open.id.ToString()));
  EXPECT_EQ(recorded.outcomes(0).change_from_previous().label(), v1::CHANGE_LABEL_RELIABLY_BETTER);
}

TEST_F(AssessmentTest, ManyRecordingsAtOnceAllArriveAndFormOneSeries) {
  const Id person = NewPerson(coordinator_);
  const absl::Time start = absl::Now() - absl::Hours(1000);
  constexpr int kThreads = 8;
  constexpr int kEach = 10;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        MustRecord(coordinator_, Phq9(person, (t * 7 + i * 5) % 28, start + absl::Hours(t + kThreads * i)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Rows("assessment", coordinator_.organization), kThreads * kEach);

  v1::GetTrajectoryRequest request;
  request.set_person(absl::StrCat("persons/", person.ToString()));
  request.set_instrument("instruments/phq-9");
  v1::GetTrajectoryResponse response;
  ASSERT_TRUE(Trajectory(coordinator_, request, &response).ok());
  ASSERT_EQ(response.trajectory().points_size(), kThreads * kEach);
  for (int i = 1; i < response.trajectory().points_size(); ++i) {
    EXPECT_EQ(response.trajectory().points(i).outcome().change_from_previous().assessment(),
              response.trajectory().points(i - 1).assessment());
  }
}

}  // namespace
}  // namespace trellis::assessment
