#include "common/audit/trail.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/timestamps.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace trellis::audit {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodOptions;

constexpr std::size_t kLongestSource = 64;

struct Entry final : rpc::AuditEntry {
  std::vector<JournalRow> rows;
};

bool IsRead(const rpc::CallContext& call) {
  return call.method().options().idempotency_level() == MethodOptions::NO_SIDE_EFFECTS;
}

bool IsRefusal(const absl::Status& outcome) {
  return absl::IsUnauthenticated(outcome) || absl::IsPermissionDenied(outcome);
}

bool IsWanted(const rpc::CallContext& call, const absl::Status& outcome) {
  if (call.policy().data() != options::v1::DATA_CLASS_PUBLIC) return true;
  const bool stream = call.method().server_streaming();
  return IsRefusal(outcome) || (!stream && !IsRead(call));
}

std::string RequestIdOf(const Message& request) {
  const FieldDescriptor* const field = request.GetDescriptor()->FindFieldByName("request_id");
  if (field == nullptr || field->is_repeated() || field->type() != FieldDescriptor::TYPE_STRING) return "";
  const absl::StatusOr<Id> id = Id::Parse(request.GetReflection()->GetString(request, field));
  return id.ok() ? id->ToString() : "";
}

void SetCaller(const rpc::CallContext& call, v1::AuditRecord& record) {
  const rpc::Caller& caller = call.caller();
  record.set_user(NameOf("users", caller.user));
  record.set_session(NameOf("sessions", caller.session));
  for (const options::v1::Role role : caller.roles) record.add_roles(role);
  record.set_peer_service(caller.service);
  record.set_source(call.peer().address.substr(0, kLongestSource));
}

// Of a call without a token: whose it turned out to be, by what the handler noted or else by what the answer names.
Id OrganizationOf(const rpc::CallContext& call, const std::vector<std::string>& names, v1::AuditRecord& record) {
  if (call.caller().kind != rpc::Caller::Kind::kAnonymous) return call.caller().organization;
  Id organization = call.audit().organization;
  if (!call.audit().user.is_nil()) record.set_user(NameOf("users", call.audit().user));
  for (const std::string& name : names) {
    if (organization.is_nil() && absl::StartsWith(name, "organizations/")) organization = IdOf(name);
    if (record.user().empty() && absl::StartsWith(name, "users/")) record.set_user(name);
  }
  return organization;
}

}  // namespace

std::vector<JournalRow> Trail::RowsOf(const rpc::CallContext& call, const Message* request, const Message* response,
                                      const absl::Status& outcome, bool repeated) {
  Mentioned mentioned;
  if (response != nullptr) names_.Collect(*response, &mentioned);
  v1::AuditRecord record;
  SetCaller(call, record);
  const Id organization = OrganizationOf(call, mentioned.names, record);
  if (request != nullptr) {
    names_.Collect(*request, &mentioned);
    record.set_request_id(RequestIdOf(*request));
  }
  SetMentioned(std::move(mentioned), &record);
  *record.mutable_record_time() = rpc::ToTimestamp(clock_.Now());
  record.set_service(service_);
  record.set_method(call.method().full_name());
  record.set_action(IsRead(call) ? v1::AuditRecord::ACTION_READ : v1::AuditRecord::ACTION_CHANGE);
  record.set_data(call.policy().data());
  record.set_code(static_cast<int>(outcome.code()));
  record.set_reason(ReasonOf(outcome));
  record.set_repeated_request(repeated);
  record.set_trace_id(call.trace().trace_id);
  record.set_purpose(call.audit().purpose);

  std::vector<JournalRow> rows;
  if (response != nullptr) AddDisclosures(call, *response, record, rows);
  rows.push_back(ToRow(ids_.Next(), organization, std::move(record)));
  return rows;
}

void Trail::AddDisclosures(const rpc::CallContext& call, const Message& response, v1::AuditRecord& record,
                           std::vector<JournalRow>& rows) {
  const Id own = call.caller().organization;
  const auto copy_for = [&](const Id& owner, const std::string& consent, Mentioned mentioned) {
    v1::AuditRecord copy = record;
    copy.clear_persons();
    copy.clear_resources();
    copy.clear_omitted_count();
    SetMentioned(std::move(mentioned), &copy);
    if (copy.persons().empty()) return;  // nothing of anybody was shown
    copy.set_user_organization(NameOf("organizations", own));
    copy.set_recipient(NameOf("organizations", own));
    copy.set_consent(consent);
    rows.push_back(ToRow(ids_.Next(), owner, std::move(copy)));
  };
  if (!call.audit().owner.is_nil() && call.audit().owner != own) {
    Mentioned all;
    all.names.assign(record.persons().begin(), record.persons().end());
    all.names.insert(all.names.end(), record.resources().begin(), record.resources().end());
    for (const int label : record.labels()) all.labels.Add(label);
    all.withheld = record.withheld();
    copy_for(call.audit().owner, NameOf("consents", call.audit().consent), std::move(all));
  }
  if (!call.policy().has_disclosure()) return;
  for (Disclosed& disclosed : DisclosuresIn(response, call.policy().disclosure(), names_)) {
    if (IdOf(disclosed.owner) != own) {
      copy_for(IdOf(disclosed.owner), disclosed.consent, std::move(disclosed.mentioned));
    } else if (!IsRead(call)) {  // its own staff sent it there
      record.set_recipient(disclosed.recipient);
      record.set_consent(disclosed.consent);
    }
  }
}

std::unique_ptr<rpc::AuditEntry> Trail::Describe(const rpc::CallContext& call, const Message* request,
                                                 const Message* response, const absl::Status& outcome) {
  if (!IsWanted(call, outcome) || (call.audit().recorded && outcome.ok())) return nullptr;
  auto entry = std::make_unique<Entry>();
  entry->rows = RowsOf(call, request, response, outcome, /*repeated=*/false);
  return entry;
}

void Trail::Write(std::unique_ptr<rpc::AuditEntry> entry, Done done) {
  batcher_.Submit(std::move(static_cast<Entry&>(*entry).rows), std::move(done));
}

absl::Status Trail::RecordChange(db::Session& tx, const rpc::CallContext& call, const Message& request,
                                 const Message& response, bool repeated) {
  return Append(tx, RowsOf(call, &request, &response, absl::OkStatus(), repeated));
}

absl::Status Trail::RecordWork(db::Session& tx, const Id& organization, absl::string_view purpose) {
  v1::AuditRecord record;
  *record.mutable_record_time() = rpc::ToTimestamp(clock_.Now());
  record.set_service(service_);
  record.set_method(std::string(purpose));
  record.set_action(v1::AuditRecord::ACTION_BACKGROUND);
  record.set_peer_service(service_);
  const JournalRow row = ToRow(ids_.Next(), organization, std::move(record));
  return Append(tx, {&row, 1});
}

}  // namespace trellis::audit
