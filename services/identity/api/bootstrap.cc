#include "services/identity/api/bootstrap.h"

#include <optional>

#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"
#include "common/log/log.h"
#include "common/rpc/resource_name.h"
#include "services/identity/api/accounts.h"
#include "services/identity/api/convert.h"
#include "services/identity/domain/text_forms.h"
#include "services/identity/storage/organizations.h"
#include "trellis/identity/v1/identity_events.pb.h"

namespace trellis::identity {
namespace {

constexpr absl::Duration kTime = absl::Seconds(30);

absl::StatusOr<std::optional<storage::Credentials>> Find(runtime::Runtime& runtime, const std::string& login) {
  std::optional<storage::Credentials> found;
  TRELLIS_RETURN_IF_ERROR(runtime.pool().Read(absl::Now() + kTime, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(found, storage::FindCredentials(session, login));
    return absl::OkStatus();
  }));
  return found;
}

absl::Status CheckExisting(const storage::UserRow& user) {
  const bool administrator =
      user.organization == OperatorOrganization() && user.roles.contains(Role::kPlatformAdministrator);
  if (administrator) {
    log::Info("the platform administrator is there already");
    return absl::OkStatus();
  }
  return Error(absl::StatusCode::kFailedPrecondition, "LOGIN_TAKEN",
               "The login name belongs to somebody who is no platform administrator.");
}

absl::Status MakeOperator(runtime::WriteUnit& unit) {
  TRELLIS_ASSIGN_OR_RETURN(const auto there, storage::FindOrganization(unit.db, OperatorOrganization()));
  if (there.has_value()) return absl::OkStatus();
  storage::OrganizationRow row;
  row.id = OperatorOrganization();
  row.display_name = "Operator of this installation";
  row.kind = v1::Organization::KIND_OPERATOR;
  row.create_time = unit.now;
  row.update_time = unit.now;
  TRELLIS_RETURN_IF_ERROR(storage::InsertOrganization(unit.db, row));
  v1::OrganizationCreated event;
  event.set_organization(rpc::MakeName(kOrganizations, row.id));
  event.set_kind(v1::Organization::KIND_OPERATOR);
  return unit.PublishFor(row.id, event);
}

}  // namespace

Id OperatorOrganization() { return *Id::Parse("00000000-0000-7000-8000-000000000001"); }

absl::Status Bootstrap(runtime::Runtime& runtime, Passwords& passwords, const std::string& login,
                       const std::string& password) {
  TRELLIS_ASSIGN_OR_RETURN(const auto found, Find(runtime, CanonicalLogin(login)));
  if (found.has_value()) return CheckExisting(found->user);

  v1::User user;
  user.set_login(login);
  user.set_display_name("Platform administrator");
  const absl::Time deadline = absl::Now() + kTime;
  TRELLIS_ASSIGN_OR_RETURN(const NewAccount account, PrepareAccount(user, {Role::kPlatformAdministrator}, "", password,
                                                                    passwords, deadline, "", "password"));
  runtime::BackgroundWork work;
  work.organization = OperatorOrganization();
  work.purpose = "identity.bootstrap";
  work.deadline = deadline;
  TRELLIS_RETURN_IF_ERROR(runtime.WriteAs(work, [&](runtime::WriteUnit& unit) -> absl::Status {
    TRELLIS_RETURN_IF_ERROR(MakeOperator(unit));
    return CreateAccount(unit, OperatorOrganization(), account).status();
  }));
  log::Info("the platform administrator was created");
  return absl::OkStatus();
}

}  // namespace trellis::identity
