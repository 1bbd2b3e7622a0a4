// What leaves an answer for want of a clearance: the stage, on a contract that has one of everything.
#include "common/rpc/pipeline/withholding.h"

#include <vector>

#include "common/base/error.h"
#include "common/rpc/labels.h"
#include "common/rpc/pipeline/pipeline.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "tests/unit/common/rpc/echo_service.h"
#include "trellis/rpctest/v1/rpctest.pb.h"

namespace trellis::rpc {
namespace {

using options::v1::SecurityLabel;
using rpctest::v1::LabelledRecord;
using rpctest::v1::LabelledResponse;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr SecurityLabel kUnknown = static_cast<SecurityLabel>(29);
constexpr int kBeyond = 4711;

LabelSet Set(const std::vector<int>& labels) {
  LabelSet out;
  for (const int label : labels) out.Add(label);
  return out;
}

LabelSet Everything() {
  LabelSet all;
  for (int label = 1; label <= options::v1::SecurityLabel_MAX; ++label) all.Add(label);
  return all;
}

LabelledRecord Full(const std::vector<int>& labels) {
  LabelledRecord record;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(R"(
    name: "records/1" state: STATE_OPEN note: "note" family: "family" score: 0
    whole { key: "k" value: "v" } parts { key: "a" value: "1" } parts { key: "b" value: "2" }
    text: "text" level: 2 shelter: "Harbour House")",
                                                            &record));
  for (const int label : labels) record.add_labels(static_cast<SecurityLabel>(label));
  return record;
}

LabelledRecord After(LabelSet readable, const LabelledRecord& before) {
  Withholding stage;
  stage.Prepare(*LabelledRecord::descriptor());
  LabelledRecord after = before;
  stage.Apply(readable, after);
  return after;
}

bool IsWhole(const LabelledRecord& record) {
  return record.note() == "note" && record.family() == "family" && record.has_score() && record.has_whole() &&
         record.parts(0).value() == "1" && record.parts(1).value() == "2" && record.text() == "text";
}

bool IsBare(const LabelledRecord& record) {
  return record.note().empty() && record.family().empty() && !record.has_score() && !record.has_whole() &&
         record.parts(0).value().empty() && record.parts(1).value().empty() &&
         record.answer_case() == LabelledRecord::ANSWER_NOT_SET;
}

TEST(WithholdingTest, WhoIsClearedForEveryLabelGetsTheRecordAsItIs) {
  const LabelledRecord record = Full({3, 5});
  EXPECT_EQ(After(Everything(), record).SerializeAsString(), record.SerializeAsString());
  EXPECT_EQ(After(Set({3, 5, 6}), record).SerializeAsString(), record.SerializeAsString());
}

TEST(WithholdingTest, WhoIsNotLearnsThatThereIsARecordAndNothingMore) {
  for (const LabelSet readable : {Set({6}), Set({3, 6}), Set({5, 6}), Set({1, 2, 4, 6, 7})}) {
    const LabelledRecord after = After(readable, Full({3, 5}));
    EXPECT_TRUE(IsBare(after)) << after.DebugString();
    EXPECT_TRUE(after.withheld());
    EXPECT_EQ(after.name(), "records/1");
    EXPECT_EQ(after.state(), LabelledRecord::STATE_OPEN);
    EXPECT_THAT(after.labels(), ElementsAre(3, 5));
    EXPECT_EQ(after.parts(1).key(), "b");
    EXPECT_EQ(after.level(), 2) << "what people must know stays";
  }
}

TEST(WithholdingTest, EachLabelNeedsItsOwnClearance) {
  for (int label = 1; label <= options::v1::SecurityLabel_MAX; ++label) {
    for (int clearance = 0; clearance <= options::v1::SecurityLabel_MAX; ++clearance) {
      LabelSet readable;
      if (clearance > 0) readable.Add(clearance);
      const LabelledRecord after = After(readable, Full({label}));
      EXPECT_EQ(IsWhole(after), label == clearance) << label << " with " << clearance;
      EXPECT_EQ(IsBare(after), label != clearance) << label << " with " << clearance;
    }
  }
}

