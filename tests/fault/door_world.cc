#include "tests/fault/door_world.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "tests/fault/loopback.h"
#include "trellis/identity/v1/sessions.grpc.pb.h"

namespace trellis::fault {
namespace {

std::unique_ptr<grpc::Server> Serve(const Fleet& fleet, const std::string& address, Listener& listener) {
  grpc::SslServerCredentialsOptions tls(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  tls.pem_root_certs = fleet.authority();
  tls.pem_key_cert_pairs.push_back({fleet.KeyOf("directory"), fleet.CertificateOf("directory")});
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::SslServerCredentials(tls));
  builder.RegisterService(&listener);
  return builder.BuildAndStart();
}

}  // namespace

std::unique_ptr<DoorTest::World> DoorTest::world_;

grpc::Status Listener::GetProvider(grpc::ServerContext* context, const directory::v1::GetProviderRequest*,
                                   directory::v1::GetProviderResponse*) {
  metadata.clear();
  for (const auto& [key, value] : context->client_metadata()) {
    metadata.emplace(std::string(key.data(), key.size()), std::string(value.data(), value.size()));
  }
  absl::SleepFor(delay);
  return grpc::Status::OK;
}

std::unique_ptr<DoorTest::World> DoorTest::Open() {
  setenv("TRELLIS_SLOW_DISK_MS", "0", /*overwrite=*/0);  // nothing is killed here
  auto world = std::make_unique<World>();
  absl::StatusOr<std::unique_ptr<Fleet>> fleet = Fleet::Start();
  if (!fleet.ok()) {
    world->problem = fleet.status().ToString();
    return world;
  }
  world->fleet = *std::move(fleet);
  const std::string directory = absl::StrCat("127.0.0.1:", FreePort());
  world->directory = Serve(*world->fleet, directory, world->listener);
  absl::StatusOr<std::unique_ptr<Door>> door =
      Door::Start({.folder = world->fleet->folder(),
                   .variables = {{"DOOR_IDENTITY", world->fleet->AddressOf("identity")},
                                 {"DOOR_ASSESSMENT", world->fleet->AddressOf("assessment")},
                                 {"DOOR_CASELOAD", world->fleet->AddressOf("caseload")},
                                 {"DOOR_DIRECTORY", directory},
                                 {"DOOR_REFERRAL", absl::StrCat("127.0.0.1:", FreePort())}}},
                  FreePort(), FreePort());
  if (door.ok()) {
    world->door = *std::move(door);
  } else {
    world->problem = door.status().ToString();
  }
  return world;
}

void DoorTest::SetUpTestSuite() {
  if (world_ == nullptr) world_ = Open();
}

void DoorTest::TearDownTestSuite() {
  if (world_ != nullptr && world_->directory != nullptr) world_->directory->Shutdown();
  world_.reset();
}

void DoorTest::SetUp() { ASSERT_EQ(world_->problem, ""); }

std::shared_ptr<grpc::Channel> DoorTest::Connect() {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  return grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", door().port()),
                                   grpc::SslCredentials({fleet().authority(), "", ""}), arguments);
}

std::unique_ptr<grpc::ClientContext> DoorTest::Context(const std::string& token, absl::Duration timeout) {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  if (!token.empty()) context->AddMetadata("authorization", absl::StrCat("Bearer ", token));
  return context;
}

std::string DoorTest::SignIn() {
  identity::v1::SignInRequest request;
  request.set_login(kAdministrator);
  request.set_password(kPassword);
  identity::v1::SignInResponse response;
  const grpc::Status status = identity::v1::Sessions::NewStub(Connect())->SignIn(Context().get(), request, &response);
  EXPECT_TRUE(status.ok()) << status.error_code() << ": " << status.error_message();
  return response.access_token();
}

grpc::Status DoorTest::List(identity::v1::Organizations::Stub& stub, const std::string& token) {
  identity::v1::ListOrganizationsResponse response;
  return stub.ListOrganizations(Context(token).get(), {}, &response);
}

std::string DoorTest::Log() {
  std::ostringstream out;
  out << std::ifstream(door().log()).rdbuf();
  return std::move(out).str();
}

}  // namespace trellis::fault
