#include "services/identity/api/duplicate_finder.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "common/base/status_macros.h"
#include "common/rpc/resource_name.h"
#include "services/identity/api/convert.h"
#include "services/identity/api/person_index.h"
#include "services/identity/api/person_profile.h"
#include "services/identity/domain/duplicate_rules.h"
#include "services/identity/storage/duplicate_candidates.h"

namespace trellis::identity {
namespace {

constexpr std::size_t kMostShown = 10;

struct Likely {
  Id person;
  DuplicateMatch match;
};

v1::PossibleDuplicate ToProto(const Likely& likely) {
  v1::PossibleDuplicate out;
  out.set_person(rpc::MakeName(kPersons, likely.person));
  out.set_likelihood(static_cast<v1::PossibleDuplicate::Likelihood>(likely.match.likelihood));
  for (const DuplicateReason reason : likely.match.reasons) {
    out.add_reasons(static_cast<v1::PossibleDuplicate::Reason>(reason));
  }
  return out;
}

}  // namespace

absl::Status DuplicateFinder::SetReader(rpc::CallContext& call, const access::Access& access) {
  TRELLIS_ASSIGN_OR_RETURN(access::SqlPart part, access.AllowedPersonCondition(call, "p.id"));
  allowed_ = {std::move(part.sql), std::move(part.arguments)};
  return absl::OkStatus();
}

absl::StatusOr<std::vector<storage::PersonRow>> DuplicateFinder::Candidates(db::Session& session,
                                                                            const PersonFacts& facts) const {
  std::vector<storage::PersonRow> none;
  const DuplicateKeys keys = DuplicateKeysOf(facts);
  if (keys.names.empty()) return none;
  TRELLIS_ASSIGN_OR_RETURN(const auto key, sealer_.KeyIfMade(session, {organization_}));
  if (!key.has_value()) return none;  // the key is made with the first person
  TRELLIS_ASSIGN_OR_RETURN(const PersonIndex index, PersonIndex::Make(*key));
  const storage::WantedKeys names = index.Wanted(keys.names);
  TRELLIS_ASSIGN_OR_RETURN(const auto named,
                           storage::FindBySeveralNames(session, organization_, names, keys.fewest_names));
  std::set<Id> ids(named.begin(), named.end());
  if (!keys.birth_dates.empty()) {
    TRELLIS_ASSIGN_OR_RETURN(const auto born,
                             storage::FindByDateAndName(session, organization_, index.Wanted(keys.birth_dates), names));
    ids.insert(born.begin(), born.end());
  }
  if (ids.empty()) return none;
  return storage::FindPersons(session, organization_, {ids.begin(), ids.end()}, {"1 = 1", {}});
}

absl::StatusOr<FoundDuplicates> DuplicateFinder::Find(db::Session& session, const PersonFacts& facts,
                                                      const std::optional<Id>& self) const {
  TRELLIS_ASSIGN_OR_RETURN(const auto rows, Candidates(session, facts));
  std::map<Id, DuplicateMatch> best;  // by the person that remains
  for (const storage::PersonRow& row : rows) {
    const Id person = row.merged_into.value_or(row.id);
    if (person == self) continue;
    const absl::StatusOr<v1::Person> profile = OpenPerson(sealer_, session, organization_, row);
    if (seal::IsErased(profile.status())) continue;
    TRELLIS_RETURN_IF_ERROR(profile.status());
    TRELLIS_ASSIGN_OR_RETURN(const PersonFacts other, FactsOf(*profile, "person."));
    DuplicateMatch match = CompareForDuplicate(facts, other);
    if (match.likelihood == Likelihood::kNone) continue;
    DuplicateMatch& kept = best[person];
    if (kept.reasons.empty() || kept.score < match.score) kept = std::move(match);
  }
  FoundDuplicates found;
  if (best.empty()) return found;

  std::vector<Likely> likely;
  std::vector<Id> ids;
  for (auto& [person, match] : best) {
    ids.push_back(person);
    likely.push_back({person, std::move(match)});
  }
  std::stable_sort(likely.begin(), likely.end(), [](const Likely& a, const Likely& b) {
    return std::pair(a.match.likelihood, a.match.score) > std::pair(b.match.likelihood, b.match.score);
  });
  TRELLIS_ASSIGN_OR_RETURN(const auto seen, storage::FindPersons(session, organization_, ids, allowed_));
  std::set<Id> visible;
  for (const storage::PersonRow& row : seen) visible.insert(row.id);
  for (const Likely& one : likely) {
    const bool high = one.match.likelihood == Likelihood::kHigh;
    found.any_high |= high;
    if (visible.count(one.person) == 0) {
      found.hidden += high ? 1 : 0;
    } else if (found.visible.size() < kMostShown) {
      found.visible.push_back(ToProto(one));
    }
  }
  return found;
}

}  // namespace trellis::identity