TEST(WithholdingTest, NobodyIsClearedForALabelThatIsNotKnown) {
  for (const int label : {0, static_cast<int>(kUnknown), kBeyond, -1}) {
    EXPECT_TRUE(IsBare(After(Everything(), Full({label})))) << label;
  }
}

TEST(WithholdingTest, ARecordWithoutLabelsIsForEverybodyButForFieldsWithTheirOwn) {
  const LabelledRecord after = After(LabelSet(), Full({}));
  EXPECT_TRUE(IsWhole(after));
  EXPECT_EQ(after.shelter(), "");
  EXPECT_TRUE(after.withheld());
  EXPECT_EQ(After(Set({6}), Full({})).shelter(), "Harbour House");
  EXPECT_FALSE(After(Set({6}), Full({})).withheld());
}

TEST(WithholdingTest, DoesNotTellWhetherAFieldWithItsOwnLabelWasSet) {
  LabelledRecord record = Full({});
  record.clear_shelter();
  EXPECT_TRUE(After(LabelSet(), record).withheld());
}

TEST(WithholdingTest, ARecordInARecordHasLabelsOfItsOwn) {
  LabelledRecord outer = Full({});
  *outer.mutable_inner() = Full({4});
  const LabelledRecord after = After(Set({6}), outer);
  EXPECT_TRUE(IsWhole(after));
  EXPECT_FALSE(after.withheld());
  EXPECT_TRUE(IsBare(after.inner()));
  EXPECT_TRUE(after.inner().withheld());

  *outer.mutable_inner() = Full({});
  outer.add_labels(options::v1::SECURITY_LABEL_PSYCHIATRY);
  EXPECT_TRUE(IsBare(After(Set({6}), outer).inner())) << "what is in a withheld record is withheld";
}

TEST(WithholdingTest, LooksIntoEveryRecordOfAnAnswer) {
  Withholding stage;
  stage.Prepare(*LabelledResponse::descriptor());
  LabelledResponse answer;
  *answer.mutable_record() = Full({3});
  *answer.add_records() = Full({3, 6});
  *answer.add_records() = Full({6});
  answer.set_note("stays");
  stage.Apply(Set({6}), answer);
  EXPECT_TRUE(IsBare(answer.record()));
  EXPECT_TRUE(IsBare(answer.records(0)));
  EXPECT_TRUE(IsWhole(answer.records(1)));
  EXPECT_EQ(answer.note(), "stays");
}

TEST(WithholdingTest, HasNothingToDoWhereThereAreNoLabels) {
  Withholding stage;
  stage.Prepare(*rpctest::v1::SayResponse::descriptor());
  stage.Prepare(*rpctest::v1::CheckRequest::descriptor());
  EXPECT_FALSE(stage.Concerns(*rpctest::v1::SayResponse::descriptor()));
  EXPECT_FALSE(stage.Concerns(*rpctest::v1::CheckRequest::descriptor())) << "a map and a recursive type";
  stage.Prepare(*LabelledResponse::descriptor());
  EXPECT_TRUE(stage.Concerns(*LabelledResponse::descriptor()));
}

class ReadableLabelsTest : public ::testing::Test {
 protected:
  LabelSet Readable(LabelSet clearances, const std::string& purpose) {
    CallContext::Parts parts;
    parts.caller.kind = Caller::Kind::kUser;
    parts.caller.clearances = clearances;
    parts.audit.purpose = purpose;
    return ReadableLabels(CallContext(std::move(parts)));
  }
};

TEST_F(ReadableLabelsTest, AreTheCallersClearances) {
  EXPECT_EQ(Readable(LabelSet(), ""), LabelSet());
  EXPECT_EQ(Readable(Set({3}), ""), Set({3}));
}

