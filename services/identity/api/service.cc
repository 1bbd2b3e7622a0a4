#include "services/identity/api/service.h"

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "common/access/key_set.h"
#include "common/base/status_macros.h"
#include "common/config/loader.h"
#include "common/rpc/router.h"
#include "common/runtime/runtime.h"
#include "services/identity/api/access_relations_api.h"
#include "services/identity/api/bootstrap.h"
#include "services/identity/api/consents_api.h"
#include "services/identity/api/keys_api.h"
#include "services/identity/api/organizations_api.h"
#include "services/identity/api/password_hasher.h"
#include "services/identity/api/person_erasure_api.h"
#include "services/identity/api/person_search_api.h"
#include "services/identity/api/persons_api.h"
#include "services/identity/api/session_tokens.h"
#include "services/identity/api/sessions_api.h"
#include "services/identity/api/token_keys.h"
#include "services/identity/api/users_api.h"

namespace trellis::identity {

namespace migrations {
const std::vector<EmbeddedFile>& Files();
}

namespace {

struct Settings {
  int password_memory_kib = 65536;
  int password_passes = 3;
  std::string bootstrap_login;
  std::string bootstrap_password;
  PasswordHasher* hasher = nullptr;  // made in Build, lives as long as the runtime
};

void DeclareFlags(config::Loader& flags, Settings& settings) {
  // The lower bounds are the least that is still considered safe (OWASP).
  flags.Int("password-memory-kib", &settings.password_memory_kib, 65536, 19456, 1048576,
            "memory for hashing one password, in KiB");
  flags.Int("password-passes", &settings.password_passes, 3, 2, 20, "passes over that memory");
}

PasswordHasher::Options HasherOptions(const Settings& settings) {
  PasswordHasher::Options options;
  options.hashing.memory_kib = static_cast<std::uint32_t>(settings.password_memory_kib);
  options.hashing.passes = static_cast<std::uint32_t>(settings.password_passes);
  // Half of the workers that serve waiting calls, at most: the feed's readers need the others.
  options.at_once = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 4U));
  options.waiting = 4;
  return options;
}

void RouteAdministration(rpc::Router& router, OrganizationsApi* organizations, UsersApi* users) {
  router.Unary("trellis.identity.v1.Organizations.CreateOrganization", organizations,
               &OrganizationsApi::CreateOrganization);
  router.Unary("trellis.identity.v1.Organizations.GetOrganization", organizations, &OrganizationsApi::GetOrganization);
  router.Unary("trellis.identity.v1.Organizations.ListOrganizations", organizations,
               &OrganizationsApi::ListOrganizations);
  router.Unary("trellis.identity.v1.Users.CreateUser", users, &UsersApi::CreateUser);
  router.Unary("trellis.identity.v1.Users.GetUser", users, &UsersApi::GetUser);
  router.Unary("trellis.identity.v1.Users.ListUsers", users, &UsersApi::ListUsers);
  router.Unary("trellis.identity.v1.Users.UpdateUser", users, &UsersApi::UpdateUser);
}

void RoutePersons(rpc::Router& router, PersonsApi* persons, PersonSearchApi* search, PersonErasureApi* erasure) {
  router.Unary("trellis.identity.v1.Persons.RegisterPerson", persons, &PersonsApi::RegisterPerson);
  router.Unary("trellis.identity.v1.Persons.GetPerson", persons, &PersonsApi::GetPerson);
  router.Unary("trellis.identity.v1.Persons.BatchGetPersons", persons, &PersonsApi::BatchGetPersons);
  router.Unary("trellis.identity.v1.Persons.UpdatePerson", persons, &PersonsApi::UpdatePerson);
  router.Unary("trellis.identity.v1.Persons.ErasePerson", erasure, &PersonErasureApi::ErasePerson);
  router.Unary("trellis.identity.v1.Persons.SearchPersons", search, &PersonSearchApi::SearchPersons);
}

void RouteAccess(rpc::Router& router, AccessRelationsApi* relations, ConsentsApi* consents) {
  router.Unary("trellis.identity.v1.AccessRelations.GrantRelation", relations, &AccessRelationsApi::GrantRelation);
  router.Unary("trellis.identity.v1.AccessRelations.RevokeRelation", relations, &AccessRelationsApi::RevokeRelation);
  router.Unary("trellis.identity.v1.AccessRelations.ListRelations", relations, &AccessRelationsApi::ListRelations);
  router.Unary("trellis.identity.v1.AccessRelations.CheckAccess", relations, &AccessRelationsApi::CheckAccess);
  router.Unary("trellis.identity.v1.Consents.RecordConsent", consents, &ConsentsApi::RecordConsent);
  router.Unary("trellis.identity.v1.Consents.GetConsent", consents, &ConsentsApi::GetConsent);
  router.Unary("trellis.identity.v1.Consents.ListConsents", consents, &ConsentsApi::ListConsents);
  router.Unary("trellis.identity.v1.Consents.RevokeConsent", consents, &ConsentsApi::RevokeConsent);
  router.Unary("trellis.identity.v1.Consents.CheckConsent", consents, &ConsentsApi::CheckConsent);
}

