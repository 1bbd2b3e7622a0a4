// What the privacy officer sees: her own organization's audit, and who outside of it was told about a person.
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/audit/chain.h"
#include "gmock/gmock.h"
#include "tests/integration/referral/referral_world.h"
#include "trellis/audit/v1/audit_log.grpc.pb.h"

namespace trellis::referral {
namespace {

using audit::v1::AuditRecord;
using ::testing::Each;
using ::testing::IsEmpty;
using ::testing::Property;
using ::testing::SizeIs;
using Log = audit::v1::AuditLog::Stub;

class AuditTest : public ReferralWorld {
 protected:
  void SetUp() override {
    ReferralWorld::SetUp();
    officer_ = testing::TestUser::Make({options::v1::ROLE_PRIVACY_OFFICER}, coordinator_.organization);
    person_ = RegisterPerson();
    consent_ = RecordConsent(person_, recipient_);
    service_ = ImportService("Counselling", 2);
  }

  // Once so many records are there: they are chained a moment after the call.
  audit::v1::ListAuditRecordsResponse AwaitRecords(const testing::TestUser& who,
                                                   const audit::v1::ListAuditRecordsRequest& request, int count) {
    audit::v1::ListAuditRecordsResponse response;
    for (const absl::Time limit = absl::Now() + absl::Seconds(20); absl::Now() < limit;
         absl::SleepFor(absl::Milliseconds(50))) {
      response = Must(*referral_, who, &Log::ListAuditRecords, request);
      if (response.records_size() >= count) break;
    }
    EXPECT_GE(response.records_size(), count);  // reading the audit is recorded as well
    return response;
  }

  std::vector<AuditRecord> Disclosures(const testing::TestUser& who) {
    audit::v1::ListDisclosuresRequest request;
    request.set_person(person_);
    std::vector<AuditRecord> records;
    const auto response = Must(*referral_, who, &Log::ListDisclosures, request);
    for (const auto& chained : response.records()) {
      records.push_back(chained.record());
    }
    return records;
  }

