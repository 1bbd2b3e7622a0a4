// Each RPC of the five services leaves exactly one audit record, whatever came of it, and no answer leaves without one.
#include <algorithm>
#include <iostream>
#include <optional>
#include <random>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/db/pool.h"
#include "common/rpc/channel.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fault/bad_input_world.h"
#include "trellis/audit/v1/audit_record.pb.h"

namespace trellis::fault {
namespace {

using audit::v1::AuditRecord;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

std::unique_ptr<BadInputWorld>& Slot() {
  static auto& slot = *new std::unique_ptr<BadInputWorld>();
  return slot;
}

class EndWorld : public ::testing::Environment {
 public:
  void TearDown() override { Slot().reset(); }
};
const auto* const kEndWorld = ::testing::AddGlobalTestEnvironment(new EndWorld);

std::string NewTrace() {
  static std::mt19937_64 random(std::random_device{}());
  return absl::StrCat(absl::Hex(random() | 1, absl::kZeroPad16), absl::Hex(random() | 1, absl::kZeroPad16));
}

std::string ReasonOf(const grpc::Status& status) { return ::trellis::ReasonOf(rpc::FromGrpc(status)); }

class AuditTest : public ::testing::Test {
 protected:
  static BadInputWorld& world() {
    if (Slot() == nullptr) Slot() = std::make_unique<BadInputWorld>();
    return *Slot();
  }

  static const Method& MethodNamed(const std::string& path) {
    const auto& methods = world().methods();
    return *std::find_if(methods.begin(), methods.end(), [&](const Method& method) { return method.path == path; });
  }

  static std::string GoodBytes(const Method& method) {
    return Sample(method.prototype(), world().names())->SerializeAsString();
  }

  // Everything that the service has recorded of the trace, wherever it lies by now.
  static std::vector<AuditRecord> RecordsOf(const std::string& service, const std::string& trace) {
    std::vector<AuditRecord> found;
    const absl::Status status =
        world().PoolOf(service).Transact(absl::Now() + absl::Seconds(10), [&](db::Session& session) -> absl::Status {
          found.clear();
          // One statement sees one state: between two of them a record may move from one table to the other.
          const auto rows = session.Query<std::string>(
              "(SELECT body FROM audit_journal WHERE LOCATE(?, body) > 0 LIMIT 100) UNION ALL "
              "(SELECT body FROM audit_record WHERE LOCATE(?, body) > 0 LIMIT 100)",
              trace, trace);
          if (!rows.ok()) return rows.status();
          for (const auto& [body] : *rows) {
            AuditRecord record;
            EXPECT_TRUE(record.ParseFromString(body));
            EXPECT_EQ(record.SerializeAsString(), body);
            EXPECT_THAT(body, Not(HasSubstr("qqqq"))) << "content in the record of " << record.method();
            if (record.trace_id() == trace && record.service() == service) found.push_back(record);
          }
          return absl::OkStatus();
        });
    EXPECT_TRUE(status.ok()) << status;
    return found;
  }

  // The one record of a call; the calls that the callee made to its peers are recorded there.
  static AuditRecord TheRecord(const Method& method, const std::string& trace, const grpc::Status& status) {
    const std::vector<AuditRecord> records = RecordsOf(method.service, trace);
    EXPECT_THAT(records, SizeIs(1)) << method.path << " " << ReasonOf(status);
    if (records.size() != 1) return AuditRecord();
    const AuditRecord& record = records[0];
    EXPECT_EQ(record.method(), method.descriptor->full_name());
    EXPECT_EQ(record.code(), static_cast<int>(status.error_code())) << method.path;
    EXPECT_EQ(record.reason(), ReasonOf(status)) << method.path;
    EXPECT_EQ(record.data(), method.policy.data()) << method.path;
    EXPECT_EQ(record.action(), method.IsRead() ? AuditRecord::ACTION_READ : AuditRecord::ACTION_CHANGE) << method.path;
    EXPECT_THAT(record.source(), HasSubstr("127.0.0.1")) << method.path;
    EXPECT_LT(absl::AbsDuration(absl::FromUnixSeconds(record.record_time().seconds()) - absl::Now()), absl::Minutes(5));
    return record;
  }

