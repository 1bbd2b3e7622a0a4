#include "tests/unit/common/runtime/note_service.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/access/key_set.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/config/loader.h"
#include "common/db/session.h"
#include "common/feed/handlers.h"
#include "common/rpc/router.h"

namespace trellis::runtime {
namespace {

using notetest::v1::CountNotesRequest;
using notetest::v1::CountNotesResponse;
using notetest::v1::CreateNoteRequest;
using notetest::v1::CreateNoteResponse;
using notetest::v1::NoteCreated;

const std::vector<EmbeddedFile>& Migrations() {
  static const auto* const files = new std::vector<EmbeddedFile>{
      {"0001_note.sql",
       "CREATE TABLE note (organization_id BINARY(16) NOT NULL, id BINARY(16) NOT NULL, text VARCHAR(100) NOT NULL, "
       "create_time DATETIME(6) NOT NULL, PRIMARY KEY (organization_id, id)) "
       "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;"}};
  return *files;
}

absl::Status InsertNote(WriteUnit& unit, const Id& id, absl::string_view text) {
  return unit.db
      .Execute("INSERT INTO note (organization_id, id, text, create_time) VALUES (?, ?, ?, ?)", unit.organization, id,
               std::string(text), unit.now)
      .status();
}

}  // namespace

absl::StatusOr<CreateNoteResponse> NotesApi::CreateNote(rpc::CallContext& call, const CreateNoteRequest& request) {
  return runtime_.Write<CreateNoteResponse>(call, request, [&](WriteUnit& unit) -> absl::StatusOr<CreateNoteResponse> {
    ++changes;
    const Id id = unit.NextId();
    TRELLIS_RETURN_IF_ERROR(InsertNote(unit, id, request.text()));
    CreateNoteResponse response;
    response.set_name(absl::StrCat("notes/", id.ToString()));
    NoteCreated event;
    event.set_note(response.name());
    TRELLIS_RETURN_IF_ERROR(unit.Publish(event));
    if (request.text() == "fail") return Error(absl::StatusCode::kFailedPrecondition, "TOLD_TO_FAIL", "as asked");
    return response;
  });
}

absl::StatusOr<CountNotesResponse> NotesApi::CountNotes(rpc::CallContext& call, const CountNotesRequest& request) {
  absl::SleepFor(absl::Milliseconds(request.delay_ms()));
  CountNotesResponse response;
  TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const auto row, session.QueryOne<std::int64_t>("SELECT COUNT(*) FROM note LIMIT 1"));
    response.set_count(std::get<0>(*row));
    return absl::OkStatus();
  }));
  return response;
}

Service DescribeNotes() {
  auto greeting = std::make_shared<std::string>();
  Service service;
  service.name = "notetest";
  service.followers = {"caseload"};
  service.migrations = &Migrations;
  service.port = 7199;
  service.flags = [greeting](config::Loader& flags) { flags.String("greeting", greeting.get(), "hello", "a text"); };
  service.build = [](Runtime& runtime) {
    auto* const notes = runtime.Make<NotesApi>(runtime);
    runtime.router().Unary("trellis.notetest.v1.Notes.CreateNote", notes, &NotesApi::CreateNote);
    runtime.router().Unary("trellis.notetest.v1.Notes.CountNotes", notes, &NotesApi::CountNotes);
    runtime.UseKeys([]() -> absl::StatusOr<std::vector<access::VerificationKey>> {
      return std::vector<access::VerificationKey>{{"own", std::string(32, 'k')}};
    });
    return absl::OkStatus();
  };
  Command greet;
  greet.name = "greet";
  greet.help = "says the greeting";
  greet.run = [greeting](Runtime& runtime) {
    BackgroundWork work;
    work.purpose = "greet";
    work.deadline = absl::Now() + absl::Seconds(5);
    return runtime.WriteAs(work, [&](WriteUnit& unit) { return InsertNote(unit, unit.NextId(), *greeting); });
  };
  service.commands = {greet};
  return service;
}

Service DescribeFollower() {
  Service service;
  service.name = "caseload";
  service.migrations = &Migrations;
  service.peers = {"notetest"};
  service.build = [](Runtime& runtime) {
    feed::Handlers handlers;
    handlers.On<NoteCreated>([&runtime](db::Session& tx, const events::v1::Event& event, const NoteCreated& created) {
      const absl::StatusOr<Id> organization = feed::OrganizationOf(event);
      if (!organization.ok()) return organization.status();
      const absl::StatusOr<Id> id = Id::Parse(StripCollection(created.note(), "notes").value_or(""));
      if (!id.ok()) return id.status();
      WriteUnit unit = runtime.UnitIn(tx, *organization);
      TRELLIS_RETURN_IF_ERROR(InsertNote(unit, *id, "copied"));
      return unit.Publish(created);
    });
    runtime.Follow("notetest", handlers);
    runtime.UseKeys([]() -> absl::StatusOr<std::vector<access::VerificationKey>> {
      return std::vector<access::VerificationKey>{{"own", std::string(32, 'k')}};
    });
    return absl::OkStatus();
  };
  return service;
}

}  // namespace trellis::runtime
