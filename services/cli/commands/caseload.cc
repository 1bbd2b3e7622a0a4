// The coordinator's desk: worklist, cases, populations, care plans, safety alerts.
#include <iostream>
#include <map>

#include "absl/strings/str_format.h"
#include "services/cli/cohort_table.h"
#include "services/cli/command.h"
#include "services/cli/commands/parse.h"
#include "services/cli/enums.h"
#include "services/cli/table.h"
#include "trellis/caseload/v1/care_plans.grpc.pb.h"
#include "trellis/caseload/v1/cases.grpc.pb.h"
#include "trellis/caseload/v1/populations.grpc.pb.h"
#include "trellis/caseload/v1/safety_alerts.grpc.pb.h"
#include "trellis/caseload/v1/worklists.grpc.pb.h"
#include "trellis/identity/v1/persons.grpc.pb.h"

namespace trellis::cli {
namespace {

namespace v1 = caseload::v1;

// Only identity knows names: the worklist has ids, and the names of one page come in one call.
std::map<std::string, std::string> NamesOf(Client& client, const std::vector<std::string>& persons) {
  std::map<std::string, std::string> names;
  identity::v1::BatchGetPersonsRequest request;
  for (const std::string& person : persons) {
    if (names.emplace(person, person).second && request.names_size() < 100) request.add_names(person);
  }
  if (request.names().empty()) return names;
  const auto response = client.Call(Service::kIdentity, &identity::v1::Persons::Stub::BatchGetPersons, request);
  if (!response.ok()) return names;  // the worklist is of use without names too
  for (const auto& person : response->persons()) {
    names[person.name()] = absl::StrCat(person.given_names(), " ", person.family_names());
  }
  return names;
}

std::string LastOf(const v1::WorklistEntry& entry) {
  if (!entry.has_last_assessment()) return "";
  const auto& last = entry.last_assessment();
  if (last.withheld()) return OrWithheld(last, "");
  const std::string number = last.has_number() ? " " + FormatNumber(last.number()) : "";
  return absl::StrCat(last.instrument().substr(last.instrument().find('/') + 1), number, last.band().empty() ? "" : " ",
                      last.band());
}

std::string ReasonsOf(const v1::WorklistEntry& entry) {
  std::string out;
  for (const auto& reason : entry.reasons()) {
    absl::StrAppend(&out, out.empty() ? "" : "; ", Text(reason.code()), " since ", FormatTime(reason.since_time()));
  }
  return out.empty() ? "nothing to do" : out;
}

absl::Status Worklist(Client& client, const Args& args) {
  v1::ListWorklistRequest request;
  if (args.Has("population")) request.set_population(Named("populations", args.Get("population")));
  TRELLIS_ASSIGN_OR_RETURN(const auto size, args.Int("count"));
  request.set_page_size(size.value_or(25));
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kCaseload, &v1::Worklist::Stub::ListWorklist, request));
  return client.Show(response, [&] {
    std::vector<std::string> persons;
    for (const auto& entry : response.entries()) persons.push_back(entry.person());
    const auto names = NamesOf(client, persons);
    Table table({"", "person", "last", "why"});
    int line = 0;
    for (const auto& entry : response.entries()) {
      table.Add({absl::StrCat(++line), names.at(entry.person()), LastOf(entry), ReasonsOf(entry)});
    }
    std::cout << (table.empty() ? "    the worklist is empty\n" : table.ToString());
    if (!response.next_page_token().empty()) std::cout << "    (more follow; --count shows more)\n";
  });
}

absl::Status CreatePopulation(Client& client, const Args& args) {
  v1::CreatePopulationRequest request;
  request.mutable_population()->set_display_name(args.Get("name"));
  TRELLIS_ASSIGN_OR_RETURN(const auto kind, ParseEnum<v1::Population::Kind>("kind", args.Get("kind")));
  request.mutable_population()->set_kind(kind);
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kCaseload, &v1::Populations::Stub::CreatePopulation, request));
  return client.Show(response, [&] {
    std::cout << "    " << response.population().display_name() << " is " << response.population().name() << "\n";
  });
}

