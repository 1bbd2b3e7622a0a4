#include "services/identity/api/person_search_api.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "common/access/access.h"
#include "common/base/status_macros.h"
#include "common/rpc/dates.h"
#include "common/rpc/id_page.h"
#include "common/seal/sealer.h"
#include "services/identity/api/convert.h"
#include "services/identity/api/person_index.h"
#include "services/identity/api/person_profile.h"
#include "services/identity/domain/search_keys.h"
#include "services/identity/storage/persons.h"
#include "services/identity/storage/relations.h"

namespace trellis::identity {
namespace {

// One call looks at no more persons than this; what is left comes with the next page.
constexpr int kMostCandidates = 1000;
// Readers with up to so many persons are served from these, others from the key (storage/persons.h). The first costs as
// much as the reader has persons, the second as the key has hits that the reader may not see.
constexpr int kFewPersons = 5000;

absl::StatusOr<PersonQuery> ParseQuery(const v1::SearchPersonsRequest& request) {
  PersonQuery query;
  if (!request.name_query().empty()) {
    TRELLIS_ASSIGN_OR_RETURN(query.words, ParseNameQuery(request.name_query()));
  }
  if (request.has_birth_date()) {
    TRELLIS_ASSIGN_OR_RETURN(query.birth_date, rpc::FromDate(request.birth_date(), "birth_date"));
  }
  if (request.has_identifier()) {
    query.identifier = PersonIdentifier{request.identifier().system(), request.identifier().value()};
  }
  return query;
}

storage::Allowed ToAllowed(access::SqlPart part) { return {std::move(part.sql), std::move(part.arguments)}; }

// One search: the keys that narrow most drive it, the whole query is confirmed on each record.
class Search {
 public:
  Search(PersonQuery query, const Id& organization, seal::Sealer& sealer)
      : query_(std::move(query)), organization_(organization), sealer_(sealer) {}

  // Looks up how many persons the reader has and so which way is the shorter one.
  absl::Status Plan(rpc::CallContext& call, const access::Access& access, db::Session& session) {
    TRELLIS_ASSIGN_OR_RETURN(const int persons,
                             storage::CountPersonsOf(session, organization_, call.caller().user, kFewPersons + 1));
    among_ = persons <= kFewPersons && !query_.identifier.has_value();
    TRELLIS_ASSIGN_OR_RETURN(access::SqlPart part,
                             among_ ? access.AllowedPersonsTable(call) : access.AllowedPersonCondition(call, "p.id"));
    allowed_ = ToAllowed(std::move(part));
    TRELLIS_ASSIGN_OR_RETURN(access::SqlPart each, access.AllowedPersonCondition(call, "p.id"));
    each_ = ToAllowed(std::move(each));
    const std::vector<SearchKey> keys = BestKeys(query_);
    if (keys.empty() && !query_.identifier.has_value()) return absl::OkStatus();
    TRELLIS_ASSIGN_OR_RETURN(const auto key, sealer_.KeyIfMade(session, {organization_}));
    nobody_ = !key.has_value();  // the key is made with the first person
    if (nobody_) return absl::OkStatus();
    TRELLIS_ASSIGN_OR_RETURN(const PersonIndex index, PersonIndex::Make(*key));
    if (query_.identifier.has_value()) identifier_ = index.OfIdentifier(*query_.identifier);
    if (!keys.empty()) wanted_ = index.Wanted(keys);
    return absl::OkStatus();
  }

  // The next candidates behind `after`; fewer than `limit` where there are no more.
  absl::StatusOr<std::vector<storage::PersonRow>> Candidates(db::Session& session, const Id& after, int limit) const {
    if (nobody_) return std::vector<storage::PersonRow>();
    if (query_.identifier.has_value()) {
      return storage::FindByIdentifier(session, organization_, identifier_, allowed_, after);
    }
    if (wanted_.has_value()) {
      const auto find = among_ ? storage::FindByKeyAmong : storage::FindByKeyWhere;
      return find(session, organization_, *wanted_, allowed_, after, limit);
    }
    const auto list = among_ ? storage::ListAmong : storage::ListWhere;
    return list(session, organization_, allowed_, after, limit);
  }

  struct Hit {
    v1::Person person;
    bool has_merged = false;
  };

