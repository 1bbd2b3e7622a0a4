// Instruments, assessments, the severity chart and cohort measures.
#include <algorithm>
#include <iostream>

#include "absl/strings/str_format.h"
#include "services/cli/answers.h"
#include "services/cli/chart.h"
#include "services/cli/cohort_table.h"
#include "services/cli/command.h"
#include "services/cli/commands/parse.h"
#include "services/cli/enums.h"
#include "services/cli/table.h"
#include "trellis/assessment/v1/assessments.grpc.pb.h"
#include "trellis/assessment/v1/cohorts.grpc.pb.h"
#include "trellis/assessment/v1/instruments.grpc.pb.h"
#include "trellis/assessment/v1/trajectories.grpc.pb.h"

namespace trellis::cli {
namespace {

namespace v1 = assessment::v1;

std::string ValueOf(const v1::Outcome& outcome) {
  switch (outcome.value_case()) {
    case v1::Outcome::kNumber:
      return FormatNumber(outcome.number());
    case v1::Outcome::kStage:
      return outcome.stage();
    case v1::Outcome::kFlag:
      return outcome.flag() ? "yes" : "no";
    default:
      return "not known";
  }
}

std::string BandsOf(const v1::Outcome& outcome) {
  std::string out;
  for (const auto& band : outcome.bands()) absl::StrAppend(&out, out.empty() ? "" : ", ", band.label());
  return out;
}

std::string ChangeOf(const v1::Change& change) {
  if (change.withheld()) return OrWithheld(change, "");
  if (change.label() == v1::CHANGE_LABEL_UNSPECIFIED) return "";
  return absl::StrFormat("%s (%+g)", Text(change.label()), change.difference());
}

void PrintOutcomes(const v1::Assessment& assessment) {
  if (assessment.withheld()) {
    std::cout << "    " << assessment.name() << ": " << OrWithheld(assessment, "") << "\n";
    return;
  }
  Table table({"outcome", "value", "band", "since the first", "since the one before"});
  for (const auto& outcome : assessment.outcomes()) {
    table.Add({outcome.code(), ValueOf(outcome), BandsOf(outcome), ChangeOf(outcome.change_from_baseline()),
               ChangeOf(outcome.change_from_previous())});
  }
  std::cout << table.ToString();
  for (const auto& answer : assessment.critical_answers()) {
    std::cout << "    critical answer: item " << answer.item() << ", rule " << answer.rule() << " ("
              << Text(answer.level()) << ")\n";
  }
}

absl::StatusOr<v1::Instrument> GetInstrument(Client& client, const std::string& name) {
  v1::GetInstrumentRequest request;
  request.set_name(Named("instruments", name));
  TRELLIS_ASSIGN_OR_RETURN(auto response,
                           client.Call(Service::kAssessment, &v1::Instruments::Stub::GetInstrument, request));
  return response.instrument();
}

absl::Status ListInstruments(Client& client, const Args&) {
  v1::ListInstrumentsRequest request;
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kAssessment, &v1::Instruments::Stub::ListInstruments, request));
  return client.Show(response, [&] {
    Table table({"instrument", "version", "title", "licence"});
    for (const auto& one : response.instruments()) {
      table.Add({one.name(), absl::StrCat(one.version()), one.title(), Text(one.licence().gate())});
    }
    std::cout << table.ToString();
  });
}

absl::Status ShowInstrument(Client& client, const Args& args) {
  TRELLIS_ASSIGN_OR_RETURN(const v1::Instrument instrument, GetInstrument(client, args.positional()));
  return client.Show(instrument, [&] {
    std::cout << "    " << instrument.title() << ", version " << instrument.version() << "\n";
    Table table({"", "item", "label", "options"});
    for (const auto& item : instrument.items()) {
      std::string options;
      for (const auto& option : item.options()) absl::StrAppend(&options, options.empty() ? "" : " ", option.code());
      table.Add({item.ordinal(), item.code(), item.label(), options});
    }
    std::cout << table.ToString();
  });
}

absl::Status Record(Client& client, const Args& args) {
  TRELLIS_ASSIGN_OR_RETURN(const v1::Instrument instrument, GetInstrument(client, args.Get("instrument")));
  v1::RecordAssessmentRequest request;
  v1::Assessment& assessment = *request.mutable_assessment();
  assessment.set_person(Named("persons", args.Get("person")));
  assessment.set_instrument(instrument.name());
  assessment.set_instrument_version(instrument.version());
  TRELLIS_ASSIGN_OR_RETURN(const auto method,
                           ParseEnum<v1::Assessment::Method>("method", args.Get("method", "self-report")));
  assessment.set_method(method);
  TRELLIS_RETURN_IF_ERROR(ReadLabels(args, "labels", assessment.mutable_labels()));
  if (args.Has("time")) TRELLIS_RETURN_IF_ERROR(ReadTime(args, "time", assessment.mutable_effective_time()));
  if (args.Get("answers") == "-") {
    AskAnswers(std::cin, std::cerr, instrument, assessment);
  } else {
    TRELLIS_ASSIGN_OR_RETURN(const std::string answers, args.File("answers"));
    TRELLIS_RETURN_IF_ERROR(ReadAnswers(answers, instrument, assessment));
  }
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kAssessment, &v1::Assessments::Stub::RecordAssessment, request));
  return client.Show(response, [&] { PrintOutcomes(response.assessment()); });
}

