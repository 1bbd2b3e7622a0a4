// A key ring in a folder of its own, as `common/scripts/key-ring` makes one.
#ifndef TRELLIS_COMMON_TESTING_TEST_KEY_RING_H_
#define TRELLIS_COMMON_TESTING_TEST_KEY_RING_H_

#include <map>
#include <string>

namespace trellis::testing {

// The files live as long as the object. Ends the program where they cannot be written. Not thread-safe.
class TestKeyRing {
 public:
  TestKeyRing();  // one master key, "k1"
  ~TestKeyRing();
  TestKeyRing(const TestKeyRing&) = delete;
  TestKeyRing& operator=(const TestKeyRing&) = delete;

  std::string path() const { return folder_ + "/ring"; }
  std::string destroyed_path() const { return path() + ".destroyed"; }

  void Rotate();                              // one more master key ("k2", "k3", ...), which becomes the current one
  void Remove(const std::string& master_id);  // takes a master key out of the file
  void TakeAway();                            // the file is gone
  void BringBack();

 private:
  void Write() const;

  std::string folder_;
  std::map<std::string, std::string> keys_;  // hexadecimal, by id
  std::string current_;
  int made_ = 0;
};

}  // namespace trellis::testing

#endif  // TRELLIS_COMMON_TESTING_TEST_KEY_RING_H_
