#include "tests/fault/raw_call.h"

#include <regex>
#include <set>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/support/byte_buffer.h"

namespace trellis::fault {
namespace {

// Waits for one step of the call; false where the stream is broken.
bool Step(grpc::CompletionQueue& queue) {
  void* tag = nullptr;
  bool ok = false;
  return queue.Next(&tag, &ok) && ok;
}

std::string Text(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string text;
  if (!buffer.Valid() || !buffer.Dump(&slices).ok()) return text;
  for (const grpc::Slice& slice : slices) text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return text;
}

bool IsReason(absl::string_view text) {
  if (text.empty() || text.size() > 63 || !absl::ascii_isupper(static_cast<unsigned char>(text[0]))) return false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (!absl::ascii_isupper(byte) && !absl::ascii_isdigit(byte) && c != '_') return false;
  }
  return true;
}

// What only somebody who looks into the service would know: statements, its database, files, addresses in memory, names
// of C++.
bool ShowsInternals(const std::string& text) {
  static const auto& pattern = *new std::regex(
      R"(\b(select .* from|insert into|update \w+ set|delete from|sqlstate|errno|mysql|mariadb|innodb|nullptr)\b)"
      R"(|trellis::|std::|absl::|grpc::|\.cc\b|\.h:\d|0x[0-9a-f]{6,}|/(etc|home|tmp|usr|var|proc|work|build)/)",
      std::regex::icase | std::regex::optimize);
  return std::regex_search(text, pattern);
}

}  // namespace

RawAnswer RawCall(const std::shared_ptr<grpc::Channel>& channel, const std::string& path, absl::string_view bytes,
                  grpc::ClientContext& context) {
  grpc::GenericStub stub(channel);
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareCall(&context, path, &queue);
  void* const tag = &queue;
  call->StartCall(tag);
  bool alive = Step(queue);
  if (alive) {
    const grpc::Slice slice(bytes.data(), bytes.size());
    call->WriteLast(grpc::ByteBuffer(&slice, 1), grpc::WriteOptions(), tag);
    Step(queue);  // a refusal may come before the message is out
  }
  RawAnswer answer;
  for (bool is_first = true; alive; is_first = false) {
    grpc::ByteBuffer message;
    call->Read(&message, tag);
    alive = Step(queue);
    if (alive && is_first) answer.response = Text(message);
  }
  call->Finish(&answer.status, tag);
  Step(queue);
  queue.Shutdown();
  while (Step(queue)) {
  }
  return answer;
}

std::string WrongWithRefusal(const grpc::Status& status) {
  static const std::set<grpc::StatusCode> kCodes = {
      grpc::StatusCode::INVALID_ARGUMENT,    grpc::StatusCode::UNAUTHENTICATED,
      grpc::StatusCode::PERMISSION_DENIED,   grpc::StatusCode::NOT_FOUND,
      grpc::StatusCode::RESOURCE_EXHAUSTED,  grpc::StatusCode::UNIMPLEMENTED,
      grpc::StatusCode::FAILED_PRECONDITION, grpc::StatusCode::ABORTED,
      grpc::StatusCode::ALREADY_EXISTS};
  if (status.ok()) return "is OK";
  if (kCodes.count(status.error_code()) == 0) return absl::StrCat("has the code ", status.error_code());
  google::rpc::Status rich;
  if (status.error_details().empty() || !rich.ParseFromString(status.error_details())) return "has no details";
  if (ShowsInternals(rich.DebugString())) return absl::StrCat("shows what is inside: ", status.error_message());
  if (rich.code() != status.error_code() || rich.message() != status.error_message()) return "contradicts its details";
  int infos = 0;
  for (const auto& any : rich.details()) {
    google::rpc::ErrorInfo info;
    if (!any.UnpackTo(&info)) continue;
    ++infos;
    if (!IsReason(info.reason())) return absl::StrCat("has the reason '", info.reason(), "'");
    if (!absl::StartsWith(info.domain(), "trellis.")) return absl::StrCat("has the domain '", info.domain(), "'");
  }
  return infos == 1 ? "" : absl::StrCat("has ", infos, " ErrorInfo");
}

}  // namespace trellis::fault
