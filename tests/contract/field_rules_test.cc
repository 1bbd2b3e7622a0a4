// Every field that a caller may set says what it may hold, in terms that fit its type.
#include <set>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/contract/descriptors.h"
#include "trellis/options/v1/options.pb.h"

namespace trellis::contract {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;
using options::v1::FieldPolicy;

constexpr int kMaxDepth = 6;

const FieldPolicy& PolicyOf(const FieldDescriptor& field) { return field.options().GetExtension(options::v1::field); }

bool IsText(const FieldDescriptor& field) { return field.type() == FieldDescriptor::TYPE_STRING; }
bool IsBytes(const FieldDescriptor& field) { return field.type() == FieldDescriptor::TYPE_BYTES; }
bool IsFraction(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE || field.cpp_type() == FieldDescriptor::CPPTYPE_FLOAT;
}
bool IsWhole(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return true;
    default:
      return false;
  }
}
bool IsOf(const FieldDescriptor& field, const char* type) {
  return field.message_type() != nullptr && field.message_type()->full_name() == type;
}
bool IsDuration(const FieldDescriptor& field) { return IsOf(field, "google.protobuf.Duration"); }

// Visits each field that a caller may set, once, with the depth at which it stands.
class RequestFields {
 public:
  explicit RequestFields(std::function<void(const FieldDescriptor&)> visit) : visit_(std::move(visit)) {
    ForEachMethod([this](const MethodDescriptor& method) { Walk(*method.input_type(), 1); });
  }

  int count() const { return static_cast<int>(seen_.size()); }
  int depth() const { return depth_; }

 private:
  void Walk(const Descriptor& type, int depth) {
    depth_ = std::max(depth_, depth);
    ASSERT_LE(depth, kMaxDepth) << type.full_name() << " is nested too deeply, or in itself";
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor& field = *type.field(i);
      if (PolicyOf(field).output_only()) continue;
      if (seen_.insert(&field).second) visit_(field);
      const Descriptor* inner = field.message_type();
      if (inner != nullptr && inner->file()->package() != "google.protobuf") Walk(*inner, depth + 1);
    }
  }

  const std::function<void(const FieldDescriptor&)> visit_;
  std::set<const FieldDescriptor*> seen_;
  int depth_ = 0;
};

TEST(FieldRules, EveryNumberOfARequestHasARange) {
  const RequestFields fields([](const FieldDescriptor& field) {
    const FieldPolicy& policy = PolicyOf(field);
    if (IsWhole(field) || IsDuration(field)) {
      EXPECT_TRUE(policy.has_min() && policy.has_max()) << field.full_name() << " declares no min and max";
    } else if (IsFraction(field)) {
      EXPECT_TRUE(policy.has_min_value() && policy.has_max_value())
          << field.full_name() << " declares no min_value and max_value";
    }
  });
  EXPECT_GT(fields.count(), 100);
}

TEST(FieldRules, EveryListOfARequestHasALimit) {
  const RequestFields fields([](const FieldDescriptor& field) {
    EXPECT_FALSE(field.is_map()) << field.full_name() << ": its keys could not be held to rules";
    if (!field.is_repeated()) return;
    EXPECT_GT(PolicyOf(field).max_items(), 0u) << field.full_name() << " declares no max_items";
  });
  EXPECT_LE(fields.depth(), kMaxDepth);
}

// What a program could not tell apart or not look into must not be in a request.
TEST(FieldRules, NothingOfARequestIsOpaque) {
  const RequestFields fields([](const FieldDescriptor& field) {
    EXPECT_NE(field.type(), FieldDescriptor::TYPE_GROUP) << field.full_name();
    for (const char* const opaque : {"Any", "Struct", "Value", "ListValue"}) {
      EXPECT_FALSE(IsOf(field, absl::StrCat("google.protobuf.", opaque).c_str())) << field.full_name();
    }
  });
  EXPECT_GT(fields.count(), 100);
}

// A rule on a field that it does not apply to would be read as a promise and kept by nobody.
TEST(FieldRules, RulesFitTheirFields) {
  ForEachField([](const FieldDescriptor& field) {
    const FieldPolicy& policy = PolicyOf(field);
    const bool has_range = policy.has_min() || policy.has_max();
    const bool has_values = policy.has_min_value() || policy.has_max_value();
    const bool has_length = policy.max_length() > 0 || policy.min_length() > 0;
    EXPECT_TRUE(!has_range || IsWhole(field) || IsDuration(field)) << field.full_name() << ": min, max";
    EXPECT_TRUE(!has_values || IsFraction(field)) << field.full_name() << ": min_value, max_value";
    EXPECT_TRUE(!has_length || IsText(field) || IsBytes(field)) << field.full_name() << ": max_length, min_length";
    EXPECT_TRUE(policy.format() == options::v1::FORMAT_UNSPECIFIED || IsText(field)) << field.full_name() << ": format";
    EXPECT_TRUE(policy.max_items() + policy.min_items() == 0 || field.is_repeated()) << field.full_name() << ": items";
  });
}

TEST(FieldRules, RangesAreNotEmpty) {
  ForEachField([](const FieldDescriptor& field) {
    const FieldPolicy& policy = PolicyOf(field);
    EXPECT_TRUE(!policy.has_max() || policy.min() <= policy.max()) << field.full_name();
    EXPECT_TRUE(!policy.has_max_value() || policy.min_value() <= policy.max_value()) << field.full_name();
    EXPECT_TRUE(policy.max_length() == 0 || policy.min_length() <= policy.max_length()) << field.full_name();
    EXPECT_TRUE(policy.max_items() == 0 || policy.min_items() <= policy.max_items()) << field.full_name();
  });
}

}  // namespace
}  // namespace trellis::contract
