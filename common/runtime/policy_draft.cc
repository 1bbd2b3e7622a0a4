#include "common/runtime/policy_draft.h"

#include <algorithm>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/rpc/contract.h"
#include "common/rpc/router.h"
#include "common/rpc/spiffe_name.h"
#include "google/protobuf/descriptor.h"
#include "nlohmann/json.hpp"
#include "trellis/options/v1/options.pb.h"

namespace trellis::runtime {
namespace {

using google::protobuf::MethodDescriptor;
using nlohmann::ordered_json;
using options::v1::MethodPolicy;

// What every service answers to anybody who gets as far as a connection.
constexpr const char* kOfEveryService[] = {"/grpc.health.v1.Health/*", "/grpc.reflection.v1alpha.ServerReflection/*"};
constexpr char kEvents[] = "trellis.events.v1";
constexpr char kEverybody[] = "*";

// By who calls: a service, the door, or everybody.
using Paths = std::map<std::string, std::vector<std::string>>;

void AddCallers(const Service& service, const MethodDescriptor& method, Paths& paths) {
  const MethodPolicy& policy = method.options().GetExtension(options::v1::method);
  const std::string path = rpc::PathOf(method);
  if (policy.audience() == options::v1::AUDIENCE_PUBLIC) return paths[kEverybody].push_back(path);
  if (policy.audience() == options::v1::AUDIENCE_USER && !policy.only_passed_on()) {
    paths[std::string(rpc::kDoor)].push_back(path);
  }
  for (const std::string& caller : policy.passed_on_by()) paths[caller].push_back(path);
  const bool feed = method.file()->package() == kEvents;
  for (const std::string& caller : policy.services()) {
    const auto& followers = service.followers;
    if (!feed || std::find(followers.begin(), followers.end(), caller) != followers.end())
      paths[caller].push_back(path);
  }
}

}  // namespace

std::string DraftAuthorizationPolicy(const Service& service, absl::string_view trust_domain) {
  Paths paths;
  for (const char* path : kOfEveryService) paths[kEverybody].push_back(path);
  const std::vector<std::string> served = {absl::StrCat("trellis.", service.name, ".v1"), "trellis.audit.v1", kEvents};
  for (const MethodDescriptor* method : rpc::MethodsOf(served)) AddCallers(service, *method, paths);
  ordered_json rules = ordered_json::array();
  for (const auto& [caller, allowed] : paths) {
    const std::string principal = absl::StrCat("spiffe://", trust_domain, "/svc/", caller);
    rules.push_back({{"name", caller == kEverybody ? "everybody" : caller},
                     {"source", {{"principals", {principal}}}},
                     {"request", {{"paths", allowed}}}});
  }
  const ordered_json policy = {{"name", absl::StrCat("trellis-", service.name)}, {"allow_rules", std::move(rules)}};
  return absl::StrCat(policy.dump(2), "\n");
}

}  // namespace trellis::runtime
