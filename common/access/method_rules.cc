#include "common/access/method_rules.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/resource_name.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace trellis::access {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using options::v1::MethodPolicy;

constexpr const char* kSecondFactors[] = {"otp", "hwk"};  // RFC 8176: a one-time code, a passkey

// The fields from the request to the text, or nothing where the path does not lead to one text.
std::vector<const FieldDescriptor*> Resolve(const Descriptor* message, absl::string_view path) {
  std::vector<const FieldDescriptor*> fields;
  for (const absl::string_view name : absl::StrSplit(path, '.')) {
    const FieldDescriptor* field = message == nullptr ? nullptr : message->FindFieldByName(std::string(name));
    if (field == nullptr || field->is_repeated()) return {};
    fields.push_back(field);
    message = field->message_type();
  }
  if (fields.back()->type() != FieldDescriptor::TYPE_STRING) return {};
  return fields;
}

template <class Names>
bool Contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

absl::Status ServiceNotAllowed(const rpc::CallContext& call) {
  return Error(absl::StatusCode::kPermissionDenied, "SERVICE_NOT_ALLOWED", "this call is not for this caller")
      .With("method", call.method().full_name());
}

bool HasAnyRole(const rpc::Caller& caller, const MethodPolicy& policy) {
  return policy.roles().empty() || std::any_of(policy.roles().begin(), policy.roles().end(), [&](int role) {
           return caller.HasRole(static_cast<options::v1::Role>(role));
         });
}

}  // namespace

absl::StatusOr<std::string> TextAt(const Message& message, absl::string_view path) {
  const std::vector<const FieldDescriptor*> fields = Resolve(message.GetDescriptor(), path);
  if (fields.empty()) return absl::InternalError(absl::StrCat("no text field ", path));
  const Message* at = &message;
  for (const FieldDescriptor* field : fields) {
    if (field == fields.back()) break;
    // An unset message reads as its default instance, whose texts are empty.
    at = &at->GetReflection()->GetMessage(*at, field);
  }
  return at->GetReflection()->GetString(*at, fields.back());
}

absl::Status MethodRules::Authorize(rpc::CallContext& call, const Message& request) {
  if (call.caller().kind == rpc::Caller::Kind::kUser) TRELLIS_RETURN_IF_ERROR(CheckSession(call));
  switch (call.policy().audience()) {
    case options::v1::AUDIENCE_PUBLIC:
      return absl::OkStatus();
    case options::v1::AUDIENCE_USER:
      return AuthorizeUser(call, request);
    case options::v1::AUDIENCE_SERVICE:
      return AuthorizeService(call);
    default:
      return absl::InternalError(absl::StrCat(call.method().full_name(), " declares no audience"));
  }
}

absl::Status MethodRules::CheckSession(rpc::CallContext& call) const {
  if (sessions_ != nullptr) return call.policy().check_session() ? sessions_->CheckTruth(call) : sessions_->Check(call);
  if (!call.policy().check_session()) return absl::OkStatus();
  return absl::InternalError("a method wants sessions checked where nobody can check them");
}

absl::Status MethodRules::AuthorizeUser(rpc::CallContext& call, const Message& request) {
  const MethodPolicy& policy = call.policy();
  if (call.caller().kind != rpc::Caller::Kind::kUser) {
    return Error(absl::StatusCode::kUnauthenticated, "TOKEN_MISSING", "this call needs an access token");
  }
  const std::string& service = call.caller().service;
  const bool by_itself = service.empty() && !policy.only_passed_on();
  if (!by_itself && !Contains(policy.passed_on_by(), service)) return ServiceNotAllowed(call);
  if (!HasAnyRole(call.caller(), policy)) {
    return Error(absl::StatusCode::kPermissionDenied, "ROLE_MISSING", "none of your roles allows this")
        .With("method", call.method().full_name());
  }
  if (policy.step_up()) TRELLIS_RETURN_IF_ERROR(RequireFreshFactor(call));
  if (policy.person_field().empty()) return absl::OkStatus();
  if (access_ == nullptr) return absl::InternalError("a method names a person in a service without access relations");
  TRELLIS_ASSIGN_OR_RETURN(const std::string name, TextAt(request, policy.person_field()));
  TRELLIS_ASSIGN_OR_RETURN(const Id person, rpc::ParseName("persons", name, policy.person_field()));
  return access_->RequirePerson(call, person, name);
}

bool HasFreshFactor(const rpc::Caller& caller, absl::Time now) {
  const bool shown = std::any_of(std::begin(kSecondFactors), std::end(kSecondFactors),
                                 [&](const char* factor) { return Contains(caller.methods, factor); });
  return shown && now - caller.auth_time <= kFreshFactor;
}

absl::Status MethodRules::RequireFreshFactor(const rpc::CallContext& call) const {
  if (HasFreshFactor(call.caller(), clock_->Now())) return absl::OkStatus();
  return Error(absl::StatusCode::kPermissionDenied, "SECOND_FACTOR_REQUIRED",
               "this needs a second factor that was shown within the last five minutes")
      .With("method", call.method().full_name());
}

absl::Status MethodRules::AuthorizeService(const rpc::CallContext& call) const {
  const std::string& service = call.caller().service;
  return !service.empty() && Contains(call.policy().services(), service) ? absl::OkStatus() : ServiceNotAllowed(call);
}

}  // namespace trellis::access
