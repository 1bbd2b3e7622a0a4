#include "services/identity/api/service.h"

#include <algorithm>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/access/key_set.h"
#include "common/base/status_macros.h"
#include "common/config/loader.h"
#include "common/rpc/router.h"
#include "common/runtime/runtime.h"
#include "services/identity/api/access_relations_api.h"
#include "services/identity/api/bootstrap.h"
#include "services/identity/api/consents_api.h"
#include "services/identity/api/emergency_accesses_api.h"
#include "services/identity/api/keys_api.h"
#include "services/identity/api/organizations_api.h"
#include "services/identity/api/passkeys_api.h"
#include "services/identity/api/passwords.h"
#include "services/identity/api/passwords_api.h"
#include "services/identity/api/person_disclosure_api.h"
#include "services/identity/api/person_erasure_api.h"
#include "services/identity/api/person_merge_api.h"
#include "services/identity/api/person_search_api.h"
#include "services/identity/api/persons_api.h"
#include "services/identity/api/release_login.h"
#include "services/identity/api/remove_passkeys.h"
#include "services/identity/api/second_factors_api.h"
#include "services/identity/api/service_keys_api.h"
#include "services/identity/api/session_tokens.h"
#include "services/identity/api/sessions_api.h"
#include "services/identity/api/sign_in_api.h"
#include "services/identity/api/sign_in_gate.h"
#include "services/identity/api/token_keys.h"
#include "services/identity/api/users_api.h"

