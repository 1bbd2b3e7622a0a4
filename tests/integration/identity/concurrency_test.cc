// What happens when many do it at once.
#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "common/db/pool.h"
#include "gmock/gmock.h"
#include "services/identity/api/service.h"
#include "services/identity/api/token_keys.h"
#include "tests/integration/identity/fixture.h"

namespace trellis::identity {
namespace {

using options::v1::ROLE_COORDINATOR;

class ConcurrencyTest : public IdentityTest {
 protected:
  static void AtOnce(int count, const std::function<void(int)>& work) {
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) threads.emplace_back([&work, i] { work(i); });
    for (std::thread& thread : threads) thread.join();
  }

  testing::TestUser coordinator_ = testing::TestUser::Make({ROLE_COORDINATOR}, administrator_.organization);
};

TEST_F(ConcurrencyTest, OneRequestIdRegistersOnePerson) {
  v1::RegisterPersonRequest request;
  request.mutable_person()->set_given_names("Anna");
  request.set_request_id(NewRequestId());
  std::vector<std::string> names(12);
  AtOnce(12, [&](int i) {
    const auto answer = Call(coordinator_, *persons_, &v1::Persons::Stub::RegisterPerson, request);
    EXPECT_TRUE(answer.ok()) << answer.status.error_message();
    names[static_cast<std::size_t>(i)] = answer.value.person().name();
  });
  EXPECT_THAT(names, ::testing::Each(names[0]));
  EXPECT_EQ(
      Call(coordinator_, *persons_, &v1::Persons::Stub::SearchPersons, v1::SearchPersonsRequest()).value.persons_size(),
      1);
}

TEST_F(ConcurrencyTest, OneIdentifierBelongsToOnePerson) {
  v1::Person person;
  person.set_given_names("Anna");
  person.add_identifiers()->set_system("urn:nhs");
  person.mutable_identifiers(0)->set_value("943 476 5919");
  std::atomic<int> registered = 0;
  std::atomic<int> taken = 0;
  AtOnce(8, [&](int) {
    const auto answer = Register(coordinator_, person);
    if (answer.ok()) ++registered;
    if (answer.reason() == "IDENTIFIER_TAKEN") ++taken;
  });
  EXPECT_EQ(registered, 1);
  EXPECT_EQ(taken, 7);
}

TEST_F(ConcurrencyTest, NoChangeIsLostBetweenReadersWhoWrite) {
  const std::string name = Registered(coordinator_, "0", "Counter");
  constexpr int kWriters = 8;
  constexpr int kChanges = 5;
  AtOnce(kWriters, [&](int) {
    for (int done = 0; done < kChanges;) {
      v1::UpdatePersonRequest request;
      *request.mutable_person() = Get(coordinator_, name).value.person();
      int count = 0;
      ASSERT_TRUE(absl::SimpleAtoi(request.person().given_names(), &count));
      request.mutable_person()->set_given_names(std::to_string(count + 1));
      request.mutable_update_mask()->add_paths("given_names");
      const auto answer = Call(coordinator_, *persons_, &v1::Persons::Stub::UpdatePerson, request);
      if (answer.ok()) {
        ++done;
      } else {
        ASSERT_EQ(answer.code(), grpc::StatusCode::ABORTED) << answer.status.error_message();
      }
    }
  });
  EXPECT_EQ(Get(coordinator_, name).value.person().given_names(), std::to_string(kWriters * kChanges));
}

// Replicas that start together on an empty database.
TEST_F(ConcurrencyTest, AllReplicasAgreeOnTheFirstKey) {
  const auto own = testing::TestService::MustStart(Describe());
  ASSERT_TRUE(own->pool()
                  .Transact(absl::Now() + absl::Seconds(10),
                            [](db::Session& tx) { return tx.Execute("DELETE FROM signing_key").status(); })
                  .ok());
  std::vector<std::string> ids(8);
  AtOnce(8, [&](int i) {
    TokenKeys keys(own->runtime(), absl::Hours(24));
    const auto published = keys.Published(absl::Now() + absl::Seconds(10));
    ASSERT_TRUE(published.ok()) << published.status();
    ASSERT_EQ(published->size(), 1u);
    ids[static_cast<std::size_t>(i)] = published->front().key_id;
  });
  EXPECT_THAT(ids, ::testing::Each(ids[0]));
}

TEST_F(ConcurrencyTest, SignInsBeyondWhatTheMachineCanHashAreToldToComeAgain) {
  std::atomic<int> refused = 0;
  std::atomic<int> busy = 0;
  AtOnce(24, [&](int) {
    const auto answer = SignIn("nobody@example.org", "not the password at all");
    if (answer.reason() == "SIGN_IN_REFUSED") ++refused;
    if (answer.code() == grpc::StatusCode::RESOURCE_EXHAUSTED) ++busy;
  });
  EXPECT_GE(refused, 1);
  EXPECT_EQ(refused + busy, 24);
}

}  // namespace
}  // namespace trellis::identity
