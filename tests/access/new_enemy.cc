// The new enemy: somebody leaves a care team, then something is written about the person. Prints how often the one who
// left still reads what was written, and how long until they read nothing. Asserts nothing:
//   new_enemy [rounds]
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/rpc/resource_name.h"
#include "tests/access/world.h"
#include "trellis/caseload/v1/care_plans.grpc.pb.h"
#include "trellis/identity/v1/access_relations.grpc.pb.h"

namespace trellis::matrix {
namespace {

class NewEnemy {
 public:
  void Run(int rounds) {
    int read = 0;
    std::vector<absl::Duration> waits;
    for (int i = 0; i < rounds; ++i) {
      Join();
      while (!Reads("")) absl::SleepFor(absl::Milliseconds(1));  // and so the caches are warm
      Leave();
      const absl::Time left = absl::Now();
      const std::string note = absl::StrCat("written after round ", i);
      Write(note);
      if (Reads(note)) ++read;
      while (Reads("")) absl::SleepFor(absl::Milliseconds(1));
      waits.push_back(absl::Now() - left);
    }
    std::sort(waits.begin(), waits.end());
    std::cout << "new enemy: " << read << " of " << rounds << " reads of what was written after leaving; denied after "
              << absl::FormatDuration(waits[waits.size() / 2]) << " (median), " << absl::FormatDuration(waits.back())
              << " (longest)\n";
  }

 private:
  const Case& about() { return world_.cases().at("none"); }
  testing::TestUser owner() { return world_.cases().at("own").caller; }

  template <class Stub, class Request, class Response>
  bool Call(const std::string& service, const testing::TestUser& who,
            grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), const Request& request,
            Response* response) {
    Stub stub(world_.service(service).channel());
    return (stub.*method)(world_.service(service).As(who).get(), request, response).ok();
  }

  void Join() {
    identity::v1::GrantRelationRequest request;
    request.mutable_relation()->set_kind(identity::v1::RELATION_KIND_CARE_TEAM);
    request.mutable_relation()->set_resource(about().names.at("person"));
    request.mutable_relation()->set_subject(rpc::MakeName("users", about().caller.user));
    identity::v1::GrantRelationResponse response;
    if (!Call("identity", owner(), &identity::v1::AccessRelations::Stub::GrantRelation, request, &response)) {
      std::abort();
    }
  }

  void Leave() {
    identity::v1::RevokeRelationRequest request;
    request.set_kind(identity::v1::RELATION_KIND_CARE_TEAM);
    request.set_resource(about().names.at("person"));
    request.set_subject(rpc::MakeName("users", about().caller.user));
    identity::v1::RevokeRelationResponse response;
    if (!Call("identity", owner(), &identity::v1::AccessRelations::Stub::RevokeRelation, request, &response)) {
      std::abort();
    }
  }

  void Write(const std::string& note) {
    caseload::v1::UpdateServiceNeedRequest request;
    request.set_name(about().names.at("need"));
    request.set_note(note);
    caseload::v1::UpdateServiceNeedResponse response;
    if (!Call("caseload", owner(), &caseload::v1::CarePlans::Stub::UpdateServiceNeed, request, &response)) std::abort();
  }

  // Whether the need can be read, with this note unless it is "".
  bool Reads(const std::string& note) {
    caseload::v1::GetServiceNeedRequest request;
    request.set_name(about().names.at("need"));
    caseload::v1::GetServiceNeedResponse response;
    const bool reads =
        Call("caseload", about().caller, &caseload::v1::CarePlans::Stub::GetServiceNeed, request, &response);
    return reads && (note.empty() || response.service_need().note() == note);
  }

  World world_;
};

}  // namespace
}  // namespace trellis::matrix

int main(int argc, char** argv) {
  int rounds = 300;
  if (argc > 1 && !absl::SimpleAtoi(argv[1], &rounds)) return 2;
  trellis::matrix::NewEnemy().Run(rounds);
}
