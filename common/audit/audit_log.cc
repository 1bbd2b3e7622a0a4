#include "common/audit/audit_log.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/audit/reader.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/page.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/timestamps.h"

namespace trellis::audit {
namespace {

constexpr int kDefaultLinks = 500;
constexpr int kMostLinks = 2000;
constexpr std::size_t kMostBytes = 2 << 20;  // of records in one answer; one record always fits

absl::Status BadToken() { return InvalidField("page_token", "is not a token that this method has given"); }

std::string KeyText(const RecordKey& key) { return absl::StrCat(absl::ToUnixMicros(key.time), "/", key.sequence); }

absl::StatusOr<std::optional<RecordKey>> KeyOf(const rpc::Page& page) {
  if (page.after.empty()) return std::optional<RecordKey>();
  const std::vector<absl::string_view> parts = absl::StrSplit(page.after, '/');
  std::int64_t micros = 0;
  RecordKey key;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &micros) || !absl::SimpleAtoi(parts[1], &key.sequence)) {
    return BadToken();
  }
  key.time = absl::FromUnixMicros(micros);
  return std::optional<RecordKey>(key);
}

v1::Checkpoint ToProto(StoredCheckpoint checkpoint) {
  v1::Checkpoint out;
  out.set_size(checkpoint.size);
  *out.mutable_sign_time() = rpc::ToTimestamp(checkpoint.sign_time);
  out.set_note(std::move(checkpoint.note));
  return out;
}

// One page of records into a response with `records` and `next_page_token`.
template <class Response>
absl::StatusOr<Response> List(db::Pool& pool, const rpc::CallContext& call, const rpc::Page& page,
                              RecordFilter filter) {
  filter.organization = call.caller().organization;
  filter.limit = page.size + 1;
  TRELLIS_ASSIGN_OR_RETURN(filter.after, KeyOf(page));
  std::vector<StoredRecord> rows;
  TRELLIS_RETURN_IF_ERROR(pool.Read(call.deadline(), [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(rows, ListRecords(session, filter));
    return absl::OkStatus();
  }));
  Response response;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    bytes += rows[i].body.size();
    if (i == static_cast<std::size_t>(page.size) || (i > 0 && bytes > kMostBytes)) {
      response.set_next_page_token(page.TokenAfter(KeyText(rows[i - 1].key)));
      break;
    }
    v1::ChainedRecord& chained = *response.add_records();
    chained.set_sequence(rows[i].key.sequence);
    if (!chained.mutable_record()->ParseFromString(rows[i].body)) {
      return absl::InternalError(absl::StrCat("audit record ", rows[i].key.sequence, " cannot be read"));
    }
  }
  return response;
}

}  // namespace

void AuditLog::RegisterWith(rpc::Router& router) {
  router.Unary("trellis.audit.v1.AuditLog.ListAuditRecords", this, &AuditLog::ListAuditRecords);
  router.Unary("trellis.audit.v1.AuditLog.ListDisclosures", this, &AuditLog::ListDisclosures);
  router.Unary("trellis.audit.v1.AuditLog.ReadChain", this, &AuditLog::ReadChain);
  router.Unary("trellis.audit.v1.AuditLog.GetCheckpoint", this, &AuditLog::GetCheckpoint);
  router.Unary("trellis.audit.v1.AuditLog.ListCheckpoints", this, &AuditLog::ListCheckpoints);
}

absl::StatusOr<v1::ListAuditRecordsResponse> AuditLog::ListAuditRecords(rpc::CallContext& call,
                                                                        const v1::ListAuditRecordsRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const rpc::Page page, rpc::ReadPage(call, request));
  RecordFilter filter;
  if (!request.person().empty()) {
    TRELLIS_ASSIGN_OR_RETURN(filter.person, rpc::ParseName("persons", request.person(), "person"));
  }
  if (!request.user().empty()) {
    TRELLIS_ASSIGN_OR_RETURN(filter.user, rpc::ParseName("users", request.user(), "user"));
  }
  filter.method = request.method();
  if (request.has_code()) filter.code = request.code();
  if (request.has_begin_time()) filter.begin = rpc::FromTimestamp(request.begin_time());
  if (request.has_end_time()) filter.end = rpc::FromTimestamp(request.end_time());
  return List<v1::ListAuditRecordsResponse>(pool_, call, page, filter);
}

absl::StatusOr<v1::ListDisclosuresResponse> AuditLog::ListDisclosures(rpc::CallContext& call,
                                                                      const v1::ListDisclosuresRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const rpc::Page page, rpc::ReadPage(call, request));
  RecordFilter filter;
  TRELLIS_ASSIGN_OR_RETURN(filter.person, rpc::ParseName("persons", request.person(), "person"));
  filter.disclosed = true;
  return List<v1::ListDisclosuresResponse>(pool_, call, page, filter);
}

absl::StatusOr<v1::ReadChainResponse> AuditLog::ReadChain(rpc::CallContext& call, const v1::ReadChainRequest& request) {
  const int limit = request.limit() == 0 ? kDefaultLinks : std::min(request.limit(), kMostLinks);
  std::vector<StoredLink> links;
  TRELLIS_RETURN_IF_ERROR(pool_.Read(call.deadline(), [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(links, ReadLinks(session, call.caller().organization, request.after(), limit));
    return absl::OkStatus();
  }));
  v1::ReadChainResponse response;
  std::size_t bytes = 0;
  for (StoredLink& link : links) {
    bytes += link.body.size();
    if (bytes > kMostBytes && response.links_size() > 0) break;
    v1::ChainLink& out = *response.add_links();
    out.set_sequence(link.sequence);
    out.set_body(std::move(link.body));
    out.set_hash(std::move(link.hash));
  }
  return response;
}

absl::StatusOr<v1::GetCheckpointResponse> AuditLog::GetCheckpoint(rpc::CallContext& call,
                                                                  const v1::GetCheckpointRequest&) {
  std::optional<StoredCheckpoint> newest;
  TRELLIS_RETURN_IF_ERROR(pool_.Read(call.deadline(), [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(newest, NewestCheckpoint(session, call.caller().organization));
    return absl::OkStatus();
  }));
  if (!newest.has_value()) return NotFound("the checkpoint");
  v1::GetCheckpointResponse response;
  *response.mutable_checkpoint() = ToProto(*std::move(newest));
  response.set_public_key(public_key_);
  return response;
}

absl::StatusOr<v1::ListCheckpointsResponse> AuditLog::ListCheckpoints(rpc::CallContext& call,
                                                                      const v1::ListCheckpointsRequest& request) {
  TRELLIS_ASSIGN_OR_RETURN(const rpc::Page page, rpc::ReadPage(call, request));
  std::int64_t after = 0;
  if (!page.after.empty() && !absl::SimpleAtoi(page.after, &after)) return BadToken();
  std::vector<StoredCheckpoint> rows;
  TRELLIS_RETURN_IF_ERROR(pool_.Read(call.deadline(), [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(rows, audit::ListCheckpoints(session, call.caller().organization, after, page.size + 1));
    return absl::OkStatus();
  }));
  v1::ListCheckpointsResponse response;
  if (rows.size() > static_cast<std::size_t>(page.size)) {
    rows.pop_back();
    response.set_next_page_token(page.TokenAfter(absl::StrCat(rows.back().size)));
  }
  for (StoredCheckpoint& row : rows) *response.add_checkpoints() = ToProto(std::move(row));
  return response;
}

}  // namespace trellis::audit
