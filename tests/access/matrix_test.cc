// The access matrix: every RPC, by everybody who may be, about everything that stands in any relation to them, against
// what an evaluator that shares no code with the services says about it. README.md says how to add a row.
#include <atomic>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "tests/access/cells.h"
#include "trellis/options/v1/options.pb.h"

namespace trellis::matrix {
namespace {

constexpr int kThreads = 4;
constexpr int kMostPrinted = 40;

// Runs the matrix once and keeps the figures.
class Matrix {
 public:
  Matrix() : caller_(&world_), cells_(AskEvaluator(world_)) {}

  void Run() {
    const absl::Time start = absl::Now();
    const auto before = world_.Contents();
    RunInAnyOrder();
    const auto after = world_.Contents();
    for (const auto& [table, sum] : before) {
      if (after.at(table) != sum) Report(absl::StrCat("refused calls and reads changed ", table));
    }
    ReplayPageTokens();
    for (const Cell& cell : cells_) {
      if (cell.phase != "write") continue;
      caller_.Prepare(cell);
      Check(cell);
    }
    CheckAnalysts();
    for (const auto& [title, succeeded] : succeeded_) {
      if (!succeeded) Report(absl::StrCat(title, ": nobody succeeded, so its refusals prove nothing"));
    }
    std::cout << "  " << page_tokens_ << " page tokens tried by others\n"
              << "  " << cells_.size() << " cells of " << methods_.size() << " RPCs, " << twins_
              << " of them beside their like about nothing, " << mismatches_ << " mismatches, "
              << absl::ToInt64Milliseconds(absl::Now() - start) / 1000.0 << " s\n";
  }

  int mismatches() const { return mismatches_; }
  std::size_t cells() const { return cells_.size(); }
  const std::set<std::string>& methods() const { return methods_; }
  int page_tokens() const { return page_tokens_; }

