// Signing in and out.
#include <iostream>

#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "services/cli/command.h"
#include "services/cli/commands/parse.h"
#include "services/cli/enums.h"
#include "services/cli/secret.h"
#include "services/cli/table.h"
#include "trellis/identity/v1/sessions.grpc.pb.h"

namespace trellis::cli {
namespace {

namespace v1 = identity::v1;

absl::Status SignIn(Client& client, const Args& args) {
  v1::SignInRequest request;
  request.set_login(args.Get("login"));
  if (args.Has("password-file")) {
    TRELLIS_ASSIGN_OR_RETURN(*request.mutable_password(), args.File("password-file"));
  } else {
    request.set_password(AskSecret("password: "));
  }
  request.set_code(args.Get("code"));
  request.set_device_token(client.DeviceToken(request.login()));
  auto answer = client.Call(Service::kIdentity, &v1::Sessions::Stub::SignIn, request);
  if (ReasonOf(answer.status()) == "CODE_REQUIRED" && request.code().empty() && !args.Has("password-file")) {
    request.set_code(AskSecret("code of your authenticator: "));
    answer = client.Call(Service::kIdentity, &v1::Sessions::Stub::SignIn, request);
  }
  TRELLIS_ASSIGN_OR_RETURN(v1::SignInResponse response, std::move(answer));
  if (!response.device_token().empty()) {
    TRELLIS_RETURN_IF_ERROR(client.SaveDeviceToken(request.login(), response.device_token()));
  }
  TRELLIS_RETURN_IF_ERROR(client.SaveSession({.login = request.login(),
                                              .access_token = response.access_token(),
                                              .user = response.user().name(),
                                              .organization = response.organization(),
                                              .expire_seconds = response.expire_time().seconds(),
                                              .refresh_token = response.refresh_token(),
                                              .name = response.session().name()}));
  return client.Show(response, [&] {
    std::string roles;
    for (const int role : response.user().roles()) {
      absl::StrAppend(&roles, roles.empty() ? "" : ", ", Text(static_cast<options::v1::Role>(role)));
    }
    std::cout << "    signed in as " << response.user().display_name() << " (" << roles << ") until "
              << FormatTime(response.expire_time()) << " UTC\n";
  });
}

// The session ends in the service first: what is left on this machine is worth nothing from then on.
absl::Status SignOut(Client& client, const Args&) {
  if (!client.session().access_token.empty()) {
    v1::SignOutRequest request;
    request.set_session(client.session().name);
    request.set_request_id(client.request_id());
    const auto ended = client.Call(Service::kIdentity, &v1::Sessions::Stub::SignOut, request);
    if (!ended.ok() && !absl::IsUnauthenticated(ended.status())) return ended.status();
  }
  TRELLIS_RETURN_IF_ERROR(client.ForgetSession());
  std::cout << "    signed out\n";
  return absl::OkStatus();
}

absl::Status ListSessions(Client& client, const Args&) {
  TRELLIS_ASSIGN_OR_RETURN(
      const v1::ListSessionsResponse response,
      client.Call(Service::kIdentity, &v1::Sessions::Stub::ListSessions, v1::ListSessionsRequest()));
  return client.Show(response, [&] {
    Table table({"session", "signed in", "last refreshed", "ends", "how", ""});
    for (const v1::Session& session : response.sessions()) {
      table.Add({session.name(), FormatTime(session.create_time()), FormatTime(session.refresh_time()),
                 FormatTime(session.expire_time()), absl::StrJoin(session.methods(), "+"),
                 session.current() ? "this one" : ""});
    }
    std::cout << table.ToString();
  });
}

absl::Status RevokeSessions(Client& client, const Args& args) {
  v1::RevokeSessionsRequest request;
  const std::string& user = args.positional().empty() ? client.session().user : args.positional();
  request.set_user(Named("users", user));
  request.set_keep_current(args.Has("keep-current"));
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const v1::RevokeSessionsResponse response,
                           client.Call(Service::kIdentity, &v1::Sessions::Stub::RevokeSessions, request));
  return client.Show(response, [&] { std::cout << "    " << response.ended_count() << " sessions ended\n"; });
}

absl::Status WhoAmI(Client& client, const Args&) {
  const Session& session = client.session();
  if (session.access_token.empty()) {
    return Error(absl::StatusCode::kUnauthenticated, "NOT_SIGNED_IN", "nobody is signed in");
  }
  client.KeepSignedIn();
  const std::int64_t left = session.expire_seconds - absl::ToUnixSeconds(absl::Now());
  std::cout << "    " << session.login << "\n    " << session.user << " of " << session.organization << "\n    "
            << (left > 0 ? absl::StrCat("signed in for another ", left, " s") : "the session has ended") << "\n";
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> SessionCommands() {
  return {
      {"sign-in",
       "",
       "sign in; the session is kept for up to twelve hours",
       {{"login", "your login", true},
        {"password-file", "file with the password, '-' for standard input"},
        {"code", "the code of your authenticator, where you have a second factor"}},
       SignIn},
      {"sign-out", "", "end the session", {}, SignOut},
      {"session list", "", "your sessions that go on", {}, ListSessions},
      {"session revoke",
       "[USER]",
       "end all your sessions, or, as an administrator, those of a user",
       {{"keep-current", "let the present session go on", false, true}},
       RevokeSessions},
      {"whoami", "", "who is signed in", {}, WhoAmI},
  };
}

}  // namespace trellis::cli
