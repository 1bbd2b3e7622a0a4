#include "services/directory/api/service.h"

#include <memory>
#include <vector>

#include "common/config/loader.h"
#include "common/rpc/router.h"
#include "common/runtime/runtime.h"
#include "services/directory/api/capacities_api.h"
#include "services/directory/api/healthcare_services_api.h"
#include "services/directory/api/hold_sweeper.h"
#include "services/directory/api/imports_api.h"
#include "services/directory/api/locations_api.h"
#include "services/directory/api/providers_api.h"

namespace trellis::directory {

namespace migrations {
const std::vector<EmbeddedFile>& Files();
}

namespace {

struct Settings {
  absl::Duration sweep_interval = absl::Seconds(5);
};

void RouteEntries(runtime::Runtime& runtime) {
  auto* const imports = runtime.Make<ImportsApi>(runtime);
  auto* const providers = runtime.Make<ProvidersApi>(runtime);
  auto* const locations = runtime.Make<LocationsApi>(runtime);
  auto* const services = runtime.Make<HealthcareServicesApi>(runtime);
  rpc::Router& router = runtime.router();
  router.Stream("trellis.directory.v1.Imports.ImportPackage", imports, &ImportsApi::ImportPackage);
  router.Unary("trellis.directory.v1.Providers.GetProvider", providers, &ProvidersApi::GetProvider);
  router.Unary("trellis.directory.v1.Providers.ListProviders", providers, &ProvidersApi::ListProviders);
  router.Unary("trellis.directory.v1.Providers.LinkProvider", providers, &ProvidersApi::LinkProvider);
  router.Unary("trellis.directory.v1.Locations.GetLocation", locations, &LocationsApi::GetLocation);
  router.Unary("trellis.directory.v1.Locations.ListLocations", locations, &LocationsApi::ListLocations);
  router.Unary("trellis.directory.v1.HealthcareServices.GetHealthcareService", services,
               &HealthcareServicesApi::GetHealthcareService);
  router.Unary("trellis.directory.v1.HealthcareServices.ListHealthcareServices", services,
               &HealthcareServicesApi::ListHealthcareServices);
  router.Unary("trellis.directory.v1.HealthcareServices.SearchHealthcareServices", services,
               &HealthcareServicesApi::SearchHealthcareServices);
}

void RouteCapacity(runtime::Runtime& runtime) {
  auto* const capacities = runtime.Make<CapacitiesApi>(runtime);
  rpc::Router& router = runtime.router();
  router.Unary("trellis.directory.v1.Capacities.GetCapacity", capacities, &CapacitiesApi::GetCapacity);
  router.Unary("trellis.directory.v1.Capacities.SetCapacity", capacities, &CapacitiesApi::SetCapacity);
  router.Unary("trellis.directory.v1.Capacities.HoldCapacity", capacities, &CapacitiesApi::HoldCapacity);
  router.Unary("trellis.directory.v1.Capacities.ConfirmHold", capacities, &CapacitiesApi::ConfirmHold);
  router.Unary("trellis.directory.v1.Capacities.ReleaseHold", capacities, &CapacitiesApi::ReleaseHold);
  router.Unary("trellis.directory.v1.Capacities.GetHold", capacities, &CapacitiesApi::GetHold);
}

}  // namespace

runtime::Service Describe() {
  auto settings = std::make_shared<Settings>();
  runtime::Service service;
  service.name = "directory";
  service.migrations = &migrations::Files;
  service.port = 7102;
  service.followers = {"referral"};
  service.flags = [settings](config::Loader& flags) {
    flags.Duration("hold-sweep-interval", &settings->sweep_interval, absl::Seconds(5),
                   "how often places whose hold has run out are given back");
  };
  service.build = [settings](runtime::Runtime& runtime) {
    RouteEntries(runtime);
    RouteCapacity(runtime);
    auto* const sweeper = runtime.Make<HoldSweeper>(runtime);
    runtime.Every("directory.expire_holds", settings->sweep_interval,
                  [sweeper](absl::Time deadline) { return sweeper->Sweep(deadline); });
    return absl::OkStatus();
  };
  return service;
}

}  // namespace trellis::directory