absl::Status ListAssessments(Client& client, const Args& args) {
  v1::ListAssessmentsRequest request;
  request.set_person(Named("persons", args.positional()));
  if (args.Has("instrument")) request.set_instrument(Named("instruments", args.Get("instrument")));
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kAssessment, &v1::Assessments::Stub::ListAssessments, request));
  return client.Show(response, [&] {
    Table table({"when", "instrument", "outcomes", "assessment"});
    for (const auto& one : response.assessments()) {
      std::string outcomes;
      for (const auto& outcome : one.outcomes()) {
        absl::StrAppend(&outcomes, outcomes.empty() ? "" : ", ", outcome.code(), " ", ValueOf(outcome));
      }
      table.Add({FormatTime(one.effective_time()), one.instrument(), OrWithheld(one, outcomes), one.name()});
    }
    std::cout << (table.empty() ? "    there is none yet\n" : table.ToString());
  });
}

absl::Status Chart(Client& client, const Args& args) {
  v1::GetTrajectoryRequest request;
  request.set_person(Named("persons", args.positional()));
  request.set_instrument(Named("instruments", args.Get("instrument", "phq-9")));
  request.set_outcome(args.Get("outcome"));
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kAssessment, &v1::Trajectories::Stub::GetTrajectory, request));
  return client.Show(response, [&] {
    const v1::Trajectory& trajectory = response.trajectory();
    std::cout << "    " << trajectory.instrument() << ", " << trajectory.outcome().label() << "\n"
              << DrawTrajectory(trajectory);
    const auto withheld = std::count_if(trajectory.points().begin(), trajectory.points().end(),
                                        [](const v1::TrajectoryPoint& point) { return point.withheld(); });
    if (withheld > 0) std::cout << "    " << withheld << " more values are withheld: you are not cleared for them\n";
    if (trajectory.outcome().has_reliable_change()) {
      std::cout << "    a change of " << FormatNumber(trajectory.outcome().reliable_change())
                << " points or more is reliable (" << trajectory.outcome().reliable_change_source() << ")\n";
    }
  });
}

absl::Status SummarizeCohort(Client& client, const Args& args) {
  v1::SummarizeOutcomesRequest request;
  request.set_instrument(Named("instruments", args.Get("instrument", "phq-9")));
  request.set_outcome(args.Get("outcome"));
  TRELLIS_RETURN_IF_ERROR(ReadDate(args, "start", request.mutable_start_date()));
  TRELLIS_RETURN_IF_ERROR(ReadDate(args, "end", request.mutable_end_date()));
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kAssessment, &v1::Cohorts::Stub::SummarizeOutcomes, request));
  return client.Show(response, [&] { std::cout << DescribeCohort(response.summary()); });
}

}  // namespace

std::vector<Command> AssessmentCommands() {
  return {
      {"instrument list", "", "the instruments that can be used", {}, ListInstruments},
      {"instrument show", "INSTRUMENT", "the items and options of an instrument", {}, ShowInstrument},
      {"assessment record",
       "",
       "record what a person answered",
       {{"person", "persons/...", true},
        {"instrument", "phq-9, gad-7, ...", true},
        {"answers", "file with lines item=answer; '-' asks for each item", true},
        {"method", "self-report (the default), clinician or informant"},
        {"time", "when it was administered; otherwise now"},
        {"labels", "substance-use, psychiatry, hiv, ...: who reads it needs these clearances"}},
       Record},
      {"assessment list", "PERSON", "a person's assessments", {{"instrument", "only these"}}, ListAssessments},
      {"chart",
       "PERSON",
       "the severity chart of a person",
       {{"instrument", "phq-9 (the default), gad-7, ..."}, {"outcome", "which outcome; otherwise the principal one"}},
       Chart},
      {"cohort summary",
       "",
       "how everybody in the organization is, small numbers left out",
       {{"start", "the first day, the first of a month: 2026-01-01", true},
        {"end", "the day after the last one, the first of a month", true},
        {"instrument", "phq-9 (the default), gad-7, ..."},
        {"outcome", "which outcome; otherwise the principal one"}},
       SummarizeCohort},
  };
}

}  // namespace trellis::cli
