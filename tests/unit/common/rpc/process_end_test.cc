// What a process with channels leaves alone when it ends.
#include <unistd.h>

#include <cstdlib>

#include "gtest/gtest.h"
#include "openssl/crypto.h"
#include "openssl/rand.h"

namespace trellis::rpc {
namespace {

constexpr int kOpenSslIsGone = 3;
bool looks_at_the_end = false;

// After all exit handlers, OpenSSL's among them.
[[gnu::destructor]] void LookAtTheEnd() {
  if (looks_at_the_end && OPENSSL_init_crypto(0, nullptr) != 1) _exit(kOpenSslIsGone);
}

[[noreturn]] void UseOpenSslAndEnd() {
  unsigned char drawn[1];
  RAND_bytes(drawn, sizeof(drawn));
  looks_at_the_end = true;
  std::exit(0);
}

TEST(ProcessEndTest, LeavesOpenSslToThreadsThatStillShakeHands) {
  EXPECT_EXIT(UseOpenSslAndEnd(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace trellis::rpc
