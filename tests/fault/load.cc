#include "tests/fault/load.h"

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/rpc/channel.h"

namespace trellis::fault {
namespace {

constexpr const char* kPlainItems[] = {"44250-9", "44255-8", "44259-0", "44254-1",
                                       "44251-7", "44258-2", "44252-5", "44253-3"};
constexpr const char* kOptions[] = {"not-at-all", "several-days", "more-than-half", "nearly-every-day"};
constexpr absl::Duration kPatience = absl::Minutes(1);
constexpr absl::Duration kTimeout = absl::Seconds(3);
constexpr absl::Duration kPause = absl::Milliseconds(60);

bool Chance(std::mt19937_64& random, int percent) { return static_cast<int>(random() % 100) < percent; }

void Answer(assessment::v1::Assessment* assessment, const char* item, std::uint64_t weight) {
  auto* const answer = assessment->add_answers();
  answer->set_item(item);
  answer->set_option(kOptions[weight]);
}

// Of one length, so that a search for the beginning of a name finds one person alone.
// With digits, so that the search does not find others for their sound.
std::string FamilyName(std::size_t number) {
  std::string name = "Q";
  for (int i = 0; i < 6; ++i, number /= 10) name += static_cast<char>('0' + number % 10);
  return name;
}

}  // namespace

bool IsCritical(const assessment::v1::Assessment& assessment) {
  for (const auto& answer : assessment.answers()) {
    if (answer.item() == kCriticalItem) return answer.option() != kOptions[0];
  }
  return false;
}

Load::Load(Client& client, std::vector<std::string> persons, Options options)
    : client_(client),
      options_(options),
      first_effective_time_(absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now() - absl::Hours(24 * 30)))),
      persons_(std::move(persons)) {}

void Load::Begin() {
  std::uint64_t seed = options_.seed;
  for (int i = 0; i < options_.recorders; ++i) threads_.emplace_back([this, own = ++seed] { Record(own); });
  for (int i = 0; i < options_.registrars; ++i) threads_.emplace_back([this, own = ++seed] { Register(own); });
  threads_.emplace_back([this, own = ++seed] { ReadBack(own); });
  threads_.emplace_back([this] { WatchAlerts(); });
}

