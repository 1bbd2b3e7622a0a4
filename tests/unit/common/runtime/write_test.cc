// Runtime::Write through a real service, a real channel and a real database.
#include <set>
#include <thread>

#include "absl/time/clock.h"
#include "common/base/random.h"
#include "common/db/pool.h"
#include "common/runtime/host.h"
#include "common/runtime/migrations.h"
#include "common/testing/scratch_database.h"
#include "common/testing/tcp_gate.h"
#include "common/testing/test_service.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/common/runtime/note_service.h"
#include "trellis/notetest/v1/notetest.grpc.pb.h"

namespace trellis::runtime {
namespace {

using notetest::v1::CreateNoteRequest;
using notetest::v1::CreateNoteResponse;
using notetest::v1::Notes;
using testing::TestService;
using testing::TestUser;

std::int64_t Count(db::Pool& pool, absl::string_view table) {
  std::int64_t count = -1;
  const absl::Status status = pool.Read(absl::Now() + absl::Seconds(10), [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const auto row,
                             session.QueryOne<std::int64_t>(absl::StrCat("SELECT COUNT(*) FROM ", table)));
    count = std::get<0>(*row);
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  return count;
}

std::string NewRequestId() { return IdGenerator(SystemClock(), SystemRandom()).Next().ToString(); }

class WriteTest : public ::testing::Test {
 protected:
  void SetUp() override { NotesApi::changes = 0; }

  grpc::Status Create(const TestUser& user, const std::string& text, const std::string& request_id,
                      CreateNoteResponse* response) {
    CreateNoteRequest request;
    request.set_text(text);
    request.set_request_id(request_id);
    return stub_->CreateNote(service_->As(user).get(), request, response);
  }

  const std::unique_ptr<TestService> service_ = TestService::MustStart(DescribeNotes());
  const std::unique_ptr<Notes::Stub> stub_ = Notes::NewStub(service_->channel());
  const TestUser user_ = TestUser::Make({});
};

TEST_F(WriteTest, ARepeatedRequestGetsTheSameAnswerAndChangesNothing) {
  const std::string id = NewRequestId();
  CreateNoteResponse first, second;
  ASSERT_TRUE(Create(user_, "a", id, &first).ok());
  ASSERT_TRUE(Create(user_, "a", id, &second).ok());
  EXPECT_EQ(first.name(), second.name());
  EXPECT_NE(first.name(), "");
  EXPECT_EQ(NotesApi::changes, 1);
  EXPECT_EQ(Count(service_->pool(), "note"), 1);
  EXPECT_EQ(Count(service_->pool(), "event"), 1);
}

TEST_F(WriteTest, TheSameRequestIdForAnotherRequestIsRefused) {
  const std::string id = NewRequestId();
  CreateNoteResponse response;
  ASSERT_TRUE(Create(user_, "a", id, &response).ok());
  const grpc::Status status = Create(user_, "b", id, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(testing::ReasonOf(status), "REQUEST_ID_REUSED");
  EXPECT_EQ(Count(service_->pool(), "note"), 1);
}

TEST_F(WriteTest, RequestIdsBelongToTheirUser) {
  const std::string id = NewRequestId();
  CreateNoteResponse mine, colleagues, strangers;
  ASSERT_TRUE(Create(user_, "a", id, &mine).ok());
  ASSERT_TRUE(Create(TestUser::Make({}, user_.organization), "a", id, &colleagues).ok());
  ASSERT_TRUE(Create(TestUser::Make({}), "a", id, &strangers).ok());
  EXPECT_EQ((std::set<std::string>{mine.name(), colleagues.name(), strangers.name()}).size(), 3u);
}

TEST_F(WriteTest, WithoutARequestIdEachRequestIsDone) {
  CreateNoteResponse first, second;
  ASSERT_TRUE(Create(user_, "a", "", &first).ok());
  ASSERT_TRUE(Create(user_, "a", "", &second).ok());
  EXPECT_NE(first.name(), second.name());
  EXPECT_EQ(Count(service_->pool(), "idempotency"), 2);
}

TEST_F(WriteTest, AFailedChangeLeavesNothingBehindAndMayBeTriedAgain) {
  const std::string id = NewRequestId();
  CreateNoteResponse response;
  for (int i = 0; i < 2; ++i) {
    const grpc::Status status = Create(user_, "fail", id, &response);
    EXPECT_EQ(testing::ReasonOf(status), "TOLD_TO_FAIL");
  }
  EXPECT_EQ(NotesApi::changes, 2);
  for (const char* table : {"note", "event", "idempotency"}) EXPECT_EQ(Count(service_->pool(), table), 0) << table;
}

TEST_F(WriteTest, TheOrderOfMapEntriesDoesNotMakeAnotherRequest) {
  CreateNoteRequest forward, backward;
  for (int i = 0; i < 50; ++i) (*forward.mutable_labels())[absl::StrCat("k", i)] = "v";
  for (int i = 49; i >= 0; --i) (*backward.mutable_labels())[absl::StrCat("k", i)] = "v";
  forward.set_request_id(NewRequestId());
  backward.set_request_id(forward.request_id());
  CreateNoteResponse first, second;
  ASSERT_TRUE(stub_->CreateNote(service_->As(user_).get(), forward, &first).ok());
  const grpc::Status status = stub_->CreateNote(service_->As(user_).get(), backward, &second);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(first.name(), second.name());
}

TEST_F(WriteTest, ManyAtOnceWithOneRequestIdAreOne) {
  const std::string id = NewRequestId();
  std::vector<CreateNoteResponse> responses(8);
  std::vector<grpc::Status> statuses(8);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < responses.size(); ++i) {
    threads.emplace_back([&, i] { statuses[i] = Create(user_, "a", id, &responses[i]); });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < responses.size(); ++i) {
    ASSERT_TRUE(statuses[i].ok()) << statuses[i].error_message();
    EXPECT_EQ(responses[i].name(), responses[0].name());
  }
  EXPECT_EQ(Count(service_->pool(), "note"), 1);
  EXPECT_EQ(Count(service_->pool(), "event"), 1);
}

TEST_F(WriteTest, BackgroundWorkWithAnOperationIsDoneOnce) {
  Runtime& runtime = service_->runtime();
  const BackgroundWork work = {.organization = user_.organization,
                               .purpose = "test.work",
                               .operation = runtime.ids().Next(),
                               .deadline = absl::Now() + absl::Seconds(10)};
  int runs = 0;
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(runtime
                    .WriteAs(work,
                             [&](WriteUnit& unit) {
                               ++runs;
                               EXPECT_EQ(unit.organization, user_.organization);
                               return absl::OkStatus();
                             })
                    .ok());
  }
  EXPECT_EQ(runs, 1);
}

TEST_F(WriteTest, ACommittedChangeSurvivesTheProcess) {
  const std::string id = NewRequestId();
  CreateNoteResponse first, second;
  ASSERT_TRUE(Create(user_, "a", id, &first).ok());
  service_->Restart();
  ASSERT_TRUE(Create(user_, "a", id, &second).ok());
  EXPECT_EQ(first.name(), second.name());
  EXPECT_EQ(NotesApi::changes, 1);
}

// A host whose database is reached through a gate.
class UnknownCommitTest : public ::testing::Test {
 protected:
  UnknownCommitTest() : database_({{"runtime", migrations::Files()}, {"notetest", DescribeNotes().migrations()}}) {
    NotesApi::changes = 0;
    Settings settings;
    settings.listen = "127.0.0.1:0";
    settings.insecure = true;
    settings.issuer = settings.audience = "test";
    settings.workers = settings.max_in_flight = 1;
    settings.peers["identity"] = "127.0.0.1:1";
    settings.database = database_.settings();
    gate_ = *testing::TcpGate::Open(settings.database.port);
    settings.database.unix_socket.clear();
    settings.database.host = "127.0.0.1";
    settings.database.port = gate_->port();
    host_ = *Host::Make(DescribeNotes(), settings);
  }

