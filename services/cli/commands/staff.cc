// Organizations, users, and who may see whom.
#include <iostream>

#include "services/cli/command.h"
#include "services/cli/commands/parse.h"
#include "services/cli/enums.h"
#include "services/cli/table.h"
#include "trellis/identity/v1/access_relations.grpc.pb.h"
#include "trellis/identity/v1/organizations.grpc.pb.h"
#include "trellis/identity/v1/users.grpc.pb.h"

namespace trellis::cli {
namespace {

namespace v1 = identity::v1;

absl::Status CreateOrganization(Client& client, const Args& args) {
  v1::CreateOrganizationRequest request;
  request.mutable_organization()->set_display_name(args.Get("name"));
  TRELLIS_ASSIGN_OR_RETURN(const auto kind, ParseEnum<v1::Organization::Kind>("kind", args.Get("kind")));
  request.mutable_organization()->set_kind(kind);
  request.mutable_administrator()->set_login(args.Get("admin-login"));
  request.mutable_administrator()->set_display_name(args.Get("admin-name", args.Get("admin-login")));
  TRELLIS_ASSIGN_OR_RETURN(*request.mutable_administrator_password(), args.File("admin-password-file"));
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kIdentity, &v1::Organizations::Stub::CreateOrganization, request));
  return client.Show(response, [&] {
    std::cout << "    " << response.organization().display_name() << " is " << response.organization().name() << "\n";
  });
}

absl::Status ListOrganizations(Client& client, const Args&) {
  v1::ListOrganizationsRequest request;
  request.set_page_size(500);
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kIdentity, &v1::Organizations::Stub::ListOrganizations, request));
  return client.Show(response, [&] {
    Table table({"name", "kind", "organization"});
    for (const auto& one : response.organizations()) table.Add({one.display_name(), Text(one.kind()), one.name()});
    std::cout << table.ToString();
  });
}

absl::Status UpdateOrganization(Client& client, const Args& args) {
  v1::UpdateOrganizationRequest request;
  request.mutable_organization()->set_name(client.session().organization);
  if (args.Has("name")) {
    request.mutable_organization()->set_display_name(args.Get("name"));
    request.mutable_update_mask()->add_paths("display_name");
  }
  if (args.Has("second-factor")) {
    request.mutable_organization()->set_second_factor_required(args.Get("second-factor") == "required");
    request.mutable_update_mask()->add_paths("second_factor_required");
  }
  if (args.Has("passkeys")) {
    request.mutable_organization()->set_passkey_required_for_administrators(args.Get("passkeys") == "required");
    request.mutable_update_mask()->add_paths("passkey_required_for_administrators");
  }
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kIdentity, &v1::Organizations::Stub::UpdateOrganization, request));
  return client.Show(response, [&] {
    std::cout << "    " << response.organization().display_name() << ", second factor "
              << (response.organization().second_factor_required() ? "required" : "not required") << "\n";
  });
}

absl::Status CreateUser(Client& client, const Args& args) {
  v1::CreateUserRequest request;
  request.mutable_user()->set_login(args.Get("login"));
  request.mutable_user()->set_display_name(args.Get("name"));
  for (const std::string& text : args.All("roles")) {
    TRELLIS_ASSIGN_OR_RETURN(const auto role, ParseEnum<options::v1::Role>("roles", text));
    request.mutable_user()->add_roles(role);
  }
  TRELLIS_RETURN_IF_ERROR(ReadLabels(args, "clearances", request.mutable_user()->mutable_clearances()));
  if (args.Has("password-file")) {
    TRELLIS_ASSIGN_OR_RETURN(*request.mutable_password(), args.File("password-file"));
  }
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response, client.Call(Service::kIdentity, &v1::Users::Stub::CreateUser, request));
  return client.Show(response, [&] {
    std::cout << "    " << response.user().display_name() << " is " << response.user().name() << "\n";
  });
}

