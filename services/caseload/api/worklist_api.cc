#include "services/caseload/api/worklist_api.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/string_view.h"
#include "common/access/access.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/resource_name.h"
#include "services/caseload/storage/populations.h"

namespace trellis::caseload {
namespace {

using rpc::ParseName;

// Errors: UNAVAILABLE while the replica of the access relations is stale.
absl::StatusOr<Visible> VisibleTo(runtime::Runtime& runtime, rpc::CallContext& call, absl::string_view column) {
  TRELLIS_ASSIGN_OR_RETURN(auto allowed, runtime.access().AllowedPersonCondition(call, column));
  return Visible{std::move(allowed.sql), std::move(allowed.arguments)};
}

// Sorted, each case once, at most `limit`: a person may be seen in several ways.
void Merge(std::vector<ListedEntry> more, std::size_t limit, std::vector<ListedEntry>& merged) {
  std::move(more.begin(), more.end(), std::back_inserter(merged));
  const auto key = [](const ListedEntry& entry) { return absl::string_view(entry.sort_key); };
  std::sort(merged.begin(), merged.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  merged.erase(
      std::unique(merged.begin(), merged.end(), [&](const auto& a, const auto& b) { return key(a) == key(b); }),
      merged.end());
  if (merged.size() > limit) merged.resize(limit);
}

}  // namespace

absl::StatusOr<std::vector<ListedEntry>> WorklistApi::OfCoordinator(rpc::CallContext& call, const Id& coordinator,
                                                                    const rpc::Page& page) {
  TRELLIS_ASSIGN_OR_RETURN(const Visible visible, VisibleTo(runtime_, call, "e.person_id"));
  std::vector<ListedEntry> entries;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(entries, EntriesOfCoordinator(session, call.caller().organization, coordinator, page.after,
                                                           visible, page.size + 1));
    return absl::OkStatus();
  }));
  return entries;
}

absl::StatusOr<std::vector<ListedEntry>> WorklistApi::OfPopulation(rpc::CallContext& call, const Id& population,
                                                                   const rpc::Page& page) {
  TRELLIS_RETURN_IF_ERROR(leads_.Require(call, population));
  TRELLIS_ASSIGN_OR_RETURN(const Visible visible, VisibleTo(runtime_, call, "w.person_id"));
  std::vector<ListedEntry> entries;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(
        entries, EntriesOfSubject(session, call.caller().organization, population, page.after, visible, page.size + 1));
    return absl::OkStatus();
  }));
  return entries;
}

// One range of the index for the caller's own relations and one for each population that the caller leads, merged.
absl::StatusOr<std::vector<ListedEntry>> WorklistApi::OfAllVisible(rpc::CallContext& call, const rpc::Page& page) {
  TRELLIS_ASSIGN_OR_RETURN(const Visible visible, VisibleTo(runtime_, call, "w.person_id"));
  const Id& organization = call.caller().organization;
  const int limit = page.size + 1;
  std::vector<ListedEntry> merged;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(std::vector<Id> subjects,
                             LedPopulationIds(session, organization, call.caller().user, runtime_.clock().Now()));
    subjects.push_back(call.caller().user);
    merged.clear();
    for (const Id& subject : subjects) {
      TRELLIS_ASSIGN_OR_RETURN(auto entries,
                               EntriesOfSubject(session, organization, subject, page.after, visible, limit));
      Merge(std::move(entries), static_cast<std::size_t>(limit), merged);
    }
    return absl::OkStatus();
  }));
  return merged;
}

absl::StatusOr<v1::ListWorklistResponse> WorklistApi::ListWorklist(rpc::CallContext& call,
                                                                   const v1::ListWorklistRequest& request) {
  if (!request.population().empty() && !request.coordinator().empty()) {
    return InvalidField("coordinator", "cannot be combined with population");
  }
  TRELLIS_ASSIGN_OR_RETURN(const rpc::Page page, rpc::ReadPage(call, request));
  std::vector<ListedEntry> entries;
  if (!request.coordinator().empty()) {
    TRELLIS_ASSIGN_OR_RETURN(const Id coordinator, ParseName("users", request.coordinator(), "coordinator"));
    TRELLIS_ASSIGN_OR_RETURN(entries, OfCoordinator(call, coordinator, page));
  } else if (!request.population().empty()) {
    TRELLIS_ASSIGN_OR_RETURN(const Id population, ParseName("populations", request.population(), "population"));
    TRELLIS_ASSIGN_OR_RETURN(entries, OfPopulation(call, population, page));
  } else {
    TRELLIS_ASSIGN_OR_RETURN(entries, OfAllVisible(call, page));
  }
  v1::ListWorklistResponse response;
  const bool more = entries.size() > static_cast<std::size_t>(page.size);
  if (more) entries.resize(page.size);
  for (const ListedEntry& entry : entries) {
    if (!response.add_entries()->ParseFromString(entry.entry))
      return absl::DataLossError("a worklist line is unreadable");
  }
  if (more) response.set_next_page_token(page.TokenAfter(entries.back().sort_key));
  return response;
}

}  // namespace trellis::caseload
