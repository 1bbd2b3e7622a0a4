// The way of a referral, through the public stubs, with the real identity and directory behind it.
#include <atomic>
#include <thread>

#include "absl/time/clock.h"
#include "common/db/pool.h"
#include "services/referral/api/service.h"
#include "tests/integration/referral/referral_world.h"

namespace trellis::referral {
namespace {

using v1::Referral;
using Stub = v1::Referrals::Stub;

class ReferralsTest : public ReferralWorld {
 protected:
  void SetUp() override {
    ReferralWorld::SetUp();
    service_ = ImportService("Counselling", 2);
    person_ = RegisterPerson();
    consent_ = RecordConsent(person_, recipient_);
  }
  // A verb as somebody; its reason, "" where it succeeded.
  template <class Request, class Response>
  std::string Try(const testing::TestUser& who,
                  grpc::Status (Stub::*verb)(grpc::ClientContext*, const Request&, Response*), const std::string& name,
                  Response* response, const std::string& request_id = "") {
    Request request;
    request.set_name(name);
    request.set_request_id(request_id);
    if constexpr (requires { request.mutable_reason(); }) request.mutable_reason()->set_code("other");
    return testing::ReasonOf(Call(*referral_, who, verb, request, response));
  }
  template <class Request, class Response>
  std::string Try(const testing::TestUser& who,
                  grpc::Status (Stub::*verb)(grpc::ClientContext*, const Request&, Response*),
                  const std::string& name) {
    Response response;
    return Try(who, verb, name, &response);
  }
  Referral Get(const testing::TestUser& who, const std::string& name) {
    v1::GetReferralRequest request;
    request.set_name(name);
    return Must(*referral_, who, &Stub::GetReferral, request).referral();
  }

