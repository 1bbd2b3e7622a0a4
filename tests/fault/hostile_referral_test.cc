// The hostile texts in what identity, directory and referral keep together: referrals, their reasons, and capacities.
#include <functional>
#include <map>
#include <string>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "tests/fault/hostile_texts.h"
#include "tests/fault/text_fields.h"
#include "tests/integration/referral/referral_world.h"
#include "trellis/directory/v1/capacities.grpc.pb.h"

namespace trellis::fault {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using TextOf = std::function<std::string(const FieldDescriptor& field)>;

class HostileReferral : public referral::ReferralWorld {
 protected:
  // Everything that is written below, with one text; what does not come back is a failure.
  void StoreAndRead(const std::string& person, const std::string& service, const TextOf& text) {
    referral::v1::CreateReferralRequest create;
    create.mutable_referral()->set_person(person);
    create.mutable_referral()->set_healthcare_service(service);
    create.mutable_referral()->mutable_need();
    const auto texts = Fill(create, "referral.", text);
    const std::string name = Must(*referral_, coordinator_, &Referrals::CreateReferral, create).referral().name();
    ExpectTexts(Get(name), texts, "referral.", "referral.");

    referral::v1::RetractReferralRequest retract;
    retract.set_name(name);
    retract.mutable_reason()->set_code("other");
    const auto reason = Fill(retract, "reason.", text);
    Must(*referral_, coordinator_, &Referrals::RetractReferral, retract);
    ExpectTexts(Get(name), reason, "reason.", "referral.state_reason.");

    directory::v1::SetCapacityRequest set;
    set.set_healthcare_service(service);
    set.set_etag(Capacity(service).etag());
    const auto capacity = Fill(set, "", text);
    Must(*directory_, counsellor_, &directory::v1::Capacities::Stub::SetCapacity, set);
    directory::v1::GetCapacityRequest get;
    get.set_healthcare_service(service);
    ExpectTexts(Must(*directory_, counsellor_, &directory::v1::Capacities::Stub::GetCapacity, get), capacity, "",
                "capacity.");
  }

  int compared_ = 0;

 private:
  using Referrals = referral::v1::Referrals::Stub;

  static std::map<std::string, std::string> Fill(Message& request, const std::string& from, const TextOf& text) {
    std::map<std::string, std::string> filled;
    ForEachPlace(request, [&](const Place& place) {
      if (!IsFreeText(place) || !absl::StartsWith(place.path, from)) return;
      SetText(place, filled[place.path] = text(*place.field));
    });
    EXPECT_FALSE(filled.empty());
    return filled;
  }

  referral::v1::GetReferralResponse Get(const std::string& name) {
    referral::v1::GetReferralRequest get;
    get.set_name(name);
    return Must(*referral_, coordinator_, &Referrals::GetReferral, get);
  }

  void ExpectTexts(const Message& read, const std::map<std::string, std::string>& texts, const std::string& from,
                   const std::string& to) {
    auto found = TextsOf(read);
    for (const auto& [path, text] : texts) {
      ++compared_;
      EXPECT_EQ(found[to + path.substr(from.size())], text) << path;
    }
  }
};

TEST_F(HostileReferral, WhatMayBeStoredComesBackByteForByte) {
  const std::string person = RegisterPerson();
  const std::string service = ImportService("Counselling", 3);
  for (const std::string& text : HostileTexts()) {
    StoreAndRead(person, service, [&](const FieldDescriptor& field) { return Fit(field, text); });
  }
  StoreAndRead(person, service, [](const FieldDescriptor& field) { return Longest(field, "\xF0\xA0\x80\x80"); });
  EXPECT_GT(compared_, 120);
}

}  // namespace
}  // namespace trellis::fault
