#include "tests/fault/caller_fixture.h"

#include <cstdlib>
#include <iostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/clock.h"
#include "tests/support/fresh_factor.h"
#include "trellis/identity/v1/persons.pb.h"

namespace trellis::fault {

using google::protobuf::Message;
using google::protobuf::MessageFactory;

const Method& Caller::MethodOf(const std::string& path) {
  for (const Method& method : world().methods()) {
    if (absl::EndsWith(method.path, absl::StrCat(".", path))) return method;
  }
  std::cerr << "no service has the method " << path << std::endl;
  std::abort();
}

std::unique_ptr<Message> Caller::Must(const Method& method, const Message& request) {
  testing::TestUser who = who_;
  who.roles.clear();
  for (const int role : method.policy.roles()) who.roles.push_back(static_cast<options::v1::Role>(role));
  for (int label = options::v1::SecurityLabel_MIN + 1; label <= options::v1::SecurityLabel_MAX; ++label) {
    who.clearances.Add(label);
  }
  const RawAnswer answer =
      world().CallWithToken(method, request.SerializeAsString(), testing::TokenProvedBy(who, SystemClock()));
  if (!answer.status.ok()) {
    Complain(method, what_, absl::StrCat("names [", absl::StrJoin(FieldsOf(answer.status), ", "), "]"), answer.status);
    return nullptr;
  }
  std::unique_ptr<Message> response(
      MessageFactory::generated_factory()->GetPrototype(method.descriptor->output_type())->New());
  EXPECT_TRUE(response->ParseFromString(answer.response)) << method.path;
  return response;
}

std::string Caller::RegisterPerson() {
  identity::v1::RegisterPersonRequest request;
  request.mutable_person()->set_family_names("Okafor");
  return Must<identity::v1::RegisterPersonResponse>("Persons/RegisterPerson", request).person().name();
}

}  // namespace trellis::fault
