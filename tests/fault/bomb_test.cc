// Requests that only want to be expensive: answered or refused within a second, and the next one is answered as ever.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/fault/caller_fixture.h"
#include "tests/fault/text_fields.h"

namespace trellis::fault {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using grpc::StatusCode;

class Bomb : public Caller {
 protected:
  void SetUp() override {
    may_write_ = true;
    what_ = "what was answered before";
  }

  // Answered or refused, as a request of the same size should be.
  void Throw(const Method& method, const std::string& what, const std::string& bytes) {
    ++thrown_;
    const auto started = std::chrono::steady_clock::now();
    const grpc::Status status = world().Call(method, bytes).status;
    const auto took = std::chrono::steady_clock::now() - started;
    slowest_ = std::max<std::chrono::steady_clock::duration>(slowest_, took);
    if (status.error_code() != StatusCode::RESOURCE_EXHAUSTED) ExpectRefusedOrOk(method, what, status);
    EXPECT_LT(took, std::chrono::seconds(1)) << method.path << " with " << what;
  }

  void TearDown() override {
    // What was there may be gone: some of the bombs are carried out.
    EXPECT_FALSE(RegisterPerson().empty());
    for (const char* const path : {"Instruments/ListInstruments", "Providers/ListProviders", "Referrals/ListReferrals",
                                   "Populations/ListPopulations"}) {
      EXPECT_NE(Must(MethodOf(path), *Sample(MethodOf(path).prototype(), world().names())), nullptr);
    }
    std::cout << "  " << thrown_ << " bombs, the slowest took "
              << std::chrono::duration_cast<std::chrono::milliseconds>(slowest_).count() << " ms\n";
    Caller::TearDown();
  }

  int thrown_ = 0;
  std::chrono::steady_clock::duration slowest_{};
};

std::string Times(int count, const std::string& unit) {
  std::string text;
  text.reserve(count * unit.size());
  for (int i = 0; i < count; ++i) text += unit;
  return text;
}

TEST_F(Bomb, DeepNesting) {
  for (const Method& method : world().methods()) {
    const std::string good = GoodBytes(method);
    for (const int depth : {90, 1'000, 40'000}) {
      Throw(method, "groups in groups", absl::StrCat(good, Times(depth, "\xFB\xFF\x03"), Times(depth, "\xFC\xFF\x03")));
    }
  }
}

// Protobuf merges what comes twice: the last one wins, after all were read.
TEST_F(Bomb, TheSameFieldAgainAndAgain) {
  for (const Method& method : world().methods()) {
    const std::string good = GoodBytes(method);
    if (good.empty()) continue;
    Throw(method, "the whole again and again", Times(static_cast<int>(200'000 / good.size()), good));
    Throw(method, "an empty first field again and again",
          absl::StrCat(good, Times(100'000, std::string("\x0A\x00", 2))));
  }
}

void FillUp(const Place& place) {
  const Message& parent = *place.parent;
  auto& reflection = *parent.GetReflection();
  for (int i = 0; i < 60'000; ++i) {
    switch (place.field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        reflection.AddString(place.parent, place.field, "q");
        break;
      case FieldDescriptor::CPPTYPE_MESSAGE:
        reflection.AddMessage(place.parent, place.field);
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
        reflection.AddEnumValue(place.parent, place.field, 1);
        break;
      default:
        return;
    }
  }
}

TEST_F(Bomb, HugeRepeatedFields) {
  for (const Method& method : world().methods()) {
    std::vector<std::string> paths;
    const auto sample = Sample(method.prototype(), world().names());
    ForEachPlace(*sample, [&](const Place& place) {
      if (place.field->is_repeated() && place.index < 0) paths.push_back(place.path);
    });
    for (const std::string& path : paths) {
      const auto request = Sample(method.prototype(), world().names());
      Place at;
      ForEachPlace(*request, [&](const Place& place) {
        if (place.path == path) at = place;
      });
      FillUp(at);
      Throw(method, path, request->SerializeAsString());
    }
  }
  EXPECT_GT(thrown_, 10);
}

TEST_F(Bomb, FieldMasksOfAHundredThousandPaths) {
  for (const Method& method : world().methods()) {
    const FieldDescriptor* const mask = method.descriptor->input_type()->FindFieldByName("update_mask");
    if (mask == nullptr) continue;
    for (const std::string& path : {std::string(), std::string("a")}) {
      const auto request = Sample(method.prototype(), world().names());
      Message& paths = *request->GetReflection()->MutableMessage(request.get(), mask);
      for (int i = 0; i < 100'000; ++i) {
        paths.GetReflection()->AddString(&paths, paths.GetDescriptor()->field(0), path);
      }
      Throw(method, "a hundred thousand paths", request->SerializeAsString());
    }
  }
  EXPECT_GE(thrown_, 6);
}

}  // namespace
}  // namespace trellis::fault
