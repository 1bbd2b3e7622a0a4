// Finding the right healthcare service, and referrals.
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "services/cli/command.h"
#include "services/cli/commands/parse.h"
#include "services/cli/enums.h"
#include "services/cli/table.h"
#include "trellis/referral/v1/referrals.grpc.pb.h"
#include "trellis/referral/v1/routing.grpc.pb.h"

namespace trellis::cli {
namespace {

namespace v1 = referral::v1;

std::string ReasonsOf(const v1::RankedHealthcareService& ranked) {
  std::string out;
  for (const auto& reason : ranked.reasons()) {
    const char* mark = reason.verdict() == v1::MatchReason::VERDICT_MET       ? "+"
                       : reason.verdict() == v1::MatchReason::VERDICT_NOT_MET ? "-"
                                                                              : "?";
    absl::StrAppend(&out, out.empty() ? "" : " ", mark, Text(reason.rule()));
  }
  return out;
}

absl::Status Rank(Client& client, const Args& args) {
  v1::RankHealthcareServicesRequest request;
  request.set_person(Named("persons", args.positional()));
  request.mutable_need()->set_code(args.Get("need"));
  if (args.Has("near")) TRELLIS_RETURN_IF_ERROR(ReadPosition(args, "near", request.mutable_near()));
  TRELLIS_ASSIGN_OR_RETURN(const auto kilometres, args.Int("radius-km"));
  if (kilometres.has_value()) request.set_radius_meters(*kilometres * 1000);
  request.set_include_unfit(args.Has("all"));
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kReferral, &v1::Routing::Stub::RankHealthcareServices, request));
  return client.Show(response, [&] {
    Table table({"", "healthcare service", "distance", "free", "fits", "reasons (+ met, - not met, ? unknown)"});
    for (const auto& one : response.ranked()) {
      table.Add({absl::StrCat(one.position()), Shorten(one.display_name(), 30),
                 one.has_distance_meters() ? absl::StrFormat("%.1f km", one.distance_meters() / 1000) : "?",
                 one.has_free_places() ? absl::StrCat(one.free_places()) : "?", one.fits() ? "yes" : "no",
                 ReasonsOf(one)});
    }
    std::cout << (table.empty() ? "    no healthcare service meets this need; --all shows what blocks the nearest\n"
                                : table.ToString());
  });
}

void PrintNotice(v1::Referral::RedisclosureNotice notice) {
  if (notice != v1::Referral::REDISCLOSURE_NOTICE_42_CFR_PART_2) return;
  std::cout << "    42 CFR part 2 prohibits unauthorized use or disclosure of these records.\n";
}

void PrintReferral(const v1::Referral& referral) {
  std::cout << "    " << referral.name() << " is " << Text(referral.state());
  if (!referral.state_reason().code().empty()) std::cout << " (" << referral.state_reason().code() << ")";
  std::cout << "\n";
  PrintNotice(referral.redisclosure_notice());
}

absl::Status Create(Client& client, const Args& args) {
  v1::CreateReferralRequest request;
  v1::Referral& referral = *request.mutable_referral();
  referral.set_person(Named("persons", args.Get("person")));
  referral.set_healthcare_service(Named("healthcareServices", args.Get("service")));
  referral.mutable_need()->set_code(args.Get("need"));
  referral.set_service_need(Named("serviceNeeds", args.Get("service-need")));
  referral.set_note(args.Get("note"));
  TRELLIS_RETURN_IF_ERROR(ReadLabels(args, "labels", referral.mutable_labels()));
  TRELLIS_ASSIGN_OR_RETURN(const auto priority,
                           ParseEnum<v1::Referral::Priority>("priority", args.Get("priority", "routine")));
  referral.set_priority(priority);
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kReferral, &v1::Referrals::Stub::CreateReferral, request));
  return client.Show(response, [&] { PrintReferral(response.referral()); });
}

// Several texts in one cell.
std::string Joined(const google::protobuf::RepeatedPtrField<std::string>& texts) { return absl::StrJoin(texts, ", "); }

std::string NameOf(const identity::v1::DisclosedDemographics& person) {
  std::string name = absl::StrCat(person.given_names(), " ", person.family_names());
  if (!person.preferred_name().empty()) absl::StrAppend(&name, " (", person.preferred_name(), ")");
  return std::string(absl::StripAsciiWhitespace(name));
}

std::string LineOf(const types::v1::Address& address) {
  std::vector<std::string> parts(address.lines().begin(), address.lines().end());
  for (const std::string* part : {&address.postal_code(), &address.city(), &address.country()}) {
    if (!part->empty()) parts.push_back(*part);
  }
  return absl::StrJoin(parts, ", ");
}