absl::Status AddMember(Client& client, const Args& args) {
  v1::AddMemberRequest request;
  request.set_population(Named("populations", args.positional()));
  request.set_person(Named("persons", args.Get("person")));
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kCaseload, &v1::Populations::Stub::AddMember, request));
  return client.Show(response, [&] { std::cout << "    added\n"; });
}

absl::Status ListPopulations(Client& client, const Args&) {
  v1::ListPopulationsRequest request;
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kCaseload, &v1::Populations::Stub::ListPopulations, request));
  return client.Show(response, [&] {
    Table table({"population", "kind", "members", "name"});
    for (const auto& one : response.populations()) {
      table.Add({one.display_name(), Text(one.kind()), absl::StrCat(one.member_count()), one.name()});
    }
    std::cout << (table.empty() ? "    there is none yet\n" : table.ToString());
  });
}

absl::Status SummarizePopulation(Client& client, const Args& args) {
  v1::SummarizePopulationRequest request;
  request.set_population(Named("populations", args.positional()));
  request.set_instrument(Named("instruments", args.Get("instrument", "phq-9")));
  request.set_outcome(args.Get("outcome"));
  TRELLIS_RETURN_IF_ERROR(ReadDate(args, "start", request.mutable_start_date()));
  TRELLIS_RETURN_IF_ERROR(ReadDate(args, "end", request.mutable_end_date()));
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kCaseload, &v1::Populations::Stub::SummarizePopulation, request));
  return client.Show(response, [&] { std::cout << DescribeCohort(response.summary()); });
}

absl::Status OpenCase(Client& client, const Args& args) {
  v1::OpenCaseRequest request;
  request.mutable_case_record()->set_person(Named("persons", args.Get("person")));
  TRELLIS_ASSIGN_OR_RETURN(const auto days, args.Int("review-days"));
  if (days.has_value()) request.mutable_case_record()->mutable_review_interval()->set_seconds(*days * 86400LL);
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response, client.Call(Service::kCaseload, &v1::Cases::Stub::OpenCase, request));
  return client.Show(response, [&] { std::cout << "    " << response.case_record().name() << " is open\n"; });
}

absl::Status ShowCase(Client& client, const Args& args) {
  v1::GetCaseRequest request;
  request.set_name(Named("cases", args.positional()));
  TRELLIS_ASSIGN_OR_RETURN(const auto response, client.Call(Service::kCaseload, &v1::Cases::Stub::GetCase, request));
  return client.Show(response, [&] {
    const auto& one = response.case_record();
    std::cout << "    " << one.name() << " of " << one.person() << " is " << Text(one.state()) << " since "
              << FormatTime(one.open_time()) << "; care plan: " << one.care_plan().met_count() << " met, "
              << one.care_plan().in_progress_count() << " in progress, " << one.care_plan().unmet_count() << " unmet\n";
  });
}

absl::Status AddNeed(Client& client, const Args& args) {
  v1::AddServiceNeedRequest request;
  request.mutable_service_need()->set_case_record(Named("cases", args.Get("case")));
  request.mutable_service_need()->mutable_need()->set_code(args.Get("need"));
  request.mutable_service_need()->set_note(args.Get("note"));
  TRELLIS_RETURN_IF_ERROR(ReadLabels(args, "labels", request.mutable_service_need()->mutable_labels()));
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kCaseload, &v1::CarePlans::Stub::AddServiceNeed, request));
  return client.Show(response, [&] {
    std::cout << "    " << response.service_need().name() << " is " << Text(response.service_need().state()) << "\n";
  });
}

absl::Status ListNeeds(Client& client, const Args& args) {
  v1::ListServiceNeedsRequest request;
  request.set_case_record(Named("cases", args.positional()));
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kCaseload, &v1::CarePlans::Stub::ListServiceNeeds, request));
  return client.Show(response, [&] {
    Table table({"need", "state", "since", "referral"});
    for (const auto& one : response.service_needs()) {
      table.Add({OrWithheld(one, one.need().code()), Text(one.state()), FormatTime(one.state_time()), one.referral()});
    }
    std::cout << (table.empty() ? "    the care plan has no line yet\n" : table.ToString());
  });
}

