#include "tests/fault/verdict.h"

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/rpc/channel.h"
#include "google/protobuf/util/message_differencer.h"

namespace trellis::fault {
namespace {

using google::protobuf::util::MessageDifferencer;

constexpr absl::Duration kDrainLimit = absl::Seconds(60);
constexpr int kThreads = 4;

// Runs body(i) for i < count, on several threads.
void ForEach(std::size_t count, const std::function<void(std::size_t)>& body) {
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (std::size_t at = next++; at < count; at = next++) body(at);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// Changes are told against the other assessments of a person, so they differ from when it was recorded.
assessment::v1::Assessment WithoutChanges(assessment::v1::Assessment assessment) {
  for (auto& outcome : *assessment.mutable_outcomes()) {
    outcome.clear_change_from_baseline();
    outcome.clear_change_from_previous();
  }
  return assessment;
}

std::int64_t Micros(const google::protobuf::Timestamp& time) {
  return time.seconds() * 1'000'000 + time.nanos() / 1000;
}

class Examiner {
 public:
  Examiner(Client& client, const Load& load, absl::Time load_end)
      : client_(client), load_(load), load_end_(load_end) {}

  Verdict Run() {
    ListAssessments();
    AwaitAlerts();
    CompareRecordings();
    CompareRegistrations();
    CompareAlerts();
    return std::move(verdict_);
  }

 private:
  bool Call(const std::string& service, const Client::Send& send) {
    const grpc::Status status = client_.Until(absl::Now() + absl::Seconds(20), service, send);
    if (status.ok()) return true;
    std::lock_guard lock(mutex_);
    verdict_.failures.push_back(absl::StrCat(service, ": ", rpc::FromGrpc(status).ToString()));
    return false;
  }

  // All assessments of all persons, by their effective time.
  void ListAssessments() {
    ForEach(load_.persons().size(), [&](std::size_t i) {
      assessment::v1::ListAssessmentsRequest request;
      request.set_person(load_.persons()[i]);
      request.set_page_size(200);
      do {
        assessment::v1::ListAssessmentsResponse page;
        if (!Call("assessment", [&](grpc::ClientContext& context) {
              return client_.assessments().ListAssessments(&context, request, &page);
            })) {
          return;
        }
        std::lock_guard lock(mutex_);
        for (const auto& assessment : page.assessments()) {
          stored_[Micros(assessment.effective_time())].push_back(assessment.name());
        }
        request.set_page_token(page.next_page_token());
      } while (!request.page_token().empty());
    });
  }

  void CompareRecordings() {
    Count& count = verdict_.recordings;
    int explained = 0;
    for (const Recording& recording : load_.recordings()) {
      const auto found = stored_.find(Micros(recording.request.assessment().effective_time()));
      const int times = found == stored_.end() ? 0 : static_cast<int>(found->second.size());
      explained += times;
      count.doubled += times > 1;
      count.acknowledged += recording.acknowledged;
      count.unknown += !recording.acknowledged;
      count.unknown_applied += !recording.acknowledged && times > 0;
      count.repeated += recording.acknowledged && recording.attempts > 1;
      if (!recording.acknowledged) continue;
      count.lost += times == 0;
      count.changed += times > 0 && found->second[0] != recording.response.assessment().name();
    }
    for (const auto& [time, names] : stored_) count.unasked += static_cast<int>(names.size());
    count.unasked -= explained;
    ForEach(load_.recordings().size(), [&](std::size_t i) {
      if (load_.recordings()[i].acknowledged) CompareRecording(load_.recordings()[i]);
    });
  }

  void CompareRecording(const Recording& recording) {
    assessment::v1::GetAssessmentRequest request;
    request.set_name(recording.response.assessment().name());
    assessment::v1::GetAssessmentResponse now;
    assessment::v1::RecordAssessmentResponse again;
    const bool is_read = Call("assessment", [&](grpc::ClientContext& context) {
      return client_.assessments().GetAssessment(&context, request, &now);
    });
    const bool is_repeated = Call("assessment", [&](grpc::ClientContext& context) {
      return client_.assessments().RecordAssessment(&context, recording.request, &again);
    });
    const bool is_same = is_read && MessageDifferencer::Equals(WithoutChanges(now.assessment()),
                                                               WithoutChanges(recording.response.assessment()));
    std::lock_guard lock(mutex_);
    verdict_.recordings.lost += !is_read;
    verdict_.recordings.changed += is_read && !is_same;
    verdict_.recordings.other_answer +=
        !is_repeated || again.SerializeAsString() != recording.response.SerializeAsString();
  }

  void CompareRegistrations() {
    ForEach(load_.registrations().size(), [&](std::size_t i) { CompareRegistration(load_.registrations()[i]); });
  }

  void CompareRegistration(const Registration& registration) {
    identity::v1::SearchPersonsRequest search;
    search.set_name_query(registration.request.person().family_names());
    identity::v1::SearchPersonsResponse found;
    if (!Call("identity", [&](grpc::ClientContext& context) {
          return client_.persons().SearchPersons(&context, search, &found);
        })) {
      return;
    }
    identity::v1::RegisterPersonResponse again;
    const bool is_repeated = registration.acknowledged && Call("identity", [&](grpc::ClientContext& context) {
                               return client_.persons().RegisterPerson(&context, registration.request, &again);
                             });
    const int times = found.persons_size();
    std::lock_guard lock(mutex_);
    Count& count = verdict_.registrations;
    count.doubled += times > 1;
    count.acknowledged += registration.acknowledged;
    count.unknown += !registration.acknowledged;
    count.unknown_applied += !registration.acknowledged && times > 0;
    if (!registration.acknowledged) return;
    count.repeated += registration.attempts > 1;
    count.lost += times == 0;
    count.changed += times > 0 && !MessageDifferencer::Equals(found.persons(0), registration.response.person());
    count.other_answer +=
        !is_repeated || again.SerializeAsString() != registration.response.SerializeAsString();
  }

  // How many alerts each assessment has.
  std::map<std::string, int> ListAlerts() {
    std::map<std::string, int> alerts;
    caseload::v1::ListSafetyAlertsRequest request;
    request.set_page_size(500);
    do {
      caseload::v1::ListSafetyAlertsResponse page;
      if (!Call("caseload", [&](grpc::ClientContext& context) {
            return client_.alerts().ListSafetyAlerts(&context, request, &page);
          })) {
        break;
      }
      for (const auto& alert : page.safety_alerts()) ++alerts[alert.assessment()];
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return alerts;
  }

  // Every critical assessment that is there, whether its client was told or not.
  std::vector<std::string> CriticalAssessments() const {
    std::vector<std::string> critical;
    for (const Recording& recording : load_.recordings()) {
      const auto found = stored_.find(Micros(recording.request.assessment().effective_time()));
      if (found == stored_.end() || !IsCritical(recording.request.assessment())) continue;
      critical.insert(critical.end(), found->second.begin(), found->second.end());
    }
    return critical;
  }

  void AwaitAlerts() {
    const std::size_t expected = CriticalAssessments().size();
    while (ListAlerts().size() < expected && absl::Now() < load_end_ + kDrainLimit) {
      absl::SleepFor(absl::Milliseconds(50));
    }
    verdict_.alerts.drain = absl::Now() - load_end_;
  }

  // Last of all: one that came twice would have come by now.
  void CompareAlerts() {
    AlertCount& count = verdict_.alerts;
    std::map<std::string, int> alerts = ListAlerts();
    for (const std::string& assessment : CriticalAssessments()) {
      const int times = alerts[assessment];
      ++count.expected;
      count.missing += times == 0;
      count.doubled += times > 1;
      alerts.erase(assessment);
    }
    count.without_assessment = static_cast<int>(alerts.size());
  }

  Client& client_;
  const Load& load_;
  const absl::Time load_end_;
  std::mutex mutex_;
  std::map<std::int64_t, std::vector<std::string>> stored_;
  Verdict verdict_;
};

}  // namespace

Verdict Examine(Client& client, const Load& load, absl::Time load_end) {
  return Examiner(client, load, load_end).Run();
}

}  // namespace trellis::fault
