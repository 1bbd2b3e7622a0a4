#include "services/cli/problem.h"

#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trellis::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Explain, NamesFieldsReasonAndTheNextStep) {
  const absl::Status status = Error(absl::StatusCode::kFailedPrecondition, "CONSENT_MISSING", "no consent covers this");
  EXPECT_THAT(Explain(status), HasSubstr("error: no consent covers this"));
  EXPECT_THAT(Explain(status), HasSubstr("trellis consent record"));
  EXPECT_THAT(Explain(status), HasSubstr("CONSENT_MISSING"));
  EXPECT_THAT(Explain(InvalidField("answers[3].item", "unknown")), HasSubstr("answers[3].item: unknown"));
}

TEST(Explain, TellsThoseWhoMustSignInSo) {
  EXPECT_THAT(Explain(Error(absl::StatusCode::kUnauthenticated, "TOKEN_REFUSED", "no")), HasSubstr("trellis sign-in"));
}

TEST(Explain, SaysOnlyWhatIsWrongWithTheCommandLine) {
  EXPECT_THAT(Explain(Error(absl::StatusCode::kInvalidArgument, "USAGE", "--x is missing")), Not(HasSubstr("USAGE")));
}

}  // namespace
}  // namespace trellis::cli