 private:
  // What changes nothing may come in any order, and at once.
  void RunInAnyOrder() {
    std::atomic<std::size_t> next = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (std::size_t at = next++; at < cells_.size(); at = next++) {
          const Cell& cell = cells_[at];
          if (cell.phase == "write") continue;
          Check(cell);
          if (cell.outcome == "hidden") CompareWithUnknown(cell);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  void Check(const Cell& cell) {
    const fault::RawAnswer answer = caller_.Call(cell, Caller::BytesOf(cell));
    const std::string wrong = Mismatch(cell, answer);
    if (!wrong.empty()) {
      Report(absl::StrCat(cell.title, " by ", cell.caller, " about '", cell.label, "': the answer ", wrong));
    }
    const std::lock_guard lock(mutex_);
    methods_.insert(absl::StrCat(cell.service, " ", cell.method));
    if (cell.outcome == "passed" && !cell.never) {
      bool& succeeded = succeeded_[cell.title];
      succeeded = succeeded || answer.status.ok();
    }
  }

  // What may not be seen and what is not there are refused in the same words.
  void CompareWithUnknown(const Cell& cell) {
    const Case& about = world_.cases().at(cell.label);
    const std::string bytes = Caller::BytesOf(cell);
    const grpc::Status there = caller_.Call(cell, bytes).status;
    const std::string& mentioned = there.error_message();
    const std::string unknown = WithUnknownIds(about, mentioned, bytes);
    if (unknown == bytes) return;
    const grpc::Status nothing = caller_.Call(cell, unknown).status;
    const bool same = there.error_code() == nothing.error_code() &&
                      WithUnknownIds(about, mentioned, there.error_message()) == nothing.error_message() &&
                      WithUnknownIds(about, mentioned, there.error_details()) == nothing.error_details();
    if (!same) {
      Report(absl::StrCat(cell.title, " by ", cell.caller, " about '", cell.label, "': '", there.error_message(),
                          "', about nothing: '", nothing.error_message(), "'"));
    }
    ++twins_;
  }

  // A page token is of no use to a colleague, or in another organization, whatever else they ask for.
  void ReplayPageTokens() {
    for (const Cell& cell : cells_) {
      if (cell.caller != "user:own:coordinator" || cell.label != "own" || cell.outcome != "passed") continue;
      const std::string token = TokenOfFirstPage(cell);
      if (token.empty()) continue;
      for (const char* const other : {"user:team:coordinator", "user:foreign:coordinator"}) {
        Cell replay = cell;
        replay.caller = other;
        const grpc::Status status = caller_.Call(replay, WithPage(cell, token)).status;
        if (status.ok()) {
          Report(absl::StrCat(cell.title, ": ", other,
                              " goes on with the page token of somebody else: ", OutcomeOf(status)));
        }
        ++page_tokens_;
      }
    }
  }

  // What an analyst is let through to is a count of many, or for every signed-in user.
  void CheckAnalysts() {
    std::map<std::string, int> cells;
    for (const Cell& cell : cells_) {
      if (!absl::EndsWith(cell.caller, ":analyst")) continue;
      if (cell.outcome != "passed") {
        ++cells["refused"];
        continue;
      }
      const auto& policy = google::protobuf::DescriptorPool::generated_pool()
                               ->FindMethodByName(cell.method)
                               ->options()
                               .GetExtension(options::v1::method);
      const bool aggregate = policy.data() == options::v1::DATA_CLASS_AGGREGATE;
      if (!aggregate && !policy.roles().empty()) Report(absl::StrCat(cell.title, ": more than counts for analysts"));
      ++cells[aggregate ? "counts" : "for every user"];
    }
    std::cout << "  analysts: " << cells["refused"] << " cells refused, " << cells["counts"] << " told counts, "
              << cells["for every user"] << " told what every signed-in user is told\n";
  }

  // The cell's request for one row behind a token; "" where the method has no pages.
  static std::string WithPage(const Cell& cell, const std::string& token) {
    const std::unique_ptr<google::protobuf::Message> request = RequestOf(cell);
    const auto* const size = request->GetDescriptor()->FindFieldByName("page_size");
    const auto* const field = request->GetDescriptor()->FindFieldByName("page_token");
    if (size == nullptr || field == nullptr) return "";
    request->GetReflection()->SetInt32(request.get(), size, 1);
    request->GetReflection()->SetString(request.get(), field, token);
    return request->SerializeAsString();
  }

  // "" where there is no second page. A page that shows nothing may still lead on.
  std::string TokenOfFirstPage(const Cell& cell) {
    const std::string bytes = WithPage(cell, "");
    if (bytes.empty()) return "";
    const fault::RawAnswer answer = caller_.Call(cell, bytes);
    const std::unique_ptr<google::protobuf::Message> response = ResponseOf(cell);
    if (!answer.status.ok() || !response->ParseFromString(answer.response)) return "";
    const auto* const next = response->GetDescriptor()->FindFieldByName("next_page_token");
    return next == nullptr ? "" : response->GetReflection()->GetString(*response, next);
  }

  void Report(const std::string& what) {
    const std::lock_guard lock(mutex_);
    if (++mismatches_ <= kMostPrinted) std::cout << "  " << what << "\n";
  }

  World world_;
  Caller caller_;
  const std::vector<Cell> cells_;
  std::mutex mutex_;
  std::set<std::string> methods_;
  std::map<std::string, bool> succeeded_;
  std::atomic<int> mismatches_ = 0;
  std::atomic<int> twins_ = 0;
  int page_tokens_ = 0;
};

TEST(AccessMatrix, EverybodyGetsWhatThePolicySaysAndNothingElse) {
  Matrix matrix;
  matrix.Run();
  EXPECT_EQ(matrix.mismatches(), 0);
  EXPECT_GE(matrix.methods().size(), 80u);
  EXPECT_GE(matrix.cells(), 10'000u);
  EXPECT_GE(matrix.page_tokens(), 16);
}

}  // namespace
}  // namespace trellis::matrix