absl::Status ListUsers(Client& client, const Args&) {
  v1::ListUsersRequest request;
  request.set_page_size(500);
  TRELLIS_ASSIGN_OR_RETURN(const auto response, client.Call(Service::kIdentity, &v1::Users::Stub::ListUsers, request));
  return client.Show(response, [&] {
    Table table({"name", "login", "roles", "clearances", "user"});
    for (const auto& user : response.users()) {
      std::string roles;
      for (const int role : user.roles()) {
        absl::StrAppend(&roles, roles.empty() ? "" : ", ", Text(static_cast<options::v1::Role>(role)));
      }
      table.Add({user.display_name(), user.login(), roles, LabelText(user.clearances()), user.name()});
    }
    std::cout << table.ToString();
  });
}

absl::Status ClearUser(Client& client, const Args& args) {
  v1::UpdateUserRequest request;
  request.mutable_user()->set_name(Named("users", args.positional()));
  TRELLIS_RETURN_IF_ERROR(ReadLabels(args, "clearances", request.mutable_user()->mutable_clearances()));
  request.mutable_update_mask()->add_paths("clearances");
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response, client.Call(Service::kIdentity, &v1::Users::Stub::UpdateUser, request));
  return client.Show(response, [&] {
    const std::string clearances = LabelText(response.user().clearances());
    std::cout << "    " << response.user().display_name() << " is cleared for "
              << (clearances.empty() ? "nothing that is labelled" : clearances) << "\n";
  });
}

absl::Status GrantRelation(Client& client, const Args& args) {
  v1::GrantRelationRequest request;
  TRELLIS_ASSIGN_OR_RETURN(const auto kind, ParseEnum<v1::RelationKind>("kind", args.Get("kind")));
  request.mutable_relation()->set_kind(kind);
  request.mutable_relation()->set_resource(args.Get("resource"));
  request.mutable_relation()->set_subject(args.Get("subject"));
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kIdentity, &v1::AccessRelations::Stub::GrantRelation, request));
  return client.Show(response, [&] { std::cout << "    granted\n"; });
}

absl::Status RevokeRelation(Client& client, const Args& args) {
  v1::RevokeRelationRequest request;
  TRELLIS_ASSIGN_OR_RETURN(const auto kind, ParseEnum<v1::RelationKind>("kind", args.Get("kind")));
  request.set_kind(kind);
  request.set_resource(args.Get("resource"));
  request.set_subject(args.Get("subject"));
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kIdentity, &v1::AccessRelations::Stub::RevokeRelation, request));
  return client.Show(response, [&] { std::cout << "    revoked\n"; });
}

const std::vector<Flag>& RelationFlags() {
  static const auto* const flags = new std::vector<Flag>{{"kind", "care-team, member or lead", true},
                                                         {"resource", "persons/... or populations/...", true},
                                                         {"subject", "users/... or populations/...", true}};
  return *flags;
}

}  // namespace

std::vector<Command> StaffCommands() {
  return {
      {"organization create",
       "",
       "create an organization with its first administrator",
       {{"name", "what people call it", true},
        {"kind", "school, prison, hospital, charity, provider, ...", true},
        {"admin-login", "login of its first administrator", true},
        {"admin-name", "that administrator's name"},
        {"admin-password-file", "file with the administrator's password", true}},
       CreateOrganization},
      {"organization list", "", "all organizations of the installation", {}, ListOrganizations},
      {"organization update",
       "",
       "change your organization",
       {{"name", "what people call it"},
        {"second-factor", "'required' or 'optional', for everybody's sign-in"},
        {"passkeys", "'required' or 'optional', for administrators and privacy officers"}},
       UpdateOrganization},
      {"user create",
       "",
       "create a member of staff",
       {{"login", "an e-mail address", true},
        {"name", "what people call them", true},
        {"roles", "coordinator, clinician, provider-staff, ... separated by commas", true},
        {"clearances", "substance-use, hiv, ... separated by commas: labels of records that they may read"},
        {"password-file", "file with the first password; a service account has none"}},
       CreateUser},
      {"user clear",
       "USER",
       "set the labels of records that somebody may read; their sessions end",
       {{"clearances", "substance-use, hiv, ... separated by commas; left out: none"}},
       ClearUser},
      {"user list", "", "the staff of your organization", {}, ListUsers},
      {"relation grant", "", "let somebody see a person or a population", RelationFlags(), GrantRelation},
      {"relation revoke", "", "take that back", RelationFlags(), RevokeRelation},
  };
}

}  // namespace trellis::cli
