#include "services/identity/domain/name_sound.h"

#include "gtest/gtest.h"

namespace trellis::identity {
namespace {

TEST(SoundOf, IsTheFirstVowelAndTheConsonants) {
  EXPECT_EQ(SoundOf("john"), "oJN");
  EXPECT_EQ(SoundOf("mueller"), "oMLR");
  EXPECT_EQ(SoundOf("mohammed"), "oMMT");
  EXPECT_EQ(SoundOf("alexander"), "aALKSNTR");
  EXPECT_EQ(SoundOf("stephen"), "aSTFN");
  EXPECT_EQ(SoundOf("hussein"), "oHSN");
  EXPECT_EQ(SoundOf("ng"), "") << "too short to tell";
  EXPECT_EQ(SoundOf("krk"), "-KRK") << "without a vowel";
  EXPECT_EQ(SoundOf("cecilia"), "aSSL");
}

TEST(SoundOf, IsForLatinLettersOnly) {
  for (const char* word : {"", "ab", "王小明", "мюллер", "abc1", "Jon"}) EXPECT_EQ(SoundOf(word), "") << word;
}

}  // namespace
}  // namespace trellis::identity
