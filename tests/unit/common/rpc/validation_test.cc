#include "common/rpc/pipeline/validation.h"

#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "trellis/rpctest/v1/rpctest.pb.h"

namespace trellis::rpc {
namespace {

using rpctest::v1::CheckRequest;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr char kUuid[] = "0190c5a2-0000-7000-8000-000000000001";

CheckRequest Good() {
  CheckRequest request;
  request.mutable_person()->add_names()->set_family("Khan");
  request.set_score(0);
  request.set_colour(rpctest::v1::COLOUR_RED);
  return request;
}

std::vector<std::string> Wrong(const CheckRequest& request) {
  Validator validator;
  validator.Prepare(*CheckRequest::descriptor());
  const absl::Status status = validator.Validate(request);
  std::vector<std::string> fields;
  if (status.ok()) return fields;
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  const std::optional<ErrorDetails> details = DetailsOf(status);
  for (const FieldError& error : details->fields) fields.push_back(error.field);
  return fields;
}

// The fields that are wrong after one change to a good request.
std::vector<std::string> WrongAfter(const std::function<void(CheckRequest&)>& change) {
  CheckRequest request = Good();
  change(request);
  return Wrong(request);
}

TEST(ValidationTest, AGoodRequestPasses) { EXPECT_THAT(Wrong(Good()), IsEmpty()); }

TEST(ValidationTest, NamesEveryWrongFieldByItsPath) {
  CheckRequest request = Good();
  request.mutable_person()->add_names()->set_family("much too long");
  request.mutable_person()->add_names();
  request.mutable_person()->set_email("nobody");
  request.set_latitude(91);
  request.clear_colour();
  request.clear_score();
  EXPECT_THAT(Wrong(request), UnorderedElementsAre("person.names[1].family", "person.names[2].family", "person.email",
                                                   "score", "latitude", "colour"));
}

TEST(ValidationTest, RequiredFields) {
  EXPECT_THAT(Wrong(CheckRequest()), UnorderedElementsAre("person", "score", "colour"));
  EXPECT_THAT(WrongAfter([](auto& r) { r.mutable_person()->clear_names(); }), ElementsAre("person.names"));
}

TEST(ValidationTest, OutputOnlyFieldsAreNotLookedAt) {
  EXPECT_THAT(WrongAfter([](auto& r) { r.mutable_person()->set_name("no name at all \x01"); }), IsEmpty());
}

TEST(ValidationTest, LengthsCountCodePointsAndBytes) {
  const auto family = [](const std::string& text) {
    return WrongAfter([&](auto& r) { r.mutable_person()->mutable_names(0)->set_family(text); });
  };
  EXPECT_THAT(family("abcde"), IsEmpty());
  EXPECT_THAT(family("\u00e9\u00e9\u00e9\u00e9\u00e9"), IsEmpty());                      // ten bytes
  EXPECT_THAT(family("\U0001F600\U0001F600\U0001F600\U0001F600\U0001F600"), IsEmpty());  // twenty
  EXPECT_THAT(family("\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9"), ElementsAre("person.names[0].family"));
  EXPECT_THAT(family("abcdef"), ElementsAre("person.names[0].family"));
  EXPECT_THAT(WrongAfter([](auto& r) { r.set_blob("abcd"); }), IsEmpty());
  EXPECT_THAT(WrongAfter([](auto& r) { r.set_blob("abcde"); }), ElementsAre("blob"));
  EXPECT_THAT(WrongAfter([](auto& r) { r.mutable_person()->set_nick("ab"); }), ElementsAre("person.nick"));
  EXPECT_THAT(WrongAfter([](auto& r) { r.mutable_person()->set_nick("abc"); }), IsEmpty());
  EXPECT_THAT(WrongAfter([](auto& r) { r.set_left("abc"); }), ElementsAre("left"));
}

TEST(ValidationTest, UnsafeCharacters) {
  const auto family = [](const std::string& text) {
    return WrongAfter([&](auto& r) { r.mutable_person()->mutable_names(0)->set_family(text); });
  };
  for (const std::string& bad :
       {std::string("a\0b", 3), std::string("a\nb"), std::string("a\tb"), std::string("a\rb"), std::string("\u202eab"),
        std::string("\u2066ab"), std::string("\x7f"), std::string("\u0085"), std::string("\xc0\xaf"),
        std::string("\xed\xa0\x80"), std::string("\xf0\x9f")}) {
    EXPECT_THAT(family(bad), ElementsAre("person.names[0].family")) << testing::PrintToString(bad);
  }
  EXPECT_THAT(WrongAfter([](auto& r) { r.mutable_person()->set_note("two\n\tlines"); }), IsEmpty());
  EXPECT_THAT(WrongAfter([](auto& r) { r.mutable_person()->set_note("a\rb"); }), ElementsAre("person.note"));
  for (const char* const mark : {"\u061c", "\u200e", "\u200f"}) {
    EXPECT_THAT(family(mark), ElementsAre("person.names[0].family"));
    EXPECT_THAT(WrongAfter([&](auto& r) { r.mutable_person()->set_note(mark); }), IsEmpty());
  }
}

TEST(ValidationTest, Numbers) {
  EXPECT_THAT(WrongAfter([](auto& r) { r.set_score(27); }), IsEmpty());
  for (const int bad : {-1, 28, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()}) {
    EXPECT_THAT(WrongAfter([&](auto& r) { r.set_score(bad); }), ElementsAre("score"));
  }
  for (const double good : {-90.0, -0.0, 90.0}) {
    EXPECT_THAT(WrongAfter([&](auto& r) { r.set_latitude(good); }), IsEmpty());
  }
  for (const double bad : {-90.0001, 90.0001, std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    EXPECT_THAT(WrongAfter([&](auto& r) { r.set_latitude(bad); }), ElementsAre("latitude"));
  }
  EXPECT_THAT(WrongAfter([](auto& r) { r.set_weight(std::nanf("")); }), ElementsAre("weight"));
  EXPECT_THAT(WrongAfter([](auto& r) { r.set_large(std::numeric_limits<uint64_t>::max()); }), ElementsAre("large"));
  EXPECT_THAT(WrongAfter([](auto& r) { r.set_right(4); }), ElementsAre("right"));
  EXPECT_THAT(WrongAfter([](auto& r) { r.set_right(0); }), ElementsAre("right"));  // set, and zero means zero here
}

TEST(ValidationTest, Enums) {
  EXPECT_THAT(WrongAfter([](auto& r) { r.set_colour(static_cast<rpctest::v1::Colour>(99)); }), ElementsAre("colour"));
  EXPECT_THAT(WrongAfter([](auto& r) {
                r.add_colours(rpctest::v1::COLOUR_RED);
                r.add_colours(static_cast<rpctest::v1::Colour>(-5));
              }),
              ElementsAre("colours[1]"));
  EXPECT_THAT(WrongAfter([](auto& r) { r.add_colours(rpctest::v1::COLOUR_UNSPECIFIED); }), ElementsAre("colours[0]"));
}

TEST(ValidationTest, RepeatedFieldsAndMaps) {
  EXPECT_THAT(WrongAfter([](auto& r) {
                for (int i = 0; i < 5; ++i) r.add_colours(rpctest::v1::COLOUR_RED);
              }),
              ElementsAre("colours"));
  EXPECT_THAT(WrongAfter([](auto& r) {
                r.add_tags("abc");
                r.add_tags("abcd");
                r.add_tags("");
              }),
              ElementsAre("tags[1]", "tags[2]"));
  EXPECT_THAT(WrongAfter([](auto& r) {
                for (int i = 0; i < 1001; ++i) r.add_tags("a");
              }),
              ElementsAre("tags"));
  EXPECT_THAT(WrongAfter([](auto& r) {
                for (const char* key : {"a", "b", "c"}) (*r.mutable_labels())[key] = "x";
              }),
              ElementsAre("labels"));
  EXPECT_THAT(WrongAfter([](auto& r) { (*r.mutable_labels())["a"] = "bad\x01"; }), ElementsAre("labels[0].value"));
}

TEST(ValidationTest, Formats) {
  const auto person = [](const std::function<void(rpctest::v1::Checked&)>& change) {
    return WrongAfter([&](auto& r) { change(*r.mutable_person()); });
  };
  for (const char* good : {"a@b.co", "first.last+tag@mail.example.org"}) {
    EXPECT_THAT(person([&](auto& p) { p.set_email(good); }), IsEmpty()) << good;
  }
  for (const char* bad : {"a", "@b.co", "a@b", "a@.co", "a@b.", "a@b@c.co", "a b@c.co", "a@b..co", "<a@b.co>"}) {
    EXPECT_THAT(person([&](auto& p) { p.set_email(bad); }), ElementsAre("person.email")) << bad;
  }
  for (const char* good : {"en", "ur-PK", "zh-Hant-TW", "gsw"}) {
    EXPECT_THAT(person([&](auto& p) { p.set_language(good); }), IsEmpty()) << good;
  }
  for (const char* bad : {"e", "en-", "-en", "en_GB", "e1", "en--GB", "englishlong"}) {
    EXPECT_THAT(person([&](auto& p) { p.set_language(bad); }), ElementsAre("person.language")) << bad;
  }
  for (const char* good : {"F32.1", "a", "0", "level_2-b"}) {
    EXPECT_THAT(person([&](auto& p) { p.set_code(good); }), IsEmpty()) << good;
  }
  for (const char* bad : {".a", "_a", "a b", "a/b", "\u00e9"}) {
    EXPECT_THAT(person([&](auto& p) { p.set_code(bad); }), ElementsAre("person.code")) << bad;
  }
  EXPECT_THAT(person([](auto& p) { p.set_organization(std::string("organizations/") + kUuid); }), IsEmpty());
  for (const std::string& bad : {std::string(kUuid), std::string("persons/") + kUuid, std::string("organizations/x"),
                                 std::string("organizations/") + kUuid + "/x"}) {
    EXPECT_THAT(person([&](auto& p) { p.set_organization(bad); }), ElementsAre("person.organization")) << bad;
  }
  EXPECT_THAT(person([](auto& p) { p.set_request_id(kUuid); }), IsEmpty());
  EXPECT_THAT(person([](auto& p) { p.set_request_id("no"); }), ElementsAre("person.request_id"));
}

TEST(ValidationTest, TimesAndDurations) {
  EXPECT_THAT(WrongAfter([](auto& r) { r.mutable_time()->set_seconds(253402300799); }), IsEmpty());
  EXPECT_THAT(WrongAfter([](auto& r) { r.mutable_time()->set_seconds(253402300800); }), ElementsAre("time"));
  EXPECT_THAT(WrongAfter([](auto& r) { r.mutable_time()->set_nanos(-1); }), ElementsAre("time"));
  EXPECT_THAT(WrongAfter([](auto& r) { r.mutable_duration()->set_seconds(-5); }), IsEmpty());
  EXPECT_THAT(WrongAfter([](auto& r) { r.mutable_duration()->set_nanos(1000000000); }), ElementsAre("duration"));
}

TEST(ValidationTest, DurationsHaveARangeInSeconds) {
  const auto patience = [](std::int64_t seconds, int nanos) {
    return WrongAfter([&](auto& r) {
      r.mutable_patience()->set_seconds(seconds);
      r.mutable_patience()->set_nanos(nanos);
    });
  };
  EXPECT_THAT(patience(1, 0), IsEmpty());
  EXPECT_THAT(patience(59, 999999999), IsEmpty());
  EXPECT_THAT(patience(60, 0), IsEmpty());
  EXPECT_THAT(patience(60, 1), ElementsAre("patience"));
  EXPECT_THAT(patience(0, 999999999), ElementsAre("patience"));
  EXPECT_THAT(patience(0, 0), ElementsAre("patience"));
  EXPECT_THAT(patience(std::numeric_limits<std::int64_t>::min(), 0), ElementsAre("patience"));
}

TEST(ValidationTest, FieldMasksHoldPaths) {
  const auto paths = [](const std::vector<std::string>& given) {
    return WrongAfter([&](auto& r) {
      for (const std::string& path : given) r.mutable_update_mask()->add_paths(path);
    });
  };
  EXPECT_THAT(paths({"note", "person.names", "*"}), IsEmpty());
  EXPECT_THAT(paths(std::vector<std::string>(100, "a")), IsEmpty());
  EXPECT_THAT(paths(std::vector<std::string>(101, "a")), ElementsAre("update_mask"));
  for (const std::string& bad : {std::string(), std::string("a b"), std::string("A"), std::string("a;--"),
                                 std::string(256, 'a'), std::string("a\0b", 3)}) {
    EXPECT_THAT(paths({"note", bad}), ElementsAre("update_mask"));
  }
}

TEST(ValidationTest, NestingIsBounded) {
  const auto depth = [](int levels) {
    return WrongAfter([&](auto& r) {
      rpctest::v1::Tree* tree = r.mutable_tree();
      for (int i = 0; i < levels; ++i) tree = tree->mutable_branch();
      tree->set_leaf("leaf");
    });
  };
  EXPECT_THAT(depth(20), IsEmpty());
  EXPECT_EQ(depth(90).size(), 1u);
}

TEST(ValidationTest, TheNumberOfViolationsIsBoundedAndValuesAreNotRepeated) {
  CheckRequest request = Good();
  for (int i = 0; i < 1000; ++i) request.add_tags("secret-value");
  Validator validator;
  validator.Prepare(*CheckRequest::descriptor());
  const absl::Status status = validator.Validate(request);
  EXPECT_EQ(DetailsOf(status)->fields.size(), 100u);
  EXPECT_EQ(status.ToString().find("secret-value"), std::string::npos);
}

}  // namespace
}  // namespace trellis::rpc
