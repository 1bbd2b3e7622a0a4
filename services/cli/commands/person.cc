// Persons and their consents.
#include <iostream>

#include "services/cli/command.h"
#include "services/cli/commands/parse.h"
#include "services/cli/enums.h"
#include "services/cli/table.h"
#include "trellis/identity/v1/consents.grpc.pb.h"
#include "trellis/identity/v1/persons.grpc.pb.h"

namespace trellis::cli {
namespace {

namespace v1 = identity::v1;

std::string FullName(const v1::Person& person) {
  return absl::StrCat(person.given_names(), " ", person.family_names());
}

std::string Languages(const v1::Person& person) {
  std::string out;
  for (const std::string& language : person.languages()) absl::StrAppend(&out, out.empty() ? "" : ", ", language);
  return out;
}

std::string Reasons(const v1::PossibleDuplicate& duplicate) {
  std::string out;
  for (const int reason : duplicate.reasons()) {
    absl::StrAppend(&out, out.empty() ? "" : ", ", Text(static_cast<v1::PossibleDuplicate::Reason>(reason)));
  }
  return out;
}

// Response: RegisterPersonResponse or FindDuplicatesResponse.
template <class Response>
void ShowDuplicates(const Response& response) {
  Table table({"likelihood", "reasons", "person"});
  for (const auto& one : response.possible_duplicates()) {
    table.Add({Text(one.likelihood()), Reasons(one), one.person()});
  }
  if (!table.empty()) std::cout << "    may be the same human being as\n" << table.ToString();
  if (response.hidden_duplicate_count() > 0) {
    std::cout << "    others look after somebody who is most probably the same: ask the privacy officer\n";
  }
}

absl::Status RegisterPerson(Client& client, const Args& args) {
  v1::RegisterPersonRequest request;
  v1::Person& person = *request.mutable_person();
  person.set_given_names(args.Get("given"));
  person.set_family_names(args.Get("family"));
  if (args.Has("birth-date")) TRELLIS_RETURN_IF_ERROR(ReadDate(args, "birth-date", person.mutable_birth_date()));
  if (args.Has("gender")) {
    TRELLIS_ASSIGN_OR_RETURN(const auto gender, ParseEnum<v1::Person::Gender>("gender", args.Get("gender")));
    person.set_gender(gender);
  }
  for (const std::string& language : args.All("languages")) person.add_languages(language);
  for (const std::string& phone : args.All("phone")) person.add_phones(phone);
  if (args.Has("position")) TRELLIS_RETURN_IF_ERROR(ReadPosition(args, "position", person.mutable_position()));
  request.set_refuse_duplicates(args.Has("refuse-duplicates"));
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kIdentity, &v1::Persons::Stub::RegisterPerson, request));
  return client.Show(response, [&] {
    std::cout << "    " << FullName(response.person()) << " is " << response.person().name() << "\n";
    ShowDuplicates(response);
  });
}

absl::Status ShowPerson(Client& client, const Args& args) {
  v1::GetPersonRequest request;
  request.set_name(Named("persons", args.positional()));
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kIdentity, &v1::Persons::Stub::GetPerson, request));
  return client.Show(response, [&] {
    const v1::Person& person = response.person();
    std::cout << "    " << FullName(person) << "\n    born " << FormatDate(person.birth_date()) << ", speaks "
              << Languages(person) << "\n    " << person.name() << "\n";
    if (!person.merged_into().empty()) std::cout << "    was merged into " << person.merged_into() << "\n";
    for (const std::string& merged : person.merged_persons()) std::cout << "    and so is " << merged << "\n";
  });
}

absl::Status FindDuplicates(Client& client, const Args& args) {
  v1::FindDuplicatesRequest request;
  request.set_name(Named("persons", args.positional()));
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kIdentity, &v1::Persons::Stub::FindDuplicates, request));
  return client.Show(response, [&] {
    const bool found = response.possible_duplicates_size() > 0 || response.hidden_duplicate_count() > 0;
    if (!found) std::cout << "    nobody was found\n";
    ShowDuplicates(response);
  });
}

absl::Status MergePersons(Client& client, const Args& args) {
  v1::MergePersonsRequest request;
  request.set_person(Named("persons", args.positional()));
  request.set_duplicate(Named("persons", args.Get("duplicate")));
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kIdentity, &v1::Persons::Stub::MergePersons, request));
  return client.Show(
      response, [&] { std::cout << "    " << FullName(response.person()) << " remains; the other leads to it\n"; });
}

absl::Status UnmergePersons(Client& client, const Args& args) {
  v1::UnmergePersonsRequest request;
  request.set_duplicate(Named("persons", args.positional()));
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kIdentity, &v1::Persons::Stub::UnmergePersons, request));
  return client.Show(response,
                     [&] { std::cout << "    " << FullName(response.duplicate()) << " stands alone again\n"; });
}

