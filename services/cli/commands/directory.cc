// The directory: who offers what, where, and what is free.
#include <fstream>
#include <iostream>

#include "absl/strings/str_format.h"
#include "services/cli/command.h"
#include "services/cli/commands/parse.h"
#include "services/cli/enums.h"
#include "services/cli/table.h"
#include "trellis/directory/v1/capacities.grpc.pb.h"
#include "trellis/directory/v1/healthcare_services.grpc.pb.h"
#include "trellis/directory/v1/imports.grpc.pb.h"
#include "trellis/directory/v1/providers.grpc.pb.h"

namespace trellis::cli {
namespace {

namespace v1 = directory::v1;

constexpr std::size_t kChunk = 64 * 1024;

std::string Free(const v1::Capacity& capacity) {
  if (capacity.state() != v1::Capacity::STATE_KNOWN) return "unknown";
  return absl::StrCat(capacity.available(), " of ", capacity.maximum(), " ", capacity.unit());
}

std::string Counts(const v1::ImportCounts& counts) {
  return absl::StrCat(counts.created(), " new, ", counts.updated(), " changed, ", counts.unchanged(), " unchanged, ",
                      counts.skipped(), " skipped");
}

void PrintReport(const v1::ImportReport& report) {
  Table table({"", "imported"});
  table.Add({"providers", Counts(report.providers())});
  table.Add({"healthcare services", Counts(report.healthcare_services())});
  table.Add({"locations", Counts(report.locations())});
  table.Add({"capacities", Counts(report.capacities())});
  std::cout << table.ToString();
  for (const auto& row : report.skipped_rows()) {
    std::cout << "    skipped " << row.path() << ": " << row.description() << "\n";
  }
}

absl::Status ImportPackage(Client& client, const Args& args) {
  std::ifstream in(args.positional(), std::ios::binary);
  if (!in) return Usage(absl::StrCat("there is no readable file '", args.positional(), "'"));
  TRELLIS_ASSIGN_OR_RETURN(const auto channel, client.Channel());
  grpc::ClientContext context;
  client.KeepSignedIn();
  client.Prepare(Service::kDirectory, context);
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Minutes(5)));
  v1::Imports::Stub stub(channel);
  v1::ImportPackageResponse response;
  const auto writer = stub.ImportPackage(&context, &response);

  v1::ImportPackageRequest first;
  first.mutable_options()->set_source(args.Get("source", "command line"));
  first.mutable_options()->set_validate_only(args.Has("dry-run"));
  first.set_request_id(client.request_id());
  bool open = writer->Write(first);
  std::string chunk(kChunk, '\0');
  while (open && in) {
    in.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    if (in.gcount() == 0) break;
    v1::ImportPackageRequest next;
    next.set_chunk(chunk.substr(0, static_cast<std::size_t>(in.gcount())));
    open = writer->Write(next);
  }
  writer->WritesDone();
  TRELLIS_RETURN_IF_ERROR(rpc::FromGrpc(writer->Finish()));
  return client.Show(response, [&] { PrintReport(response.report()); });
}

absl::Status ListProviders(Client& client, const Args&) {
  v1::ListProvidersRequest request;
  request.set_page_size(100);
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kDirectory, &v1::Providers::Stub::ListProviders, request));
  return client.Show(response, [&] {
    Table table({"name", "managed by", "provider"});
    for (const auto& one : response.providers())
      table.Add({one.display_name(), one.managing_organization(), one.name()});
    std::cout << table.ToString();
  });
}

absl::Status LinkProvider(Client& client, const Args& args) {
  v1::LinkProviderRequest request;
  request.set_name(Named("providers", args.positional()));
  request.set_organization(Named("organizations", args.Get("organization")));
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kDirectory, &v1::Providers::Stub::LinkProvider, request));
  return client.Show(response, [&] {
    std::cout << "    " << response.provider().display_name() << " is managed by "
              << response.provider().managing_organization() << "\n";
  });
}

