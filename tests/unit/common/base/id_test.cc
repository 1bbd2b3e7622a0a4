#include "common/base/id.h"

#include <string>

#include "gtest/gtest.h"

namespace trellis {
namespace {

constexpr char kText[] = "0191f3a4-5b6c-7d8e-9f00-0123456789ab";

TEST(Id, IsTheSameAsTextAndAsBytes) {
  const Id id = Id::Parse(kText).value();
  EXPECT_EQ(id.ToString(), kText);
  EXPECT_EQ(id.bytes(), std::string("\x01\x91\xf3\xa4\x5b\x6c\x7d\x8e\x9f\x00\x01\x23\x45\x67\x89\xab", Id::kSize));
  EXPECT_EQ(Id::FromBytes(id.bytes()).value(), id);
  EXPECT_EQ(Id().ToString(), "00000000-0000-0000-0000-000000000000");
}

TEST(Id, IsReadInUpperCaseToo) {
  EXPECT_EQ(Id::Parse("0191F3A4-5B6C-7D8E-9F00-0123456789AB").value(), Id::Parse(kText).value());
}

TEST(Id, IsNothingElse) {
  const std::string good = kText;
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char wrong : {'g', 'G', '/', ':', '@', '`', ' ', '\0'}) {
      std::string bad = good;
      bad[i] = wrong;
      EXPECT_FALSE(Id::Parse(bad).ok()) << bad;
    }
    std::string moved = good;
    moved[i] = good[i] == '-' ? '0' : '-';
    EXPECT_FALSE(Id::Parse(moved).ok()) << moved;
  }
  for (const std::string& bad : {std::string(), good + "0", good.substr(1), "{" + good.substr(1)}) {
    EXPECT_FALSE(Id::Parse(bad).ok()) << bad;
  }
  EXPECT_FALSE(Id::FromBytes(std::string(15, 'a')).ok());
}

}  // namespace
}  // namespace trellis
