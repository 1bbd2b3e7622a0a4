// All five services with something in them, and everybody who may call them, for requests that should not work.
#ifndef TRELLIS_TESTS_FAULT_BAD_INPUT_WORLD_H_
#define TRELLIS_TESTS_FAULT_BAD_INPUT_WORLD_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/testing/test_service.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "tests/fault/raw_call.h"
#include "tests/fault/samples.h"
#include "trellis/options/v1/options.pb.h"

namespace trellis::fault {

// One RPC of a running service.
struct Method {
  std::string service;  // "identity"
  const google::protobuf::MethodDescriptor* descriptor = nullptr;
  options::v1::MethodPolicy policy;
  std::string path;  // "/trellis.identity.v1.Persons/GetPerson"

  const google::protobuf::Message& prototype() const;
  bool IsRead() const;
  bool IsPublic() const { return policy.audience() == options::v1::AUDIENCE_PUBLIC; }
  bool IsForServices() const { return policy.audience() == options::v1::AUDIENCE_SERVICE; }
};

class BadInputWorld {
 public:
  BadInputWorld();
  ~BadInputWorld();

  const std::vector<Method>& methods() const { return methods_; }
  // Resources of the first tenant that are really there.
  const Names& names() const { return names_; }
  // Of the first tenant; with other roles from call to call.
  const testing::TestUser& native() const { return native_; }

  // As somebody of the first tenant (or of another one) who may call the method.
  RawAnswer Call(const Method& method, const std::string& bytes);
  RawAnswer CallAsForeigner(const Method& method, const std::string& bytes);
  // With any token ("": none), without a certificate.
  RawAnswer CallWithToken(const Method& method, const std::string& bytes, const std::string& token);
  // With these values of "authorization", whatever they are.
  RawAnswer CallWithAuthorization(const Method& method, const std::string& bytes,
                                  const std::vector<std::string>& values);
  // With the certificate of a service and no token.
  RawAnswer CallAsService(const Method& method, const std::string& bytes, const std::string& service);

  // The trace that the calls from here on belong to, 32 hexadecimal digits; "": each one its own.
  void SetTrace(std::string trace_id) { trace_id_ = std::move(trace_id); }
  // What the calls from here on say besides.
  void SetMetadata(std::map<std::string, std::string> metadata) { metadata_ = std::move(metadata); }
  db::Pool& PoolOf(const std::string& service) { return services_.at(service)->pool(); }

  std::string GoodToken(const Method& method);
  std::string ExpiredToken(const Method& method);
  std::string TokenWithoutRole(const Method& method);  // "" where every role may call

  // How many rows each table of each service has, without what changes by itself.
  std::map<std::string, std::int64_t> Rows();

 private:
  void Start();
  void Furnish();
  testing::TestUser UserFor(const Method& method, const testing::TestUser& somebody) const;
  template <class Stub, class Request, class Response>
  Response Must(const std::string& service,
                grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), const Request& request);

  std::unique_ptr<grpc::ClientContext> Context(const std::string& token) const;
  std::shared_ptr<grpc::Channel> ChannelOf(const std::string& caller, const std::string& callee);

  ManualClock past_;
  std::vector<std::string> order_;  // in which they were started
  std::map<std::string, std::unique_ptr<testing::TestService>> services_;
  std::unique_ptr<testing::TestService> late_;                      // lives an hour ago; issues expired tokens
  std::map<std::string, std::shared_ptr<grpc::Channel>> channels_;  // by caller and callee: certificates take time
  std::vector<Method> methods_;
  Names names_;
  std::string trace_id_;
  std::map<std::string, std::string> metadata_;
  testing::TestUser native_;
  testing::TestUser foreigner_;
};

}  // namespace trellis::fault

#endif  // TRELLIS_TESTS_FAULT_BAD_INPUT_WORLD_H_