absl::Status FindPersons(Client& client, const Args& args) {
  v1::SearchPersonsRequest request;
  request.set_name_query(args.positional());
  if (args.Has("birth-date")) TRELLIS_RETURN_IF_ERROR(ReadDate(args, "birth-date", request.mutable_birth_date()));
  request.set_page_size(100);
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kIdentity, &v1::Persons::Stub::SearchPersons, request));
  return client.Show(response, [&] {
    Table table({"name", "born", "languages", "person"});
    for (const auto& person : response.persons()) {
      table.Add({FullName(person), FormatDate(person.birth_date()), Languages(person), person.name()});
    }
    std::cout << (table.empty() ? "    nobody was found\n" : table.ToString());
  });
}

absl::Status ErasePerson(Client& client, const Args& args) {
  v1::ErasePersonRequest request;
  request.set_name(Named("persons", args.positional()));
  TRELLIS_ASSIGN_OR_RETURN(const auto reason, ParseEnum<v1::ErasureReason>("reason", args.Get("reason")));
  request.set_reason(reason);
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kIdentity, &v1::Persons::Stub::ErasePerson, request));
  return client.Show(response, [&] { std::cout << "    erased for good\n"; });
}

absl::Status RecordConsent(Client& client, const Args& args) {
  v1::RecordConsentRequest request;
  v1::Consent& consent = *request.mutable_consent();
  consent.set_person(Named("persons", args.Get("person")));
  consent.set_recipient(Named("organizations", args.Get("recipient")));
  for (const std::string& text : args.Has("purposes") ? args.All("purposes") : std::vector<std::string>{"treatment"}) {
    TRELLIS_ASSIGN_OR_RETURN(const auto purpose, ParseEnum<v1::ConsentPurpose>("purposes", text));
    consent.add_purposes(purpose);
  }
  for (const std::string& text : args.All("categories")) {
    TRELLIS_ASSIGN_OR_RETURN(const auto category, ParseEnum<v1::ConsentCategory>("categories", text));
    consent.add_categories(category);
  }
  if (args.Has("until")) TRELLIS_RETURN_IF_ERROR(ReadTime(args, "until", consent.mutable_period()->mutable_end_time()));
  TRELLIS_ASSIGN_OR_RETURN(const auto grantor,
                           ParseEnum<v1::Consent::Grantor>("given-by", args.Get("given-by", "person")));
  consent.set_grantor(grantor);
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kIdentity, &v1::Consents::Stub::RecordConsent, request));
  return client.Show(response, [&] { std::cout << "    recorded as " << response.consent().name() << "\n"; });
}

absl::Status ListConsents(Client& client, const Args& args) {
  v1::ListConsentsRequest request;
  request.set_person(Named("persons", args.positional()));
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kIdentity, &v1::Consents::Stub::ListConsents, request));
  return client.Show(response, [&] {
    Table table({"state", "recipient", "until", "consent"});
    for (const auto& consent : response.consents()) {
      table.Add({Text(consent.state()), consent.recipient(), FormatTime(consent.period().end_time()), consent.name()});
    }
    std::cout << (table.empty() ? "    there is no consent\n" : table.ToString());
  });
}

absl::Status RevokeConsent(Client& client, const Args& args) {
  v1::RevokeConsentRequest request;
  request.set_name(Named("consents", args.positional()));
  request.set_request_id(client.request_id());
  TRELLIS_ASSIGN_OR_RETURN(const auto response,
                           client.Call(Service::kIdentity, &v1::Consents::Stub::RevokeConsent, request));
  return client.Show(response, [&] { std::cout << "    revoked\n"; });
}

}  // namespace

std::vector<Command> PersonCommands() {
  return {
      {"person register",
       "",
       "register a person; you join the care team",
       {{"given", "given names", true},
        {"family", "family names", true},
        {"birth-date", "2004-05-17"},
        {"gender", "female, male, other or unknown"},
        {"languages", "BCP 47 tags separated by commas: en,ur"},
        {"phone", "telephone number"},
        {"position", "latitude,longitude of the home"},
        {"refuse-duplicates", "not where somebody is most probably there already", false, true}},
       RegisterPerson},
      {"person show", "PERSON", "one person", {}, ShowPerson},
      {"person find",
       "[NAME]",
       "persons by the beginnings of their names",
       {{"birth-date", "2004-05-17"}},
       FindPersons},
      {"person duplicates", "PERSON", "who may be the same human being", {}, FindDuplicates},
      {"person merge",
       "PERSON",
       "two records are of one human being; PERSON remains",
       {{"duplicate", "persons/... that leads to it from now on", true}},
       MergePersons},
      {"person unmerge", "DUPLICATE", "undo a merge", {}, UnmergePersons},
      {"person erase",
       "PERSON",
       "erase a person for good, backups included; for privacy officers",
       {{"reason", "request, retention-ended, order or registered-in-error", true}},
       ErasePerson},
      {"consent record",
       "",
       "record that a person agreed to something being shared",
       {{"person", "persons/...", true},
        {"recipient", "organizations/... that may be told", true},
        {"categories", "demographics, contact, needs, assessments, care-plan, ...", true},
        {"purposes", "treatment (the default), care-coordination, ..."},
        {"until", "when it ends; otherwise when it is revoked"},
        {"given-by", "person (the default) or representative"}},
       RecordConsent},
      {"consent list", "PERSON", "the consents of a person", {}, ListConsents},
      {"consent revoke", "CONSENT", "revoke a consent at once", {}, RevokeConsent},
  };
}

}  // namespace trellis::cli
