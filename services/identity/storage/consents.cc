#include "services/identity/storage/consents.h"

#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "common/base/status_macros.h"

namespace trellis::identity::storage {
namespace {

#define TRELLIS_CONSENT_COLUMNS                                                                                \
  "id, person_id, recipient_id, purposes, categories, start_time, end_time, revoke_time, grantor, sign_date, " \
  "recorded_by, version, create_time, update_time"

constexpr char kInsert[] = "INSERT INTO consent (organization_id, " TRELLIS_CONSENT_COLUMNS
                           ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr char kFind[] = "SELECT " TRELLIS_CONSENT_COLUMNS " FROM consent WHERE organization_id = ? AND id = ?";
constexpr char kLock[] =
    "SELECT " TRELLIS_CONSENT_COLUMNS " FROM consent WHERE organization_id = ? AND id = ? FOR UPDATE";
constexpr char kRevoke[] =
    "UPDATE consent SET revoke_time = ?, version = ?, update_time = ? WHERE organization_id = ? AND id = ?";
constexpr char kList[] = "SELECT " TRELLIS_CONSENT_COLUMNS
                         " FROM consent WHERE organization_id = ? AND person_id = ? AND id > ? ORDER BY id LIMIT ?";
constexpr char kFindOpen[] =
    "SELECT " TRELLIS_CONSENT_COLUMNS
    " FROM consent WHERE organization_id = ? AND person_id = ? AND recipient_id = ? AND revoke_time IS NULL "
    "AND (end_time IS NULL OR end_time > ?) ORDER BY end_time IS NULL DESC, end_time DESC LIMIT 200";

#undef TRELLIS_CONSENT_COLUMNS

int ToBits(const std::set<int>& numbers) {
  int bits = 0;
  for (const int number : numbers) bits |= 1 << number;
  return bits;
}

std::set<int> FromBits(int bits) {
  std::set<int> numbers;
  for (int number = 1; number < 31; ++number) {
    if ((bits & (1 << number)) != 0) numbers.insert(number);
  }
  return numbers;
}

using OptionalTime = std::optional<absl::Time>;
using OptionalDay = std::optional<absl::CivilDay>;

OptionalTime Finite(absl::Time time) { return time == absl::InfiniteFuture() ? OptionalTime() : OptionalTime(time); }

absl::StatusOr<std::vector<ConsentRow>> Select(db::Session& session, absl::string_view sql,
                                               const std::vector<db::Value>& arguments) {
  TRELLIS_ASSIGN_OR_RETURN(
      auto found, session.Query<Id, Id, Id, int, int, absl::Time, OptionalTime, OptionalTime, int, OptionalDay, Id,
                                std::int64_t, absl::Time, absl::Time>(sql, arguments));
  std::vector<ConsentRow> rows;
  rows.reserve(found.size());
  for (const auto& [id, person, recipient, purposes, categories, start, end, revoke, grantor, sign_date, recorded_by,
                    version, create_time, update_time] : found) {
    rows.push_back({{id, person, recipient, FromBits(purposes), FromBits(categories), start,
                     end.value_or(absl::InfiniteFuture()), revoke.value_or(absl::InfiniteFuture())},
                    grantor,
                    sign_date,
                    recorded_by,
                    version,
                    create_time,
                    update_time});
  }
  return rows;
}

absl::StatusOr<std::optional<ConsentRow>> SelectOne(db::Session& session, absl::string_view sql, const Id& organization,
                                                    const Id& id) {
  TRELLIS_ASSIGN_OR_RETURN(auto rows, Select(session, sql, {organization, id}));
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

}  // namespace

absl::Status InsertConsent(db::Session& tx, const Id& organization, const ConsentRow& row) {
  const Consent& consent = row.consent;
  return tx
      .Execute(kInsert, organization, consent.id, consent.person, consent.recipient, ToBits(consent.purposes),
               ToBits(consent.categories), consent.start_time, Finite(consent.end_time), Finite(consent.revoke_time),
               row.grantor, row.sign_date, row.recorded_by, row.version, row.create_time, row.update_time)
      .status();
}

absl::StatusOr<std::optional<ConsentRow>> FindConsent(db::Session& session, const Id& organization, const Id& id) {
  return SelectOne(session, kFind, organization, id);
}

absl::StatusOr<std::optional<ConsentRow>> LockConsent(db::Session& tx, const Id& organization, const Id& id) {
  return SelectOne(tx, kLock, organization, id);
}

absl::Status RevokeConsent(db::Session& tx, const Id& organization, const ConsentRow& row) {
  return tx
      .Execute(kRevoke, Finite(row.consent.revoke_time), row.version, row.update_time, organization, row.consent.id)
      .status();
}

absl::StatusOr<std::vector<ConsentRow>> ListConsents(db::Session& session, const Id& organization, const Id& person,
                                                     const Id& after, int limit) {
  return Select(session, kList, {organization, person, after, limit});
}

absl::StatusOr<std::vector<Consent>> FindOpenConsents(db::Session& session, const Id& organization, const Id& person,
                                                      const Id& recipient, absl::Time now) {
  TRELLIS_ASSIGN_OR_RETURN(auto rows, Select(session, kFindOpen, {organization, person, recipient, now}));
  std::vector<Consent> consents;
  consents.reserve(rows.size());
  for (ConsentRow& row : rows) consents.push_back(std::move(row.consent));
  return consents;
}

}  // namespace trellis::identity::storage