  absl::StatusOr<CreateNoteResponse> Create(const std::string& request_id) {
    static const auto* const service = CreateNoteRequest::descriptor()->file()->FindServiceByName("Notes");
    static const auto* const method = service->FindMethodByName("CreateNote");
    static const options::v1::MethodPolicy policy = method->options().GetExtension(options::v1::method);
    rpc::CallContext::Parts parts;
    parts.method = method;
    parts.policy = &policy;
    parts.deadline = absl::Now() + absl::Seconds(10);
    parts.caller.kind = rpc::Caller::Kind::kUser;
    parts.caller.user = user_.user;
    parts.caller.organization = user_.organization;
    rpc::CallContext call(std::move(parts));
    CreateNoteRequest request;
    request.set_text("a");
    request.set_request_id(request_id);
    return NotesApi(*host_).CreateNote(call, request);
  }

  testing::ScratchDatabase database_;
  std::unique_ptr<testing::TcpGate> gate_;
  std::unique_ptr<Host> host_;
  const TestUser user_ = TestUser::Make({});
};

TEST_F(UnknownCommitTest, ALostAnswerToCommitIsResolvedThroughTheRecord) {
  if (!database_.settings().unix_socket.empty() && database_.settings().port == 0) GTEST_SKIP() << "no TCP";
  for (const auto fault : {testing::TcpGate::CommitFault::kDropAnswer, testing::TcpGate::CommitFault::kDropRequest}) {
    for (int i = 0; i < 5; ++i) {
      const std::int64_t before = Count(database_.pool(), "note");
      const int spoiled = gate_->commits_spoiled();
      gate_->SpoilCommits(fault, 1);
      // Every other without a request id: one of its own resolves the doubt.
      const auto response = Create(i % 2 == 0 ? NewRequestId() : "");
      ASSERT_TRUE(response.ok()) << response.status();
      EXPECT_EQ(gate_->commits_spoiled(), spoiled + 1);
      EXPECT_EQ(Count(database_.pool(), "note"), before + 1);
      EXPECT_EQ(Count(database_.pool(), "event"), before + 1);
    }
  }
}

}  // namespace
}  // namespace trellis::runtime
