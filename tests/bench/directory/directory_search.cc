// What a large directory costs: importing it, searching it in several ways, holding its places.
//   build/dev/bench/directory_search [services, default 10000]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/testing/test_service.h"
#include "nlohmann/json.hpp"
#include "services/directory/api/service.h"
#include "trellis/directory/v1/capacities.grpc.pb.h"
#include "trellis/directory/v1/healthcare_services.grpc.pb.h"
#include "trellis/directory/v1/imports.grpc.pb.h"
#include "trellis/directory/v1/providers.grpc.pb.h"

namespace trellis::directory {
namespace {

using Json = nlohmann::json;
using testing::TestService;
using testing::TestUser;

constexpr const char* kKinds[] = {"counselling",      "psychotherapy", "medical_treatment", "help_at_home",
                                  "residential_care", "accommodation", "crisis_support",    "group_programme"};
constexpr const char* kLanguages[] = {"en", "en", "en", "ur", "pl", "cy"};

// Half of the services in one city, the others spread over a country.
std::string Package(int services) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> city(0, 0.05);
  std::uniform_real_distribution<double> country(-2, 2);
  Json providers = Json::array();
  for (int i = 0; i < services; ++i) {
    if (i % 10 == 0) {
      providers.push_back(
          {{"id", absl::StrCat("o", i)}, {"name", absl::StrCat("Provider ", i)}, {"services", Json::array()}});
    }
    const bool urban = i % 2 == 0;
    Json service = {
        {"id", absl::StrCat("s", i)},
        {"name", absl::StrCat("Service ", random() % 100000)},
        {"status", "active"},
        {"description", std::string(400, 'x')},
        {"minimum_age", i % 3 == 0 ? 18 : 0},
        {"maximum_age", i % 5 == 0 ? 25 : 120},
        {"languages", {{{"id", "l"}, {"code", kLanguages[i % 6]}}}},
        {"capacities", {{{"id", "c"}, {"unit", {{"name", "place"}}}, {"available", i % 4}, {"maximum", 20}}}}};
    service["attributes"] = {
        {{"taxonomy_term", {{"taxonomy", "trellis-kinds"}, {"code", kKinds[i % 8]}, {"name", "k"}}}}};
    service["service_at_locations"] = {{{"location",
                                         {{"id", absl::StrCat("p", i)},
                                          {"name", absl::StrCat("Place ", i)},
                                          {"latitude", 52.5 + (urban ? city(random) : country(random))},
                                          {"longitude", -1.9 + (urban ? city(random) : country(random))}}}}};
    providers.back()["services"].push_back(std::move(service));
  }
  return providers.dump();
}

double Percentile(std::vector<double>& values, double share) {
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

class Bench {
 public:
  explicit Bench(int services) : count_(services) {}

  void Run() {
    Import("import");
    Import("the same again");
    using Request = v1::SearchHealthcareServicesRequest;
    Measure("get", [this] { Get(); });
    Search("all, by name", [](Request&) {});
    Search("kind", [](Request& r) { r.add_kinds("residential_care"); });
    Search("kind + age + language + free", [](Request& r) {
      r.add_kinds("counselling");
      r.set_age(20);
      r.add_languages("ur");
      r.set_min_available(2);
    });
    Search("language that nobody speaks", [](Request& r) { r.add_languages("fi"); });
    Search("near, 2 km, city", [](Request& r) { Near(r, 52.5, -1.9, 2'000); });
    Search("near, 50 km, country", [](Request& r) { Near(r, 53.9, -0.2, 50'000); });
    Search("near, 50 km, city + kind + age", [](Request& r) {
      Near(r, 52.5, -1.9, 50'000);
      r.add_kinds("psychotherapy");
      r.set_age(30);
    });
    Search("near, no limit, city + all filters", [](Request& r) {
      Near(r, 52.5, -1.9, 0);
      r.add_kinds("counselling");
      r.set_age(20);
      r.add_languages("ur");
      r.set_min_available(2);
    });
    Search("near, no limit, from far away", [](Request& r) { Near(r, 40, 20, 0); });
    Pages();
    Measure("hold + confirm + release", [this] { Hold(); });
  }

 private:
  static void Near(v1::SearchHealthcareServicesRequest& request, double latitude, double longitude, double radius) {
    request.mutable_near()->set_latitude(latitude);
    request.mutable_near()->set_longitude(longitude);
    request.set_radius_meters(radius);
  }

  static void Must(const grpc::Status& status) {
    if (status.ok()) return;
    std::fprintf(stderr, "%s\n", status.error_message().c_str());
    std::exit(1);
  }

  void Import(const char* what) {
    const std::string text = Package(count_);
    auto context = service_->As(administrator_, absl::Minutes(5));
    v1::ImportPackageResponse response;
    const absl::Time start = absl::Now();
    auto writer = v1::Imports::NewStub(service_->channel())->ImportPackage(context.get(), &response);
    v1::ImportPackageRequest message;
    message.mutable_options()->set_source("bench");
    writer->Write(message);
    for (std::size_t at = 0; at < text.size(); at += 190'000) {
      message.set_chunk(text.substr(at, 190'000));
      writer->Write(message);
    }
    writer->WritesDone();
    Must(writer->Finish());
    absl::PrintF("%-42s %8.2f s  (%d services, %.1f MB)\n", what, absl::ToDoubleSeconds(absl::Now() - start), count_,
                 static_cast<double>(text.size()) / 1e6);
  }

  void Measure(const std::string& what, const std::function<void()>& body) {
    for (int i = 0; i < 5; ++i) body();
    std::vector<double> times;
    for (int i = 0; i < 100; ++i) {
      const absl::Time start = absl::Now();
      body();
      times.push_back(absl::ToDoubleMilliseconds(absl::Now() - start));
    }
    const double half = Percentile(times, 0.5);
    absl::PrintF("%-42s p50 %6.2f ms  p99 %6.2f ms\n", what, half, Percentile(times, 0.99));
  }

  void Search(const std::string& what, const std::function<void(v1::SearchHealthcareServicesRequest&)>& fill) {
    v1::SearchHealthcareServicesRequest request;
    fill(request);
    v1::SearchHealthcareServicesResponse response;
    Measure(what, [&] { Must(services_->SearchHealthcareServices(service_->As(user_).get(), request, &response)); });
    absl::PrintF("%44s%d results%s\n", "", response.results_size(),
                 response.next_page_token().empty() ? "" : " and more");
    if (response.results_size() > 0) name_ = response.results(0).healthcare_service().name();
  }

  void Pages() {
    v1::SearchHealthcareServicesRequest request;
    Near(request, 52.5, -1.9, 0);
    request.set_page_size(100);
    v1::SearchHealthcareServicesResponse response;
    int pages = 0, results = 0;
    double worst = 0;
    const absl::Time start = absl::Now();
    do {
      const absl::Time page_start = absl::Now();
      Must(services_->SearchHealthcareServices(service_->As(user_).get(), request, &response));
      worst = std::max(worst, absl::ToDoubleMilliseconds(absl::Now() - page_start));
      request.set_page_token(response.next_page_token());
      results += response.results_size();
      ++pages;
    } while (!response.next_page_token().empty());
    absl::PrintF("%-42s %8.2f s  (%d pages of 100, %d results, slowest page %.1f ms)\n", "near, no limit, every page",
                 absl::ToDoubleSeconds(absl::Now() - start), pages, results, worst);
  }

  void Get() {
    if (name_.empty()) {
      v1::SearchHealthcareServicesResponse response;
      Must(services_->SearchHealthcareServices(service_->As(user_).get(), {}, &response));
      name_ = response.results(0).healthcare_service().name();
    }
    v1::GetHealthcareServiceRequest request;
    request.set_name(name_);
    v1::GetHealthcareServiceResponse response;
    Must(services_->GetHealthcareService(service_->As(user_).get(), request, &response));
  }

  void Hold() {
    v1::SearchHealthcareServicesRequest search;
    search.set_min_available(1);
    search.set_page_size(1);
    if (free_.empty()) {
      v1::SearchHealthcareServicesResponse found;
      Must(services_->SearchHealthcareServices(service_->As(user_).get(), search, &found));
      free_ = found.results(0).healthcare_service().name();
      v1::LinkProviderRequest link;  // places are confirmed by the provider's staff
      link.set_name(found.results(0).healthcare_service().provider());
      link.set_organization(absl::StrCat("organizations/", user_.organization.ToString()));
      v1::LinkProviderResponse linked;
      Must(
          v1::Providers::NewStub(service_->channel())->LinkProvider(service_->As(administrator_).get(), link, &linked));
    }
    v1::HoldCapacityRequest hold;
    hold.set_healthcare_service(free_);
    v1::HoldCapacityResponse held;
    Must(capacities_->HoldCapacity(service_->As(user_).get(), hold, &held));
    v1::ConfirmHoldRequest confirm;
    confirm.set_name(held.hold().name());
    v1::ConfirmHoldResponse confirmed;
    Must(capacities_->ConfirmHold(service_->As(user_).get(), confirm, &confirmed));
    v1::ReleaseHoldRequest release;
    release.set_name(held.hold().name());
    v1::ReleaseHoldResponse released;
    Must(capacities_->ReleaseHold(service_->As(user_).get(), release, &released));
  }

  const int count_;
  std::unique_ptr<TestService> service_ = TestService::MustStart(Describe());
  std::unique_ptr<v1::HealthcareServices::Stub> services_ = v1::HealthcareServices::NewStub(service_->channel());
  std::unique_ptr<v1::Capacities::Stub> capacities_ = v1::Capacities::NewStub(service_->channel());
  TestUser administrator_ = TestUser::Make({options::v1::ROLE_DIRECTORY_ADMINISTRATOR});
  TestUser user_ = TestUser::Make({options::v1::ROLE_COORDINATOR, options::v1::ROLE_PROVIDER_STAFF});
  std::string name_;
  std::string free_;
};

}  // namespace
}  // namespace trellis::directory

int main(int argc, char** argv) {
  const int services = argc > 1 ? std::atoi(argv[1]) : 10'000;
  trellis::directory::Bench(services > 0 ? services : 10'000).Run();
}