  static std::string FreshTrace() {
    std::string trace = NewTrace();
    world().SetTrace(trace);
    return trace;
  }
};

bool HoldsPerson(const std::string& bytes) { return absl::StrContains(bytes, Slot()->names().at("persons")); }

TEST_F(AuditTest, EachCallLeavesOneRecord) {
  int calls = 0;
  const std::string user = absl::StrCat("users/", world().native().user.ToString());
  const std::string organization = absl::StrCat("organizations/", world().native().organization.ToString());
  for (const Method& method : world().methods()) {
    const std::string trace = FreshTrace();
    const std::string bytes = GoodBytes(method);
    const grpc::Status status = world().Call(method, bytes).status;
    ++calls;
    if (method.policy.data() == options::v1::DATA_CLASS_PUBLIC && method.IsRead()) {
      EXPECT_THAT(RecordsOf(method.service, trace), IsEmpty()) << method.path;
      continue;
    }
    const AuditRecord record = TheRecord(method, trace, status);
    if (method.IsPublic()) continue;
    if (method.IsForServices()) {
      EXPECT_EQ(record.peer_service(), method.policy.services(0)) << method.path;
      EXPECT_EQ(record.user(), "") << method.path;
      continue;
    }
    EXPECT_EQ(record.user(), user) << method.path;
    EXPECT_EQ(record.organization(), organization) << method.path;
    EXPECT_FALSE(record.session().empty()) << method.path;
    EXPECT_FALSE(record.roles().empty()) << method.path;
    if (HoldsPerson(bytes)) {
      EXPECT_THAT(record.persons(), Contains(world().names().at("persons"))) << method.path;
    }
    if (method.descriptor->client_streaming()) continue;  // only the answer of a stream is looked at
    if (method.descriptor->input_type()->FindFieldByName("request_id") != nullptr) {
      EXPECT_THAT(record.request_id(), SizeIs(36)) << method.path;
    }
  }
  std::cout << "  " << calls << " calls\n";
}

TEST_F(AuditTest, EachRefusalLeavesOneRecord) {
  for (const Method& method : world().methods()) {
    if (method.IsPublic()) continue;
    const std::string bytes = GoodBytes(method);
    for (const std::string& token : {std::string(), std::string("a.b.c"), world().ExpiredToken(method)}) {
      const std::string trace = FreshTrace();
      const grpc::Status status = world().CallWithToken(method, bytes, token).status;
      const AuditRecord record = TheRecord(method, trace, status);
      EXPECT_EQ(record.code(), static_cast<int>(grpc::StatusCode::UNAUTHENTICATED)) << method.path;
      EXPECT_EQ(record.user(), "") << method.path;
      EXPECT_EQ(record.organization(), "") << method.path;
      if (method.policy.only_passed_on()) continue;  // it comes over a channel of a service, who is no stranger
      EXPECT_THAT(record.persons(), IsEmpty()) << method.path << ": nobody looks at what a stranger sends";
    }
    if (const std::string token = world().TokenWithoutRole(method); !token.empty()) {
      const std::string trace = FreshTrace();
      const AuditRecord record = TheRecord(method, trace, world().CallWithToken(method, bytes, token).status);
      EXPECT_EQ(record.reason(), "ROLE_MISSING") << method.path;
    }
  }
}

TEST_F(AuditTest, ARepeatedRequestIsRecordedAsWhatItIs) {
  const Method& method = MethodNamed("/trellis.caseload.v1.Populations/CreatePopulation");
  const std::string bytes = GoodBytes(method);
  const std::string first = FreshTrace();
  const RawAnswer done = world().Call(method, bytes);
  ASSERT_TRUE(done.status.ok()) << done.status.error_message();
  const std::string again = FreshTrace();
  const RawAnswer repeated = world().Call(method, bytes);
  EXPECT_EQ(repeated.response, done.response);
  const AuditRecord one = TheRecord(method, first, done.status);
  const AuditRecord two = TheRecord(method, again, repeated.status);
  EXPECT_FALSE(one.repeated_request());
  EXPECT_TRUE(two.repeated_request());
  EXPECT_EQ(one.request_id(), two.request_id());
  EXPECT_THAT(one.resources(), Contains(::testing::StartsWith("populations/")));
}

TEST_F(AuditTest, WithoutItsRecordNoAnswerLeaves) {
  world().SetTrace("");
  db::Pool& pool = world().PoolOf("identity");
  const auto run = [&](const std::string& sql) {
    const absl::Status status =
        pool.Read(absl::Now() + absl::Seconds(10), [&](db::Session& session) { return session.ExecuteText(sql); });
    ASSERT_TRUE(status.ok()) << status;
  };
  const auto before = world().Rows();
  run("RENAME TABLE audit_journal TO audit_journal_away");
  int calls = 0;
  for (const Method& method : world().methods()) {
    if (method.service != "identity" || method.policy.data() == options::v1::DATA_CLASS_PUBLIC) continue;
    const RawAnswer answer = world().Call(method, GoodBytes(method));
    // A change fails in its own transaction, everything else by the audit; neither says anything about data.
    EXPECT_THAT(answer.status.error_code(), ::testing::AnyOf(grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::INTERNAL))
        << method.path << " " << ReasonOf(answer.status);
    if (method.IsRead()) {
      EXPECT_EQ(ReasonOf(answer.status), "AUDIT_UNAVAILABLE") << method.path;
    }
    EXPECT_THAT(answer.response, IsEmpty()) << method.path;
    ++calls;
  }
  EXPECT_GE(calls, 20);
  run("RENAME TABLE audit_journal_away TO audit_journal");
  EXPECT_EQ(world().Rows(), before) << "something was written without its record";
  const Method& list = MethodNamed("/trellis.audit.v1.AuditLog/ReadChain");
  const grpc::Status status = world().Call(list, GoodBytes(list)).status;
  EXPECT_TRUE(status.ok()) << ReasonOf(status) << ": the journal is back";
}

}  // namespace
}  // namespace trellis::fault
