// The command's side of the wire: the channel to the door, the session, and one way to make a call.
#ifndef TRELLIS_SERVICES_CLI_CLIENT_H_
#define TRELLIS_SERVICES_CLI_CLIENT_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/status_macros.h"
#include "common/rpc/channel.h"
#include "google/protobuf/message.h"
#include "grpcpp/grpcpp.h"
#include "services/cli/args.h"

namespace trellis::cli {

// What the user signed in as. Kept in TRELLIS_CLI_HOME/session (mode 0600).
struct Session {
  std::string login;
  std::string access_token;
  std::string user;
  std::string organization;
  std::int64_t expire_seconds = 0;  // of the access token
  std::string refresh_token;        // "" where there is none
  std::string name;                 // "sessions/{session}"
};

enum class Service { kIdentity, kDirectory, kAssessment, kReferral, kCaseload };
inline constexpr Service kServices[] = {Service::kIdentity, Service::kDirectory, Service::kAssessment,
                                        Service::kReferral, Service::kCaseload};

class Client {
 public:
  // Reads TRELLIS_ADDRESS, TRELLIS_CA and TRELLIS_CLI_HOME from the environment and the common flags.
  explicit Client(const Args& args);

  // One call: TLS channel, the session's token, a deadline; the peer's error with all its details.
  //   client.Call(Service::kIdentity, &v1::Persons::Stub::GetPerson, request)
  template <class Stub, class Request, class Response>
  absl::StatusOr<Response> Call(Service service,
                                grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                                const Request& request) {
    TRELLIS_ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> channel, Channel());
    KeepSignedIn();
    grpc::ClientContext context;
    Prepare(service, context);
    Stub stub(channel);
    Response response;
    TRELLIS_RETURN_IF_ERROR(rpc::FromGrpc((stub.*method)(&context, request, &response)));
    return response;
  }

  // One for all services: they stand behind one door.
  absl::StatusOr<std::shared_ptr<grpc::Channel>> Channel();
  void Prepare(Service service, grpc::ClientContext& context) const;
  // Refreshes the session where its access token is about to end. Where that fails the call that follows says so.
  void KeepSignedIn();
  // Refreshes the session now.
  absl::Status Refresh();

  // Prints an answer: as JSON (--json), one value of it (--get PATH), or by `people`.
  absl::Status Show(const google::protobuf::Message& response, const std::function<void()>& people) const;

  const Session& session() const { return session_; }
  absl::Status SaveSession(const Session& session);
  absl::Status ForgetSession();

  // What signing in on this machine has given out for `login`, so that it is known the next time; "" where there is
  // none.
  std::string DeviceToken(const std::string& login) const;
  absl::Status SaveDeviceToken(const std::string& login, const std::string& token);

  // --request-id, or a new one: repeating the command with the same id changes nothing.
  std::string request_id() const { return request_id_; }

 private:
  absl::Status Keep(const std::string& name, const std::string& text) const;

  std::string home_;
  std::string ca_;
  std::string output_;
  std::string request_id_;
  Session session_;
  std::unique_ptr<rpc::PeerChannel> channel_;
};

// "persons/0190..." from either that or the bare id.
std::string Named(const std::string& collection, const std::string& name);

}  // namespace trellis::cli

#endif  // TRELLIS_SERVICES_CLI_CLIENT_H_
