// Refresh tokens: they work once, they tell of a thief, and they survive an answer that got lost.
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/crypto/base64url.h"
#include "common/crypto/digest.h"
#include "common/db/pool.h"
#include "services/identity/domain/session_rules.h"
#include "tests/integration/identity/session_fixture.h"

namespace trellis::identity {
namespace {

using RefreshTest = SessionTest;

TEST_F(RefreshTest, EachTokenGivesTheNextAndAnAccessToken) {
  const v1::SignInResponse begun = SignedIn(NewAccount());
  EXPECT_EQ(begun.refresh_token().size(), 43u);  // 256 bits
  std::string token = begun.refresh_token();
  std::set<std::string> seen = {token};
  for (int i = 0; i < 5; ++i) {
    clock().Advance(absl::Minutes(5));
    const auto next = Refresh(token);
    ASSERT_TRUE(next.ok()) << next.status.error_message();
    token = next.value.refresh_token();
    EXPECT_TRUE(seen.insert(token).second);
    EXPECT_EQ(next.value.session().name(), begun.session().name());
    EXPECT_EQ(next.value.session().auth_time().seconds(), begun.session().auth_time().seconds());
    EXPECT_TRUE(List(next.value.access_token()).ok());
  }
}

TEST_F(RefreshTest, OnlyDigestsAreStored) {
  const v1::SignInResponse begun = SignedIn(NewAccount());
  const std::string token = *crypto::Base64UrlDecode(begun.refresh_token());
  const auto next = Refresh(begun.refresh_token());
  const std::string successor = *crypto::Base64UrlDecode(next.value.refresh_token());
  int rows = 0;
  ASSERT_TRUE(
      service()
          .pool()
          .Read(absl::Now() + absl::Seconds(10),
                [&](db::Session& session) -> absl::Status {
                  TRELLIS_ASSIGN_OR_RETURN(
                      const auto found,
                      (session.Query<std::string, std::optional<std::string>>(
                          "SELECT token_hash, successor_key FROM refresh_token ORDER BY token_hash LIMIT 10000")));
                  for (const auto& [hash, key] : found) {
                    EXPECT_NE(hash, token);
                    EXPECT_NE(hash, successor);
                    EXPECT_NE(key, successor);
                    if (hash == crypto::Sha256(token) || hash == crypto::Sha256(successor)) ++rows;
                  }
                  return absl::OkStatus();
                })
          .ok());
  EXPECT_EQ(rows, 2);
}

TEST_F(RefreshTest, ALostAnswerCanBeAskedForAgain) {
  const v1::SignInResponse begun = SignedIn(NewAccount());
  const auto lost = Refresh(begun.refresh_token());
  clock().Advance(kRefreshGrace);
  const auto again = Refresh(begun.refresh_token());
  ASSERT_TRUE(again.ok()) << again.status.error_message();
  EXPECT_EQ(again.value.refresh_token(), lost.value.refresh_token());
  EXPECT_TRUE(Refresh(again.value.refresh_token()).ok());
}

TEST_F(RefreshTest, AServiceThatDiesBeforeItAnswersCostsNobodyTheirSession) {
  const v1::SignInResponse begun = SignedIn(NewAccount());
  ASSERT_TRUE(Refresh(begun.refresh_token()).ok());  // nobody reads the answer
  service().Restart();
  sessions_ = v1::Sessions::NewStub(service().channel());
  auto context = testing::TestService::AsNobody();
  context->set_wait_for_ready(true);
  v1::RefreshSessionRequest request;
  request.set_refresh_token(begun.refresh_token());
  v1::RefreshSessionResponse response;
  const grpc::Status status = sessions_->RefreshSession(context.get(), request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(Refresh(response.refresh_token()).ok());
}

TEST_F(RefreshTest, AUsedTokenEndsTheSession) {
  const v1::SignInResponse begun = SignedIn(NewAccount());
  const std::string second = Refresh(begun.refresh_token()).value.refresh_token();
  const std::string third = Refresh(second).value.refresh_token();
  EXPECT_EQ(Refresh(begun.refresh_token()).reason(), "SESSION_ENDED") << "not the last one that was used";
  EXPECT_EQ(Refresh(third).reason(), "SESSION_ENDED") << "the good one is gone too";
  int reason = 0;
  ASSERT_TRUE(service()
                  .pool()
                  .Read(absl::Now() + absl::Seconds(10),
                        [&](db::Session& session) -> absl::Status {
                          TRELLIS_ASSIGN_OR_RETURN(
                              const auto row, session.QueryOne<std::string>(
                                                  "SELECT payload FROM event WHERE type = ? ORDER BY write_time DESC "
                                                  "LIMIT 1",
                                                  "trellis.identity.v1.SessionsEnded"));
                          v1::SessionsEnded event;
                          EXPECT_TRUE(row.has_value() && event.ParseFromString(std::get<0>(*row)));
                          EXPECT_EQ(event.sessions(0), begun.session().name());
                          reason = event.reason();
                          return absl::OkStatus();
                        })
                  .ok());
  EXPECT_EQ(reason, v1::Session::END_REASON_TOKEN_REUSED);
}

TEST_F(RefreshTest, TheLastUsedTokenTellsOfAThiefAfterTenSeconds) {
  const v1::SignInResponse begun = SignedIn(NewAccount());
  const std::string second = Refresh(begun.refresh_token()).value.refresh_token();
  clock().Advance(kRefreshGrace + absl::Milliseconds(1));
  EXPECT_FALSE(Refresh(begun.refresh_token()).ok());
  EXPECT_FALSE(Refresh(second).ok());
}

TEST_F(RefreshTest, ASessionEndsWhenItRestsAndAtTheEndOfTheDay) {
  const Account account = NewAccount();
  const v1::SignInResponse resting = SignedIn(account);
  clock().Advance(kSessionIdle);
  EXPECT_EQ(Refresh(resting.refresh_token()).reason(), "SESSION_ENDED");

  const v1::SignInResponse begun = SignedIn(account);
  const absl::Time end = clock().Now() + kSessionLife;
  std::string token = begun.refresh_token();
  while (clock().Now() < end) {
    const auto next = Refresh(token);
    ASSERT_TRUE(next.ok());
    token = next.value.refresh_token();
    clock().Advance(absl::Minutes(29));
  }
  EXPECT_EQ(Refresh(token).reason(), "SESSION_ENDED");
}

TEST_F(RefreshTest, WhatNoSessionHadIsRefusedAndHarmsNobody) {
  const v1::SignInResponse begun = SignedIn(NewAccount());
  for (const std::string& token :
       {std::string("x"), std::string(43, 'A'), std::string(64, 'A'), begun.refresh_token() + "A",
        begun.refresh_token() + "=", std::string("' OR '1'='1"), std::string("\0\0\0", 3)}) {
    const auto answer = Refresh(token);
    EXPECT_TRUE(answer.reason() == "SESSION_ENDED" || answer.code() == grpc::StatusCode::INVALID_ARGUMENT) << token;
  }
  EXPECT_TRUE(Refresh(begun.refresh_token()).ok());
}

TEST_F(RefreshTest, ManyAtOnceGetTheSameSuccessor) {
  const v1::SignInResponse begun = SignedIn(NewAccount());
  std::vector<std::string> got(16);
  std::vector<std::thread> threads;
  for (std::string& token : got) {
    threads.emplace_back([&] { token = Refresh(begun.refresh_token()).value.refresh_token(); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& token : got) EXPECT_EQ(token, got[0]);
  EXPECT_TRUE(Refresh(got[0]).ok());
}

// Random steps of many clients and of a thief who copies tokens, held against what ought to come of them.
class RefreshModelTest : public SessionTest {
 protected:
  struct Client {
    Account account;
    std::string token;                // what the client holds
    std::string before;               // what it held before that
    std::vector<std::string> stolen;  // copies in the thief's hands
    // What ought to be.
    std::map<std::string, int> generation;  // of every token of the session
    int current = 0;
    absl::Time used, refreshed, begun;
    bool alive = false;
  };

  void Begin(Client& client) {
    client.token = SignedIn(client.account).refresh_token();
    client.before.clear();
    client.generation = {{client.token, 1}};
    client.current = 1;
    client.alive = true;
    client.begun = client.refreshed = clock().Now();
  }

  // Whether showing the token ought to work; the model moves on.
  bool Expect(Client& client, const std::string& token) {
    const absl::Time now = clock().Now();
    const auto found = client.generation.find(token);
    if (found == client.generation.end() || !client.alive) return false;
    if (now >= client.begun + kSessionLife || now >= client.refreshed + kSessionIdle) return client.alive = false;
    if (found->second == client.current) {
      ++client.current;
      client.used = client.refreshed = now;
      return true;
    }
    if (found->second == client.current - 1 && now <= client.used + kRefreshGrace) return true;
    return client.alive = false;
  }

  // Shows the token and holds the answer against the model; the successor, "" where there is none.
  std::string Show(Client& client, const std::string& token) {
    const int before = client.current;
    const bool expected = Expect(client, token);
    const auto answer = Refresh(token);
    EXPECT_EQ(answer.ok(), expected) << answer.status.error_message();
    if (!answer.ok()) return "";
    const std::string next = answer.value.refresh_token();
    const auto [known, is_new] = client.generation.try_emplace(next, client.current);
    EXPECT_EQ(is_new, client.current != before);
    EXPECT_EQ(known->second, client.current) << "not the successor of the token that was shown";
    return next;
  }

  void Step(Client& client) {
    switch (Pick(12)) {
      case 0:  // the answer gets lost
        Show(client, client.token);
        break;
      case 1:
        client.stolen.push_back(client.token);
        break;
      case 2:
        if (!client.before.empty()) Show(client, client.before);
        break;
      case 3:
        if (!client.stolen.empty() && Pick(4) == 0) Show(client, client.stolen[Pick(client.stolen.size())]);
        break;
      case 4:
        clock().Advance(absl::Seconds(Pick(8)));
        break;
      case 5:
        if (Pick(40) == 0) clock().Advance(absl::Minutes(10 + Pick(25)));
        break;
      default:
        if (const std::string next = Show(client, client.token); !next.empty()) {
          client.before = client.token;
          client.token = next;
        }
    }
    if (client.alive) return;
    ++ended_;
    for (const auto& [token, generation] : client.generation) {
      if (Pick(5) != 0) continue;
      EXPECT_FALSE(Refresh(token).ok()) << "generation " << generation;
    }
    Begin(client);
  }

  std::size_t Pick(std::size_t bound) { return random_() % bound; }

  std::mt19937_64 random_{20260417};
  int ended_ = 0;
};

// TRELLIS_REFRESH_STEPS sets another number of steps.
TEST_F(RefreshModelTest, FiftyClientsAndAThief) {
  int steps = 4000;
  if (const char* const wanted = std::getenv("TRELLIS_REFRESH_STEPS"); wanted != nullptr) {
    ASSERT_TRUE(absl::SimpleAtoi(wanted, &steps));
  }
  std::vector<Client> clients(50);
  for (Client& client : clients) {
    client.account = NewAccount();
    Begin(client);
  }
  for (int i = 0; i < steps && !HasFailure(); ++i) Step(clients[Pick(clients.size())]);
  EXPECT_GT(ended_, steps / 200) << "the thief was idle";
  std::cout << steps << " steps, " << ended_ << " sessions ended" << std::endl;
}

}  // namespace
}  // namespace trellis::identity
