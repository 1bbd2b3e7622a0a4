#include "common/seal/file_key_ring.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/testing/test_key_ring.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trellis::seal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

const std::string kOne(64, '1');
const std::string kTwo(64, '2');

Id MakeId(char last) {
  std::string bytes(Id::kSize, '\x11');
  bytes.back() = last;
  return *Id::FromBytes(bytes);
}
const KeyOwner kPerson{MakeId('o'), MakeId('p')};
const KeyOwner kOther{MakeId('o'), MakeId('q')};

SecretKey AnyKey() {
  return *SecretKey::Make([](unsigned char* out) { std::fill(out, out + 32, 7); });
}

std::string MistakeIn(const std::string& text) { return std::string(ParseKeyRing(text).status().message()); }

TEST(ParseKeyRing, TakesWhatIsWrittenDown) {
  const auto ring = ParseKeyRing(absl::StrCat("# ours\n\ncurrent b\nkey a ", kOne, "\nkey b ", kTwo, "\n"));
  ASSERT_TRUE(ring.ok()) << ring.status();
  EXPECT_EQ(ring->current, "b");
  EXPECT_EQ(ring->keys.size(), 2u);
  EXPECT_EQ(ring->keys.at("b").data()[31], 0x22);
}

TEST(ParseKeyRing, RefusesEverythingElse) {
  const std::string key = "key a " + kOne + "\n";
  for (const std::string& text : std::vector<std::string>{
           "", "current a\n", key, "current b\n" + key, "current a\n" + key + key, "current a\ncurrent a\n" + key,
           "current a\n" + key + "key b " + kOne + "\n", "current a\nkey a 1234\n", "current a\nkey a " + kOne + "00\n",
           "current a\nkey a " + std::string(64, 'x') + "\n", "current A\nkey A " + kOne + "\n",
           "current a\n " + key + "more\n", "current a\r\n" + key,
           "current " + std::string(33, 'a') + "\nkey " + std::string(33, 'a') + " " + kOne + "\n"}) {
    EXPECT_FALSE(ParseKeyRing(text).ok()) << text;
    EXPECT_THAT(MistakeIn(text), ::testing::Not(HasSubstr(kOne.substr(0, 8)))) << "a mistake must not show a key";
  }
  EXPECT_THAT(MistakeIn("current a\nkey a 1234\n"), HasSubstr("line 2"));
}

class FileKeyRingTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<FileKeyRing>> Open() {
    return FileKeyRing::Open({.path = files_.path()}, clock_, SystemRandom());
  }
  std::string DestroyedText() const {
    std::ostringstream out;
    out << std::ifstream(files_.destroyed_path()).rdbuf();
    return std::move(out).str();
  }

  ManualClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  testing::TestKeyRing files_;
};

TEST_F(FileKeyRingTest, UnwrapsForTheOwnerOnly) {
  const auto ring = *Open();
  const WrappedKey wrapped = *ring->Wrap(kPerson, AnyKey());
  EXPECT_EQ(wrapped.master, "k1");
  EXPECT_LE(wrapped.bytes.size(), 128u);
  EXPECT_EQ(ring->Unwrap(kPerson, wrapped)->data()[0], 7);
  EXPECT_EQ(ReasonOf(ring->Unwrap(kOther, wrapped).status()), "SEAL_BROKEN");
  EXPECT_EQ(ReasonOf(ring->Unwrap({MakeId('x'), kPerson.person}, wrapped).status()), "SEAL_BROKEN");
  EXPECT_EQ(ReasonOf(ring->Unwrap(kPerson, {"k9", wrapped.bytes}).status()), "MASTER_KEY_MISSING");
}

TEST_F(FileKeyRingTest, TakesAChangedFileAtOnce) {
  const auto ring = *Open();
  const WrappedKey old = *ring->Wrap(kPerson, AnyKey());
  files_.Rotate();
  EXPECT_THAT(*ring->Masters(), ElementsAre("k2", "k1"));
  EXPECT_EQ(ring->Wrap(kPerson, AnyKey())->master, "k2");
  EXPECT_TRUE(ring->Unwrap(kPerson, old).ok());
  files_.Remove("k1");
  EXPECT_EQ(ReasonOf(ring->Unwrap(kPerson, old).status()), "MASTER_KEY_MISSING");
}

