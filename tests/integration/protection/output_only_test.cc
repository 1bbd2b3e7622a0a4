// What only a service sets cannot be set by sending it along (mass assignment).
#include <iostream>
#include <set>
#include <string>

#include "gtest/gtest.h"
#include "tests/integration/protection/protection_world.h"
#include "tests/support/planted_fields.h"

namespace trellis::protection {
namespace {

class OutputOnlyTest : public ProtectionWorld {
 protected:
  void OnMust(google::protobuf::Message& request) override {
    const int planted = testing::Plant(request);
    fields_ += planted;
    if (planted > 0) requests_.insert(request.GetTypeName());
  }
  void OnAnswer(const google::protobuf::Message& request, const google::protobuf::Message& answer) override {
    EXPECT_EQ(testing::PlantedIn(answer), "") << request.GetTypeName();
  }

  int fields_ = 0;
  std::set<std::string> requests_;
};

// A whole story with values planted in every such field of its requests: each is carried out, and none of them shows
// up.
TEST_F(OutputOnlyTest, IsNotTakenFromRequests) {
  Tell([](const std::string& field) { return "Quillfeather " + field.substr(field.rfind('.') + 1); });
  std::cout << "  " << fields_ << " fields planted in " << requests_.size() << " kinds of requests\n";
  EXPECT_GE(fields_, 30);
  EXPECT_GE(requests_.size(), 6U);
}

}  // namespace
}  // namespace trellis::protection