void Load::Finish() {
  give_up_micros_ = absl::ToUnixMicros(absl::Now() + kPatience);
  ending_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

bool Load::Persist(const std::string& service, const Client::Send& send, int* attempts, std::mt19937_64& random) {
  // Some users walk away after a failure: whether their request was carried out, nobody has told them.
  const bool is_patient = !Chance(random, 25);
  while (true) {
    ++*attempts;
    // Some connections are so bad that the answer comes too late: the request is carried out or not, and repeated.
    const bool is_hasty = *attempts == 1 && Chance(random, 10);
    const absl::Duration timeout = is_hasty ? absl::Milliseconds(2 + random() % 20) : kTimeout;
    const grpc::Status status = client_.Once(service, send, timeout);
    if (status.ok()) {
      ++acknowledged_;
      return true;
    }
    if (!MayRepeat(status)) {
      Surprise(service, status);
      return false;
    }
    if (!is_patient || absl::ToUnixMicros(absl::Now()) > give_up_micros_) return false;
    absl::SleepFor(kPause);
  }
}

void Load::Surprise(const std::string& where, const grpc::Status& status) {
  std::lock_guard lock(mutex_);
  surprises_.push_back(absl::StrCat(absl::FormatTime("%H:%M:%E3S", absl::Now(), absl::UTCTimeZone()), " ", where, ": ",
                                    rpc::FromGrpc(status).ToString()));
}

std::string Load::SomePerson(std::mt19937_64& random) {
  std::lock_guard lock(mutex_);
  return persons_[random() % persons_.size()];
}

Recording* Load::NewRecording(std::mt19937_64& random) {
  const std::string person = SomePerson(random);
  std::lock_guard lock(mutex_);
  Recording& recording = recordings_.emplace_back();
  recording.request.set_request_id(NewRequestId());
  auto* const assessment = recording.request.mutable_assessment();
  assessment->set_person(person);
  assessment->set_instrument("instruments/phq-9");
  assessment->set_method(assessment::v1::Assessment::METHOD_SELF_REPORT);
  const absl::Time time = first_effective_time_ + absl::Milliseconds(recordings_.size());
  assessment->mutable_effective_time()->set_seconds(absl::ToUnixSeconds(time));
  assessment->mutable_effective_time()->set_nanos(static_cast<int>(absl::ToUnixMillis(time) % 1000) * 1'000'000);
  for (const char* const item : kPlainItems) Answer(assessment, item, random() % 4);
  Answer(assessment, kCriticalItem, Chance(random, 40) ? 1 + random() % 3 : 0);
  return &recording;
}

Registration* Load::NewRegistration() {
  std::lock_guard lock(mutex_);
  Registration& registration = registrations_.emplace_back();
  registration.request.set_request_id(NewRequestId());
  registration.request.mutable_person()->set_given_names("Robin");
  registration.request.mutable_person()->set_family_names(FamilyName(registrations_.size()));
  return &registration;
}

void Load::Record(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  while (!ending_) {
    Recording* const recording = NewRecording(random);
    assessment::v1::RecordAssessmentResponse response;
    recording->acknowledged = Persist(
        "assessment",
        [&](grpc::ClientContext& context) {
          return client_.assessments().RecordAssessment(&context, recording->request, &response);
        },
        &recording->attempts, random);
    if (!recording->acknowledged) continue;
    recording->response = response;
    std::lock_guard lock(mutex_);
    recorded_.push_back(response.assessment().name());
  }
}

void Load::Register(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  while (!ending_) {
    Registration* const registration = NewRegistration();
    identity::v1::RegisterPersonResponse response;
    registration->acknowledged = Persist(
        "identity",
        [&](grpc::ClientContext& context) {
          return client_.persons().RegisterPerson(&context, registration->request, &response);
        },
        &registration->attempts, random);
    if (registration->acknowledged) {
      registration->response = response;
      // A few of them are assessed at once, while other services may not yet have heard of them.
      std::lock_guard lock(mutex_);
      if (Chance(random, 10)) persons_.push_back(response.person().name());
    }
    absl::SleepFor(absl::Milliseconds(10));
  }
}

// Reads what was acknowledged, while things break: it may be out of reach, but never be gone.
void Load::ReadBack(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  while (!ending_) {
    assessment::v1::GetAssessmentRequest request;
    {
      std::lock_guard lock(mutex_);
      if (!recorded_.empty()) request.set_name(recorded_[random() % recorded_.size()]);
    }
    absl::SleepFor(absl::Milliseconds(20));
    if (request.name().empty()) continue;
    assessment::v1::GetAssessmentResponse response;
    const std::string trace = absl::StrFormat("%016x%016x", random(), random() | 1);
    const grpc::Status status = client_.Once("assessment", [&](grpc::ClientContext& context) {
      context.AddMetadata("traceparent", absl::StrCat("00-", trace, "-00f067aa0ba902b7-01"));
      return client_.assessments().GetAssessment(&context, request, &response);
    });
    if (status.ok()) {
      std::lock_guard lock(mutex_);
      answered_reads_.push_back(trace);
    }
    if (status.ok() ? response.assessment().name() != request.name() : !MayRepeat(status)) {
      ++stale_reads_;
      Surprise("reading back", status);
    }
  }
}

void Load::WatchAlerts() {
  while (!ending_) {
    caseload::v1::ListSafetyAlertsRequest request;
    request.set_page_size(5);
    caseload::v1::ListSafetyAlertsResponse response;
    const grpc::Status status = client_.Once("caseload", [&](grpc::ClientContext& context) {
      return client_.alerts().ListSafetyAlerts(&context, request, &response);
    });
    if (!status.ok() && !MayRepeat(status)) Surprise("caseload", status);
    absl::SleepFor(absl::Milliseconds(40));
  }
}

}  // namespace trellis::fault
