// Signing in and out.
#include <termios.h>
#include <unistd.h>

#include <iostream>

#include "absl/time/clock.h"
#include "services/cli/command.h"
#include "services/cli/commands/parse.h"
#include "services/cli/enums.h"
#include "services/cli/table.h"
#include "trellis/identity/v1/sessions.grpc.pb.h"

namespace trellis::cli {
namespace {

namespace v1 = identity::v1;

// Reads a line from the terminal without showing it.
std::string AskSecret(const std::string& prompt) {
  std::cerr << prompt << std::flush;
  termios before{};
  const bool terminal = tcgetattr(STDIN_FILENO, &before) == 0;
  if (terminal) {
    termios silent = before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &silent);
  }
  std::string line;
  std::getline(std::cin, line);
  if (terminal) {
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
    std::cerr << "\n";
  }
  return line;
}

absl::Status SignIn(Client& client, const Args& args) {
  v1::SignInRequest request;
  request.set_login(args.Get("login"));
  if (args.Has("password-file")) {
    TRELLIS_ASSIGN_OR_RETURN(*request.mutable_password(), args.File("password-file"));
  } else {
    request.set_password(AskSecret("password: "));
  }
  TRELLIS_ASSIGN_OR_RETURN(v1::SignInResponse response,
                           client.Call(Service::kIdentity, &v1::Sessions::Stub::SignIn, request));
  TRELLIS_RETURN_IF_ERROR(client.SaveSession({.login = request.login(),
                                              .access_token = response.access_token(),
                                              .user = response.user().name(),
                                              .organization = response.organization(),
                                              .expire_seconds = response.expire_time().seconds()}));
  return client.Show(response, [&] {
    std::string roles;
    for (const int role : response.user().roles()) {
      absl::StrAppend(&roles, roles.empty() ? "" : ", ", Text(static_cast<options::v1::Role>(role)));
    }
    std::cout << "    signed in as " << response.user().display_name() << " (" << roles << ") until "
              << FormatTime(response.expire_time()) << " UTC\n";
  });
}

absl::Status SignOut(Client& client, const Args&) {
  TRELLIS_RETURN_IF_ERROR(client.ForgetSession());
  std::cout << "    signed out on this machine\n";
  return absl::OkStatus();
}

absl::Status WhoAmI(Client& client, const Args&) {
  const Session& session = client.session();
  if (session.access_token.empty()) {
    return Error(absl::StatusCode::kUnauthenticated, "NOT_SIGNED_IN", "nobody is signed in");
  }
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
       "sign in; the session lasts five minutes",
       {{"login", "your login", true}, {"password-file", "file with the password, '-' for standard input"}},
       SignIn},
      {"sign-out", "", "forget the session on this machine", {}, SignOut},
      {"whoami", "", "who is signed in", {}, WhoAmI},
  };
}

}  // namespace trellis::cli
