#include "tests/unit/common/access/access_fixture.h"

#include <utility>

#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/runtime/migrations.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "trellis/events/v1/events.pb.h"

namespace trellis::access {

absl::Time Soon() { return absl::Now() + absl::Seconds(30); }

rpc::Caller UserOf(const Id& organization, const Id& user, std::vector<options::v1::Role> roles) {
  rpc::Caller caller;
  caller.kind = rpc::Caller::Kind::kUser;
  caller.organization = organization;
  caller.user = user;
  caller.roles = std::move(roles);
  return caller;
}

namespace {

// A method that declares nothing about its effects.
const google::protobuf::MethodDescriptor& ChangingMethod() {
  static const auto& method = [&]() -> const google::protobuf::MethodDescriptor& {
    google::protobuf::FileDescriptorProto file;
    file.set_name("change.proto");
    file.add_message_type()->set_name("Nothing");
    auto* const service = file.add_service();
    service->set_name("Changes");
    auto* const change = service->add_method();
    change->set_name("Change");
    change->set_input_type("Nothing");
    change->set_output_type("Nothing");
    static auto& pool = *new google::protobuf::DescriptorPool();
    return *pool.BuildFile(file)->service(0)->method(0);
  }();
  return method;
}

}  // namespace

TestCall::TestCall(rpc::Caller caller, options::v1::MethodPolicy policy, Kind kind) : policy_(std::move(policy)) {
  rpc::CallContext::Parts parts;
  parts.method =
      kind == Kind::kChange ? &ChangingMethod() : events::v1::Event::descriptor()->file()->service(0)->method(0);
  parts.policy = &policy_;
  parts.deadline = Soon();
  parts.caller = std::move(caller);
  context_ = std::make_unique<rpc::CallContext>(std::move(parts));
}

RelationTest::RelationTest() : database_({{"runtime", runtime::migrations::Files()}}) {}

void RelationTest::Put(const Relation& relation) {
  const absl::Status status = pool().Transact(Soon(), [&](db::Session& tx) { return PutRelation(tx, relation); });
  ASSERT_TRUE(status.ok()) << status;
}

bool RelationTest::Revoke(RelationKind kind, const Id& resource, const Id& subject) {
  bool revoked = false;
  const absl::Status status = pool().Transact(Soon(), [&](db::Session& tx) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(revoked, RevokeRelation(tx, {organization_, resource, kind, subject}, clock_.Now()));
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  return revoked;
}

}  // namespace trellis::access
