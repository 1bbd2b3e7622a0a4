#include "common/testing/test_key_ring.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iostream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/random.h"

namespace trellis::testing {

TestKeyRing::TestKeyRing() {
  const char* const temporary = std::getenv("TMPDIR");
  folder_ = absl::StrCat(temporary == nullptr ? "/tmp" : temporary, "/trellis-key-ring-XXXXXX");
  if (mkdtemp(folder_.data()) == nullptr) {
    std::cerr << "cannot make a folder for a key ring" << std::endl;
    std::abort();
  }
  Rotate();
}

TestKeyRing::~TestKeyRing() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void TestKeyRing::Rotate() {
  current_ = absl::StrCat("k", ++made_);
  keys_[current_] = absl::BytesToHexString(SystemRandom().Bytes(32));
  Write();
}

void TestKeyRing::Remove(const std::string& master_id) {
  keys_.erase(master_id);
  Write();
}

void TestKeyRing::TakeAway() { std::filesystem::remove(path()); }
void TestKeyRing::BringBack() { Write(); }

void TestKeyRing::Write() const {
  const std::string fresh = path() + ".new";
  {
    std::ofstream file(fresh);
    chmod(fresh.c_str(), 0600);
    file << "current " << current_ << "\n";
    for (const auto& [id, key] : keys_) file << "key " << id << " " << key << "\n";
    if (!file.flush()) {
      std::cerr << "cannot write a key ring" << std::endl;
      std::abort();
    }
  }
  std::filesystem::rename(fresh, path());
}

}  // namespace trellis::testing
