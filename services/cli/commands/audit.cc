// The audit: what was done, who outside was told, and the proof that nobody changed the record of it.
#include <iostream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/audit/chain_verifier.h"
#include "common/audit/checkpoint.h"
#include "common/base/error.h"
#include "services/cli/command.h"
#include "services/cli/table.h"
#include "trellis/audit/v1/audit_log.grpc.pb.h"

namespace trellis::cli {
namespace {

namespace v1 = audit::v1;
using Log = v1::AuditLog::Stub;

constexpr int kLinksAtOnce = 2000;
constexpr int kCheckpointsAtOnce = 500;

constexpr absl::string_view kNames[] = {"identity", "directory", "assessment", "referral", "caseload"};

absl::StatusOr<Service> ServiceNamed(const std::string& name) {
  for (const Service service : kServices) {
    if (kNames[static_cast<int>(service)] == name) return service;
  }
  return InvalidField("service", "must be identity, directory, assessment, referral or caseload");
}

void PrintRecords(const google::protobuf::RepeatedPtrField<v1::ChainedRecord>& records) {
  Table table({"time", "method", "user", "outcome", "persons", "recipient", "purpose"});
  for (const v1::ChainedRecord& chained : records) {
    const v1::AuditRecord& record = chained.record();
    const std::string who = record.user().empty() ? record.peer_service() : record.user();
    table.Add({FormatTime(record.record_time()), record.method().substr(record.method().rfind('.') + 1), who,
               record.code() == 0 ? "ok" : record.reason(),
               record.persons_size() == 1 ? record.persons(0) : absl::StrCat(record.persons_size()), record.recipient(),
               record.purpose()});
  }
  std::cout << table.ToString();
}

absl::Status List(Client& client, const Args& args) {
  TRELLIS_ASSIGN_OR_RETURN(const Service service, ServiceNamed(args.Get("service", "identity")));
  v1::ListAuditRecordsRequest request;
  if (args.Has("person")) request.set_person(Named("persons", args.Get("person")));
  if (args.Has("user")) request.set_user(Named("users", args.Get("user")));
  request.set_method(args.Get("method"));
  TRELLIS_ASSIGN_OR_RETURN(const std::optional<int> code, args.Int("code"));
  if (code.has_value()) request.set_code(*code);
  request.set_page_size(100);
  TRELLIS_ASSIGN_OR_RETURN(const auto response, client.Call(service, &Log::ListAuditRecords, request));
  return client.Show(response, [&] { PrintRecords(response.records()); });
}

absl::Status Disclosures(Client& client, const Args& args) {
  TRELLIS_ASSIGN_OR_RETURN(const Service service, ServiceNamed(args.Get("service", "referral")));
  v1::ListDisclosuresRequest request;
  request.set_person(Named("persons", args.positional()));
  request.set_page_size(100);
  TRELLIS_ASSIGN_OR_RETURN(const auto response, client.Call(service, &Log::ListDisclosures, request));
  return client.Show(response, [&] { PrintRecords(response.records()); });
}

// The notes that the service holds.
absl::StatusOr<std::vector<std::string>> NotesOf(Client& client, Service service) {
  std::vector<std::string> notes;
  v1::ListCheckpointsRequest request;
  request.set_page_size(kCheckpointsAtOnce);
  do {
    TRELLIS_ASSIGN_OR_RETURN(const auto page, client.Call(service, &Log::ListCheckpoints, request));
    for (const v1::Checkpoint& checkpoint : page.checkpoints()) notes.push_back(checkpoint.note());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return notes;
}

// The key that the user trusts, or else the one that the service names; "" where nothing was signed yet.
absl::StatusOr<std::string> KeyFor(Client& client, Service service, const Args& args) {
  if (args.Has("public-key-file")) {
    TRELLIS_ASSIGN_OR_RETURN(const std::string text, args.File("public-key-file"));
    return audit::ParsePublicKey(text);
  }
  const auto newest = client.Call(service, &Log::GetCheckpoint, v1::GetCheckpointRequest());
  if (absl::IsNotFound(newest.status())) return std::string();
  TRELLIS_RETURN_IF_ERROR(newest.status());
  return newest->public_key();
}

absl::StatusOr<audit::Report> VerifyOne(Client& client, Service service, const Args& args) {
  TRELLIS_ASSIGN_OR_RETURN(const std::string key, KeyFor(client, service, args));
  std::vector<std::string> notes;
  if (args.Has("checkpoints")) {
    TRELLIS_ASSIGN_OR_RETURN(const std::string text, args.File("checkpoints"));
    notes = audit::SplitNotes(text + "\n");
  }
  TRELLIS_ASSIGN_OR_RETURN(const std::vector<std::string> stored, NotesOf(client, service));
  notes.insert(notes.end(), stored.begin(), stored.end());
  const std::string& own = client.session().organization;
  TRELLIS_ASSIGN_OR_RETURN(const Id organization, Id::Parse(own.substr(own.find('/') + 1)));
  const std::string origin =
      audit::OriginOf(args.Get("trust-domain", "trellis.local"), kNames[static_cast<int>(service)], organization);
  std::vector<audit::Checkpoint> checkpoints;
  for (const std::string& note : notes) {
    TRELLIS_ASSIGN_OR_RETURN(checkpoints.emplace_back(), audit::Open(note, key));
  }
  audit::ChainVerifier verifier(organization, origin, checkpoints);
  v1::ReadChainRequest request;
  request.set_limit(kLinksAtOnce);
  for (int count = 1; count > 0;) {
    TRELLIS_ASSIGN_OR_RETURN(const auto page, client.Call(service, &Log::ReadChain, request));
    for (const v1::ChainLink& link : page.links()) verifier.Add(link.sequence(), link.body(), link.hash());
    count = page.links_size();
    if (count > 0) request.set_after(page.links(count - 1).sequence());
  }
  return verifier.Finish();
}

absl::Status Verify(Client& client, const Args& args) {
  std::vector<Service> services(std::begin(kServices), std::end(kServices));
  if (args.Has("service")) {
    TRELLIS_ASSIGN_OR_RETURN(const Service one, ServiceNamed(args.Get("service")));
    services = {one};
  }
  const absl::Time began = absl::Now();
  std::int64_t records = 0;
  std::int64_t problems = 0;
  for (const Service service : services) {
    TRELLIS_ASSIGN_OR_RETURN(const audit::Report report, VerifyOne(client, service, args));
    std::cout << "    " << kNames[static_cast<int>(service)] << ": " << report.records << " records, "
              << report.signed_records << " of them signed: "
              << (report.ok() ? std::string("good") : absl::StrCat(report.problem_count, " problems")) << "\n";
    for (const std::string& problem : report.problems) std::cout << "      " << problem << "\n";
    records += report.records;
    problems += report.problem_count;
  }
  std::cout << "    " << records << " records verified in " << FormatNumber(absl::ToDoubleSeconds(absl::Now() - began))
            << " s\n";
  return problems == 0 ? absl::OkStatus() : absl::DataLossError("the audit is not what was recorded");
}

}  // namespace

std::vector<Command> AuditCommands() {
  return {
      {"audit list",
       "",
       "what was done, newest first (privacy officers)",
       {{"service", "identity (otherwise), directory, assessment, referral or caseload"},
        {"person", "only what names this person"},
        {"user", "only what this user did"},
        {"method", "only this RPC, by its full name"},
        {"code", "only this outcome: a gRPC status code, 0 for OK"}},
       List},
      {"audit disclosures",
       "PERSON",
       "who outside the organization was told about a person",
       {{"service", "referral (otherwise), or another service"}},
       Disclosures},
      {"audit verify",
       "",
       "prove that no record was changed, removed or cut off",
       {{"service", "only this service; otherwise all five"},
        {"checkpoints", "file with checkpoints that were kept apart from the database"},
        {"public-key-file", "file with the public key (base64); otherwise the service names it"},
        {"trust-domain", "what the origins of checkpoints begin with (otherwise trellis.local)"}},
       Verify},
  };
}

}  // namespace trellis::cli