void RouteSessions(rpc::Router& router, SessionsApi* sessions) {
  router.Unary("trellis.identity.v1.Sessions.SignIn", sessions, &SessionsApi::SignIn);
  router.Unary("trellis.identity.v1.Sessions.RefreshSession", sessions, &SessionsApi::RefreshSession);
  router.Unary("trellis.identity.v1.Sessions.SignOut", sessions, &SessionsApi::SignOut);
  router.Unary("trellis.identity.v1.Sessions.CheckSession", sessions, &SessionsApi::CheckSession);
  router.Unary("trellis.identity.v1.Sessions.ListSessions", sessions, &SessionsApi::ListSessions);
  router.Unary("trellis.identity.v1.Sessions.RevokeSessions", sessions, &SessionsApi::RevokeSessions);
}

absl::StatusOr<std::vector<access::VerificationKey>> OwnKeys(TokenKeys& keys) {
  TRELLIS_ASSIGN_OR_RETURN(const auto published, keys.Published(absl::Now() + absl::Seconds(5)));
  std::vector<access::VerificationKey> out;
  for (const PublishedKey& key : published) out.push_back({key.key_id, key.public_key});
  return out;
}

absl::Status Build(runtime::Runtime& runtime, Settings& settings) {
  settings.hasher = runtime.Make<PasswordHasher>(HasherOptions(settings), runtime.random());
  auto* keys = runtime.Make<TokenKeys>(runtime);
  auto* tokens = runtime.Make<SessionTokens>(runtime, *keys);
  auto* sessions = runtime.Make<SessionsApi>(runtime, *settings.hasher, *tokens);
  auto* key_set = runtime.Make<KeysApi>(*keys);
  rpc::Router& router = runtime.router();
  RouteAdministration(router, runtime.Make<OrganizationsApi>(runtime, *settings.hasher),
                      runtime.Make<UsersApi>(runtime, *settings.hasher));
  auto* erasure = runtime.Make<PersonErasureApi>(runtime);
  RoutePersons(router, runtime.Make<PersonsApi>(runtime), runtime.Make<PersonSearchApi>(runtime), erasure);
  RouteAccess(router, runtime.Make<AccessRelationsApi>(runtime), runtime.Make<ConsentsApi>(runtime));
  RouteSessions(router, sessions);
  router.Unary("trellis.identity.v1.Keys.GetKeySet", key_set, &KeysApi::GetKeySet);

  runtime.UseKeys([keys] { return OwnKeys(*keys); });
  runtime.Every("identity.erase_again", absl::Minutes(10),
                [erasure](absl::Time deadline) { return erasure->EraseAgain(deadline); });
  runtime.Every("identity.forget_attempts", absl::Minutes(10),
                [sessions](absl::Time deadline) { return sessions->ForgetOldAttempts(deadline); });
  runtime.Every("identity.forget_sessions", absl::Minutes(10),
                [sessions](absl::Time deadline) { return sessions->ForgetOldSessions(deadline); });
  return absl::OkStatus();
}

}  // namespace

runtime::Service Describe() {
  auto settings = std::make_shared<Settings>();
  runtime::Service service;
  service.name = "identity";
  service.migrations = &migrations::Files;
  service.port = 7101;
  service.followers = {"directory", "assessment", "referral", "caseload"};
  service.flags = [settings](config::Loader& flags) { DeclareFlags(flags, *settings); };
  service.build = [settings](runtime::Runtime& runtime) { return Build(runtime, *settings); };

  runtime::Command bootstrap;
  bootstrap.name = "bootstrap";
  bootstrap.help = "create the first platform administrator";
  bootstrap.flags = [settings](config::Loader& flags) {
    flags.RequiredString("login", &settings->bootstrap_login, "the administrator's login name, like an e-mail address");
    flags.RequiredSecret("password", &settings->bootstrap_password,
                         "the administrator's password, 15 characters or more");
  };
  bootstrap.run = [settings](runtime::Runtime& runtime) {
    return Bootstrap(runtime, *settings->hasher, settings->bootstrap_login, settings->bootstrap_password);
  };
  service.commands = {bootstrap};
  return service;
}

}  // namespace trellis::identity