void PrintPerson(const identity::v1::DisclosedPerson& person) {
  Table table({"", person.person()});
  if (person.has_demographics()) {
    const auto& who = person.demographics();
    table.Add({"name", NameOf(who)});
    if (who.has_birth_date()) {
      table.Add({"born", absl::StrFormat("%04d-%02d-%02d", who.birth_date().year(), who.birth_date().month(),
                                         who.birth_date().day())});
    }
    table.Add({"languages", Joined(who.languages())});
  }
  if (person.has_contact()) {
    table.Add({"telephone", Joined(person.contact().phones())});
    table.Add({"e-mail", Joined(person.contact().emails())});
    table.Add({"address", LineOf(person.contact().address())});
  }
  std::cout << table.ToString();
  if (!person.has_demographics() || !person.has_contact()) std::cout << "    the consent covers no more than this\n";
}

absl::Status ShowPerson(Client& client, const Args& args) {
  v1::GetReferredPersonRequest request;
  request.set_name(Named("referrals", args.positional()));
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kReferral, &v1::Referrals::Stub::GetReferredPerson, request));
  return client.Show(response, [&] {
    PrintPerson(response.person());
    PrintNotice(response.redisclosure_notice());
  });
}

absl::Status List(Client& client, const Args& args) {
  v1::ListReferralsRequest request;
  request.set_direction(args.Has("received") ? v1::ListReferralsRequest::DIRECTION_RECEIVED
                                             : v1::ListReferralsRequest::DIRECTION_SENT);
  if (args.Has("person")) request.set_person(Named("persons", args.Get("person")));
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kReferral, &v1::Referrals::Stub::ListReferrals, request));
  return client.Show(response, [&] {
    Table table({"state", "since", "need", "priority", "referral"});
    for (const auto& one : response.referrals()) {
      table.Add({Text(one.state()), FormatTime(one.state_time()), OrWithheld(one, one.need().code()),
                 Text(one.priority()), one.name()});
    }
    std::cout << (table.empty() ? "    there is none\n" : table.ToString());
  });
}

// A verb that takes a name, and a reason where the state wants one.
template <class Request, class Response>
Command Verb(const std::string& verb, const std::string& summary,
             grpc::Status (v1::Referrals::Stub::*method)(grpc::ClientContext*, const Request&, Response*)) {
  constexpr bool kHasReason = requires(Request request) { request.mutable_reason(); };
  std::vector<Flag> flags;
  if (kHasReason) flags = {{"reason", "a code: at-capacity, not-eligible, ..."}, {"text", "the reason in words"}};
  return {"referral " + verb, "REFERRAL", summary, flags, [method](Client& client, const Args& args) -> absl::Status {
            Request request;
            request.set_name(Named("referrals", args.positional()));
            if constexpr (kHasReason) {
              if (args.Has("reason")) request.mutable_reason()->set_code(args.Get("reason"));
              if (args.Has("text")) request.mutable_reason()->set_text(args.Get("text"));
            }
            request.set_request_id(client.request_id());
            TRELLIS_ASSIGN_OR_RETURN(const auto response, client.Call(Service::kReferral, method, request));
            return client.Show(response, [&] { PrintReferral(response.referral()); });
          }};
}

}  // namespace

std::vector<Command> ReferralCommands() {
  using Stub = v1::Referrals::Stub;
  return {
      {"rank",
       "PERSON",
       "the healthcare services that fit a person and a need, with reasons",
       {{"need", "counselling, psychotherapy, help_at_home, ...", true},
        {"near", "latitude,longitude; otherwise the person's own position"},
        {"radius-km", "how far away"},
        {"all", "also those that do not fit, and why", false, true}},
       Rank},
      {"referral create",
       "",
       "draft a referral",
       {{"person", "persons/...", true},
        {"service", "healthcareServices/...", true},
        {"need", "counselling, psychotherapy, ...", true},
        {"service-need", "the line of the care plan that it serves"},
        {"priority", "routine (the default), urgent, asap or stat"},
        {"note", "what the provider should know"},
        {"labels", "substance-use, psychiatry, hiv, ...: who reads it needs these clearances"}},
       Create},
      {"referral list",
       "",
       "referrals",
       {{"person", "persons/..."}, {"received", "those that came to your organization", false, true}},
       List},
      {"referral person",
       "REFERRAL",
       "who was referred to your organization, as far as they consented",
       {},
       ShowPerson},
      Verb("request", "send a draft: needs the person's consent, keeps a place", &Stub::RequestReferral),
      Verb("accept", "accept: it becomes a placement", &Stub::AcceptReferral),
      Verb("reject", "reject, with a reason", &Stub::RejectReferral),
      Verb("start", "care has begun", &Stub::StartReferral),
      Verb("complete", "care is completed", &Stub::CompleteReferral),
      Verb("cancel", "call it off, with a reason", &Stub::CancelReferral),
  };
}

}  // namespace trellis::cli
