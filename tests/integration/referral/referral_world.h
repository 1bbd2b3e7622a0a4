// Identity, directory and referral in one process, with a coordinator, a person, a provider and a healthcare service.
#ifndef TRELLIS_TESTS_INTEGRATION_REFERRAL_REFERRAL_WORLD_H_
#define TRELLIS_TESTS_INTEGRATION_REFERRAL_REFERRAL_WORLD_H_

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/testing/test_service.h"
#include "gtest/gtest.h"
#include "trellis/directory/v1/capacity.pb.h"
#include "trellis/identity/v1/consent.pb.h"
#include "trellis/referral/v1/placements.grpc.pb.h"
#include "trellis/referral/v1/referrals.grpc.pb.h"
#include "trellis/referral/v1/routing.grpc.pb.h"

namespace trellis::referral {

class ReferralWorld : public ::testing::Test {
 public:
  static std::string NewId();

 protected:
  void SetUp() override;

  // Told of every request before it is sent.
  virtual void OnRequest(const google::protobuf::Message& /*request*/) {}
  // May change a request of Must, and looks at its answer.
  virtual void OnMust(google::protobuf::Message& /*request*/) {}
  virtual void OnAnswer(const google::protobuf::Message& /*request*/, const google::protobuf::Message& /*answer*/) {}

  // One call as somebody; the error where it fails.
  template <class Stub, class Request, class Response>
  grpc::Status Call(testing::TestService& service, const testing::TestUser& who,
                    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response) {
    OnRequest(request);
    auto context = service.As(who);
    Stub stub(service.channel());
    return (stub.*method)(context.get(), request, response);
  }
  // The same for a call that has to succeed.
  template <class Stub, class Request, class Response>
  Response Must(testing::TestService& service, const testing::TestUser& who,
                grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), const Request& request) {
    Response response;
    Request sent = request;
    OnMust(sent);
    const grpc::Status status = Call(service, who, method, sent, &response);
    EXPECT_TRUE(status.ok()) << testing::ReasonOf(status) << ": " << status.error_message();
    OnAnswer(sent, response);
    return response;
  }

  std::string RegisterPerson();
  std::string RecordConsent(const std::string& person, const std::string& recipient,
                            absl::Time begin = absl::InfinitePast());
  void RevokeConsent(const std::string& consent);
  // A healthcare service of kind "counselling" that `recipient_` answers for, with so many places.
  std::string ImportService(const std::string& title, int places);
  directory::v1::Capacity Capacity(const std::string& healthcare_service);

  // A draft, and one that was sent.
  v1::Referral Create(const std::string& person, const std::string& healthcare_service);
  grpc::Status Request(const v1::Referral& referral, v1::RequestReferralResponse* response,
                       const std::string& request_id = "");
  v1::Referral CreateAndRequest(const std::string& person, const std::string& healthcare_service);

  std::unique_ptr<testing::TestService> identity_;
  std::unique_ptr<testing::TestService> directory_;
  std::unique_ptr<testing::TestService> referral_;
  testing::TestUser coordinator_;
  testing::TestUser counsellor_;
  testing::TestUser librarian_ = testing::TestUser::Make({options::v1::ROLE_DIRECTORY_ADMINISTRATOR});
  std::string recipient_;
};

}  // namespace trellis::referral

#endif  // TRELLIS_TESTS_INTEGRATION_REFERRAL_REFERRAL_WORLD_H_
