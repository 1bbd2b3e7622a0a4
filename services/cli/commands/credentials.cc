// Passwords, second factors, keys of service accounts.
#include <iostream>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "common/rpc/timestamps.h"
#include "services/cli/command.h"
#include "services/cli/commands/parse.h"
#include "services/cli/secret.h"
#include "services/cli/table.h"
#include "trellis/identity/v1/passkeys.grpc.pb.h"
#include "trellis/identity/v1/second_factors.grpc.pb.h"
#include "trellis/identity/v1/service_keys.grpc.pb.h"
#include "trellis/identity/v1/sessions.grpc.pb.h"
#include "trellis/identity/v1/users.grpc.pb.h"

namespace trellis::cli {
namespace {

namespace v1 = identity::v1;

absl::StatusOr<std::string> Secret(const Args& args, const std::string& flag, const std::string& prompt) {
  if (args.Has(flag)) return args.File(flag);
  return AskSecret(prompt);
}

absl::Status ChangePassword(Client& client, const Args& args) {
  v1::ChangePasswordRequest request;
  TRELLIS_ASSIGN_OR_RETURN(*request.mutable_current_password(), Secret(args, "password-file", "present password: "));
  TRELLIS_ASSIGN_OR_RETURN(*request.mutable_new_password(), Secret(args, "new-password-file", "new password: "));
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kIdentity, &v1::Users::Stub::ChangePassword, request));
  return client.Show(response,
                     [&] { std::cout << "    changed; " << response.ended_count() << " other sessions ended\n"; });
}

absl::Status SetPassword(Client& client, const Args& args) {
  v1::SetPasswordRequest request;
  request.set_user(Named("users", args.positional()));
  TRELLIS_ASSIGN_OR_RETURN(*request.mutable_new_password(), Secret(args, "new-password-file", "new password: "));
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kIdentity, &v1::Users::Stub::SetPassword, request));
  return client.Show(response, [&] { std::cout << "    set; " << response.ended_count() << " sessions ended\n"; });
}

absl::Status ShowFactor(Client& client, const Args&) {
  TRELLIS_ASSIGN_OR_RETURN(
      const auto response,
      client.Call(Service::kIdentity, &v1::SecondFactors::Stub::GetSecondFactor, v1::GetSecondFactorRequest()));
  return client.Show(response, [&] {
    std::cout << "    " << (response.active() ? "set up since " + FormatTime(response.confirm_time()) : "none")
              << (response.required() && !response.active() ? "; your organization wants one" : "") << "\n";
  });
}

absl::Status BeginFactor(Client& client, const Args& args) {
  v1::BeginSecondFactorRequest request;
  TRELLIS_ASSIGN_OR_RETURN(*request.mutable_password(), Secret(args, "password-file", "password: "));
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kIdentity, &v1::SecondFactors::Stub::BeginSecondFactor, request));
  return client.Show(response, [&] {
    std::cout << "    type into your authenticator: " << response.secret() << "\n    or as a link: " << response.uri()
              << "\n    then: trellis second-factor confirm CODE (within ten minutes)\n";
  });
}

absl::Status ConfirmFactor(Client& client, const Args& args) {
  v1::ConfirmSecondFactorRequest request;
  request.set_code(args.positional());
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kIdentity, &v1::SecondFactors::Stub::ConfirmSecondFactor, request));
  TRELLIS_RETURN_IF_ERROR(client.Refresh());  // the next access token says that a code was shown
  return client.Show(response,
                     [&] { std::cout << "    in force; " << response.ended_count() << " other sessions ended\n"; });
}

absl::Status RemoveFactor(Client& client, const Args& args) {
  v1::RemoveSecondFactorRequest request;
  request.set_user(Named("users", args.positional().empty() ? client.session().user : args.positional()));
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kIdentity, &v1::SecondFactors::Stub::RemoveSecondFactor, request));
  return client.Show(response, [&] { std::cout << "    removed; " << response.ended_count() << " sessions ended\n"; });
}

absl::Status StepUp(Client& client, const Args& args) {
  v1::StepUpRequest request;
  request.set_code(args.positional());
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response, client.Call(Service::kIdentity, &v1::Sessions::Stub::StepUp, request));
  Session session = client.session();
  session.access_token = response.access_token();
  session.expire_seconds = response.expire_time().seconds();
  TRELLIS_RETURN_IF_ERROR(client.SaveSession(session));
  return client.Show(response, [&] {
    std::cout << "    good for five minutes, from " << FormatTime(response.session().auth_time()) << " UTC\n";
  });
}