namespace trellis::identity {

namespace migrations {
const std::vector<EmbeddedFile>& Files();
}

namespace {

constexpr absl::Duration kLongestKeyLife = absl::Hours(24 * 90);

struct Settings {
  int password_memory_kib = 65536;
  int password_passes = 3;
  std::string login;
  std::string bootstrap_password;
  std::string denied_passwords;
  absl::Duration signing_key_life;
  bool at_once = false;
  webauthn::RelyingParty passkeys_for;
  Passwords* passwords = nullptr;  // made in Build, live as long as the runtime
  TokenKeys* keys = nullptr;
};

void DeclareFlags(config::Loader& flags, Settings& settings) {
  // The lower bounds are the least that is still considered safe (OWASP).
  flags.Int("password-memory-kib", &settings.password_memory_kib, 65536, 19456, 1048576,
            "memory for hashing one password, in KiB");
  flags.Int("password-passes", &settings.password_passes, 3, 2, 20, "passes over that memory");
  flags.String("denied-passwords", &settings.denied_passwords, "",
               "file with passwords that nobody may choose, one a line, besides the common ones that are built in");
  flags.Duration("signing-key-life", &settings.signing_key_life, absl::Hours(24 * 30),
                 "how long a key signs access tokens before the next one follows, 90 days at most");
  flags.String("passkey-rp-id", &settings.passkeys_for.id, "",
               "the domain that passkeys are made for; without it there are none");
  flags.List("passkey-origins", &settings.passkeys_for.origins, "",
             "where pages that show passkeys come from, within that domain: https://app.example.org");
}

// The operator's own list of passwords that nobody may choose.
absl::StatusOr<std::string> DeniedPasswords(const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream file(path);
  std::ostringstream content;
  content << file.rdbuf();
  if (!file) return absl::InvalidArgumentError(absl::StrCat("--denied-passwords: ", path, " cannot be read"));
  return content.str();
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

void RouteAdministration(rpc::Router& router, OrganizationsApi* organizations, UsersApi* users,
                         PasswordsApi* passwords) {
  router.Unary("trellis.identity.v1.Organizations.CreateOrganization", organizations,
               &OrganizationsApi::CreateOrganization);
  router.Unary("trellis.identity.v1.Organizations.GetOrganization", organizations, &OrganizationsApi::GetOrganization);
  router.Unary("trellis.identity.v1.Organizations.ListOrganizations", organizations,
               &OrganizationsApi::ListOrganizations);
  router.Unary("trellis.identity.v1.Organizations.UpdateOrganization", organizations,
               &OrganizationsApi::UpdateOrganization);
  router.Unary("trellis.identity.v1.Users.CreateUser", users, &UsersApi::CreateUser);
  router.Unary("trellis.identity.v1.Users.GetUser", users, &UsersApi::GetUser);
  router.Unary("trellis.identity.v1.Users.ListUsers", users, &UsersApi::ListUsers);
  router.Unary("trellis.identity.v1.Users.UpdateUser", users, &UsersApi::UpdateUser);
  router.Unary("trellis.identity.v1.Users.ChangePassword", passwords, &PasswordsApi::ChangePassword);
  router.Unary("trellis.identity.v1.Users.SetPassword", passwords, &PasswordsApi::SetPassword);
}

void RoutePersons(rpc::Router& router, PersonsApi* persons, PersonSearchApi* search, PersonErasureApi* erasure,
                  PersonMergeApi* merge, PersonDisclosureApi* disclosure) {
  router.Unary("trellis.identity.v1.Persons.RegisterPerson", persons, &PersonsApi::RegisterPerson);
  router.Unary("trellis.identity.v1.Persons.GetPerson", persons, &PersonsApi::GetPerson);
  router.Unary("trellis.identity.v1.Persons.BatchGetPersons", persons, &PersonsApi::BatchGetPersons);
  router.Unary("trellis.identity.v1.Persons.UpdatePerson", persons, &PersonsApi::UpdatePerson);
  router.Unary("trellis.identity.v1.Persons.ErasePerson", erasure, &PersonErasureApi::ErasePerson);
  router.Unary("trellis.identity.v1.Persons.SearchPersons", search, &PersonSearchApi::SearchPersons);
  router.Unary("trellis.identity.v1.Persons.FindDuplicates", merge, &PersonMergeApi::FindDuplicates);
  router.Unary("trellis.identity.v1.Persons.MergePersons", merge, &PersonMergeApi::MergePersons);
  router.Unary("trellis.identity.v1.Persons.UnmergePersons", merge, &PersonMergeApi::UnmergePersons);
  router.Unary("trellis.identity.v1.Persons.DisclosePerson", disclosure, &PersonDisclosureApi::DisclosePerson);
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

void RouteEmergencies(rpc::Router& router, EmergencyAccessesApi* emergencies) {
  router.Unary("trellis.identity.v1.EmergencyAccesses.RequestEmergencyAccess", emergencies,
               &EmergencyAccessesApi::RequestEmergencyAccess);
  router.Unary("trellis.identity.v1.EmergencyAccesses.EndEmergencyAccess", emergencies,
               &EmergencyAccessesApi::EndEmergencyAccess);
  router.Unary("trellis.identity.v1.EmergencyAccesses.GetEmergencyAccess", emergencies,
               &EmergencyAccessesApi::GetEmergencyAccess);
  router.Unary("trellis.identity.v1.EmergencyAccesses.ListEmergencyAccesses", emergencies,
               &EmergencyAccessesApi::ListEmergencyAccesses);
  router.Unary("trellis.identity.v1.EmergencyAccesses.ReviewEmergencyAccess", emergencies,
               &EmergencyAccessesApi::ReviewEmergencyAccess);
}

void RouteSessions(rpc::Router& router, SignInApi* sign_in, SessionsApi* sessions) {
  router.Unary("trellis.identity.v1.Sessions.SignIn", sign_in, &SignInApi::SignIn);
  router.Unary("trellis.identity.v1.Sessions.SignInService", sign_in, &SignInApi::SignInService);
  router.Unary("trellis.identity.v1.Sessions.StepUp", sessions, &SessionsApi::StepUp);
  router.Unary("trellis.identity.v1.Sessions.RefreshSession", sessions, &SessionsApi::RefreshSession);
  router.Unary("trellis.identity.v1.Sessions.SignOut", sessions, &SessionsApi::SignOut);
  router.Unary("trellis.identity.v1.Sessions.CheckSession", sessions, &SessionsApi::CheckSession);
  router.Unary("trellis.identity.v1.Sessions.ListSessions", sessions, &SessionsApi::ListSessions);
  router.Unary("trellis.identity.v1.Sessions.RevokeSessions", sessions, &SessionsApi::RevokeSessions);
}

void RouteCredentials(rpc::Router& router, SecondFactorsApi* factors, ServiceKeysApi* keys) {
  router.Unary("trellis.identity.v1.SecondFactors.GetSecondFactor", factors, &SecondFactorsApi::GetSecondFactor);
  router.Unary("trellis.identity.v1.SecondFactors.BeginSecondFactor", factors, &SecondFactorsApi::BeginSecondFactor);
  router.Unary("trellis.identity.v1.SecondFactors.ConfirmSecondFactor", factors,
               &SecondFactorsApi::ConfirmSecondFactor);
  router.Unary("trellis.identity.v1.SecondFactors.RemoveSecondFactor", factors, &SecondFactorsApi::RemoveSecondFactor);
  router.Unary("trellis.identity.v1.ServiceKeys.CreateServiceKey", keys, &ServiceKeysApi::CreateServiceKey);
  router.Unary("trellis.identity.v1.ServiceKeys.ListServiceKeys", keys, &ServiceKeysApi::ListServiceKeys);
  router.Unary("trellis.identity.v1.ServiceKeys.RevokeServiceKey", keys, &ServiceKeysApi::RevokeServiceKey);
}

void RoutePasskeys(rpc::Router& router, PasskeysApi* passkeys) {
  router.Unary("trellis.identity.v1.Passkeys.BeginPasskeyRegistration", passkeys,
               &PasskeysApi::BeginPasskeyRegistration);
  router.Unary("trellis.identity.v1.Passkeys.FinishPasskeyRegistration", passkeys,
               &PasskeysApi::FinishPasskeyRegistration);
  router.Unary("trellis.identity.v1.Passkeys.BeginPasskeyChallenge", passkeys, &PasskeysApi::BeginPasskeyChallenge);
  router.Unary("trellis.identity.v1.Passkeys.ListPasskeys", passkeys, &PasskeysApi::ListPasskeys);
  router.Unary("trellis.identity.v1.Passkeys.RemovePasskey", passkeys, &PasskeysApi::RemovePasskey);
}

absl::StatusOr<std::vector<access::VerificationKey>> OwnKeys(TokenKeys& keys) {
  TRELLIS_ASSIGN_OR_RETURN(const auto published, keys.Published(absl::Now() + absl::Seconds(5)));
  std::vector<access::VerificationKey> out;
  for (const PublishedKey& key : published) out.push_back({key.key_id, key.public_key});
  return out;
}

void KeepUp(runtime::Runtime& runtime, TokenKeys* keys, SignInGate* gate, SessionsApi* sessions,
            PersonErasureApi* erasure) {
  runtime.Every("identity.erase_again", absl::Minutes(10),
                [erasure](absl::Time deadline) { return erasure->EraseAgain(deadline); });
  runtime.Every("identity.forget_attempts", absl::Minutes(1),
                [gate](absl::Time deadline) { return gate->ForgetOld(deadline); });
  runtime.Every("identity.forget_sessions", absl::Minutes(1),
                [sessions](absl::Time deadline) { return sessions->ForgetOldSessions(deadline); });
  runtime.Every("identity.rotate_keys", absl::Minutes(10),
                [keys](absl::Time deadline) { return keys->RotateIfDue(deadline); });
}

absl::Status Build(runtime::Runtime& runtime, Settings& settings) {
  TRELLIS_ASSIGN_OR_RETURN(std::string denied, DeniedPasswords(settings.denied_passwords));
  TRELLIS_RETURN_IF_ERROR(webauthn::CheckRelyingParty(settings.passkeys_for));
  const webauthn::RelyingParty& party = *runtime.Make<webauthn::RelyingParty>(settings.passkeys_for);
  settings.passwords = runtime.Make<Passwords>(HasherOptions(settings), runtime.random(), std::move(denied));
  settings.keys = runtime.Make<TokenKeys>(runtime, std::min(settings.signing_key_life, kLongestKeyLife));
  Passwords& passwords = *settings.passwords;
  TokenKeys* const keys = settings.keys;
  auto* gate = runtime.Make<SignInGate>(runtime);
  auto* tokens = runtime.Make<SessionTokens>(runtime, *keys);
  auto* sessions = runtime.Make<SessionsApi>(runtime, *tokens, *gate, party);
  auto* key_set = runtime.Make<KeysApi>(*keys);
  rpc::Router& router = runtime.router();
  RouteAdministration(router, runtime.Make<OrganizationsApi>(runtime, passwords, party),
                      runtime.Make<UsersApi>(runtime, passwords),
                      runtime.Make<PasswordsApi>(runtime, passwords, *gate));
  auto* erasure = runtime.Make<PersonErasureApi>(runtime);
  RoutePersons(router, runtime.Make<PersonsApi>(runtime), runtime.Make<PersonSearchApi>(runtime), erasure,
               runtime.Make<PersonMergeApi>(runtime), runtime.Make<PersonDisclosureApi>(runtime));
  RouteAccess(router, runtime.Make<AccessRelationsApi>(runtime), runtime.Make<ConsentsApi>(runtime));
  RouteEmergencies(router, runtime.Make<EmergencyAccessesApi>(runtime));
  RouteSessions(router, runtime.Make<SignInApi>(runtime, passwords, *tokens, *gate), sessions);
  RouteCredentials(router, runtime.Make<SecondFactorsApi>(runtime, passwords, *gate),
                   runtime.Make<ServiceKeysApi>(runtime));
  RoutePasskeys(router, runtime.Make<PasskeysApi>(runtime, passwords, *gate, party));
  router.Unary("trellis.identity.v1.Keys.GetKeySet", key_set, &KeysApi::GetKeySet);

  runtime.UseKeys([keys] { return OwnKeys(*keys); });
  KeepUp(runtime, keys, gate, sessions, erasure);
  return absl::OkStatus();
}

runtime::Command BootstrapCommand(const std::shared_ptr<Settings>& settings) {
  runtime::Command bootstrap;
  bootstrap.name = "bootstrap";
  bootstrap.help = "create the first platform administrator";
  bootstrap.flags = [settings](config::Loader& flags) {
    flags.RequiredString("login", &settings->login, "the administrator's login name, like an e-mail address");
    flags.RequiredSecret("password", &settings->bootstrap_password,
                         "the administrator's password, 15 characters or more");
  };
  bootstrap.run = [settings](runtime::Runtime& runtime) {
    return Bootstrap(runtime, *settings->passwords, settings->login, settings->bootstrap_password);
  };
  return bootstrap;
}

runtime::Command ReleaseLoginCommand(const std::shared_ptr<Settings>& settings) {
  runtime::Command release;
  release.name = "release-login";
  release.help = "forget what others tried with a login name, so that its owner is let in again";
  release.flags = [settings](config::Loader& flags) {
    flags.RequiredString("login", &settings->login, "the login name that is kept out");
  };
  release.run = [settings](runtime::Runtime& runtime) { return ReleaseLogin(runtime, settings->login); };
  return release;
}

runtime::Command RemovePasskeysCommand(const std::shared_ptr<Settings>& settings) {
  runtime::Command remove;
  remove.name = "remove-passkeys";
  remove.help = "remove the passkeys of a user who has lost them, where no colleague can";
  remove.flags = [settings](config::Loader& flags) {
    flags.RequiredString("login", &settings->login, "the user's login name");
  };
  remove.run = [settings](runtime::Runtime& runtime) { return RemovePasskeys(runtime, settings->login); };
  return remove;
}

runtime::Command RotateKeyCommand(const std::shared_ptr<Settings>& settings) {
  runtime::Command rotate;
  rotate.name = "rotate-signing-key";
  rotate.help = "make the next key for access tokens, beside running services";
  rotate.flags = [settings](config::Loader& flags) {
    flags.Bool("at-once", &settings->at_once, false,
               "for a key that was stolen: the next one signs now, and within a minute every token signed before is "
               "refused");
  };
  rotate.run = [settings](runtime::Runtime&) {
    return settings->keys->Rotate(settings->at_once, absl::Now() + absl::Seconds(10));
  };
  return rotate;
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

  service.commands = {BootstrapCommand(settings), ReleaseLoginCommand(settings), RemovePasskeysCommand(settings),
                      RotateKeyCommand(settings)};
  return service;
}

}  // namespace trellis::identity
