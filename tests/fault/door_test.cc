// What the door lets through, where to, and how it refuses.
#include "tests/fault/door_world.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/generic/generic_stub.h"
#include "trellis/caseload/v1/cases.grpc.pb.h"
#include "trellis/events/v1/events.grpc.pb.h"
#include "trellis/identity/v1/sessions.grpc.pb.h"
#include "trellis/referral/v1/referrals.grpc.pb.h"

namespace trellis::fault {
namespace {

using grpc::StatusCode;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

grpc::Status AskDirectory(const std::shared_ptr<grpc::Channel>& channel, grpc::ClientContext& context) {
  directory::v1::GetProviderResponse response;
  return directory::v1::Providers::NewStub(channel)->GetProvider(&context, {}, &response);
}

// A call without a stub and without a message.
grpc::Status Unary(grpc::GenericStub& stub, grpc::ClientContext& context, const std::string& path) {
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareUnaryCall(&context, path, grpc::ByteBuffer(), &queue);
  grpc::ByteBuffer response;
  grpc::Status status;
  void* tag = nullptr;
  bool ok = false;
  call->StartCall();
  call->Finish(&response, &status, &queue);
  queue.Next(&tag, &ok);
  return status;
}

TEST_F(DoorTest, FindsTheServiceByTheMethod) {
  const auto channel = Connect();
  const std::string token = SignIn();
  EXPECT_TRUE(List(*identity::v1::Organizations::NewStub(channel), token).ok());
  EXPECT_TRUE(AskDirectory(channel, *Context()).ok());
  // The caseload service itself refuses: an administrator of the platform sees no cases.
  caseload::v1::ListCasesResponse cases;
  const grpc::Status refusal = caseload::v1::Cases::NewStub(channel)->ListCases(Context(token).get(), {}, &cases);
  EXPECT_EQ(refusal.error_code(), StatusCode::PERMISSION_DENIED) << refusal.error_message();
  EXPECT_THAT(refusal.error_details(), HasSubstr("trellis.caseload"));
}

TEST_F(DoorTest, RefusesInAWayThatClientsUnderstand) {
  const auto channel = Connect();
  referral::v1::ListReferralsResponse referrals;
  EXPECT_EQ(referral::v1::Referrals::NewStub(channel)->ListReferrals(Context().get(), {}, &referrals).error_code(),
            StatusCode::UNAVAILABLE)
      << "nobody is there";
  events::v1::ReadEventsResponse events;
  const grpc::Status feed = events::v1::EventFeed::NewStub(channel)->ReadEvents(Context().get(), {}, &events);
  EXPECT_EQ(feed.error_code(), StatusCode::UNIMPLEMENTED) << "feeds are for services";
  EXPECT_THAT(feed.error_message(), HasSubstr("the door knows no such method"));
}

TEST_F(DoorTest, WhatEveryServiceServesNeedsTheServiceSaid) {
  const auto stub = grpc::health::v1::Health::NewStub(Connect());
  grpc::health::v1::HealthCheckResponse response;
  EXPECT_EQ(stub->Check(Context().get(), {}, &response).error_code(), StatusCode::UNIMPLEMENTED);
  const auto context = Context();
  context->AddMetadata("trellis-service", "caseload");
  const grpc::Status status = stub->Check(context.get(), {}, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.status(), grpc::health::v1::HealthCheckResponse::SERVING);
}

TEST_F(DoorTest, NothingThatServesDebuggingIsThere) {
  const auto context = Context();
  context->AddMetadata("trellis-service", "identity");
  grpc::GenericStub stub(Connect());
  const std::string path = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
  EXPECT_EQ(Unary(stub, *context, path).error_code(), StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(Unary(stub, *Context(), "/grpc.channelz.v1.Channelz/GetServers").error_code(), StatusCode::UNIMPLEMENTED);
  for (const std::string& service : Fleet::Services()) {
    std::ostringstream maps;
    maps << std::ifstream(absl::StrCat("/proc/", fleet().PidOf(service), "/maps")).rdbuf();
    EXPECT_THAT(maps.str(), HasSubstr("libgrpc++")) << service;
    EXPECT_THAT(maps.str(), Not(HasSubstr("libgrpc++_reflection"))) << service;
    EXPECT_THAT(maps.str(), Not(HasSubstr("channelz"))) << service;
  }
}

TEST_F(DoorTest, OldTlsAndPlainTextDoNotGetIn) {
  const auto handshake = [&](const char* how) {
    return std::system(absl::StrCat("openssl s_client -connect 127.0.0.1:", door().port(), " -alpn h2 -CAfile ",
                                    fleet().folder(), "/tls/ca.crt -verify_return_error ", how,
                                    " </dev/null >/dev/null 2>&1")
                           .c_str()) == 0;
  };
  EXPECT_TRUE(handshake("-tls1_2"));
  EXPECT_TRUE(handshake("-tls1_3"));
  EXPECT_FALSE(handshake("-tls1_1 -cipher DEFAULT:@SECLEVEL=0"));
  EXPECT_FALSE(handshake("-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"));
  const auto plain = grpc::CreateChannel(absl::StrCat("127.0.0.1:", door().port()), grpc::InsecureChannelCredentials());
  EXPECT_FALSE(AskDirectory(plain, *Context("", absl::Seconds(2))).ok());
}

TEST_F(DoorTest, TheServicesThemselvesTakeNobodyWithoutACertificate) {
  for (const std::string& service : Fleet::Services()) {
    const auto channel =
        grpc::CreateChannel(fleet().AddressOf(service), grpc::SslCredentials({fleet().authority(), "", ""}));
    grpc::health::v1::HealthCheckResponse response;
    EXPECT_EQ(grpc::health::v1::Health::NewStub(channel)
                  ->Check(Context("", absl::Seconds(2)).get(), {}, &response)
                  .error_code(),
              StatusCode::UNAVAILABLE)
        << service;
  }
}

TEST_F(DoorTest, SaysWhereACallComesFrom) {
  const auto context = Context();
  context->AddMetadata("x-forwarded-for", "192.0.2.1");
  context->AddMetadata("x-forwarded-for", "192.0.2.2");
  context->AddMetadata("forwarded", "for=192.0.2.3");
  ASSERT_TRUE(AskDirectory(Connect(), *context).ok());
  EXPECT_EQ(listener().metadata.count("x-forwarded-for"), 1U);
  EXPECT_THAT(listener().metadata, Contains(Pair("x-forwarded-for", "127.0.0.1")));
  EXPECT_EQ(listener().metadata.count("forwarded"), 0U);
}

TEST_F(DoorTest, ThroughItNobodyIsAService) {
  const auto channel = Connect();
  identity::v1::ListOrganizationsResponse response;
  EXPECT_EQ(List(*identity::v1::Organizations::NewStub(channel), "").error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(List(*identity::v1::Organizations::NewStub(channel), "no.good.token").error_code(),
            StatusCode::UNAUTHENTICATED);
}

TEST_F(DoorTest, LargeMetadataCostNobodyElseTheirCall) {
  const auto channel = Connect();
  const auto stub = identity::v1::Organizations::NewStub(channel);
  const std::string token = SignIn();
  std::vector<int> failed(2, 0);
  bool stop = false;
  std::thread other([&] {
    while (!stop) failed[0] += List(*stub, token).ok() ? 0 : 1;
  });
  for (int i = 0; i < 50; ++i) {
    const auto context = Context();
    context->AddMetadata("filler", std::string(9000, 'x'));
    identity::v1::ListOrganizationsResponse response;
    failed[1] += stub->ListOrganizations(context.get(), {}, &response).error_code() == StatusCode::RESOURCE_EXHAUSTED;
  }
  stop = true;
  other.join();
  EXPECT_EQ(failed[0], 0);
  EXPECT_EQ(failed[1], 50);
}

TEST_F(DoorTest, ATokenHasItsShareAndTakesNobodyElses) {
  const auto channel = Connect();
  const auto refused = [&](const std::string& token, int calls) {
    int count = 0;
    for (int i = 0; i < calls; ++i) {
      count += AskDirectory(channel, *Context(token)).error_code() == StatusCode::RESOURCE_EXHAUSTED ? 1 : 0;
    }
    return count;
  };
  EXPECT_GT(refused("greedy", 2300), 0) << "2,000 in ten seconds, unless the machine is too slow to make them";
  EXPECT_EQ(refused("modest", 10), 0);
}

// Longer than the door waits for a client, shorter than for a service.
TEST_F(DoorTest, ACallMayWaitAsLongAsAnyMethodMayTake) {
  listener().delay = absl::Seconds(42);
  const auto context = Context("", absl::Seconds(50));
  const grpc::Status status = AskDirectory(Connect(), *context);
  listener().delay = absl::ZeroDuration();
  EXPECT_TRUE(status.ok()) << status.error_code() << ": " << status.error_message();
}

TEST_F(DoorTest, ItsLogTellsNothingAboutAnybody) {
  const auto context = Context("secret-token");
  context->AddMetadata("secret-name", "secret-value");
  identity::v1::ListOrganizationsResponse response;
  referral::v1::ListReferralsResponse referrals;
  (void)referral::v1::Referrals::NewStub(Connect())->ListReferrals(context.get(), {}, &referrals);
  const std::string log = Log();
  EXPECT_THAT(log, HasSubstr("\"to\":\"referral\"")) << "a call that went wrong is logged";
  EXPECT_THAT(log, Not(HasSubstr("secret")));
  EXPECT_THAT(log, Not(HasSubstr("\"127.0.0.1")));
  EXPECT_THAT(log, Not(HasSubstr("ListReferrals")));
}

}  // namespace
}  // namespace trellis::fault
