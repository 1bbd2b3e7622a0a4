// Every field of every request of the five services, on and beside each limit that it declares: what is beside one is
// refused, and the refusal names exactly that field; what is within is not refused for its form.
#include <chrono>
#include <iostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/rpc/pipeline/validation.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fault/bad_input_fixture.h"
#include "tests/fault/boundaries.h"

namespace trellis::fault {
namespace {

using grpc::StatusCode;

class FieldBoundary : public BadInput {
 protected:
  void TearDown() override {
    const auto took = std::chrono::steady_clock::now() - started_;
    std::cout << "  " << fields_ << " fields, " << cases_ << " cases, "
              << std::chrono::duration_cast<std::chrono::seconds>(took).count() << " s\n";
    BadInput::TearDown();
  }

  void ForEachCase(const std::function<void(const Method&, const Boundary&)>& visit) {
    for (const Method& method : world().methods()) {
      fields_ += ForEachBoundary(method.prototype(), world().names(),
                                 [&](const Boundary& boundary) { visit(method, boundary); });
    }
  }

  // Whether the caller may see the person is looked at before anything else, and needs the person's name.
  static std::string NameOf(const Method& method, const Boundary& boundary) {
    const bool hides_person = absl::StartsWith(method.policy.person_field(), absl::StrCat(boundary.field, "."));
    return hides_person ? method.policy.person_field() : boundary.field;
  }

  void ExpectNamed(const Method& method, const Boundary& boundary, const grpc::Status& status) {
    const std::string what = absl::StrCat(boundary.field, ": ", boundary.what);
    ExpectRefused(method, what, status, {StatusCode::INVALID_ARGUMENT});
    const std::vector<std::string> named = FieldsOf(status);
    if (!boundary.is_message || named == std::vector<std::string>{NameOf(method, boundary)}) return;
    Complain(method, what, absl::StrCat("names [", absl::StrJoin(named, ", "), "]"), status);
  }

  int fields_ = 0;
  int cases_ = 0;

 private:
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

// Without this the rest would prove nothing.
TEST_F(FieldBoundary, TheSamplesAreWithinAllLimits) {
  for (const Method& method : world().methods()) {
    rpc::Validator validator;
    validator.Prepare(*method.descriptor->input_type());
    const absl::Status status = validator.Validate(*Sample(method.prototype(), world().names()));
    EXPECT_TRUE(status.ok()) << method.path << ": " << status;
  }
}

TEST_F(FieldBoundary, WhatIsBesideALimitIsRefusedByName) {
  ForEachCase([&](const Method& method, const Boundary& boundary) {
    if (boundary.is_allowed) return;
    ++cases_;
    ExpectNamed(method, boundary, world().Call(method, boundary.request->SerializeAsString()).status);
  });
  EXPECT_GT(fields_, 400);
  EXPECT_GT(cases_, 4000);
}

TEST_F(FieldBoundary, WhatIsWithinALimitIsNotRefusedForItsForm) {
  ForEachCase([&](const Method& method, const Boundary& boundary) {
    if (!boundary.is_allowed) return;
    ++cases_;
    rpc::Validator validator;
    validator.Prepare(*method.descriptor->input_type());
    const absl::Status status = validator.Validate(*boundary.request);
    EXPECT_TRUE(status.ok()) << method.path << " with " << boundary.field << ": " << boundary.what << ": " << status;
  });
  EXPECT_GT(cases_, 1500);
}

// Last of all: what is within all limits may well be carried out.
TEST_F(FieldBoundary, WhatIsWithinALimitNeverFailsInside) {
  may_write_ = true;
  ForEachCase([&](const Method& method, const Boundary& boundary) {
    if (!boundary.is_allowed) return;
    ++cases_;
    ExpectRefusedOrOk(method, absl::StrCat(boundary.field, ": ", boundary.what),
                      world().Call(method, boundary.request->SerializeAsString()).status);
  });
}

}  // namespace
}  // namespace trellis::fault
