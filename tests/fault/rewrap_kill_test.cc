// Changing the master key while the work is killed again and again: nothing is lost on the way, everything is done at
// the end.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/random.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"
#include "common/runtime/migrations.h"
#include "common/seal/data_keys.h"
#include "common/seal/file_key_ring.h"
#include "common/seal/sealer.h"
#include "common/testing/scratch_database.h"
#include "common/testing/test_key_ring.h"
#include "gtest/gtest.h"

namespace trellis::fault {
namespace {

constexpr int kPersons = 4000;
constexpr int kKills = 20;

Id MakeId(int number) {
  std::string bytes(16, '\x33');
  bytes[14] = static_cast<char>(number / 256);
  bytes[15] = static_cast<char>(number % 256);
  return *Id::FromBytes(bytes);
}

class RewrapKillTest : public ::testing::Test {
 protected:
  static seal::Place NoteOf(int person) { return {{MakeId(0xFFFF), MakeId(person)}, "referral", "note", ""}; }

  absl::Status SealAll() {
    seal::Sealer sealer(ring_.get(), &SystemClock(), &SystemRandom());
    for (int begin = 0; begin < kPersons; begin += 500) {
      TRELLIS_RETURN_IF_ERROR(
          database_.pool().Transact(absl::Now() + absl::Seconds(60), [&](db::Session& tx) -> absl::Status {
            sealed_.resize(static_cast<std::size_t>(begin));
            for (int i = begin; i < begin + 500; ++i) {
              TRELLIS_ASSIGN_OR_RETURN(sealed_.emplace_back(), sealer.Seal(tx, NoteOf(i), "a note"));
            }
            return absl::OkStatus();
          }));
    }
    return absl::OkStatus();
  }

  // How many of every `step`th person can be read, with keys fresh from the table.
  int Readable(int step) {
    seal::Sealer sealer(ring_.get(), &SystemClock(), &SystemRandom());
    int readable = 0;
    const absl::Status status =
        database_.pool().Read(absl::Now() + absl::Seconds(60), [&](db::Session& session) -> absl::Status {
          readable = 0;
          for (int i = 0; i < kPersons; i += step) {
            readable += sealer.Open(session, NoteOf(i), sealed_[static_cast<std::size_t>(i)]).value_or("") == "a note";
          }
          return absl::OkStatus();
        });
    EXPECT_TRUE(status.ok()) << status;
    return readable;
  }

  std::map<std::string, std::int64_t> KeysByMaster() {
    std::map<std::string, std::int64_t> out;
    const absl::Status status =
        database_.pool().Read(absl::Now() + absl::Seconds(30), [&](db::Session& session) -> absl::Status {
          TRELLIS_ASSIGN_OR_RETURN(const auto counts, seal::CountKeys(session));
          out.clear();
          for (const seal::KeyCount& count : counts) out[count.master] = count.keys;
          return absl::OkStatus();
        });
    EXPECT_TRUE(status.ok()) << status;
    return out;
  }

  pid_t Start() {
    const db::Settings& settings = database_.settings();
    setenv("TRELLIS_DB_PASSWORD", settings.password.c_str(), 1);
    std::vector<std::string> words = {absl::StrCat(TRELLIS_BINARIES, "/trellis-identity"),
                                      "rewrap",
                                      "--db-user=" + settings.user,
                                      "--db-schema=" + settings.schema,
                                      "--key-ring=" + files_.path(),
                                      "--log-level=error"};
    if (settings.unix_socket.empty()) {
      words.push_back("--db-host=" + settings.host);
      words.push_back(absl::StrCat("--db-port=", settings.port));
    } else {
      words.push_back("--db-socket=" + settings.unix_socket);
    }
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const pid_t pid = fork();
    if (pid != 0) return pid;
    execv(arguments[0], arguments.data());
    _exit(127);
  }

  testing::TestKeyRing files_;
  testing::ScratchDatabase database_{{{"runtime", runtime::migrations::Files()}}};
  std::unique_ptr<seal::FileKeyRing> ring_ =
      *seal::FileKeyRing::Open({.path = files_.path()}, SystemClock(), SystemRandom());
  std::vector<std::string> sealed_;
};

TEST_F(RewrapKillTest, LosesNothingAndEndsWithTheNewKeyAlone) {
  ASSERT_EQ(SealAll(), absl::OkStatus());
  files_.Rotate();
  std::mt19937 random(7);
  int half_done = 0;
  for (int kill_number = 0; kill_number < kKills; ++kill_number) {
    if (KeysByMaster().size() == 1) files_.Rotate();  // it had come to its end
    const pid_t pid = Start();
    absl::SleepFor(absl::Milliseconds(20 + random() % 200));
    kill(pid, SIGKILL);
    int state = 0;
    waitpid(pid, &state, 0);
    half_done += WIFSIGNALED(state) && KeysByMaster().size() > 1;
    EXPECT_EQ(Readable(20), kPersons / 20) << "after kill " << kill_number;
  }
  EXPECT_GT(half_done, 5) << "kills that hit the work in its middle";

  int state = 0;
  waitpid(Start(), &state, 0);
  EXPECT_TRUE(WIFEXITED(state) && WEXITSTATUS(state) == 0);
  const std::string current = ring_->Masters()->front();
  EXPECT_EQ(KeysByMaster(), (std::map<std::string, std::int64_t>{{current, kPersons}}));
  const std::vector<std::string> masters = *ring_->Masters();
  for (std::size_t i = 1; i < masters.size(); ++i) files_.Remove(masters[i]);
  EXPECT_EQ(Readable(1), kPersons);
}

}  // namespace
}  // namespace trellis::fault
