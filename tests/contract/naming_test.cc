// Names follow Google's API Improvement Proposals: 122 (names), 126 (enums), 131-136 (methods), 140-142 (fields),
// 158 (pages), 191 (files).
#include <regex>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "tests/contract/descriptors.h"

namespace trellis::contract {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;

bool Matches(const std::string& text, const char* pattern) { return std::regex_match(text, std::regex(pattern)); }

std::string UpperSnake(const std::string& camel) {
  std::string out;
  for (const char c : camel) {
    if (absl::ascii_isupper(static_cast<unsigned char>(c)) && !out.empty()) out.push_back('_');
    out.push_back(absl::ascii_toupper(static_cast<unsigned char>(c)));
  }
  return out;
}

// A test that looks at nothing passes: all five services must be there.
TEST(Naming, ThereAreContractsToCheck) {
  std::set<std::string> packages;
  int methods = 0;
  ForEachMethod([&](const MethodDescriptor& method) {
    packages.insert(method.file()->package());
    ++methods;
  });
  for (const char* service : {"identity", "directory", "assessment", "referral", "caseload", "events"}) {
    EXPECT_EQ(packages.count(absl::StrCat("trellis.", service, ".v1")), 1u) << service;
  }
  EXPECT_GE(methods, 60);
}

TEST(Naming, PackagesAreVersionedAndMatchTheirFolder) {
  for (const FileDescriptor* file : TrellisFiles()) {
    EXPECT_TRUE(Matches(file->package(), "trellis\\.[a-z]+\\.v[0-9]+")) << file->name();
    const std::string folder = absl::StrReplaceAll(file->package(), {{".", "/"}});
    EXPECT_TRUE(absl::StartsWith(file->name(), folder + "/")) << file->name();
    EXPECT_EQ(file->syntax(), FileDescriptor::SYNTAX_PROTO3) << file->name();
  }
}

TEST(Naming, MessagesAndFieldsAreCasedAsUsual) {
  ForEachMessage([](const Descriptor& message) {
    EXPECT_TRUE(Matches(message.name(), "[A-Z][A-Za-z0-9]*")) << message.full_name();
  });
  ForEachField([](const FieldDescriptor& field) {
    EXPECT_TRUE(Matches(field.name(), "[a-z][a-z0-9]*(_[a-z0-9]+)*")) << field.full_name();
  });
}

TEST(Naming, TimesEndInTime) {
  ForEachField([](const FieldDescriptor& field) {
    if (field.message_type() == nullptr || field.message_type()->full_name() != "google.protobuf.Timestamp") return;
    EXPECT_TRUE(absl::EndsWith(field.name(), "_time") || absl::EndsWith(field.name(), "_times")) << field.full_name();
  });
}

TEST(Naming, EnumValuesCarryTheirEnumAndBeginWithUnspecified) {
  ForEachEnum([](const EnumDescriptor& type) {
    const std::string prefix = UpperSnake(type.name()) + "_";
    for (int i = 0; i < type.value_count(); ++i) {
      EXPECT_TRUE(absl::StartsWith(type.value(i)->name(), prefix)) << type.value(i)->full_name();
    }
    ASSERT_NE(type.FindValueByNumber(0), nullptr) << type.full_name();
    const std::string& zero = type.FindValueByNumber(0)->name();
    EXPECT_TRUE(zero == prefix + "UNSPECIFIED" || zero == prefix + "NONE") << type.full_name();
  });
}

TEST(Naming, EachMethodHasARequestAndAResponseOfItsOwn) {
  std::set<std::string> seen;
  ForEachMethod([&](const MethodDescriptor& method) {
    EXPECT_TRUE(Matches(method.name(), "[A-Z][A-Za-z]*")) << method.full_name();
    EXPECT_EQ(method.input_type()->name(), method.name() + "Request") << method.full_name();
    EXPECT_EQ(method.output_type()->name(), method.name() + "Response") << method.full_name();
    EXPECT_TRUE(seen.insert(method.input_type()->full_name()).second) << method.full_name();
  });
}

TEST(Naming, ListsAndSearchesArePaged) {
  ForEachMethod([](const MethodDescriptor& method) {
    if (!absl::StartsWith(method.name(), "List") && !absl::StartsWith(method.name(), "Search")) return;
    const auto* size = method.input_type()->FindFieldByName("page_size");
    const auto* token = method.input_type()->FindFieldByName("page_token");
    const auto* next = method.output_type()->FindFieldByName("next_page_token");
    ASSERT_TRUE(size != nullptr && token != nullptr && next != nullptr) << method.full_name();
    EXPECT_EQ(size->type(), FieldDescriptor::TYPE_INT32) << method.full_name();
    EXPECT_EQ(token->type(), FieldDescriptor::TYPE_STRING) << method.full_name();
  });
}

TEST(Naming, UpdatesNameTheirFields) {
  ForEachMethod([](const MethodDescriptor& method) {
    if (!absl::StartsWith(method.name(), "Update")) return;
    const auto* mask = method.input_type()->FindFieldByName("update_mask");
    ASSERT_NE(mask, nullptr) << method.full_name();
    EXPECT_EQ(mask->message_type()->full_name(), "google.protobuf.FieldMask");
  });
}

TEST(Naming, TheTenantComesFromTheTokenAndIsInNoRequest) {
  ForEachMethod([](const MethodDescriptor& method) {
    for (const char* name : {"tenant", "tenant_id", "organization_id", "parent_organization"}) {
      EXPECT_EQ(method.input_type()->FindFieldByName(name), nullptr) << method.full_name();
    }
  });
}

}  // namespace
}  // namespace trellis::contract
