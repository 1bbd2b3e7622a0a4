#include "services/assessment/storage/answer_codec.h"

#include <gtest/gtest.h>

#include <limits>

namespace trellis::assessment {
namespace {

TEST(AnswerCodec, GivesBackWhatItWasGiven) {
  const std::vector<Answer> answers = {
      {"44250-9", ChosenOption{"not-at-all"}},
      {"n", std::numeric_limits<std::int64_t>::min()},
      {"t", FreeText{"line\n\"quoted\" \xE2\x9C\x93 \xF0\x9F\x99\x82"}},
      {"odd \"item\\", ChosenOption{"odd \"code\\\x01"}},
      {"a", AbsentReason::kDeclined},
      {"b", AbsentReason::kNotAsked},
  };
  const auto decoded = DecodeAnswers(EncodeAnswers(answers));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(*decoded, answers);
  EXPECT_TRUE(DecodeAnswers(EncodeAnswers({}))->empty());
}

TEST(AnswerCodec, RefusesFormsThatItDoesNotKnow) {
  const std::string good = EncodeAnswers({{"a", std::int64_t{1}}});
  for (const std::string& bad : {std::string(), std::string("\x02[]"), good.substr(0, good.size() - 1),
                                 std::string("\x01{}"), std::string("\x01[[\"a\",\"colour\",1]]")}) {
    EXPECT_EQ(DecodeAnswers(bad).status().code(), absl::StatusCode::kDataLoss);
  }
}

}  // namespace
}  // namespace trellis::assessment