  // The person, where the record fulfils the whole query.
  absl::StatusOr<std::optional<Hit>> Confirm(db::Session& session, const storage::PersonRow& row) const {
    TRELLIS_ASSIGN_OR_RETURN(std::optional<v1::Person> person, Open(session, row));
    if (!person.has_value()) return std::nullopt;
    TRELLIS_ASSIGN_OR_RETURN(const bool fulfils, Fulfils(*person));
    if (!fulfils) return std::nullopt;
    if (row.merged_into.has_value()) return Remaining(session, row);
    return Hit{*std::move(person), row.has_merged};
  }

 private:
  // Nothing for a person who was erased.
  absl::StatusOr<std::optional<v1::Person>> Open(const db::Session& session, const storage::PersonRow& row) const {
    absl::StatusOr<v1::Person> person = OpenPerson(sealer_, session, organization_, row);
    if (seal::IsErased(person.status())) return std::nullopt;
    TRELLIS_RETURN_IF_ERROR(person.status());
    return *std::move(person);
  }

  absl::StatusOr<bool> Fulfils(const v1::Person& person) const {
    TRELLIS_ASSIGN_OR_RETURN(const PersonFacts facts, FactsOf(person, "person."));
    return Matches(query_, facts);
  }

  // The person that a merged record leads to, in the place of the first of its records that fulfils the query: shown
  // once, on whichever page.
  absl::StatusOr<std::optional<Hit>> Remaining(db::Session& session, const storage::PersonRow& merged) const {
    std::vector<Id> ids = {*merged.merged_into};
    TRELLIS_ASSIGN_OR_RETURN(const auto others, storage::MergedInto(session, organization_, ids));
    for (const storage::MergedRow& other : others) {
      if (other.id < merged.id) ids.push_back(other.id);
    }
    TRELLIS_ASSIGN_OR_RETURN(const auto rows, storage::FindPersons(session, organization_, ids, each_));
    std::optional<Hit> remaining;
    for (const storage::PersonRow& row : rows) {
      TRELLIS_ASSIGN_OR_RETURN(std::optional<v1::Person> person, Open(session, row));
      if (!person.has_value()) continue;
      TRELLIS_ASSIGN_OR_RETURN(const bool fulfils, Fulfils(*person));
      if (fulfils) return std::nullopt;  // shown there
      if (row.id == *merged.merged_into) remaining = Hit{*std::move(person), row.has_merged};
    }
    return remaining;
  }

  const PersonQuery query_;
  const Id organization_;
  seal::Sealer& sealer_;
  std::optional<storage::WantedKeys> wanted_;
  std::string identifier_;
  bool nobody_ = false;
  bool among_ = true;
  storage::Allowed allowed_;
  storage::Allowed each_;  // the same as a condition on one person
};

// Collects the persons that others were merged into, whose names are still to be added.
absl::Status FillPage(db::Session& session, const Search& search, const rpc::IdPage& page,
                      v1::SearchPersonsResponse& response, std::vector<v1::Person*>& with_merged) {
  Id after = page.last.value_or(Id());
  for (int seen = 0; seen < kMostCandidates;) {
    const int limit = page.size + 1;
    TRELLIS_ASSIGN_OR_RETURN(const auto rows, search.Candidates(session, after, limit));
    for (const storage::PersonRow& row : rows) {
      if (response.persons_size() == page.size) {
        response.set_next_page_token(page.TokenAfter(after));
        return absl::OkStatus();
      }
      TRELLIS_ASSIGN_OR_RETURN(auto hit, search.Confirm(session, row));
      after = row.id;
      if (!hit.has_value()) continue;
      *response.add_persons() = std::move(hit->person);
      if (hit->has_merged) with_merged.push_back(response.mutable_persons(response.persons_size() - 1));
    }
    if (rows.size() < static_cast<std::size_t>(limit)) return absl::OkStatus();
    seen += limit;
  }
  response.set_next_page_token(page.TokenAfter(after));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::SearchPersonsResponse> PersonSearchApi::SearchPersons(rpc::CallContext& call,
                                                                         const v1::SearchPersonsRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const rpc::IdPage page, rpc::ReadIdPage(call, request, 25, 100));
  TRELLIS_ASSIGN_OR_RETURN(PersonQuery query, ParseQuery(request));
  Search search(std::move(query), call.caller().organization, runtime_.seal());
  v1::SearchPersonsResponse response;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    response.Clear();
    TRELLIS_RETURN_IF_ERROR(search.Plan(call, runtime_.access(), session));
    std::vector<v1::Person*> with_merged;
    TRELLIS_RETURN_IF_ERROR(FillPage(session, search, page, response, with_merged));
    return AddMerged(session, call.caller().organization, with_merged);
  }));
  return response;
}

}  // namespace trellis::identity
