#include "services/directory/api/importer.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/timestamps.h"
#include "services/directory/api/convert.h"
#include "services/directory/storage/healthcare_services.h"
#include "trellis/directory/v1/directory_events.pb.h"

namespace trellis::directory {
namespace {

constexpr std::size_t kRowsAtOnce = 100;  // in one transaction

template <class T>
std::vector<T> Slice(const std::vector<T>& all, std::size_t at) {
  const auto first = all.begin() + static_cast<std::ptrdiff_t>(at);
  return std::vector<T>(first, first + static_cast<std::ptrdiff_t>(std::min(kRowsAtOnce, all.size() - at)));
}

void Count(Change change, v1::ImportCounts& counts) {
  if (change == Change::kCreated) counts.set_created(counts.created() + 1);
  if (change == Change::kUpdated) counts.set_updated(counts.updated() + 1);
  if (change == Change::kUnchanged) counts.set_unchanged(counts.unchanged() + 1);
}

absl::Status PublishService(runtime::WriteUnit& unit, const HealthcareService& service, Change change) {
  if (change == Change::kUnchanged) return absl::OkStatus();
  v1::HealthcareServiceChanged event;
  event.set_healthcare_service(rpc::MakeName(kServices, service.id));
  event.set_provider(rpc::MakeName(kProviders, service.provider));
  event.set_created(change == Change::kCreated);
  return unit.PublishFor(Id(), event);
}

absl::StatusOr<Change> WriteCapacity(runtime::WriteUnit& unit, const Id& service, const StatedCapacity& stated) {
  TRELLIS_ASSIGN_OR_RETURN(const Change change, PutStatedCapacity(unit.db, service, stated, unit.now));
  if (change == Change::kUnchanged) return change;
  v1::CapacityChanged event;
  event.set_healthcare_service(rpc::MakeName(kServices, service));
  event.set_available(stated.available);
  event.set_maximum(stated.maximum);
  TRELLIS_RETURN_IF_ERROR(unit.PublishFor(Id(), event));
  return change;
}

// Ids named but not in the package.
template <class Entry>
std::vector<Id> Unknown(const absl::flat_hash_set<Id>& named, const std::vector<Entry>& entries,
                        absl::flat_hash_set<Id>& known) {
  for (const Entry& entry : entries) known.insert(entry.id);
  std::vector<Id> unknown;
  for (const Id& id : named) {
    if (!known.contains(id)) unknown.push_back(id);
  }
  return unknown;
}

void KeepKnownLocations(ParsedService& parsed, const absl::flat_hash_set<Id>& known, Problems& problems) {
  std::vector<Id>& locations = parsed.service.locations;
  for (const ParsedService::Reference& reference : parsed.location_references) {
    if (known.contains(reference.id)) {
      if (std::find(locations.begin(), locations.end(), reference.id) == locations.end()) {
        locations.push_back(reference.id);
      }
    } else if (!reference.broken) {
      problems.Add({absl::StrCat(reference.path, "/location_id"), "service_at_location", "UNKNOWN_REFERENCE",
                    "names a location that is neither in the package nor in the directory"},
                   "");
    }
  }
}

}  // namespace

absl::Status Importer::Resolve(Package& package) {
  absl::flat_hash_set<Id> named_providers, named_locations;
  for (const ParsedService& parsed : package.services) {
    named_providers.insert(parsed.service.provider);
    for (const ParsedService::Reference& reference : parsed.location_references) named_locations.insert(reference.id);
  }
  absl::flat_hash_set<Id> providers, locations;
  const std::vector<Id> unknown_providers = Unknown(named_providers, package.providers, providers);
  const std::vector<Id> unknown_locations = Unknown(named_locations, package.locations, locations);
  TRELLIS_RETURN_IF_ERROR(runtime_.pool().Read(call_.deadline(), [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(auto found_providers, ExistingProviders(session, unknown_providers));
    TRELLIS_ASSIGN_OR_RETURN(auto found_locations, ExistingLocations(session, unknown_locations));
    providers.insert(found_providers.begin(), found_providers.end());
    locations.insert(found_locations.begin(), found_locations.end());
    return absl::OkStatus();
  }));
  std::erase_if(package.services, [&](const ParsedService& parsed) {
    if (providers.contains(parsed.service.provider)) return false;
    package.problems.Add({absl::StrCat(parsed.path, "/organization"), "service", "UNKNOWN_REFERENCE",
                          "names an organization that is neither in the package nor in the directory"},
                         "");
    return true;
  });
  for (ParsedService& parsed : package.services) KeepKnownLocations(parsed, locations, package.problems);
  return absl::OkStatus();
}

absl::Status Importer::InTransaction(absl::FunctionRef<absl::Status(runtime::WriteUnit&)> body) {
  if (call_.cancelled()) return absl::CancelledError("the caller has gone");
  runtime::BackgroundWork work;
  work.purpose = "directory.import";
  work.deadline = call_.deadline();
  return runtime_.WriteAs(work, body);
}

absl::Status Importer::WriteLocations(const Package& package, v1::ImportCounts& counts) {
  for (std::size_t at = 0; at < package.locations.size(); at += kRowsAtOnce) {
    const std::vector<Location> batch = Slice(package.locations, at);
    std::vector<Change> changes;
    TRELLIS_RETURN_IF_ERROR(InTransaction([&](runtime::WriteUnit& unit) -> absl::Status {
      TRELLIS_ASSIGN_OR_RETURN(changes, PutLocations(unit.db, batch, unit.now));
      return absl::OkStatus();
    }));
    for (const Change change : changes) Count(change, counts);
  }
  return absl::OkStatus();
}

absl::Status Importer::WriteProviders(const Package& package, v1::ImportCounts& counts) {
  for (std::size_t at = 0; at < package.providers.size(); at += kRowsAtOnce) {
    const std::vector<Provider> batch = Slice(package.providers, at);
    std::vector<Change> changes;
    TRELLIS_RETURN_IF_ERROR(InTransaction([&](runtime::WriteUnit& unit) -> absl::Status {
      TRELLIS_ASSIGN_OR_RETURN(changes, PutProviders(unit.db, batch, unit.now));
      return absl::OkStatus();
    }));
    for (const Change change : changes) Count(change, counts);
  }
  return absl::OkStatus();
}

absl::Status Importer::WriteServices(const Package& package, v1::ImportReport& report) {
  for (std::size_t at = 0; at < package.services.size(); at += kRowsAtOnce) {
    const std::vector<ParsedService> batch = Slice(package.services, at);
    std::vector<HealthcareService> services;
    for (const ParsedService& parsed : batch) services.push_back(parsed.service);
    std::vector<Change> changes, capacities;
    TRELLIS_RETURN_IF_ERROR(InTransaction([&](runtime::WriteUnit& unit) -> absl::Status {
      capacities.clear();
      TRELLIS_ASSIGN_OR_RETURN(changes, PutServices(unit.db, services, unit.now));
      for (std::size_t i = 0; i < batch.size(); ++i) {
        TRELLIS_RETURN_IF_ERROR(PublishService(unit, services[i], changes[i]));
        if (!batch[i].capacity.has_value()) continue;
        TRELLIS_ASSIGN_OR_RETURN(const Change change, WriteCapacity(unit, services[i].id, *batch[i].capacity));
        capacities.push_back(change);
      }
      return absl::OkStatus();
    }));
    for (const Change change : changes) Count(change, *report.mutable_healthcare_services());
    for (const Change change : capacities) Count(change, *report.mutable_capacities());
  }
  return absl::OkStatus();
}

void Importer::Finish(const Package& package, v1::ImportReport& report) {
  const Problems& problems = package.problems;
  report.mutable_providers()->set_skipped(problems.CountOf("organization"));
  report.mutable_healthcare_services()->set_skipped(problems.CountOf("service"));
  report.mutable_locations()->set_skipped(problems.CountOf("location"));
  report.mutable_capacities()->set_skipped(problems.CountOf("service_capacity"));
  report.set_skipped_row_count(problems.count());
  for (const Problem& problem : problems.kept()) {
    v1::SkippedRow* const row = report.add_skipped_rows();
    row->set_path(problem.path);
    row->set_table(problem.table);
    row->set_reason(problem.reason);
    row->set_description(problem.description);
  }
  *report.mutable_end_time() = rpc::ToTimestamp(runtime_.clock().Now());
}

absl::StatusOr<v1::ImportReport> Importer::Write(Package package) {
  TRELLIS_RETURN_IF_ERROR(Resolve(package));
  v1::ImportReport report;
  TRELLIS_RETURN_IF_ERROR(WriteLocations(package, *report.mutable_locations()));
  TRELLIS_RETURN_IF_ERROR(WriteProviders(package, *report.mutable_providers()));
  TRELLIS_RETURN_IF_ERROR(WriteServices(package, report));
  Finish(package, report);
  return report;
}

absl::StatusOr<v1::ImportReport> Importer::Check(Package package) {
  TRELLIS_RETURN_IF_ERROR(Resolve(package));
  v1::ImportReport report;
  report.mutable_locations()->set_unchanged(static_cast<int>(package.locations.size()));
  report.mutable_providers()->set_unchanged(static_cast<int>(package.providers.size()));
  report.mutable_healthcare_services()->set_unchanged(static_cast<int>(package.services.size()));
  const auto with_capacity = [](const ParsedService& parsed) { return parsed.capacity.has_value(); };
  report.mutable_capacities()->set_unchanged(
      static_cast<int>(std::count_if(package.services.begin(), package.services.end(), with_capacity)));
  Finish(package, report);
  return report;
}

}  // namespace trellis::directory