TEST_F(ReadableLabelsTest, AnEmergencyOpensAllThatIsKnownButWhatIsSealed) {
  EXPECT_EQ(Readable(LabelSet(), kEmergencyPurpose), Set({1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(Readable(Set({7}), kEmergencyPurpose), Everything());
  EXPECT_FALSE(Readable(Set({7}), kEmergencyPurpose).Covers(Set({kUnknown})));
}

TEST(LabelSetTest, KeepsWhatItCannotNameAsWhatNobodyIsClearedFor) {
  EXPECT_EQ(Set({kBeyond}), Set({0}));
  EXPECT_EQ(Set({-5}), Set({0}));
  EXPECT_FALSE(Everything().Covers(Set({kBeyond})));
  EXPECT_TRUE(LabelSet::FromBits(Set({1, 30}).bits()) == Set({1, 30}));
  google::protobuf::RepeatedField<int> list;
  PutLabels(Set({5, 3, kBeyond}), &list);
  EXPECT_THAT(list, ElementsAre(0, 3, 5));
  EXPECT_EQ(LabelsFrom(list), Set({0, 3, 5}));
}

TEST(RequireClearanceTest, RefusesWhoIsNotClearedForAll) {
  Caller caller;
  caller.clearances = Set({3});
  EXPECT_TRUE(RequireClearance(caller, LabelSet()).ok());
  EXPECT_TRUE(RequireClearance(caller, Set({3})).ok());
  const absl::Status refused = RequireClearance(caller, Set({3, 4}));
  EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(ReasonOf(refused), "LABEL_NOT_CLEARED");
}

// A handler that answers with a labelled record.
struct Reader {
  absl::StatusOr<LabelledResponse> Read(CallContext&, const rpctest::v1::WhoAmIRequest&) {
    LabelledResponse response;
    *response.mutable_record() = Full({3});
    return response;
  }
  absl::Status Stream(CallContext&, const rpctest::v1::WhoAmIRequest&, std::shared_ptr<PushStream>) {
    return absl::OkStatus();
  }
};

struct LetsEverybodyIn final : Authorizer {
  absl::Status Authorize(CallContext&, const google::protobuf::Message&) override { return absl::OkStatus(); }
};

// Takes every token for a user with the clearances that the test gives.
struct ClearedUser final : Authenticator {
  absl::StatusOr<Caller> Authenticate(absl::string_view, const Peer&) override {
    Caller caller;
    caller.kind = Caller::Kind::kUser;
    caller.clearances = clearances;
    return caller;
  }
  LabelSet clearances;
};

TEST(WithholdingPipelineTest, StandsBetweenTheHandlerAndTheAnswer) {
  Router router;
  Reader reader;
  ClearedUser authenticator;
  LetsEverybodyIn authorizer;
  router.Unary("trellis.rpctest.v1.Labelled.Read", &reader, &Reader::Read);
  const Pipeline pipeline({"trellis.local", 1000, 1000}, &router, &authenticator, &authorizer);
  const Router::Method& method = *router.Find("/trellis.rpctest.v1.Labelled/Read");
  for (const bool cleared : {false, true}) {
    authenticator.clearances = cleared ? Set({3, 6}) : Set({6});
    CallContext::Parts parts;
    parts.method = method.descriptor;
    parts.policy = &method.policy;
    CallContext call(std::move(parts));
    const grpc::Slice empty;
    grpc::ByteBuffer response;
    std::unique_ptr<AuditEntry> entry;
    const absl::Status status =
        pipeline.Unary(method, call, {{"authorization", "Bearer x"}}, grpc::ByteBuffer(&empty, 1), &response, &entry);
    ASSERT_TRUE(status.ok()) << status;
    grpc::Slice bytes;
    ASSERT_TRUE(response.DumpToSingleSlice(&bytes).ok());
    LabelledResponse told;
    ASSERT_TRUE(told.ParseFromArray(bytes.begin(), static_cast<int>(bytes.size())));
    EXPECT_EQ(IsWhole(told.record()), cleared);
    EXPECT_EQ(told.record().withheld(), !cleared);
  }
}

TEST(WithholdingPipelineTest, ServesNoStreamOfLabelledRecords) {
  Router router;
  Reader reader;
  router.Unary("trellis.rpctest.v1.Labelled.Read", &reader, &Reader::Read);
  router.Push("trellis.rpctest.v1.Labelled.Stream", &reader, &Reader::Stream);
  EXPECT_THAT(router.Check(), Contains(HasSubstr("Labelled.Stream: labelled records")));
}

}  // namespace
}  // namespace trellis::rpc
