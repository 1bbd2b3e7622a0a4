// Every RPC says who may call it and whether it may be repeated; every text field says how long it may be.
#include <algorithm>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "tests/contract/descriptors.h"
#include "tests/contract/source_files.h"
#include "trellis/options/v1/options.pb.h"

namespace trellis::contract {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::MethodOptions;
using options::v1::FieldPolicy;
using options::v1::MethodPolicy;

const MethodPolicy& PolicyOf(const MethodDescriptor& method) {
  return method.options().GetExtension(options::v1::method);
}
const FieldPolicy& PolicyOf(const FieldDescriptor& field) { return field.options().GetExtension(options::v1::field); }

bool IsRead(const MethodDescriptor& method) {
  return method.options().idempotency_level() == MethodOptions::NO_SIDE_EFFECTS;
}

TEST(Policy, EveryMethodDeclaresItsCallersAndItsData) {
  ForEachMethod([](const MethodDescriptor& method) {
    const MethodPolicy& policy = PolicyOf(method);
    EXPECT_NE(policy.audience(), options::v1::AUDIENCE_UNSPECIFIED) << method.full_name();
    EXPECT_NE(policy.data(), options::v1::DATA_CLASS_UNSPECIFIED) << method.full_name();
    EXPECT_EQ(policy.audience() == options::v1::AUDIENCE_SERVICE, policy.services_size() > 0) << method.full_name();
  });
}

// Calls go down: whoever passes a call on stands above the service that takes it. Everybody stands on identity, which
// knows the keys of tokens.
TEST(Policy, OnlyServicesAboveMayPassAUsersCallOn) {
  static const std::map<std::string, int> kFloors = {
      {"identity", 0}, {"directory", 1}, {"assessment", 1}, {"referral", 2}, {"caseload", 3}};
  int declared = 0;
  ForEachMethod([&](const MethodDescriptor& method) {
    for (const std::string& caller : PolicyOf(method).passed_on_by()) {
      const std::vector<std::string> package = absl::StrSplit(method.file()->package(), '.');
      EXPECT_EQ(PolicyOf(method).audience(), options::v1::AUDIENCE_USER) << method.full_name();
      ASSERT_EQ(kFloors.count(caller), 1U) << method.full_name() << ": " << caller;
      ASSERT_EQ(kFloors.count(package.at(1)), 1U) << method.full_name();
      EXPECT_GT(kFloors.at(caller), kFloors.at(package[1])) << method.full_name() << ": " << caller;
      ++declared;
    }
  });
  EXPECT_GT(declared, 0);
}

TEST(Policy, WhatIsOnlyPassedOnSaysByWhom) {
  ForEachMethod([](const MethodDescriptor& method) {
    if (!PolicyOf(method).only_passed_on()) return;
    EXPECT_GT(PolicyOf(method).passed_on_by_size(), 0) << method.full_name() << ": nobody could call it";
  });
}

// "Aggregates only": where an analyst is named, nothing else is told, and nothing is changed.
TEST(Policy, AnalystsSeeAggregatesOnly) {
  int allowed = 0;
  ForEachMethod([&](const MethodDescriptor& method) {
    const MethodPolicy& policy = PolicyOf(method);
    const auto& roles = policy.roles();
    if (std::find(roles.begin(), roles.end(), options::v1::ROLE_ANALYST) == roles.end()) return;
    EXPECT_EQ(policy.data(), options::v1::DATA_CLASS_AGGREGATE) << method.full_name();
    EXPECT_TRUE(IsRead(method)) << method.full_name();
    ++allowed;
  });
  EXPECT_GT(allowed, 0);
}

TEST(Policy, AggregatesAreForNamedRolesOnly) {
  ForEachMethod([](const MethodDescriptor& method) {
    const MethodPolicy& policy = PolicyOf(method);
    if (policy.data() != options::v1::DATA_CLASS_AGGREGATE) return;
    EXPECT_EQ(policy.audience(), options::v1::AUDIENCE_USER) << method.full_name();
    EXPECT_GT(policy.roles_size(), 0) << method.full_name();
  });
}

// What waits longest must be done before the door loses patience.
TEST(Policy, TheDoorWaitsLongerThanAnyMethodMayTake) {
  std::string settings;
  for (const SourceFile& file : FilesBelow("services/door", {".cfg"})) settings += file.text;
  std::smatch found;
  ASSERT_TRUE(std::regex_search(settings, found, std::regex("timeout server ([0-9]+)s")));
  const unsigned patience_ms = 1000 * static_cast<unsigned>(std::stoi(found[1]));
  ForEachMethod([&](const MethodDescriptor& method) {
    if (absl::StartsWith(method.full_name(), "grpc.")) return;  // watching health and asking for contracts have no end
    EXPECT_LT(PolicyOf(method).max_deadline_ms(), patience_ms) << method.full_name();
  });
}

TEST(Policy, OnlyUsersHaveSessionsAndFactors) {
  ForEachMethod([](const MethodDescriptor& method) {
    const MethodPolicy& policy = PolicyOf(method);
    if (policy.audience() == options::v1::AUDIENCE_USER) return;
    EXPECT_FALSE(policy.check_session() || policy.step_up()) << method.full_name();
  });
}

TEST(Policy, ClinicalAndPersonalDataIsForNamedRolesOnly) {
  ForEachMethod([](const MethodDescriptor& method) {
    const MethodPolicy& policy = PolicyOf(method);
    if (policy.audience() != options::v1::AUDIENCE_USER) return;
    const bool guarded =
        policy.data() == options::v1::DATA_CLASS_PERSONAL || policy.data() == options::v1::DATA_CLASS_CLINICAL;
    if (!guarded) return;
    EXPECT_GT(policy.roles_size(), 0) << method.full_name();
    for (const int role : policy.roles()) {
      EXPECT_NE(role, options::v1::ROLE_PLATFORM_ADMINISTRATOR) << method.full_name();
      EXPECT_NE(role, options::v1::ROLE_ANALYST) << method.full_name();
      if (policy.data() == options::v1::DATA_CLASS_CLINICAL) {
        EXPECT_NE(role, options::v1::ROLE_ORGANIZATION_ADMINISTRATOR) << method.full_name();
      }
    }
  });
}

TEST(Policy, NoPublicMethodTouchesPeople) {
  ForEachMethod([](const MethodDescriptor& method) {
    if (PolicyOf(method).audience() != options::v1::AUDIENCE_PUBLIC) return;
    EXPECT_LE(PolicyOf(method).data(), options::v1::DATA_CLASS_ADMINISTRATIVE) << method.full_name();
  });
}

TEST(Policy, EveryMethodDeclaresWhetherItMayBeRepeated) {
  ForEachMethod([](const MethodDescriptor& method) {
    if (PolicyOf(method).audience() == options::v1::AUDIENCE_PUBLIC && !IsRead(method)) return;  // sign-in
    if (method.client_streaming()) return;  // a stream is not repeated by the transport
    EXPECT_NE(method.options().idempotency_level(), MethodOptions::IDEMPOTENCY_UNKNOWN) << method.full_name();
  });
}

TEST(Policy, EveryChangeTakesARequestId) {
  ForEachMethod([](const MethodDescriptor& method) {
    if (method.options().idempotency_level() != MethodOptions::IDEMPOTENT || method.client_streaming()) return;
    const FieldDescriptor* id = method.input_type()->FindFieldByName("request_id");
    ASSERT_NE(id, nullptr) << method.full_name();
    EXPECT_EQ(id->type(), FieldDescriptor::TYPE_STRING) << method.full_name();
    EXPECT_EQ(PolicyOf(*id).format(), options::v1::FORMAT_UUID) << method.full_name();
  });
}

TEST(Policy, PersonFieldsExistAndAreNamesOfPersons) {
  ForEachMethod([](const MethodDescriptor& method) {
    const std::string& path = PolicyOf(method).person_field();
    if (path.empty()) return;
    const Descriptor* message = method.input_type();
    const FieldDescriptor* field = nullptr;
    for (const auto part : absl::StrSplit(path, '.')) {
      ASSERT_NE(message, nullptr) << method.full_name() << ": " << path;
      field = message->FindFieldByName(std::string(part));
      ASSERT_NE(field, nullptr) << method.full_name() << ": " << path;
      message = field->message_type();
    }
    EXPECT_EQ(PolicyOf(*field).collection(), "persons") << method.full_name() << ": " << path;
  });
}

TEST(Policy, EveryTextHasALimit) {
  ForEachField([](const FieldDescriptor& field) {
    if (field.type() != FieldDescriptor::TYPE_STRING && field.type() != FieldDescriptor::TYPE_BYTES) return;
    if (absl::StartsWith(field.full_name(), "trellis.options.")) return;
    EXPECT_GT(PolicyOf(field).max_length(), 0u) << field.full_name() << " declares no max_length";
  });
}

TEST(Policy, NamesSayWhatTheyName) {
  ForEachField([](const FieldDescriptor& field) {
    if (PolicyOf(field).format() != options::v1::FORMAT_NAME) return;
    EXPECT_FALSE(PolicyOf(field).collection().empty()) << field.full_name();
  });
}

TEST(Policy, SecretsAreDeclared) {
  ForEachField([](const FieldDescriptor& field) {
    const bool secret = field.name() == "password" || field.name() == "access_token" ||
                        field.name() == "refresh_token" || absl::EndsWith(field.name(), "_password");
    if (!secret) return;
    EXPECT_EQ(PolicyOf(field).sensitivity(), options::v1::SENSITIVITY_SECRET) << field.full_name();
  });
}

}  // namespace
}  // namespace trellis::contract
