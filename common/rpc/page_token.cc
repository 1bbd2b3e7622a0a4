#include "common/rpc/page_token.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "openssl/sha.h"

namespace trellis::rpc {
namespace {

constexpr std::size_t kBindingSize = 12;
constexpr std::size_t kMaxTokenSize = 1024;
constexpr char kVersion = '\x01';

std::string Binding(absl::string_view key, absl::string_view filter) {
  const std::string text = absl::StrCat(key.size(), ":", key, filter);
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  return std::string(reinterpret_cast<const char*>(digest), kBindingSize);
}

void ClearField(google::protobuf::Message& message, const char* name) {
  if (const auto* field = message.GetDescriptor()->FindFieldByName(name)) {
    message.GetReflection()->ClearField(&message, field);
  }
}

}  // namespace

std::string PageFilter(const CallContext& call, const google::protobuf::Message& request) {
  const std::unique_ptr<google::protobuf::Message> rest(request.New());
  rest->CopyFrom(request);
  ClearField(*rest, "page_size");
  ClearField(*rest, "page_token");
  std::string text =
      absl::StrCat(call.method().full_name(), "/", call.caller().organization.bytes(), call.caller().user.bytes());
  google::protobuf::io::StringOutputStream sink(&text);
  google::protobuf::io::CodedOutputStream out(&sink);
  out.SetSerializationDeterministic(true);
  rest->SerializeToCodedStream(&out);
  out.Trim();
  return text;
}

std::string EncodePageToken(absl::string_view key, absl::string_view filter) {
  return absl::WebSafeBase64Escape(absl::StrCat(absl::string_view(&kVersion, 1), Binding(key, filter), key));
}

absl::StatusOr<std::string> DecodePageToken(absl::string_view token, absl::string_view filter) {
  if (token.empty()) return std::string();
  std::string bytes;
  if (token.size() > kMaxTokenSize || !absl::WebSafeBase64Unescape(token, &bytes) || bytes.size() < 1 + kBindingSize ||
      bytes[0] != kVersion) {
    return InvalidField("page_token", "is not a token that this method has given");
  }
  std::string key = bytes.substr(1 + kBindingSize);
  if (bytes.compare(1, kBindingSize, Binding(key, filter)) != 0) {
    return InvalidField("page_token", "belongs to another list: filters must not change between pages");
  }
  return key;
}

absl::StatusOr<int> ClampPageSize(std::int32_t page_size, int default_size, int max_size) {
  if (page_size < 0) return InvalidField("page_size", "must not be negative");
  return page_size == 0 ? std::min(default_size, max_size) : std::min<int>(page_size, max_size);
}

}  // namespace trellis::rpc
