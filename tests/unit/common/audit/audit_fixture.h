// A schema with the common tables, records in its audit, checkpoints of it, and a verifier.
#ifndef TRELLIS_TESTS_UNIT_COMMON_AUDIT_AUDIT_FIXTURE_H_
#define TRELLIS_TESTS_UNIT_COMMON_AUDIT_AUDIT_FIXTURE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "common/audit/chain_verifier.h"
#include "common/audit/chainer.h"
#include "common/audit/checkpointer.h"
#include "common/audit/database_verifier.h"
#include "common/audit/journal.h"
#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/crypto/signing_key.h"
#include "common/db/pool.h"
#include "common/testing/scratch_database.h"
#include "gtest/gtest.h"

namespace trellis::audit {

absl::Time Soon();  // a deadline that only a hanging test reaches

class AuditFixture : public ::testing::Test {
 protected:
  AuditFixture();
  ~AuditFixture() override;

  db::Pool& pool() { return database_.pool(); }
  Id NewId() { return ids_.Next(); }

  JournalRow NewRow(const Id& organization, const Id& person = Id());
  void Write(const Id& organization, int records);  // into the journal, naming person_
  void WriteAndChain(const Id& organization, int records);
  void Sign();                             // all that is not signed yet
  std::vector<std::string> Notes() const;  // what the file holds
  Report Verify(const Id& organization);
  Report VerifyAlone(const Id& organization);  // without any checkpoint
  std::int64_t Count(const std::string& sql);
  void Run(const std::string& sql);
  Checkpointer NewCheckpointer();

  testing::ScratchDatabase database_;
  ManualClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  IdGenerator ids_{SystemClock(), SystemRandom()};
  crypto::SigningKey key_ = *crypto::SigningKey::Generate();
  std::string file_;
  Chainer chainer_{&database_.pool(), &clock_};
  Id organization_ = ids_.Next();
  Id person_ = ids_.Next();
};

}  // namespace trellis::audit

#endif  // TRELLIS_TESTS_UNIT_COMMON_AUDIT_AUDIT_FIXTURE_H_