TEST_F(FileKeyRingTest, WithoutTheFileNothingOpens) {
  const auto ring = *Open();
  const WrappedKey wrapped = *ring->Wrap(kPerson, AnyKey());
  files_.TakeAway();
  EXPECT_EQ(ReasonOf(ring->Unwrap(kPerson, wrapped).status()), "KEY_RING_UNAVAILABLE");
  EXPECT_EQ(ReasonOf(Open().status()), "KEY_RING_UNAVAILABLE");
  files_.BringBack();
  EXPECT_TRUE(ring->Unwrap(kPerson, wrapped).ok());
}

TEST_F(FileKeyRingTest, RefusesFilesThatOthersMayRead) {
  for (const mode_t mode : {0604, 0620, 0606, 0601}) {
    ASSERT_EQ(chmod(files_.path().c_str(), mode), 0);
    EXPECT_EQ(ReasonOf(Open().status()), "KEY_RING_UNSAFE") << std::oct << mode;
  }
  ASSERT_EQ(chmod(files_.path().c_str(), 0440), 0) << "as Kubernetes mounts a secret for a group";
  EXPECT_TRUE(Open().ok());
  ASSERT_EQ(chmod(files_.destroyed_path().c_str(), 0666), 0);
  EXPECT_EQ(ReasonOf(Open().status()), "KEY_RING_UNSAFE");
}

TEST_F(FileKeyRingTest, RefusesWhatIsNoFile) {
  EXPECT_FALSE(FileKeyRing::Open({.path = ::testing::TempDir()}, clock_, SystemRandom()).ok());
}

TEST_F(FileKeyRingTest, WhatWasDestroyedStaysSo) {
  const auto ring = *Open();
  const auto replica = *Open();
  const WrappedKey wrapped = *ring->Wrap(kPerson, AnyKey());
  ASSERT_TRUE(ring->Destroy(kPerson).ok());
  ASSERT_TRUE(ring->Destroy(kPerson).ok());
  EXPECT_EQ(DestroyedText(),
            absl::StrCat(kPerson.organization.ToString(), " ", kPerson.person.ToString(), " 2023-11-14T22:13:20Z\n"));
  EXPECT_TRUE(IsErased(ring->Unwrap(kPerson, wrapped).status()));
  EXPECT_TRUE(IsErased(replica->Unwrap(kPerson, wrapped).status())) << "another replica of the service";
  EXPECT_TRUE(IsErased((*Open())->Unwrap(kPerson, wrapped).status())) << "after a restart";
  EXPECT_TRUE(IsErased(ring->Wrap(kPerson, AnyKey()).status())) << "never made again";
  EXPECT_TRUE(ring->Wrap(kOther, AnyKey()).ok());
  EXPECT_THAT(*replica->Destroyed(), UnorderedElementsAre(kPerson));
}

TEST_F(FileKeyRingTest, DestroyingAnOrganizationDestroysAllOfIt) {
  const auto ring = *Open();
  const WrappedKey wrapped = *ring->Wrap(kPerson, AnyKey());
  ASSERT_TRUE(ring->Destroy({kPerson.organization}).ok());
  EXPECT_TRUE(IsErased(ring->Unwrap(kPerson, wrapped).status()));
  EXPECT_TRUE(ring->Wrap({MakeId('x'), kPerson.person}, AnyKey()).ok());
}

TEST_F(FileKeyRingTest, ALineThatACrashCutOffIsNone) {
  auto ring = *Open();
  ASSERT_TRUE(ring->Destroy(kPerson).ok());
  std::ofstream(files_.destroyed_path(), std::ios::app) << MakeId('o').ToString() << " 0190";
  ring = *Open();
  EXPECT_THAT(*ring->Destroyed(), UnorderedElementsAre(kPerson));
  ASSERT_TRUE(ring->Destroy(kOther).ok());
  EXPECT_THAT(*(*Open())->Destroyed(), UnorderedElementsAre(kPerson, kOther));
}

TEST_F(FileKeyRingTest, AListThatIsDamagedIsRefused) {
  ASSERT_TRUE(Open().ok());
  std::ofstream(files_.destroyed_path(), std::ios::app) << "something else\n";
  EXPECT_FALSE(Open().ok());
}

TEST_F(FileKeyRingTest, AListThatCannotBeWrittenEndsTheErasure) {
  const auto ring = *Open();
  std::filesystem::remove(files_.destroyed_path());
  EXPECT_EQ(ReasonOf(ring->Destroy(kPerson)), "KEY_RING_UNAVAILABLE");
}

TEST_F(FileKeyRingTest, ManyDestroyAtOnce) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([this, t] {
      const auto ring = *Open();
      for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(ring->Destroy({MakeId('o'), MakeId(static_cast<char>(100 + t * 10 + i))}).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ((*Open())->Destroyed()->size(), 80u);
}

}  // namespace
}  // namespace trellis::seal
