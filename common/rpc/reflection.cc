#include "common/rpc/reflection.h"

#include <set>

#include "common/base/status_macros.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"

namespace trellis::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using grpc::reflection::v1alpha::ServerReflectionRequest;
using grpc::reflection::v1alpha::ServerReflectionResponse;

constexpr int kNotFound = 5;          // grpc.StatusCode
constexpr int kInvalidArgument = 3;

void Fail(int code, const char* text, ServerReflectionResponse& response) {
  response.mutable_error_response()->set_error_code(code);
  response.mutable_error_response()->set_error_message(text);
}

// The file and everything that it needs, each once, what is needed first.
void AddFile(const FileDescriptor* file, std::set<const FileDescriptor*>& seen, ServerReflectionResponse& response) {
  if (!seen.insert(file).second) return;
  for (int i = 0; i < file->dependency_count(); ++i) AddFile(file->dependency(i), seen, response);
  google::protobuf::FileDescriptorProto proto;
  file->CopyTo(&proto);
  response.mutable_file_descriptor_response()->add_file_descriptor_proto(proto.SerializeAsString());
}

void AnswerFile(const FileDescriptor* file, ServerReflectionResponse& response) {
  if (file == nullptr) return Fail(kNotFound, "not known to this server", response);
  std::set<const FileDescriptor*> seen;
  AddFile(file, seen, response);
  // Readers take the first file for the one that they asked for.
  auto* files = response.mutable_file_descriptor_response()->mutable_file_descriptor_proto();
  files->SwapElements(0, files->size() - 1);
}

void AnswerExtensions(const std::string& type, ServerReflectionResponse& response) {
  const Descriptor* descriptor = DescriptorPool::generated_pool()->FindMessageTypeByName(type);
  if (descriptor == nullptr) return Fail(kNotFound, "not known to this server", response);
  std::vector<const FieldDescriptor*> extensions;
  DescriptorPool::generated_pool()->FindAllExtensions(descriptor, &extensions);
  auto* answer = response.mutable_all_extension_numbers_response();
  answer->set_base_type_name(type);
  for (const FieldDescriptor* extension : extensions) answer->add_extension_number(extension->number());
}

void AnswerExtension(const std::string& type, int number, ServerReflectionResponse& response) {
  const DescriptorPool* pool = DescriptorPool::generated_pool();
  const Descriptor* descriptor = pool->FindMessageTypeByName(type);
  const FieldDescriptor* extension =
      descriptor == nullptr ? nullptr : pool->FindExtensionByNumber(descriptor, number);
  AnswerFile(extension == nullptr ? nullptr : extension->file(), response);
}

}  // namespace

void Reflection::RegisterWith(Router& router) {
  router.Stream("grpc.reflection.v1alpha.ServerReflection.ServerReflectionInfo", this,
                &Reflection::ServerReflectionInfo);
  for (const auto* service : router.services()) services_.push_back(service->full_name());
}

absl::Status Reflection::ServerReflectionInfo(
    CallContext&, MessageStream<ServerReflectionRequest, ServerReflectionResponse>& stream) {
  ServerReflectionRequest request;
  while (true) {
    request.Clear();
    TRELLIS_ASSIGN_OR_RETURN(const bool more, stream.Read(&request));
    if (!more) return absl::OkStatus();
    TRELLIS_RETURN_IF_ERROR(stream.Write(Answer(request)));
  }
}

ServerReflectionResponse Reflection::Answer(const ServerReflectionRequest& request) const {
  ServerReflectionResponse response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  const DescriptorPool* pool = DescriptorPool::generated_pool();
  switch (request.message_request_case()) {
    case ServerReflectionRequest::kListServices:
      for (const std::string& name : services_) {
        response.mutable_list_services_response()->add_service()->set_name(name);
      }
      break;
    case ServerReflectionRequest::kFileByFilename:
      AnswerFile(pool->FindFileByName(request.file_by_filename()), response);
      break;
    case ServerReflectionRequest::kFileContainingSymbol:
      AnswerFile(pool->FindFileContainingSymbol(request.file_containing_symbol()), response);
      break;
    case ServerReflectionRequest::kFileContainingExtension:
      AnswerExtension(request.file_containing_extension().containing_type(),
                      request.file_containing_extension().extension_number(), response);
      break;
    case ServerReflectionRequest::kAllExtensionNumbersOfType:
      AnswerExtensions(request.all_extension_numbers_of_type(), response);
      break;
    default:
      Fail(kInvalidArgument, "asks for nothing", response);
  }
  return response;
}

}  // namespace trellis::rpc
