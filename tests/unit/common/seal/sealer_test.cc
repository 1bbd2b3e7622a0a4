#include "common/seal/sealer.h"

#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"
#include "common/runtime/migrations.h"
#include "common/seal/data_keys.h"
#include "common/seal/file_key_ring.h"
#include "common/testing/scratch_database.h"
#include "common/testing/test_key_ring.h"
#include "gtest/gtest.h"

namespace trellis::seal {
namespace {

Id MakeId(char last) { return *Id::FromBytes(std::string(15, '\x11') + last); }
const Id kOrganization = MakeId('o');
const Id kPerson = MakeId('p');

Place NoteOf(const Id& person) { return {{kOrganization, person}, "referral", "note", MakeId('r').bytes()}; }

class SealerTest : public ::testing::Test {
 protected:
  absl::Status Transact(absl::FunctionRef<absl::Status(db::Session&)> body) {
    return database_.pool().Transact(absl::Now() + absl::Seconds(10), body);
  }
  absl::Status Read(absl::FunctionRef<absl::Status(db::Session&)> body) {
    return database_.pool().Read(absl::Now() + absl::Seconds(10), body);
  }
  std::string Seal(const Place& place, absl::string_view text) {
    std::string sealed;
    EXPECT_EQ(Transact([&](db::Session& tx) -> absl::Status {
                TRELLIS_ASSIGN_OR_RETURN(sealed, sealer_.Seal(tx, place, text));
                return absl::OkStatus();
              }),
              absl::OkStatus());
    return sealed;
  }
  absl::StatusOr<std::string> Open(Sealer& sealer, const Place& place, absl::string_view sealed) {
    std::string text;
    TRELLIS_RETURN_IF_ERROR(Read([&](db::Session& session) -> absl::Status {
      TRELLIS_ASSIGN_OR_RETURN(text, sealer.Open(session, place, sealed));
      return absl::OkStatus();
    }));
    return text;
  }
  absl::Status Destroy(const Id& person) {
    return Transact([&](db::Session& tx) { return sealer_.Destroy(tx, {kOrganization, person}); });
  }
  // As after a restart.
  std::unique_ptr<Sealer> Fresh() { return std::make_unique<Sealer>(ring_.get(), &clock_, &SystemRandom()); }

  ManualClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  testing::TestKeyRing files_;
  testing::ScratchDatabase database_{{{"runtime", runtime::migrations::Files()}}};
  std::unique_ptr<FileKeyRing> ring_ = *FileKeyRing::Open({.path = files_.path()}, clock_, SystemRandom());
  Sealer sealer_{ring_.get(), &clock_, &SystemRandom()};
};

TEST_F(SealerTest, OpensWhatWasSealedAlsoAfterARestart) {
  const std::string sealed = Seal(NoteOf(kPerson), "a note");
  EXPECT_EQ(Open(sealer_, NoteOf(kPerson), sealed).value(), "a note");
  EXPECT_EQ(Open(*Fresh(), NoteOf(kPerson), sealed).value(), "a note");
  EXPECT_EQ(Seal(NoteOf(kPerson), ""), "");
  EXPECT_EQ(Open(sealer_, NoteOf(kPerson), "").value(), "");
}

TEST_F(SealerTest, EachPersonAndEachOrganizationHasAKeyOfItsOwn) {
  const std::string sealed = Seal(NoteOf(kPerson), "a note");
  Seal(NoteOf(MakeId('q')), "another");
  Seal(NoteOf(Id()), "of nobody");
  EXPECT_EQ(ReasonOf(Open(sealer_, NoteOf(MakeId('q')), sealed).status()), "SEAL_BROKEN");
  EXPECT_EQ(ReasonOf(Open(sealer_, NoteOf(Id()), sealed).status()), "SEAL_BROKEN");
  Place elsewhere = NoteOf(kPerson);
  elsewhere.owner.organization = MakeId('x');
  EXPECT_EQ(ReasonOf(Open(sealer_, elsewhere, sealed).status()), "SEAL_BROKEN");
}

// The trap: a key that was made by a transaction which came to nothing must not seal what comes after it.
TEST_F(SealerTest, AKeyOfARolledBackTransactionIsForgotten) {
  const absl::Status status = Transact([&](db::Session& tx) -> absl::Status {
    TRELLIS_RETURN_IF_ERROR(sealer_.Seal(tx, NoteOf(kPerson), "lost").status());
    TRELLIS_RETURN_IF_ERROR(sealer_.KeyToOpen(tx, {kOrganization, kPerson}).status());
    TRELLIS_RETURN_IF_ERROR(sealer_.OpenKeys(tx, kOrganization, {kPerson}));
    return absl::CancelledError("changed my mind");
  });
  ASSERT_TRUE(absl::IsCancelled(status));
  const std::string sealed = Seal(NoteOf(kPerson), "kept");
  EXPECT_EQ(Open(*Fresh(), NoteOf(kPerson), sealed).value(), "kept");
}

TEST_F(SealerTest, TwoWhoMakeTheSameKeyAtOnceAgree) {
  const auto other = Fresh();
  std::string first, second;
  ASSERT_EQ(Transact([&](db::Session& tx) -> absl::Status {
              TRELLIS_ASSIGN_OR_RETURN(first, sealer_.Seal(tx, NoteOf(kPerson), "first"));
              return absl::OkStatus();
            }),
            absl::OkStatus());
  ASSERT_EQ(Transact([&](db::Session& tx) -> absl::Status {
              TRELLIS_ASSIGN_OR_RETURN(const SecretKey mine, SecretKey::Make([](unsigned char* out) { out[0] = 1; }));
              TRELLIS_ASSIGN_OR_RETURN(WrappedKey wrapped, ring_->Wrap({kOrganization, kPerson}, mine));
              TRELLIS_ASSIGN_OR_RETURN(const StoredKey stored,
                                       InsertKey(tx, {{kOrganization, kPerson}, wrapped, clock_.Now()}));
              EXPECT_NE(stored.wrapped.bytes, wrapped.bytes) << "the first one counts";
              TRELLIS_ASSIGN_OR_RETURN(second, other->Seal(tx, NoteOf(kPerson), "second"));
              return absl::OkStatus();
            }),
            absl::OkStatus());
  const auto reader = Fresh();
  EXPECT_EQ(Open(*reader, NoteOf(kPerson), first).value(), "first");
  EXPECT_EQ(Open(*reader, NoteOf(kPerson), second).value(), "second");
}

TEST_F(SealerTest, KeysAreOpenForFiveMinutesAfterTheRingIsGone) {
  const std::string sealed = Seal(NoteOf(kPerson), "a note");
  ASSERT_TRUE(Open(sealer_, NoteOf(kPerson), sealed).ok());
  files_.TakeAway();
  clock_.Advance(absl::Minutes(5) - absl::Seconds(1));
  EXPECT_TRUE(Open(sealer_, NoteOf(kPerson), sealed).ok());
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(ReasonOf(Open(sealer_, NoteOf(kPerson), sealed).status()), "KEY_RING_UNAVAILABLE");
}

TEST_F(SealerTest, ADestroyedKeyNeitherOpensNorSealsNorComesAgain) {
  const std::string sealed = Seal(NoteOf(kPerson), "a note");
  ASSERT_TRUE(Open(sealer_, NoteOf(kPerson), sealed).ok());
  ASSERT_EQ(Destroy(kPerson), absl::OkStatus());
  ASSERT_EQ(Destroy(kPerson), absl::OkStatus()) << "again does no harm";
  EXPECT_TRUE(IsErased(Open(sealer_, NoteOf(kPerson), sealed).status()));
  EXPECT_TRUE(IsErased(Open(*Fresh(), NoteOf(kPerson), sealed).status()));
  EXPECT_TRUE(IsErased(Transact([&](db::Session& tx) { return sealer_.Seal(tx, NoteOf(kPerson), "new").status(); })));
  std::optional<StoredKey> row;
  ASSERT_TRUE(Read([&](db::Session& session) -> absl::Status {
                TRELLIS_ASSIGN_OR_RETURN(row, FindKey(session, {kOrganization, kPerson}));
                return absl::OkStatus();
              }).ok());
  ASSERT_TRUE(row.has_value());
  EXPECT_FALSE(row->live());
}

TEST_F(SealerTest, WhoNeverHadAKeyCanBeErasedToo) {
  ASSERT_EQ(Destroy(kPerson), absl::OkStatus());
  EXPECT_TRUE(IsErased(Transact([&](db::Session& tx) { return sealer_.Seal(tx, NoteOf(kPerson), "new").status(); })));
}

// As if a backup from before had been restored: the row is back, the list of destroyed keys is not part of it.
TEST_F(SealerTest, ARestoredRowStaysShut) {
  const std::string sealed = Seal(NoteOf(kPerson), "a note");
  std::optional<StoredKey> before;
  ASSERT_TRUE(Read([&](db::Session& session) -> absl::Status {
                TRELLIS_ASSIGN_OR_RETURN(before, FindKey(session, {kOrganization, kPerson}));
                return absl::OkStatus();
              }).ok());
  ASSERT_EQ(Destroy(kPerson), absl::OkStatus());
  ASSERT_EQ(Transact([&](db::Session& tx) {
              return tx
                  .Execute(
                      "UPDATE data_key SET master_key = ?, wrapped_key = ?, destroy_time = NULL "
                      "WHERE organization_id = ? AND person_id = ?",
                      before->wrapped.master, before->wrapped.bytes, kOrganization, kPerson)
                  .status();
            }),
            absl::OkStatus());
  EXPECT_TRUE(IsErased(Open(*Fresh(), NoteOf(kPerson), sealed).status()));
}

TEST_F(SealerTest, OpensTheKeysOfManyWithOneStatement) {
  const std::string sealed = Seal(NoteOf(kPerson), "a note");
  Seal(NoteOf(MakeId('q')), "another");
  ASSERT_EQ(Destroy(MakeId('q')), absl::OkStatus());
  const auto fresh = Fresh();
  ASSERT_EQ(Read([&](db::Session& session) {
              return fresh->OpenKeys(session, kOrganization, {kPerson, MakeId('q'), MakeId('z')});
            }),
            absl::OkStatus());
  EXPECT_EQ(fresh->cache().size(), 1u);
}

}  // namespace
}  // namespace trellis::seal
