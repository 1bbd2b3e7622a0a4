#include "tests/bench/suite/echo_server.h"

#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "tests/bench/suite/process.h"

namespace trellis::bench {
namespace {

using google::protobuf::Message;

std::string Contents(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return std::move(out).str();
}

struct Method {
  const Message* request;  // prototype
  std::unique_ptr<Message> response;
};
using Methods = std::map<std::string, Method>;

Methods Load(const std::string& folder, const std::vector<std::string>& names) {
  Methods methods;
  google::protobuf::MessageFactory* const factory = google::protobuf::MessageFactory::generated_factory();
  for (const std::string& name : names) {
    const auto* method = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name);
    if (method == nullptr) Die(absl::StrCat("no method ", name));
    std::unique_ptr<Message> response(factory->GetPrototype(method->output_type())->New());
    if (!response->ParseFromString(Contents(absl::StrCat(folder, "/", name)))) Die("no answer for " + name);
    methods[absl::StrCat("/", method->service()->full_name(), "/", method->name())] = {
        factory->GetPrototype(method->input_type()), std::move(response)};
  }
  return methods;
}

class EchoCall {
 public:
  EchoCall(const Methods& methods, grpc::AsyncGenericService& service, grpc::ServerCompletionQueue& queue)
      : methods_(methods), service_(service), queue_(queue), io_(&context_) {
    service_.RequestCall(&context_, &io_, &queue_, &queue_, this);
  }

  void OnEvent(bool ok) {
    if (!ok || step_ == Step::kAnswer) {
      delete this;
    } else if (step_ == Step::kAccept) {
      new EchoCall(methods_, service_, queue_);
      step_ = Step::kRead;
      io_.Read(&bytes_, this);
    } else {
      step_ = Step::kAnswer;
      Answer();
    }
  }

 private:
  enum class Step { kAccept, kRead, kAnswer };

  void Answer() {
    const auto method = methods_.find(context_.method());
    if (method == methods_.end()) return io_.Finish(grpc::Status(grpc::StatusCode::UNIMPLEMENTED, ""), this);
    const std::unique_ptr<Message> request(method->second.request->New());
    grpc::ProtoBufferReader reader(&bytes_);
    if (!request->ParseFromZeroCopyStream(&reader)) {
      return io_.Finish(grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, ""), this);
    }
    grpc::ByteBuffer answer;
    bool own = false;
    if (!grpc::GenericSerialize<grpc::ProtoBufferWriter, Message>(*method->second.response, &answer, &own).ok()) {
      Die("cannot serialize");
    }
    io_.WriteAndFinish(answer, grpc::WriteOptions(), grpc::Status::OK, this);
  }

  const Methods& methods_;
  grpc::AsyncGenericService& service_;
  grpc::ServerCompletionQueue& queue_;
  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter io_;
  grpc::ByteBuffer bytes_;
  Step step_ = Step::kAccept;
};

}  // namespace

void ServeEcho(int port, const rpc::TlsFiles& tls, const std::string& folder, const std::vector<std::string>& names) {
  const Methods methods = Load(folder, names);
  grpc::SslServerCredentialsOptions credentials;
  credentials.pem_key_cert_pairs.push_back({Contents(tls.key), Contents(tls.certificate)});
  grpc::AsyncGenericService service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(absl::StrCat("127.0.0.1:", port), grpc::SslServerCredentials(credentials));
  builder.RegisterAsyncGenericService(&service);
  const std::unique_ptr<grpc::ServerCompletionQueue> queue = builder.AddCompletionQueue();
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) Die("the echo server cannot listen");
  for (int i = 0; i < 32; ++i) new EchoCall(methods, service, *queue);
  void* tag = nullptr;
  bool ok = false;
  while (queue->Next(&tag, &ok)) static_cast<EchoCall*>(tag)->OnEvent(ok);
}

}  // namespace trellis::bench
