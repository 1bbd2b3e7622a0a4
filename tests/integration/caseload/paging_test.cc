// Ten thousand open cases of one coordinator: every line once, in order, and how long a page takes (printed).
#include <algorithm>
#include <cstdio>
#include <set>

#include "common/access/relations.h"
#include "common/db/pool.h"
#include "services/caseload/api/refresh.h"
#include "services/caseload/storage/cases.h"
#include "services/caseload/storage/persons.h"
#include "services/caseload/storage/safety_alerts.h"
#include "services/caseload/storage/worklist.h"
#include "tests/integration/caseload/caseload_fixture.h"

namespace trellis::caseload {
namespace {

constexpr int kCases = 10000;

class PagingTest : public CaseloadTest {
 protected:
  // One case as OpenCase writes it, with a few of each kind of urgency.
  absl::Status Write(db::Session& tx, int number) {
    const Id person = NewId();
    const absl::Time now = clock().Now();
    TRELLIS_RETURN_IF_ERROR(tx.Execute("INSERT INTO access_relation (organization_id, resource_id, kind, subject_id,"
                                       " valid_from) VALUES (?, ?, 1, ?, ?)",
                                       organization_, person, coordinator_.user, absl::UnixEpoch())
                                .status());
    TRELLIS_RETURN_IF_ERROR(LockPerson(tx, organization_, person, now));
    CaseRecord record;
    record.id = NewId();
    record.person = person;
    record.coordinator = coordinator_.user;
    record.review_interval = absl::Hours(24 * (20 + number % 40));
    record.open_time = now - absl::Hours(24 * 40) + absl::Seconds(number);
    record.update_time = record.open_time;
    TRELLIS_RETURN_IF_ERROR(InsertCase(tx, organization_, record));
    if (number % 100 == 0) {
      SafetyAlertRecord alert;
      alert.id = NewId();
      alert.person = person;
      alert.assessment = NewId();
      alert.rule = "self-harm";
      alert.open_time = now - absl::Seconds(number);
      TRELLIS_RETURN_IF_ERROR(InsertAlertOnce(tx, organization_, alert).status());
    }
    TRELLIS_RETURN_IF_ERROR(PutLinesFromRelations(tx, organization_, person));
    return RefreshEntry(tx, organization_, person, {}, now);
  }

  void WriteAll() {
    for (int done = 0; done < kCases; done += 500) {
      const absl::Status status = caseload().pool().Transact(absl::Now() + absl::Seconds(30), [&](db::Session& tx) {
        for (int i = done; i < done + 500; ++i) TRELLIS_RETURN_IF_ERROR(Write(tx, i));
        return absl::OkStatus();
      });
      ASSERT_TRUE(status.ok()) << status;
    }
  }

  // The same page without RPC: what the database takes.
  absl::Duration TimeOfQuery() {
    std::vector<absl::Duration> times;
    const auto part = access::AllowedPersonCondition("w.person_id", organization_, coordinator_.user, clock().Now());
    const Visible visible = {part.sql, part.arguments};
    for (int i = 0; i < 50; ++i) {
      const absl::Time start = absl::Now();
      const absl::Status status = caseload().pool().Read(start + absl::Seconds(5), [&](db::Session& session) {
        return EntriesOfSubject(session, organization_, coordinator_.user, "", visible, 51).status();
      });
      EXPECT_TRUE(status.ok()) << status;
      times.push_back(absl::Now() - start);
    }
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
  }

  // From the commit of an event in assessment to the changed line, seen through the RPC.
  std::vector<absl::Duration> Lags(const Id& person, int count) {
    std::vector<absl::Duration> lags;
    for (int i = 1; i <= count; ++i) {
      clock().Advance(absl::Seconds(1));
      v1::ListWorklistRequest request;
      request.set_page_size(1);
      v1::ListWorklistResponse response;
      const Recorded recorded = Recorded(person, clock().Now()).Total(i, "x").Critical("first", "q", true);
      const absl::Time start = absl::Now();
      Tell(assessment(), organization_, recorded.event());
      do {
        EXPECT_TRUE(worklist_->ListWorklist(caseload().As(coordinator_).get(), request, &response).ok());
      } while (response.entries(0).last_assessment().number() != i && absl::Now() < start + absl::Seconds(10));
      lags.push_back(absl::Now() - start);
    }
    std::sort(lags.begin(), lags.end());
    return lags;
  }

  absl::Duration TimeOfPage(const TestUser& user, const std::string& coordinator, const std::string& token) {
    v1::ListWorklistRequest request;
    request.set_coordinator(coordinator);
    request.set_page_token(token);
    std::vector<absl::Duration> times;
    for (int i = 0; i < 50; ++i) {
      v1::ListWorklistResponse response;
      const auto context = caseload().As(user);
      const absl::Time start = absl::Now();
      EXPECT_TRUE(worklist_->ListWorklist(context.get(), request, &response).ok());
      times.push_back(absl::Now() - start);
    }
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
  }
};

TEST_F(PagingTest, TenThousandOpenCases) {
  WriteAll();
  const absl::Time start = absl::Now();
  const std::vector<v1::WorklistEntry> all = List(coordinator_, 500);
  const absl::Duration whole = absl::Now() - start;
  ASSERT_EQ(all.size(), static_cast<std::size_t>(kCases));
  std::set<std::string> persons;
  for (const auto& entry : all) persons.insert(entry.person());
  EXPECT_EQ(persons.size(), all.size()) << "nobody twice";
  EXPECT_TRUE(
      std::is_sorted(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.priority() < b.priority(); }));
  EXPECT_EQ(all.front().priority(), 1);
  EXPECT_EQ(all[99].priority(), 1);
  EXPECT_EQ(all[100].priority(), 3);

  v1::ListWorklistRequest request;
  v1::ListWorklistResponse first;
  ASSERT_TRUE(worklist_->ListWorklist(caseload().As(coordinator_).get(), request, &first).ok());
  const std::string mine = MakeName("users", coordinator_.user);
  std::printf("10,000 open cases, pages of 50, median of 50 calls over TLS:\n");
  std::printf("  first page                     %8.3f ms\n",
              absl::ToDoubleMilliseconds(TimeOfPage(coordinator_, "", "")));
  std::printf("  ... its query alone            %8.3f ms\n", absl::ToDoubleMilliseconds(TimeOfQuery()));
  std::printf("  second page                    %8.3f ms\n",
              absl::ToDoubleMilliseconds(TimeOfPage(coordinator_, "", first.next_page_token())));
  std::printf("  first page, by coordinator     %8.3f ms\n",
              absl::ToDoubleMilliseconds(TimeOfPage(coordinator_, mine, "")));
  std::printf("  ... by one who sees none       %8.3f ms\n",
              absl::ToDoubleMilliseconds(TimeOfPage(colleague_, mine, "")));
  std::printf("  all 10,000 in pages of 500     %8.3f ms\n", absl::ToDoubleMilliseconds(whole));

  const Id person = NewPerson(coordinator_);
  Open(coordinator_, person);
  const std::vector<absl::Duration> lags = Lags(person, 100);
  std::printf("from an event's commit to the changed line, 100 events: median %.1f ms, 99 %% %.1f ms\n",
              absl::ToDoubleMilliseconds(lags[50]), absl::ToDoubleMilliseconds(lags[98]));
}

}  // namespace
}  // namespace trellis::caseload