absl::Status FindServices(Client& client, const Args& args) {
  v1::SearchHealthcareServicesRequest request;
  for (const std::string& kind : args.All("kind")) request.add_kinds(kind);
  for (const std::string& language : args.All("languages")) request.add_languages(language);
  if (args.Has("near")) TRELLIS_RETURN_IF_ERROR(ReadPosition(args, "near", request.mutable_near()));
  TRELLIS_ASSIGN_OR_RETURN(const auto kilometres, args.Int("radius-km"));
  TRELLIS_ASSIGN_OR_RETURN(const auto age, args.Int("age"));
  TRELLIS_ASSIGN_OR_RETURN(const auto free, args.Int("free"));
  if (kilometres.has_value()) request.set_radius_meters(*kilometres * 1000.0);
  if (age.has_value()) request.set_age(*age);
  if (free.has_value()) request.set_min_available(*free);
  request.set_page_size(50);
  TRELLIS_ASSIGN_OR_RETURN(
      const auto response,
      client.Call(Service::kDirectory, &v1::HealthcareServices::Stub::SearchHealthcareServices, request));
  return client.Show(response, [&] {
    Table table({"healthcare service", "provider", "distance", "free", "name"});
    for (const auto& result : response.results()) {
      const auto& service = result.healthcare_service();
      table.Add({Shorten(service.display_name(), 32), Shorten(service.provider_display_name(), 24),
                 result.has_distance_meters() ? absl::StrFormat("%.1f km", result.distance_meters() / 1000) : "",
                 Free(service.capacity()), service.name()});
    }
    std::cout << (table.empty() ? "    nothing was found\n" : table.ToString());
  });
}

absl::Status SetCapacity(Client& client, const Args& args) {
  // Figures are replaced only by somebody who has seen them: the etag proves it.
  v1::GetCapacityRequest seen;
  seen.set_healthcare_service(Named("healthcareServices", args.positional()));
  TRELLIS_ASSIGN_OR_RETURN(const auto before,
                           client.Call(Service::kDirectory, &v1::Capacities::Stub::GetCapacity, seen));
  v1::SetCapacityRequest request;
  request.set_healthcare_service(seen.healthcare_service());
  if (before.capacity().state() == v1::Capacity::STATE_KNOWN) request.set_etag(before.capacity().etag());
  request.set_unit(args.Get("unit", "place"));
  TRELLIS_ASSIGN_OR_RETURN(const auto maximum, args.Int("maximum"));
  TRELLIS_ASSIGN_OR_RETURN(const auto available, args.Int("available"));
  request.set_maximum(maximum.value_or(0));
  request.set_available(available.value_or(maximum.value_or(0)));
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kDirectory, &v1::Capacities::Stub::SetCapacity, request));
  return client.Show(response, [&] { std::cout << "    free now: " << Free(response.capacity()) << "\n"; });
}

}  // namespace

std::vector<Command> DirectoryCommands() {
  return {
      {"directory import",
       "FILE",
       "import an Open Referral HSDS 3.x package (JSON)",
       {{"source", "where the package comes from"}, {"dry-run", "only say what would happen", false, true}},
       ImportPackage},
      {"provider list", "", "the providers of the directory", {}, ListProviders},
      {"provider link",
       "PROVIDER",
       "say which organization manages a provider's entries",
       {{"organization", "organizations/...", true}},
       LinkProvider},
      {"service find",
       "",
       "healthcare services by kind, distance, age, language and free places",
       {{"kind", "counselling, psychotherapy, help_at_home, ..."},
        {"near", "latitude,longitude"},
        {"radius-km", "how far away"},
        {"age", "the person's age in years"},
        {"languages", "BCP 47 tags separated by commas"},
        {"free", "least number of free places"}},
       FindServices},
      {"capacity set",
       "HEALTHCARE_SERVICE",
       "say how many places a healthcare service has",
       {{"maximum", "places in all", true},
        {"available", "places that are free; otherwise all"},
        {"unit", "bed, hour, place, ..."}},
       SetCapacity},
  };
}

}  // namespace trellis::cli
