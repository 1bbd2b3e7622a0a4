#include "tests/unit/common/audit/audit_fixture.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/audit/record.h"
#include "common/runtime/migrations.h"

namespace trellis::audit {

absl::Time Soon() { return absl::Now() + absl::Seconds(30); }

AuditFixture::AuditFixture() : database_({{"runtime", runtime::migrations::Files()}}) {
  file_ = absl::StrCat(::testing::TempDir(), "trellis-checkpoints-", getpid(), "-", NewId().ToString());
}

AuditFixture::~AuditFixture() { std::remove(file_.c_str()); }

JournalRow AuditFixture::NewRow(const Id& organization, const Id& person) {
  v1::AuditRecord record;
  record.mutable_record_time()->set_seconds(absl::ToUnixSeconds(clock_.Now()));
  record.set_service("identity");
  record.set_method("trellis.identity.v1.Persons.GetPerson");
  record.set_user(NameOf("users", NewId()));
  if (!person.is_nil()) record.add_persons(NameOf("persons", person));
  return ToRow(NewId(), organization, std::move(record));
}

void AuditFixture::Write(const Id& organization, int records) {
  std::vector<JournalRow> rows;
  for (int i = 0; i < records; ++i) rows.push_back(NewRow(organization, person_));
  ASSERT_TRUE(pool().Transact(Soon(), [&](db::Session& tx) { return Append(tx, rows); }).ok());
}

void AuditFixture::WriteAndChain(const Id& organization, int records) {
  Write(organization, records);
  const absl::Status status = chainer_.Run(Soon());
  ASSERT_TRUE(status.ok()) << status;
}

Checkpointer AuditFixture::NewCheckpointer() {
  return Checkpointer({"trellis.test", "identity", file_}, &pool(), &clock_, &key_);
}

void AuditFixture::Sign() {
  clock_.Advance(kCheckpointInterval);
  const auto signed_now = NewCheckpointer().SignDue(Soon());
  ASSERT_TRUE(signed_now.ok()) << signed_now.status();
}

std::vector<std::string> AuditFixture::Notes() const {
  std::ostringstream out;
  out << std::ifstream(file_, std::ios::binary).rdbuf();
  return SplitNotes(out.str());
}

Report AuditFixture::Verify(const Id& organization) {
  const DatabaseVerifier verifier(
      &pool(), {.trust_domain = "trellis.test", .service = "identity", .public_key = key_.PublicKey(), .batch = 7});
  const absl::StatusOr<Report> report = verifier.Verify(organization, Notes());
  EXPECT_TRUE(report.ok()) << report.status();
  return report.value_or(Report());
}

Report AuditFixture::VerifyAlone(const Id& organization) {
  const DatabaseVerifier verifier(&pool(), {.trust_domain = "trellis.test", .service = "identity", .public_key = ""});
  const absl::StatusOr<Report> report = verifier.Verify(organization, {});
  EXPECT_TRUE(report.ok()) << report.status();
  return report.value_or(Report());
}

std::int64_t AuditFixture::Count(const std::string& sql) {
  std::int64_t count = -1;
  const absl::Status status = pool().Transact(Soon(), [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const auto row, session.QueryOne<std::int64_t>(sql));
    count = row.has_value() ? std::get<0>(*row) : -1;
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << sql << ": " << status;
  return count;
}

void AuditFixture::Run(const std::string& sql) {
  const absl::Status status = pool().Read(Soon(), [&](db::Session& session) { return session.ExecuteText(sql); });
  ASSERT_TRUE(status.ok()) << sql << ": " << status;
}

}  // namespace trellis::audit