absl::Status ListAlerts(Client& client, const Args& args) {
  v1::ListSafetyAlertsRequest request;
  if (args.Has("person")) request.set_person(Named("persons", args.Get("person")));
  request.set_state(v1::SafetyAlert::STATE_OPEN);
  TRELLIS_ASSIGN_OR_RETURN(auto response,
                           client.Call(Service::kCaseload, &v1::SafetyAlerts::Stub::ListSafetyAlerts, request));
  if (args.Has("all")) {
    request.set_state(v1::SafetyAlert::STATE_ACKNOWLEDGED);
    TRELLIS_ASSIGN_OR_RETURN(const auto acknowledged,
                             client.Call(Service::kCaseload, &v1::SafetyAlerts::Stub::ListSafetyAlerts, request));
    response.MergeFrom(acknowledged);
  }
  return client.Show(response, [&] {
    std::vector<std::string> persons;
    for (const auto& alert : response.safety_alerts()) persons.push_back(alert.person());
    const auto names = NamesOf(client, persons);
    Table table({"person", "state", "since", "rule", "item", "alert"});
    for (const auto& alert : response.safety_alerts()) {
      table.Add({names.at(alert.person()), Text(alert.state()), FormatTime(alert.open_time()),
                 OrWithheld(alert, alert.rule()), alert.item(), alert.name()});
    }
    std::cout << (table.empty() ? "    no alert is open\n" : table.ToString());
  });
}

absl::Status AcknowledgeAlert(Client& client, const Args& args) {
  v1::GetSafetyAlertRequest seen;
  seen.set_name(Named("safetyAlerts", args.positional()));
  TRELLIS_ASSIGN_OR_RETURN(const auto alert,
                           client.Call(Service::kCaseload, &v1::SafetyAlerts::Stub::GetSafetyAlert, seen));
  v1::AcknowledgeSafetyAlertRequest request;
  request.set_name(seen.name());
  request.set_etag(alert.safety_alert().etag());
  TRELLIS_ASSIGN_OR_RETURN(const auto action, ParseEnum<v1::SafetyAlert::Action>("action", args.Get("action")));
  request.set_action(action);
  request.set_note(args.Get("note"));
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kCaseload, &v1::SafetyAlerts::Stub::AcknowledgeSafetyAlert, request));
  return client.Show(response,
                     [&] { std::cout << "    acknowledged: " << Text(response.safety_alert().action()) << "\n"; });
}

}  // namespace

std::vector<Command> CaseloadCommands() {
  return {
      {"worklist",
       "",
       "your open cases, most urgent first, each with its reasons",
       {{"population", "only members of populations/..."}, {"count", "lines to show; 25 otherwise"}},
       Worklist},
      {"population create",
       "",
       "make a group that you are responsible for",
       {{"name", "what people call it", true}, {"kind", "school, prison, clinic, area, ...", true}},
       CreatePopulation},
      {"population list", "", "the groups that you are responsible for", {}, ListPopulations},
      {"population add", "POPULATION", "add a person to a group", {{"person", "persons/...", true}}, AddMember},
      {"population summary",
       "POPULATION",
       "how the members of a group are as a whole, small numbers left out",
       {{"start", "the first day, the first of a month: 2026-01-01", true},
        {"end", "the day after the last one, the first of a month", true},
        {"instrument", "phq-9 (the default), gad-7, ..."},
        {"outcome", "which outcome; otherwise the principal one"}},
       SummarizePopulation},
      {"case open",
       "",
       "take a person on the caseload",
       {{"person", "persons/...", true}, {"review-days", "days between assessments"}},
       OpenCase},
      {"case show", "CASE", "one case", {}, ShowCase},
      {"need add",
       "",
       "add a line to the care plan",
       {{"case", "cases/...", true},
        {"need", "counselling, psychotherapy, ...", true},
        {"note", "what is needed, in words"},
        {"labels", "substance-use, psychiatry, hiv, ...: who reads it needs these clearances"}},
       AddNeed},
      {"need list", "CASE", "the lines of a care plan", {}, ListNeeds},
      {"alert list",
       "",
       "open safety alerts",
       {{"person", "persons/..."}, {"all", "also those acknowledged", false, true}},
       ListAlerts},
      {"alert acknowledge",
       "ALERT",
       "acknowledge a safety alert: say what was done",
       {{"action", "contacted-person, safety-plan-made, escalated, ...", true}, {"note", "in words"}},
       AcknowledgeAlert},
  };
}

}  // namespace trellis::cli
