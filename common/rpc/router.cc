#include "common/rpc/router.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/rpc/contract.h"
#include "common/rpc/pipeline/withholding.h"

namespace trellis::rpc {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

void CheckPolicy(const MethodDescriptor& method, const options::v1::MethodPolicy& policy,
                 std::vector<std::string>& mistakes) {
  if (policy.audience() == options::v1::AUDIENCE_UNSPECIFIED) {
    mistakes.push_back(absl::StrCat(method.full_name(), ": declares no audience"));
  }
  if (policy.data() == options::v1::DATA_CLASS_UNSPECIFIED) {
    mistakes.push_back(absl::StrCat(method.full_name(), ": declares no data class"));
  }
  if (method.server_streaming() && policy.data() != options::v1::DATA_CLASS_PUBLIC) {
    mistakes.push_back(absl::StrCat(method.full_name(), ": answers of a stream would leave before their audit record"));
  }
  Withholding withholding;
  withholding.Prepare(*method.output_type());
  if ((method.client_streaming() || method.server_streaming()) && withholding.Concerns(*method.output_type())) {
    mistakes.push_back(absl::StrCat(method.full_name(), ": labelled records in answers of a stream are not withheld"));
  }
  if (method.client_streaming() && !policy.person_field().empty()) {
    mistakes.push_back(absl::StrCat(method.full_name(), ": a stream of requests cannot name a person_field"));
  }
}

}  // namespace

Router::Method* Router::Add(absl::string_view full_method, const Message& request, const Message* response) {
  const std::string name(full_method);
  const MethodDescriptor* method = DescriptorPool::generated_pool()->FindMethodByName(name);
  if (method == nullptr) {
    mistakes_.push_back(absl::StrCat(name, ": no such method in the linked contracts"));
    return nullptr;
  }
  if (method->input_type() != request.GetDescriptor()) {
    mistakes_.push_back(absl::StrCat(name, ": the handler takes ", request.GetTypeName(), ", the method ",
                                     method->input_type()->full_name()));
    return nullptr;
  }
  if (response != nullptr && method->output_type() != response->GetDescriptor()) {
    mistakes_.push_back(absl::StrCat(name, ": the handler answers with ", response->GetTypeName(), ", the method with ",
                                     method->output_type()->full_name()));
    return nullptr;
  }
  auto entry = std::make_unique<Method>();
  entry->descriptor = method;
  entry->policy = method->options().GetExtension(options::v1::method);
  entry->request_prototype = &request;
  entry->path = PathOf(*method);
  CheckPolicy(*method, entry->policy, mistakes_);
  auto [place, is_new] = methods_.try_emplace(entry->path, nullptr);
  if (!is_new) {
    mistakes_.push_back(absl::StrCat(name, ": has two handlers"));
    return nullptr;
  }
  place->second = std::move(entry);
  return place->second.get();
}

void Router::AddUnary(absl::string_view full_method, const Message& request, const Message& response,
                      UnaryHandler handler) {
  Method* method = Add(full_method, request, &response);
  if (method == nullptr) return;
  if (method->descriptor->client_streaming() || method->descriptor->server_streaming()) {
    mistakes_.push_back(absl::StrCat(full_method, ": is a stream, its handler is not"));
  }
  method->unary = std::move(handler);
}

void Router::AddStream(absl::string_view full_method, const Message& request, const Message& response,
                       StreamHandler handler) {
  Method* method = Add(full_method, request, &response);
  if (method == nullptr) return;
  if (!method->descriptor->client_streaming() && !method->descriptor->server_streaming()) {
    mistakes_.push_back(absl::StrCat(full_method, ": is not a stream, its handler is"));
  }
  method->stream = std::move(handler);
}

void Router::AddPush(absl::string_view full_method, const Message& request, PushHandler handler) {
  Method* method = Add(full_method, request, nullptr);
  if (method == nullptr) return;
  if (method->descriptor->client_streaming() || !method->descriptor->server_streaming()) {
    mistakes_.push_back(absl::StrCat(full_method, ": is not a stream of answers, its handler is"));
  }
  method->push = std::move(handler);
}

void Router::NarrowServices(absl::string_view full_method, const std::vector<std::string>& services) {
  for (const auto& [path, method] : methods_) {
    if (method->descriptor->full_name() != full_method) continue;
    auto& declared = *method->policy.mutable_services();
    for (const std::string& service : services) {
      if (std::find(declared.begin(), declared.end(), service) == declared.end()) {
        mistakes_.push_back(absl::StrCat(full_method, ": does not declare the service ", service));
      }
    }
    declared.Assign(services.begin(), services.end());
    return;
  }
  mistakes_.push_back(absl::StrCat(full_method, ": has no handler, so nobody may call it"));
}

std::vector<std::string> Router::Check() const {
  std::vector<std::string> mistakes = mistakes_;
  for (const ServiceDescriptor* service : services()) {
    for (int i = 0; i < service->method_count(); ++i) {
      const MethodDescriptor& method = *service->method(i);
      if (Find(PathOf(method)) == nullptr) {
        mistakes.push_back(absl::StrCat(method.full_name(), ": has no handler"));
      }
    }
  }
  return mistakes;
}

const Router::Method* Router::Find(absl::string_view path) const {
  const auto found = methods_.find(path);
  return found == methods_.end() ? nullptr : found->second.get();
}

std::vector<const Router::Method*> Router::methods() const {
  std::vector<const Method*> all;
  for (const auto& [path, method] : methods_) all.push_back(method.get());
  std::sort(all.begin(), all.end(), [](const Method* a, const Method* b) { return a->path < b->path; });
  return all;
}

std::vector<const ServiceDescriptor*> Router::services() const {
  std::vector<const ServiceDescriptor*> all;
  for (const Method* method : methods()) {
    const ServiceDescriptor* service = method->descriptor->service();
    if (all.empty() || all.back() != service) all.push_back(service);
  }
  return all;
}

}  // namespace trellis::rpc