  testing::TestUser officer_;
  std::string person_;
  std::string consent_;
  std::string service_;
};

TEST_F(AuditTest, DisclosuresAreAccountedForInTheOrganizationWhoseDataTheyAre) {
  const v1::Referral sent = CreateAndRequest(person_, service_);
  v1::GetReferralRequest get;
  get.set_name(sent.name());
  Must(*referral_, counsellor_, &v1::Referrals::Stub::GetReferral, get);
  Must(*referral_, coordinator_, &v1::Referrals::Stub::GetReferral, get);
  v1::ListReferralsRequest received;
  received.set_direction(v1::ListReferralsRequest::DIRECTION_RECEIVED);
  Must(*referral_, counsellor_, &v1::Referrals::Stub::ListReferrals, received);
  v1::AcceptReferralRequest accept;
  accept.set_name(sent.name());
  Must(*referral_, counsellor_, &v1::Referrals::Stub::AcceptReferral, accept);

  audit::v1::ListAuditRecordsRequest all;
  all.set_person(person_);
  AwaitRecords(officer_, all, 6);  // create, request, its reading, and what the counsellor saw three times

  const std::vector<AuditRecord> disclosures = Disclosures(officer_);
  ASSERT_THAT(disclosures, SizeIs(4));
  EXPECT_THAT(disclosures, Each(Property(&AuditRecord::recipient, recipient_)));
  EXPECT_THAT(disclosures, Each(Property(&AuditRecord::consent, consent_)));
  EXPECT_EQ(disclosures[0].method(), "trellis.referral.v1.Referrals.AcceptReferral");
  EXPECT_EQ(disclosures[0].user(), absl::StrCat("users/", counsellor_.user.ToString()));
  EXPECT_EQ(disclosures[0].user_organization(), recipient_);
  EXPECT_EQ(disclosures[3].method(), "trellis.referral.v1.Referrals.RequestReferral");
  EXPECT_EQ(disclosures[3].user(), absl::StrCat("users/", coordinator_.user.ToString()));
  EXPECT_EQ(disclosures[3].user_organization(), "");

  // The provider's own officer sees what their own staff did, and no accounting of a person who is not theirs.
  const testing::TestUser other =
      testing::TestUser::Make({options::v1::ROLE_PRIVACY_OFFICER}, counsellor_.organization);
  EXPECT_THAT(Disclosures(other), IsEmpty());
  audit::v1::ListAuditRecordsRequest by_counsellor;
  by_counsellor.set_user(absl::StrCat("users/", counsellor_.user.ToString()));
  EXPECT_EQ(AwaitRecords(other, by_counsellor, 3).records_size(), 3);
}

TEST_F(AuditTest, RecordsAreFoundByWhatTheOfficerAsksFor) {
  const v1::Referral draft = Create(person_, service_);
  v1::GetReferralRequest get;
  get.set_name(absl::StrCat("referrals/", NewId()));
  v1::GetReferralResponse ignored;
  Call(*referral_, coordinator_, &v1::Referrals::Stub::GetReferral, get, &ignored);
  get.set_name(draft.name());
  for (int i = 0; i < 3; ++i) Must(*referral_, coordinator_, &v1::Referrals::Stub::GetReferral, get);

  audit::v1::ListAuditRecordsRequest request;
  request.set_method("trellis.referral.v1.Referrals.GetReferral");
  EXPECT_EQ(AwaitRecords(officer_, request, 4).records_size(), 4);
  request.set_code(static_cast<int>(grpc::StatusCode::NOT_FOUND));
  EXPECT_EQ(Must(*referral_, officer_, &Log::ListAuditRecords, request).records_size(), 1);
  request.clear_code();
  request.mutable_begin_time()->set_seconds(absl::ToUnixSeconds(absl::Now() + absl::Hours(1)));
  EXPECT_EQ(Must(*referral_, officer_, &Log::ListAuditRecords, request).records_size(), 0);

  request.clear_begin_time();
  request.set_page_size(3);
  const auto first = Must(*referral_, officer_, &Log::ListAuditRecords, request);
  EXPECT_EQ(first.records_size(), 3);
  request.set_page_token(first.next_page_token());
  const auto second = Must(*referral_, officer_, &Log::ListAuditRecords, request);
  ASSERT_EQ(second.records_size(), 1);
  EXPECT_LT(second.records(0).sequence(), first.records(2).sequence());
  EXPECT_EQ(second.next_page_token(), "");

  // Reading the audit is in the audit.
  audit::v1::ListAuditRecordsRequest readings;
  readings.set_method("trellis.audit.v1.AuditLog.ListAuditRecords");
  readings.set_user(absl::StrCat("users/", officer_.user.ToString()));
  for (int tries = 0; Must(*referral_, officer_, &Log::ListAuditRecords, readings).records_size() < 3; ++tries) {
    ASSERT_LT(tries, 200);
    absl::SleepFor(absl::Milliseconds(50));
  }
}

TEST_F(AuditTest, TheChainCanBeFollowedLinkByLink) {
  Create(person_, service_);
  AwaitRecords(officer_, {}, 1);
  std::string head = audit::EmptyHead();
  audit::v1::ReadChainRequest request;
  const auto response = Must(*referral_, officer_, &Log::ReadChain, request);
  for (const auto& link : response.links()) {
    EXPECT_EQ(link.sequence(), request.after() + 1);
    head = audit::Extend(head, link.body());
    EXPECT_EQ(link.hash(), head);
    request.set_after(link.sequence());
  }
  EXPECT_GE(request.after(), 1);
}

TEST_F(AuditTest, NobodyButAPrivacyOfficerReadsTheAudit) {
  audit::v1::ListAuditRecordsResponse response;
  const grpc::Status status =
      Call(*referral_, coordinator_, &Log::ListAuditRecords, audit::v1::ListAuditRecordsRequest(), &response);
  EXPECT_EQ(testing::ReasonOf(status), "ROLE_MISSING");
}

}  // namespace
}  // namespace trellis::referral
