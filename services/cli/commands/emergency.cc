// Reading of somebody without a relation to them, when it cannot wait, and looking at it afterwards.
#include <iostream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/cli/command.h"
#include "services/cli/commands/parse.h"
#include "services/cli/enums.h"
#include "services/cli/table.h"
#include "trellis/identity/v1/emergency_accesses.grpc.pb.h"

namespace trellis::cli {
namespace {

namespace v1 = identity::v1;
using Emergencies = v1::EmergencyAccesses::Stub;

constexpr char kCollection[] = "emergencyAccesses";
constexpr int kMinutes = 60;

absl::Status Request(Client& client, const Args& args) {
  v1::RequestEmergencyAccessRequest request;
  if (args.Has("number")) {
    request.mutable_identifier()->set_system(args.Get("system"));
    request.mutable_identifier()->set_value(args.Get("number"));
  } else {
    request.set_person(Named("persons", args.positional()));
  }
  TRELLIS_ASSIGN_OR_RETURN(const auto reason, ParseEnum<v1::EmergencyAccess::Reason>("reason", args.Get("reason")));
  request.set_reason(reason);
  request.set_explanation(args.Get("explanation"));
  TRELLIS_ASSIGN_OR_RETURN(const std::optional<int> minutes, args.Int("minutes"));
  request.mutable_duration()->set_seconds(60 * static_cast<std::int64_t>(minutes.value_or(kMinutes)));
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kIdentity, &Emergencies::RequestEmergencyAccess, request));
  return client.Show(response, [&] {
    const v1::EmergencyAccess& emergency = response.emergency_access();
    std::cout << "    you may read about " << emergency.person() << " until " << FormatTime(emergency.expire_time())
              << " UTC\n    the privacy officers have been told: " << emergency.name() << "\n";
  });
}

absl::Status List(Client& client, const Args& args) {
  v1::ListEmergencyAccessesRequest request;
  request.set_unreviewed(args.Has("unreviewed"));
  request.set_page_size(100);
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kIdentity, &Emergencies::ListEmergencyAccesses, request));
  return client.Show(response, [&] {
    Table table({"began", "state", "reason", "user", "person", "verdict", "emergency access"});
    for (const v1::EmergencyAccess& emergency : response.emergency_accesses()) {
      const bool reviewed = emergency.verdict() != v1::EmergencyAccess::VERDICT_UNSPECIFIED;
      table.Add({FormatTime(emergency.start_time()), Text(emergency.state()), Text(emergency.reason()),
                 emergency.user(), emergency.person(), reviewed ? Text(emergency.verdict()) : "", emergency.name()});
    }
    std::cout << (table.empty() ? "    there is none\n" : table.ToString());
  });
}

absl::Status End(Client& client, const Args& args) {
  v1::EndEmergencyAccessRequest request;
  request.set_name(Named(kCollection, args.positional()));
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kIdentity, &Emergencies::EndEmergencyAccess, request));
  return client.Show(response, [&] { std::cout << "    ended\n"; });
}

absl::Status Review(Client& client, const Args& args) {
  v1::ReviewEmergencyAccessRequest request;
  request.set_name(Named(kCollection, args.positional()));
  TRELLIS_ASSIGN_OR_RETURN(const auto verdict, ParseEnum<v1::EmergencyAccess::Verdict>("verdict", args.Get("verdict")));
  request.set_verdict(verdict);
  request.set_note(args.Get("note"));
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kIdentity, &Emergencies::ReviewEmergencyAccess, request));
  return client.Show(response, [&] { std::cout << "    reviewed\n"; });
}

}  // namespace

std::vector<Command> EmergencyCommands() {
  return {
      {"emergency request",
       "[PERSON]",
       "read about somebody you have no relation to, for at most an hour; privacy officers are told",
       {{"number", "in place of PERSON: a number that the person is known by, complete"},
        {"system", "who gave that number out, for example https://fhir.nhs.uk/Id/nhs-number"},
        {"reason", "risk-to-life, risk-to-others, care-cannot-wait or other", true},
        {"explanation", "the same in your own words", true},
        {"minutes", "1 to 60 (otherwise 60)"}},
       Request},
      {"emergency list",
       "",
       "emergency accesses: yours, or for privacy officers all",
       {{"unreviewed", "only those that nobody has reviewed yet", false, true}},
       List},
      {"emergency end", "EMERGENCY-ACCESS", "end an emergency access before its time", {}, End},
      {"emergency review",
       "EMERGENCY-ACCESS",
       "say whether it was justified, once it is over; for privacy officers",
       {{"verdict", "justified or not-justified", true}, {"note", "what led to it"}},
       Review},
  };
}

}  // namespace trellis::cli
