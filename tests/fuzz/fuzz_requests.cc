// Any bytes as the request of one RPC, through the pipeline's own parsing and checks. TRELLIS_FUZZ_TARGET names the RPC
// ("trellis.identity.v1.Persons.GetPerson"); "list" prints all of them.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/rpc/page_token.h"
#include "common/rpc/pipeline/pipeline.h"
#include "common/rpc/pipeline/validation.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/status_mapping.h"
#include "google/protobuf/stubs/logging.h"
#include "google/rpc/status.pb.h"
#include "tests/fuzz/mutator.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace trellis::fuzz {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::MethodDescriptor;

std::vector<const MethodDescriptor*> AllMethods() {
  std::vector<const MethodDescriptor*> methods;
  for (const auto name : absl::StrSplit(TRELLIS_PROTO_FILES, '\n')) {
    const auto* const file = DescriptorPool::generated_pool()->FindFileByName(std::string(name));
    if (file == nullptr) continue;
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) methods.push_back(file->service(i)->method(j));
    }
  }
  return methods;
}

[[noreturn]] void Fail(const char* what, const absl::Status& status) {
  std::cerr << "TRELLIS: " << what << ": " << status << std::endl;
  std::abort();
}

// One RPC and the stages of the pipeline that need nobody but the request.
class Target {
 public:
  explicit Target(const MethodDescriptor& descriptor)
      : pipeline_({.trust_domain = "trellis.local", .max_request_bytes = 256 * 1024, .max_response_bytes = 1 << 20},
                  &router_, nullptr, nullptr) {
    method_.descriptor = &descriptor;
    method_.policy = descriptor.options().GetExtension(options::v1::method);
    method_.request_prototype = MessageFactory::generated_factory()->GetPrototype(descriptor.input_type());
    validator_.Prepare(*descriptor.input_type());
  }

  const Message& prototype() const { return *method_.request_prototype; }

  void Run(const std::uint8_t* data, std::size_t size) const {
    const std::unique_ptr<Message> request(prototype().New());
    absl::Status status = Check(data, size, *request);
    if (!status.ok()) return ExpectRefusal(status);
    // What has passed passes again as it is stored and sent on.
    const std::string bytes = request->SerializeAsString();
    status = Check(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), *request);
    if (!status.ok()) Fail("a request is refused the second time", status);
    Decode(*request);
  }

 private:
  absl::Status Check(const std::uint8_t* data, std::size_t size, Message& request) const {
    const grpc::Slice slice(data, size);
    const absl::Status parsed = pipeline_.ParseRequest(method_, grpc::ByteBuffer(&slice, 1), request);
    return parsed.ok() ? validator_.Validate(request) : parsed;
  }

  static void ExpectRefusal(const absl::Status& status) {
    if (status.code() != absl::StatusCode::kInvalidArgument && status.code() != absl::StatusCode::kResourceExhausted) {
      Fail("an error of another kind", status);
    }
    google::rpc::Status details;
    const grpc::Status wire = rpc::ToGrpc(status, "trellis.fuzz");
    if (wire.error_details().size() > 8 * 1024 || !details.ParseFromString(wire.error_details())) {
      Fail("an error that does not reach the caller", status);
    }
  }

  // What handlers do first with the texts of a request that has passed.
  static void Decode(const Message& request) {
    const auto& reflection = *request.GetReflection();
    std::vector<const google::protobuf::FieldDescriptor*> set;
    reflection.ListFields(request, &set);
    for (const auto* const field : set) {
      if (field->is_repeated() || field->type() != google::protobuf::FieldDescriptor::TYPE_STRING) continue;
      const std::string text = reflection.GetString(request, field);
      if (text.empty()) continue;  // of a choice: counts as not set, and handlers refuse what they need
      const options::v1::FieldPolicy& policy = field->options().GetExtension(options::v1::field);
      if (policy.format() == options::v1::FORMAT_NAME && !rpc::ParseName(policy.collection(), text).ok()) {
        Fail("a name passed and cannot be read", absl::OkStatus());
      }
      if (field->name() == "page_token") (void)rpc::DecodePageToken(text, "filter");
    }
  }

  rpc::Router router_;
  const rpc::Pipeline pipeline_;
  rpc::Router::Method method_;
  rpc::Validator validator_;
};

const Target* target = nullptr;

}  // namespace
}  // namespace trellis::fuzz

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  google::protobuf::SetLogHandler(nullptr);
  const char* const wanted = std::getenv("TRELLIS_FUZZ_TARGET");
  for (const auto* const method : trellis::fuzz::AllMethods()) {
    if (wanted != nullptr && method->full_name() == wanted) trellis::fuzz::target = new trellis::fuzz::Target(*method);
    if (wanted != nullptr && absl::string_view(wanted) == "list") std::puts(method->full_name().c_str());
  }
  if (trellis::fuzz::target == nullptr) {
    std::fflush(stdout);
    std::_Exit(wanted != nullptr && absl::string_view(wanted) == "list" ? 0 : 2);
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  trellis::fuzz::target->Run(data, size);
  return 0;
}

// Three of four times a change to the message, otherwise one to its bytes.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned int seed) {
  if (seed % 4 == 0) return LLVMFuzzerMutate(data, size, max_size);
  const std::unique_ptr<google::protobuf::Message> message(trellis::fuzz::target->prototype().New());
  if (!message->ParsePartialFromArray(data, static_cast<int>(size))) message->Clear();
  trellis::fuzz::Mutator(seed).Mutate(*message);
  const std::string bytes = message->SerializePartialAsString();
  if (bytes.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  bytes.copy(reinterpret_cast<char*>(data), bytes.size());
  return bytes.size();
}