  std::string service_;
  std::string person_;
  std::string consent_;
};

TEST_F(ReferralsTest, GoesFromDraftToCareAndBack) {
  const Referral draft = Create(person_, service_);
  EXPECT_EQ(draft.state(), Referral::STATE_DRAFT);
  EXPECT_EQ(Capacity(service_).available(), 2);

  v1::RequestReferralResponse requested;
  ASSERT_TRUE(Request(draft, &requested).ok());
  EXPECT_EQ(requested.referral().state(), Referral::STATE_REQUESTED);
  EXPECT_EQ(requested.referral().recipient_organization(), recipient_);
  EXPECT_EQ(requested.referral().consent(), consent_);
  EXPECT_EQ(Capacity(service_).held(), 1);
  EXPECT_EQ(Capacity(service_).available(), 1);

  v1::AcceptReferralResponse accepted;
  ASSERT_EQ(Try(counsellor_, &Stub::AcceptReferral, draft.name(), &accepted), "");
  EXPECT_EQ(accepted.referral().state(), Referral::STATE_ACCEPTED);
  EXPECT_EQ(accepted.placement().state(), v1::Placement::STATE_LIVE);
  EXPECT_EQ(accepted.referral().placement(), accepted.placement().name());
  EXPECT_EQ(Capacity(service_).placed(), 1);

  EXPECT_EQ(Try(counsellor_, &Stub::StartReferral, draft.name()), "");
  EXPECT_EQ(Try(counsellor_, &Stub::HoldReferral, draft.name()), "");
  EXPECT_EQ(Try(counsellor_, &Stub::StartReferral, draft.name()), "STATE_FORBIDS")
      << "from a pause only resuming leads on";
  EXPECT_EQ(Try(counsellor_, &Stub::ResumeReferral, draft.name()), "");
  EXPECT_EQ(Try(counsellor_, &Stub::CompleteReferral, draft.name()), "");
  EXPECT_EQ(Get(coordinator_, draft.name()).state(), Referral::STATE_COMPLETED);
  EXPECT_EQ(Capacity(service_).available(), 2) << "the place is free again";

  v1::GetPlacementRequest placement;
  placement.set_name(accepted.placement().name());
  const auto ended = Must(*referral_, coordinator_, &v1::Placements::Stub::GetPlacement, placement).placement();
  EXPECT_EQ(ended.state(), v1::Placement::STATE_ENDED);
  EXPECT_TRUE(ended.has_start_time() && ended.has_end_time());
}

TEST_F(ReferralsTest, WithoutConsentNothingIsSentAndNoPlaceIsHeld) {
  RevokeConsent(consent_);
  const Referral draft = Create(person_, service_);
  v1::RequestReferralResponse response;
  EXPECT_EQ(testing::ReasonOf(Request(draft, &response)), "CONSENT_MISSING");
  EXPECT_EQ(Get(coordinator_, draft.name()).state(), Referral::STATE_DRAFT);
  EXPECT_EQ(Capacity(service_).held(), 0);
}

TEST_F(ReferralsTest, AConsentRevokedBeforeTheAnswerTakesTheAnswerWithIt) {
  const Referral sent = CreateAndRequest(person_, service_);
  RevokeConsent(consent_);
  // The revocation travels as an event.
  bool known = false;
  for (int i = 0; i < 200 && !known; ++i) {
    absl::SleepFor(absl::Milliseconds(25));
    ASSERT_TRUE(referral_->pool()
                    .Read(absl::Now() + absl::Seconds(5),
                          [&](db::Session& session) -> absl::Status {
                            const auto row =
                                session.QueryOne<Id>("SELECT id FROM referral WHERE consent_revoked = 1 LIMIT 1");
                            known = row.ok() && row->has_value();
                            return row.status();
                          })
                    .ok());
  }
  EXPECT_TRUE(known);
  EXPECT_EQ(Try(counsellor_, &Stub::AcceptReferral, sent.name()), "CONSENT_MISSING");
  EXPECT_EQ(Get(coordinator_, sent.name()).state(), Referral::STATE_REQUESTED);
  EXPECT_EQ(Get(counsellor_, sent.name()).person(), "") << "nothing more is told once the consent is revoked";
}

TEST_F(ReferralsTest, ALateAcceptanceTakesAPlaceWhileOneIsFree) {
  referral_.reset();
  referral_ = testing::TestService::MustStart(
      Describe(),
      {.peers = {{"identity", identity_.get()}, {"directory", directory_.get()}}, .flags = {"--hold-time=1s"}});
  const Referral sent = CreateAndRequest(person_, service_);
  absl::SleepFor(absl::Seconds(2));
  EXPECT_EQ(Try(counsellor_, &Stub::AcceptReferral, sent.name()), "");
  EXPECT_EQ(Capacity(service_).placed(), 1);
}

TEST_F(ReferralsTest, AConsentCountsOnceItHasBegun) {
  RevokeConsent(consent_);
  RecordConsent(person_, recipient_, absl::Now() + absl::Hours(24));
  v1::RequestReferralResponse response;
  EXPECT_EQ(testing::ReasonOf(Request(Create(person_, service_), &response)), "CONSENT_MISSING");
}

TEST_F(ReferralsTest, TheRecipientIsToldNoMoreWhenTheReferralHasEnded) {
  const Referral sent = CreateAndRequest(person_, service_);
  EXPECT_EQ(Get(counsellor_, sent.name()).note(), "prefers mornings");
  EXPECT_EQ(Get(counsellor_, sent.name()).person(), person_);
  v1::RejectReferralResponse rejected;
  ASSERT_EQ(Try(counsellor_, &Stub::RejectReferral, sent.name(), &rejected), "");
  for (const Referral& seen : {rejected.referral(), Get(counsellor_, sent.name())}) {
    EXPECT_EQ(seen.state(), Referral::STATE_REJECTED);
    EXPECT_EQ(seen.person(), "");
    EXPECT_EQ(seen.note(), "");
    EXPECT_FALSE(seen.has_need());
  }
  v1::ListReferralsRequest list;
  list.set_direction(v1::ListReferralsRequest::DIRECTION_RECEIVED);
  EXPECT_EQ(Must(*referral_, counsellor_, &Stub::ListReferrals, list).referrals(0).person(), "");
  EXPECT_EQ(Get(coordinator_, sent.name()).note(), "prefers mornings");
}

TEST_F(ReferralsTest, EachSideDoesOnlyItsOwnSteps) {
  const Referral sent = CreateAndRequest(person_, service_);
  EXPECT_EQ(Try(coordinator_, &Stub::AcceptReferral, sent.name()), "ROLE_MISSING");
  testing::TestUser both = coordinator_;
  both.roles.push_back(options::v1::ROLE_PROVIDER_STAFF);
  EXPECT_EQ(Try(both, &Stub::AcceptReferral, sent.name()), "WRONG_SIDE");
  EXPECT_EQ(Try(counsellor_, &Stub::RejectReferral, sent.name()), "");
  EXPECT_EQ(Capacity(service_).available(), 2);
  EXPECT_EQ(Try(counsellor_, &Stub::AcceptReferral, sent.name()), "STATE_FORBIDS");
}

TEST_F(ReferralsTest, ReasonsAreAskedForWhereTheTableDoes) {
  const Referral sent = CreateAndRequest(person_, service_);
  v1::RejectReferralRequest request;
  request.set_name(sent.name());
  v1::RejectReferralResponse response;
  const grpc::Status status = Call(*referral_, counsellor_, &Stub::RejectReferral, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request.mutable_reason()->set_code("at_capacity");
  EXPECT_TRUE(Call(*referral_, counsellor_, &Stub::RejectReferral, request, &response).ok());
  EXPECT_EQ(response.referral().state_reason().code(), "at_capacity");
}

TEST_F(ReferralsTest, IsInvisibleToEverybodyElse) {
  const Referral draft = Create(person_, service_);
  v1::GetReferralRequest request;
  v1::GetReferralResponse response;
  const auto error_of = [&](const testing::TestUser& who, const std::string& name) {
    request.set_name(name);
    const grpc::Status status = Call(*referral_, who, &Stub::GetReferral, request, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
    std::string text = status.error_message();
    if (const std::size_t at = text.find(name); at != std::string::npos) text.erase(at, name.size());
    return text;
  };
  const std::string unknown = error_of(coordinator_, "referrals/" + NewId());
  EXPECT_EQ(error_of(counsellor_, draft.name()), unknown) << "a draft is not the recipient's to see";
  EXPECT_EQ(error_of(testing::TestUser::Make({options::v1::ROLE_COORDINATOR}), draft.name()), unknown);
  EXPECT_EQ(error_of(testing::TestUser::Make({options::v1::ROLE_COORDINATOR}, coordinator_.organization), draft.name()),
            unknown);
}

TEST_F(ReferralsTest, ARepeatedRequestHappensOnce) {
  const Referral draft = Create(person_, service_);
  const std::string request_id = NewId();
  v1::RequestReferralResponse first;
  v1::RequestReferralResponse second;
  ASSERT_TRUE(Request(draft, &first, request_id).ok());
  ASSERT_TRUE(Request(draft, &second, request_id).ok());
  EXPECT_EQ(first.SerializeAsString(), second.SerializeAsString());
  EXPECT_EQ(Capacity(service_).held(), 1);

  const std::string accept_id = NewId();
  v1::AcceptReferralResponse accepted;
  v1::AcceptReferralResponse again;
  ASSERT_EQ(Try(counsellor_, &Stub::AcceptReferral, draft.name(), &accepted, accept_id), "");
  ASSERT_EQ(Try(counsellor_, &Stub::AcceptReferral, draft.name(), &again, accept_id), "");
  EXPECT_EQ(accepted.placement().name(), again.placement().name());
  EXPECT_EQ(Capacity(service_).placed(), 1);
}

TEST_F(ReferralsTest, AnOldEtagIsRefused) {
  const Referral draft = Create(person_, service_);
  v1::RequestReferralResponse response;
  ASSERT_TRUE(Request(draft, &response).ok());
  v1::CancelReferralRequest cancel;
  cancel.set_name(draft.name());
  cancel.set_etag(draft.etag());
  cancel.mutable_reason()->set_code("other");
  v1::CancelReferralResponse cancelled;
  EXPECT_EQ(testing::ReasonOf(Call(*referral_, coordinator_, &Stub::CancelReferral, cancel, &cancelled)),
            "ETAG_MISMATCH");
  cancel.set_etag(response.referral().etag());
  EXPECT_TRUE(Call(*referral_, coordinator_, &Stub::CancelReferral, cancel, &cancelled).ok());
}

TEST_F(ReferralsTest, NoMoreReferralsAreSentThanPlacesAreFree) {
  std::vector<Referral> drafts;
  for (int i = 0; i < 6; ++i) drafts.push_back(Create(person_, service_));
  std::atomic<int> sent = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (const Referral& draft : drafts) {
    threads.emplace_back([&] {
      v1::RequestReferralResponse response;
      const grpc::Status status = Request(draft, &response);
      if (status.ok()) ++sent;
      if (testing::ReasonOf(status) == "NO_CAPACITY") ++refused;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(sent, 2);
  EXPECT_EQ(refused, 4);
  EXPECT_EQ(Capacity(service_).available(), 0);
}

TEST_F(ReferralsTest, AServiceThatPublishesNoCapacityIsSentReferralsWithoutAHold) {
  const Referral sent = CreateAndRequest(person_, ImportService("Open door", -1));
  EXPECT_EQ(sent.hold(), "");
  EXPECT_EQ(Try(counsellor_, &Stub::AcceptReferral, sent.name()), "");
}

TEST_F(ReferralsTest, ListsShowEachSideItsOwnNewestFirst) {
  const Referral first = CreateAndRequest(person_, service_);
  const Referral second = CreateAndRequest(person_, service_);
  const Referral draft = Create(person_, service_);
  v1::ListReferralsRequest list;
  list.set_direction(v1::ListReferralsRequest::DIRECTION_RECEIVED);
  const auto received = Must(*referral_, counsellor_, &Stub::ListReferrals, list);
  ASSERT_EQ(received.referrals_size(), 2);
  EXPECT_EQ(received.referrals(0).name(), second.name());
  EXPECT_EQ(received.referrals(1).name(), first.name());

  list.set_direction(v1::ListReferralsRequest::DIRECTION_SENT);
  list.set_page_size(2);
  auto page = Must(*referral_, coordinator_, &Stub::ListReferrals, list);
  ASSERT_EQ(page.referrals_size(), 2);
  EXPECT_EQ(page.referrals(0).name(), draft.name());
  list.set_page_token(page.next_page_token());
  page = Must(*referral_, coordinator_, &Stub::ListReferrals, list);
  ASSERT_EQ(page.referrals_size(), 1);
  EXPECT_EQ(page.referrals(0).name(), first.name());
  EXPECT_EQ(page.next_page_token(), "");

  list.clear_page_token();
  list.add_states(Referral::STATE_DRAFT);
  EXPECT_EQ(Must(*referral_, coordinator_, &Stub::ListReferrals, list).referrals_size(), 1);
}

TEST_F(ReferralsTest, SaysWhichServiceItMisses) {
  const Referral draft = Create(person_, service_);
  directory_->Stop();
  v1::RequestReferralResponse response;
  const grpc::Status status = Request(draft, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(testing::ReasonOf(status), "PEER_UNAVAILABLE");
  EXPECT_NE(status.error_message().find("directory"), std::string::npos);
  EXPECT_EQ(Get(coordinator_, draft.name()).state(), Referral::STATE_DRAFT) << "what needs no directory still works";
  directory_->Restart();
}

}  // namespace
}  // namespace trellis::referral
