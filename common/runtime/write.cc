#include "common/runtime/write.h"

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/crypto/digest.h"
#include "common/db/idempotency.h"
#include "common/db/pool.h"
#include "common/feed/publish.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "common/runtime/sealed_response.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/message.h"

namespace trellis::runtime {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr db::TransactOptions kRepeatable = {.repeatable_after_unknown_commit = true};

// Equal requests have equal bytes: map entries in the order of their keys.
std::string DeterministicBytes(const Message& message) {
  std::string out;
  {
    google::protobuf::io::StringOutputStream stream(&out);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return out;
}

// Database times have microseconds: what is written must equal what is read back.
absl::Time WholeMicros(absl::Time time) { return absl::FromUnixMicros(absl::ToUnixMicros(time)); }

std::string RequestIdOf(const Message& request) {
  const FieldDescriptor* const field = request.GetDescriptor()->FindFieldByName("request_id");
  if (field == nullptr || field->is_repeated() || field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) return "";
  return request.GetReflection()->GetString(request, field);
}

Id PrincipalOf(const rpc::Caller& caller) {
  if (caller.kind != rpc::Caller::Kind::kService) return caller.user;
  return crypto::DeriveId(Id(), absl::StrCat("service/", caller.service));
}

absl::StatusOr<db::IdempotencyKey> KeyOf(const rpc::CallContext& call, const Message& request, IdGenerator& ids) {
  db::IdempotencyKey key;
  key.organization = call.caller().organization;
  key.principal = PrincipalOf(call.caller());
  key.method = call.method().full_name();
  const std::string request_id = RequestIdOf(request);
  // Without a request id the caller cannot repeat itself safely, but a lost answer to COMMIT can still be resolved.
  // What nobody signed for is never handed to somebody else.
  if (request_id.empty() || call.caller().kind == rpc::Caller::Kind::kAnonymous) {
    key.request_id = ids.Next();
  } else {
    absl::StatusOr<Id> id = Id::Parse(request_id);
    if (!id.ok()) return InvalidField("request_id", "must be a UUID");
    key.request_id = *id;
  }
  key.request_hash = crypto::Sha256(DeterministicBytes(request));
  return key;
}

}  // namespace

absl::Status WriteUnit::Publish(const Message& event) { return PublishFor(organization, event); }

absl::Status WriteUnit::PublishFor(const Id& event_organization, const Message& event) {
  return feed::Publish(db, {.id = ids_.Next(),
                            .organization = event_organization,
                            .payload = event,
                            .occur_time = now,
                            .trace_id = trace_id_});
}

absl::Status Runtime::Read(rpc::CallContext& call, absl::FunctionRef<absl::Status(db::Session&)> body) {
  return pool().Read(call.deadline(), body);
}

WriteUnit Runtime::UnitIn(db::Session& tx, const Id& organization) {
  return WriteUnit(tx, ids(), organization, WholeMicros(clock().Now()), "");
}

absl::Status Runtime::WriteCall(rpc::CallContext& call, const Message& request, Message& response,
                                absl::FunctionRef<absl::Status(WriteUnit&)> change) {
  TRELLIS_ASSIGN_OR_RETURN(const db::IdempotencyKey key, KeyOf(call, request, ids()));
  const auto body = [&](db::Session& tx) -> absl::Status {
    const absl::Time now = WholeMicros(clock().Now());
    TRELLIS_ASSIGN_OR_RETURN(const std::optional<std::string> stored, db::Claim(tx, key, now));
    if (stored.has_value()) {
      TRELLIS_RETURN_IF_ERROR(OpenResponse(seal(), tx, key, *stored, response));
      return RecordChange(tx, call, request, response, /*repeated=*/true);
    }
    WriteUnit unit(tx, ids(), call.caller().organization, now, call.trace().trace_id);
    TRELLIS_RETURN_IF_ERROR(change(unit));
    TRELLIS_RETURN_IF_ERROR(RecordChange(tx, call, request, response, /*repeated=*/false));
    TRELLIS_ASSIGN_OR_RETURN(const std::string sealed, SealResponse(seal(), tx, key, request, response));
    return db::Store(tx, key, sealed);
  };
  TRELLIS_RETURN_IF_ERROR(AwaitRelations(call));
  TRELLIS_RETURN_IF_ERROR(pool().Transact(call.deadline(), kRepeatable, body));
  call.audit().recorded = true;
  EventsCommitted();
  return absl::OkStatus();
}

absl::Status Runtime::WriteAs(const BackgroundWork& work, absl::FunctionRef<absl::Status(WriteUnit&)> change) {
  db::IdempotencyKey key;
  key.organization = work.organization;
  key.method = work.purpose;
  key.request_id = work.operation.is_nil() ? ids().Next() : work.operation;
  const auto body = [&](db::Session& tx) -> absl::Status {
    const absl::Time now = WholeMicros(clock().Now());
    TRELLIS_ASSIGN_OR_RETURN(const std::optional<std::string> stored, db::Claim(tx, key, now));
    if (stored.has_value()) return absl::OkStatus();
    WriteUnit unit(tx, ids(), work.organization, now, "");
    TRELLIS_RETURN_IF_ERROR(change(unit));
    TRELLIS_RETURN_IF_ERROR(RecordWork(tx, work));
    return db::Store(tx, key, "");
  };
  TRELLIS_RETURN_IF_ERROR(pool().Transact(work.deadline, kRepeatable, body));
  EventsCommitted();
  return absl::OkStatus();
}

}  // namespace trellis::runtime
