#include "common/log/redacted.h"

#include "gmock/gmock.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "trellis/events/v1/events.pb.h"
#include "trellis/options/v1/options.pb.h"

namespace trellis::log {
namespace {

using google::protobuf::FieldDescriptorProto;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kCanary[] = "CANARY-7f3a";

// A message with fields of every sensitivity, made at run time so that the test needs no proto of its own.
class RedactedTest : public ::testing::Test {
 protected:
  RedactedTest() {
    google::protobuf::FileDescriptorProto file;
    file.set_name("redacted_test.proto");
    file.set_package("test");
    file.set_syntax("proto3");
    file.add_dependency(options::v1::FieldPolicy::descriptor()->file()->name());
    file.add_dependency("google/protobuf/any.proto");
    file.add_dependency("google/protobuf/wrappers.proto");
    auto* const message = file.add_message_type();
    message->set_name("Sample");
    AddField(*message, "open", 1, options::v1::SENSITIVITY_NONE);
    AddField(*message, "name", 2, options::v1::SENSITIVITY_PERSONAL);
    AddField(*message, "note", 3, options::v1::SENSITIVITY_CLINICAL);
    AddField(*message, "password", 4, options::v1::SENSITIVITY_SECRET);
    auto* const undeclared = message->add_field();
    undeclared->set_name("undeclared");
    undeclared->set_number(5);
    undeclared->set_type(FieldDescriptorProto::TYPE_STRING);
    undeclared->set_label(FieldDescriptorProto::LABEL_OPTIONAL);
    AddField(*message, "names", 6, options::v1::SENSITIVITY_PERSONAL, true);
    AddField(*message, "codes", 7, options::v1::SENSITIVITY_NONE, true);
    AddMessage(*message, "child", 8, ".test.Sample", false);
    AddMessage(*message, "children", 9, ".test.Sample", true);
    AddMessage(*message, "any", 10, ".google.protobuf.Any", false);
    AddMessage(*message, "wrapped", 11, ".google.protobuf.StringValue", false);
    AddMap(*message);
    pool_ = std::make_unique<google::protobuf::DescriptorPool>(google::protobuf::DescriptorPool::generated_pool());
    descriptor_ = pool_->BuildFile(file)->FindMessageTypeByName("Sample");
  }

  static void AddField(google::protobuf::DescriptorProto& message, const char* name, int number,
                       options::v1::Sensitivity sensitivity, bool repeated = false) {
    auto* const field = message.add_field();
    field->set_name(name);
    field->set_number(number);
    field->set_type(FieldDescriptorProto::TYPE_STRING);
    field->set_label(repeated ? FieldDescriptorProto::LABEL_REPEATED : FieldDescriptorProto::LABEL_OPTIONAL);
    field->mutable_options()->MutableExtension(options::v1::field)->set_sensitivity(sensitivity);
  }
  static void AddMessage(google::protobuf::DescriptorProto& message, const char* name, int number, const char* type,
                         bool repeated) {
    auto* const field = message.add_field();
    field->set_name(name);
    field->set_number(number);
    field->set_type(FieldDescriptorProto::TYPE_MESSAGE);
    field->set_type_name(type);
    field->set_label(repeated ? FieldDescriptorProto::LABEL_REPEATED : FieldDescriptorProto::LABEL_OPTIONAL);
  }
  // map<string, Sample> by_key = 12;
  static void AddMap(google::protobuf::DescriptorProto& message) {
    auto* const entry = message.add_nested_type();
    entry->set_name("ByKeyEntry");
    entry->mutable_options()->set_map_entry(true);
    auto* const key = entry->add_field();
    key->set_name("key");
    key->set_number(1);
    key->set_type(FieldDescriptorProto::TYPE_STRING);
    key->set_label(FieldDescriptorProto::LABEL_OPTIONAL);
    AddMessage(*entry, "value", 2, ".test.Sample", false);
    AddMessage(message, "by_key", 12, ".test.Sample.ByKeyEntry", true);
  }

  std::string Print(const std::string& text) {
    std::unique_ptr<google::protobuf::Message> message(factory_.GetPrototype(descriptor_)->New());
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, message.get()));
    return Redacted(*message);
  }

  std::unique_ptr<google::protobuf::DescriptorPool> pool_;
  google::protobuf::DynamicMessageFactory factory_;
  const google::protobuf::Descriptor* descriptor_;
};

TEST_F(RedactedTest, ShowsWhatIsDeclaredHarmlessAndNothingElse) {
  EXPECT_EQ(Print(R"(open: "yes" name: "A" note: "B" password: "C" undeclared: "D")"),
            R"({open:"yes" name:[personal] note:[clinical] password:[secret] undeclared:[undeclared]})");
}

TEST_F(RedactedTest, NothingSensitiveSurvivesInAnyPlace) {
  const std::string c = kCanary;
  const std::string inner = "name: '" + c + "' note: '" + c + "' password: '" + c + "' undeclared: '" + c +
                            "' names: '" + c + "' open: 'kept'";
  const std::string out =
      Print(inner + " child { " + inner + " child { " + inner + " } } children { " + inner + " } children { " + inner +
            " } by_key { key: '" + c + "' value { " + inner + " } } wrapped { value: '" + c + "' }" +
            " any { type_url: 'type.googleapis.com/test.Sample' value: '" + c + "' }");
  EXPECT_THAT(out, Not(HasSubstr(kCanary)));
  EXPECT_THAT(out, HasSubstr("children:[{"));
  EXPECT_THAT(out, HasSubstr("open:\"kept\""));
  EXPECT_THAT(out, HasSubstr("any:{@type:type.googleapis.com/test.Sample}"));
  EXPECT_THAT(out, HasSubstr("wrapped:[undeclared]"));
}

TEST_F(RedactedTest, RepeatedFieldsShowAllOrNothing) {
  EXPECT_EQ(Print("names: 'A' names: 'B' codes: 'x' codes: 'y'"), R"({names:[personal] codes:["x" "y"]})");
}

TEST_F(RedactedTest, UnknownFieldsAreLeftOut) {
  std::unique_ptr<google::protobuf::Message> message(factory_.GetPrototype(descriptor_)->New());
  message->GetReflection()->MutableUnknownFields(message.get())->AddLengthDelimited(999, kCanary);
  EXPECT_EQ(Redacted(*message), "{}");
}

TEST_F(RedactedTest, StaysSmallAndInOneLine) {
  const std::string out = Print("open: 'a\\nb\\xff' codes: '" + std::string(100'000, 'x') + "'");
  EXPECT_LT(out.size(), 9'000u);
  EXPECT_THAT(out, Not(HasSubstr("\n")));
}

TEST_F(RedactedTest, PrintsGeneratedMessages) {
  events::v1::Event event;
  event.set_position(7);
  event.set_organization("organizations/0190a5c0-0000-7000-8000-000000000001");
  event.mutable_payload()->PackFrom(events::v1::Event());
  const std::string out = Redacted(event);
  EXPECT_THAT(out, HasSubstr("organization:\"organizations/0190a5c0"));
  EXPECT_THAT(out, HasSubstr("payload:{@type:type.googleapis.com/trellis.events.v1.Event}"));
}

}  // namespace
}  // namespace trellis::log
