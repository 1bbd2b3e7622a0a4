// Nothing that a client may rely on changes its number, name, type or meaning of absence. The stored baseline is what
// clients were given; `tests/contract/update-baseline` moves it on, in a commit that people review.
#include "gtest/gtest.h"
#include "tests/contract/descriptors.h"

namespace trellis::contract {
namespace {

using google::protobuf::DescriptorProto;
using google::protobuf::EnumDescriptorProto;
using google::protobuf::FieldDescriptorProto;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;

template <typename List>
auto FindByName(const List& list, const std::string& name) -> decltype(&list.Get(0)) {
  for (const auto& element : list) {
    if (element.name() == name) return &element;
  }
  return nullptr;
}

template <typename List>
auto FindByNumber(const List& list, int number) -> decltype(&list.Get(0)) {
  for (const auto& element : list) {
    if (element.number() == number) return &element;
  }
  return nullptr;
}

std::vector<std::string> BreakingChanges(const FileDescriptorSet& before, const FileDescriptorSet& after);

class Comparison {
 public:
  void File(const FileDescriptorProto& before, const FileDescriptorProto& after) {
    for (const auto& message : before.message_type()) {
      Message(message, FindByName(after.message_type(), message.name()), before.package());
    }
    for (const auto& type : before.enum_type())
      Enum(type, FindByName(after.enum_type(), type.name()), before.package());
    for (const auto& service : before.service()) {
      const auto* now = FindByName(after.service(), service.name());
      for (const auto& method : service.method()) {
        const std::string name = service.name() + "." + method.name();
        const auto* rpc = now == nullptr ? nullptr : FindByName(now->method(), method.name());
        if (rpc == nullptr) {
          Report(name + " is gone");
        } else if (rpc->input_type() != method.input_type() || rpc->output_type() != method.output_type() ||
                   rpc->client_streaming() != method.client_streaming() ||
                   rpc->server_streaming() != method.server_streaming()) {
          Report(name + " has other types");
        }
      }
    }
  }
  void Report(const std::string& what) { found_.push_back(what); }
  std::vector<std::string> found() const { return found_; }

 private:
  void Message(const DescriptorProto& before, const DescriptorProto* after, const std::string& scope) {
    const std::string name = scope + "." + before.name();
    if (after == nullptr) return Report(name + " is gone");
    for (const auto& field : before.field()) Field(field, FindByNumber(after->field(), field.number()), name);
    for (const auto& nested : before.nested_type()) {
      Message(nested, FindByName(after->nested_type(), nested.name()), name);
    }
    for (const auto& type : before.enum_type()) Enum(type, FindByName(after->enum_type(), type.name()), name);
  }
  void Field(const FieldDescriptorProto& before, const FieldDescriptorProto* after, const std::string& scope) {
    const std::string name = scope + "." + before.name();
    if (after == nullptr) return Report(name + " is gone");
    if (after->name() != before.name()) Report(name + " is now called " + after->name());
    if (after->type() != before.type() || after->type_name() != before.type_name()) Report(name + " has another type");
    if (after->label() != before.label()) Report(name + " was or is now repeated");
    if (after->proto3_optional() != before.proto3_optional()) Report(name + " was or is now optional");
  }
  void Enum(const EnumDescriptorProto& before, const EnumDescriptorProto* after, const std::string& scope) {
    const std::string name = scope + "." + before.name();
    if (after == nullptr) return Report(name + " is gone");
    for (const auto& value : before.value()) {
      const auto* now = FindByNumber(after->value(), value.number());
      if (now == nullptr || now->name() != value.name()) Report(name + "." + value.name() + " is gone or renumbered");
    }
  }

  std::vector<std::string> found_;
};

std::vector<std::string> BreakingChanges(const FileDescriptorSet& before, const FileDescriptorSet& after) {
  Comparison comparison;
  for (const auto& file : before.file()) {
    if (file.package().rfind("trellis.", 0) != 0) continue;
    const auto* now = FindByName(after.file(), file.name());
    if (now == nullptr) {
      comparison.Report(file.name() + " is gone");
    } else {
      comparison.File(file, *now);
    }
  }
  return comparison.found();
}

TEST(BreakingChange, ThereIsNoneAgainstTheBaseline) {
  const FileDescriptorSet baseline = ReadSet(TRELLIS_BASELINE);
  ASSERT_GT(baseline.file_size(), 0);
  for (const std::string& change : BreakingChanges(baseline, ReadSet(TRELLIS_DESCRIPTORS))) ADD_FAILURE() << change;
}

// The comparison itself must be able to fail.
TEST(BreakingChange, IsFoundWhereThereIsOne) {
  const FileDescriptorSet before = ReadSet(TRELLIS_DESCRIPTORS);
  const auto changed = [&](const auto& change) {
    FileDescriptorSet after = before;
    for (auto& file : *after.mutable_file()) {
      if (file.name() == "trellis/types/v1/types.proto") change(file);
    }
    return BreakingChanges(before, after).size();
  };
  EXPECT_EQ(changed([](FileDescriptorProto&) {}), 0u);
  EXPECT_EQ(changed([](FileDescriptorProto& f) { f.mutable_message_type(0)->mutable_field(0)->set_number(99); }), 1u);
  EXPECT_EQ(changed([](FileDescriptorProto& f) { f.mutable_message_type(0)->mutable_field(0)->set_name("other"); }),
            1u);
  EXPECT_EQ(changed([](FileDescriptorProto& f) {
              f.mutable_message_type(0)->mutable_field(0)->set_type(FieldDescriptorProto::TYPE_STRING);
            }),
            1u);
  EXPECT_EQ(changed([](FileDescriptorProto& f) { f.mutable_message_type()->DeleteSubrange(0, 1); }), 1u);
}

}  // namespace
}  // namespace trellis::contract