absl::Status ListPasskeys(Client& client, const Args& args) {
  v1::ListPasskeysRequest request;
  request.set_user(Named("users", args.positional().empty() ? client.session().user : args.positional()));
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kIdentity, &v1::Passkeys::Stub::ListPasskeys, request));
  return client.Show(response, [&] {
    Table table({"called", "made", "last used", "looks copied", "passkey"});
    for (const v1::Passkey& passkey : response.passkeys()) {
      table.Add({passkey.display_name(), FormatTime(passkey.create_time()),
                 passkey.has_use_time() ? FormatTime(passkey.use_time()) : "never",
                 passkey.has_suspect_time() ? FormatTime(passkey.suspect_time()) : "no", passkey.name()});
    }
    std::cout << table.ToString();
  });
}

absl::Status RemovePasskey(Client& client, const Args& args) {
  v1::RemovePasskeyRequest request;
  request.set_name(Named("passkeys", args.positional()));
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kIdentity, &v1::Passkeys::Stub::RemovePasskey, request));
  return client.Show(response, [&] { std::cout << "    removed; " << response.ended_count() << " sessions ended\n"; });
}

absl::Status CreateKey(Client& client, const Args& args) {
  v1::CreateServiceKeyRequest request;
  request.mutable_service_key()->set_user(Named("users", args.positional()));
  request.mutable_service_key()->set_display_name(args.Get("name"));
  TRELLIS_ASSIGN_OR_RETURN(const auto days, args.Int("days"));
  *request.mutable_service_key()->mutable_expire_time() =
      rpc::ToTimestamp(absl::Now() + absl::Hours(24) * days.value_or(90));
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kIdentity, &v1::ServiceKeys::Stub::CreateServiceKey, request));
  return client.Show(response, [&] {
    std::cout << "    " << response.service_key().name() << ", good until "
              << FormatTime(response.service_key().expire_time()) << " UTC\n    told only once: " << response.key()
              << "\n";
  });
}

absl::Status ListKeys(Client& client, const Args& args) {
  v1::ListServiceKeysRequest request;
  request.set_user(Named("users", args.positional()));
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kIdentity, &v1::ServiceKeys::Stub::ListServiceKeys, request));
  return client.Show(response, [&] {
    Table table({"for", "made", "good until", "last used", "key"});
    for (const v1::ServiceKey& key : response.service_keys()) {
      table.Add({key.display_name(), FormatTime(key.create_time()), FormatTime(key.expire_time()),
                 key.has_use_time() ? FormatTime(key.use_time()) : "never", key.name()});
    }
    std::cout << table.ToString();
  });
}

absl::Status RevokeKey(Client& client, const Args& args) {
  v1::RevokeServiceKeyRequest request;
  request.set_name(Named("serviceKeys", args.positional()));
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kIdentity, &v1::ServiceKeys::Stub::RevokeServiceKey, request));
  return client.Show(response, [&] { std::cout << "    revoked; " << response.ended_count() << " sessions ended\n"; });
}

const Flag kPasswordFile{"password-file", "file with your password, '-' for standard input"};
const Flag kNewPasswordFile{"new-password-file", "file with the new password"};

}  // namespace

std::vector<Command> CredentialCommands() {
  return {
      {"password change", "", "change your own password", {kPasswordFile, kNewPasswordFile}, ChangePassword},
      {"password set", "USER", "as an administrator, give somebody a new password", {kNewPasswordFile}, SetPassword},
      {"second-factor show", "", "whether you have a second factor", {}, ShowFactor},
      {"second-factor begin", "", "set up an authenticator app", {kPasswordFile}, BeginFactor},
      {"second-factor confirm", "CODE", "put it into force, with the code that it shows", {}, ConfirmFactor},
      {"second-factor remove",
       "[USER]",
       "remove your own (step up first), or, as an administrator, that of a user who lost their device",
       {},
       RemoveFactor},
      {"passkey list", "[USER]", "your own passkeys, or, as an administrator, those of a user", {}, ListPasskeys},
      {"passkey remove",
       "PASSKEY",
       "remove your own (step up first), or, as an administrator, that of a user who lost it",
       {},
       RemovePasskey},
      {"step-up", "CODE", "show the second factor once more, for what wants it fresh", {}, StepUp},
      {"service-key create",
       "USER",
       "make a key for a service account",
       {{"name", "what the key is for"}, {"days", "how long it is good, 90 days unless said otherwise"}},
       CreateKey},
      {"service-key list", "USER", "the keys of a service account that are good", {}, ListKeys},
      {"service-key revoke", "KEY", "revoke a key and end the account's sessions", {}, RevokeKey},
  };
}

}  // namespace trellis::cli
