#include "services/cli/client.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/base/id.h"
#include "google/protobuf/util/json_util.h"
#include "nlohmann/json.hpp"
#include "trellis/identity/v1/sessions.grpc.pb.h"

namespace trellis::cli {
namespace {

constexpr absl::Duration kDeadline = absl::Seconds(10);
// Longer than a call takes, so that no token ends on its way.
constexpr absl::Duration kRefreshBefore = absl::Seconds(30);

constexpr char kAddress[] = "localhost:7443";

const char* NameOf(Service service) {
  static constexpr const char* kNames[] = {"identity", "directory", "assessment", "referral", "caseload"};
  return kNames[static_cast<int>(service)];
}

std::string Environment(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? otherwise : value;
}

Session LoadSession(const std::string& path) {
  Session session;
  std::ifstream in(path);
  std::getline(in, session.login);
  std::getline(in, session.user);
  std::getline(in, session.organization);
  in >> session.expire_seconds >> session.access_token >> session.refresh_token >> session.name;
  return session;
}

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = false;
  std::string json;
  // A message that came over the wire can always be printed.
  (void)google::protobuf::util::MessageToJsonString(message, &json, options);
  return json;
}

// "ranked.0.healthcare_service" of the JSON form; lists by index.
absl::StatusOr<std::string> ValueAt(const std::string& json, const std::string& path) {
  nlohmann::json value = nlohmann::json::parse(json);
  for (const absl::string_view part : absl::StrSplit(path, '.')) {
    const std::string key(part);
    if (value.is_array() && !key.empty() && key.find_first_not_of("0123456789") == std::string::npos &&
        key.size() < 9 && static_cast<std::size_t>(std::stoi(key)) < value.size()) {
      value = nlohmann::json(value[static_cast<std::size_t>(std::stoi(key))]);
    } else if (value.is_object() && value.contains(key)) {
      value = nlohmann::json(value[key]);
    } else {
      return Error(absl::StatusCode::kNotFound, "NO_SUCH_VALUE", absl::StrCat("the answer has no value '", path, "'"));
    }
  }
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace

Client::Client(const Args& args)
    : home_(Environment("TRELLIS_CLI_HOME", Environment("HOME", "/tmp") + "/.trellis-cli")),
      ca_(args.Get("ca", Environment("TRELLIS_CA", ""))),
      output_(args.Has("json")  ? "json"
              : args.Has("get") ? "get:" + args.Get("get")
                                : ""),
      request_id_(args.Get("request-id", IdGenerator(SystemClock(), SystemRandom()).Next().ToString())),
      session_(LoadSession(home_ + "/session")) {}

absl::StatusOr<std::shared_ptr<grpc::Channel>> Client::Channel() {
  if (channel_ == nullptr) {
    if (ca_.empty()) {
      return Error(absl::StatusCode::kInvalidArgument, "USAGE",
                   "the certificate authority is not known: set TRELLIS_CA or give --ca FILE");
    }
    rpc::ChannelOptions options;
    options.target = Environment("TRELLIS_ADDRESS", kAddress);
    options.tls = rpc::TlsFiles{.certificate = "", .key = "", .ca = ca_};
    options.through_door = true;
    for (const Service service : kServices)
      options.packages.push_back(absl::StrCat("trellis.", NameOf(service), ".v1"));
    options.default_deadline = kDeadline;
    TRELLIS_ASSIGN_OR_RETURN(channel_, rpc::PeerChannel::Connect(std::move(options)));
  }
  return channel_->channel();
}

void Client::KeepSignedIn() {
  const std::int64_t left = session_.expire_seconds - absl::ToUnixSeconds(absl::Now());
  if (session_.refresh_token.empty() || left > absl::ToInt64Seconds(kRefreshBefore)) return;
  (void)Refresh();
}

absl::Status Client::Refresh() {
  TRELLIS_ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> channel, Channel());
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kDeadline));
  identity::v1::RefreshSessionRequest request;
  request.set_refresh_token(session_.refresh_token);
  identity::v1::RefreshSessionResponse response;
  identity::v1::Sessions::Stub stub(channel);
  TRELLIS_RETURN_IF_ERROR(rpc::FromGrpc(stub.RefreshSession(&context, request, &response)));
  session_.access_token = response.access_token();
  session_.refresh_token = response.refresh_token();
  session_.expire_seconds = response.expire_time().seconds();
  return SaveSession(session_);
}

void Client::Prepare(Service service, grpc::ClientContext& context) const {
  // By the path of most methods the door knows the service; what all services serve needs it said.
  context.AddMetadata("trellis-service", NameOf(service));
  context.set_deadline(absl::ToChronoTime(absl::Now() + kDeadline));
  if (!session_.access_token.empty()) context.AddMetadata("authorization", "Bearer " + session_.access_token);
}

absl::Status Client::Show(const google::protobuf::Message& response, const std::function<void()>& people) const {
  if (output_ == "json") {
    std::cout << ToJson(response);
  } else if (output_.rfind("get:", 0) == 0) {
    TRELLIS_ASSIGN_OR_RETURN(const std::string value, ValueAt(ToJson(response), output_.substr(4)));
    std::cout << value << "\n";
  } else {
    people();
  }
  return absl::OkStatus();
}

absl::Status Client::SaveSession(const Session& session) {
  session_ = session;
  return Keep("session",
              absl::StrCat(session.login, "\n", session.user, "\n", session.organization, "\n", session.expire_seconds,
                           " ", session.access_token, " ", session.refresh_token, " ", session.name, "\n"));
}

// Whole or not at all: another command may read it at the same moment.
absl::Status Client::Keep(const std::string& name, const std::string& text) const {
  std::error_code error;
  std::filesystem::create_directories(home_, error);
  const std::string path = absl::StrCat(home_, "/", name), draft = absl::StrCat(path, ".", getpid());
  const int file = open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
  const bool written = file >= 0 && write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (file >= 0) close(file);
  if (written) std::filesystem::rename(draft, path, error);
  if (written && !error) return absl::OkStatus();
  return Error(absl::StatusCode::kFailedPrecondition, "SESSION_NOT_SAVED",
               absl::StrCat("the session cannot be kept in ", path, ": set TRELLIS_CLI_HOME to a folder of your own"));
}

std::string Client::DeviceToken(const std::string& login) const {
  std::ifstream in(home_ + "/devices");
  for (std::string known, token; in >> known >> token;) {
    if (known == login) return token;
  }
  return "";
}

absl::Status Client::SaveDeviceToken(const std::string& login, const std::string& token) {
  std::string text = absl::StrCat(login, " ", token, "\n");
  std::ifstream in(home_ + "/devices");
  for (std::string known, other; in >> known >> other;) {
    if (known != login) absl::StrAppend(&text, known, " ", other, "\n");
  }
  return Keep("devices", text);
}

absl::Status Client::ForgetSession() {
  std::error_code ignored;
  std::filesystem::remove(home_ + "/session", ignored);
  return absl::OkStatus();
}

std::string Named(const std::string& collection, const std::string& name) {
  return name.empty() || name.find('/') != std::string::npos ? name : absl::StrCat(collection, "/", name);
}

}  // namespace trellis::cli
