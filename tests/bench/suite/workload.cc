#include "tests/bench/suite/workload.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/access/relations.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "tests/bench/suite/load.h"
#include "trellis/assessment/v1/assessments.pb.h"
#include "trellis/caseload/v1/worklists.pb.h"
#include "trellis/identity/v1/persons.pb.h"

namespace trellis::bench {
namespace {

IdGenerator& Ids() {
  static IdGenerator* const ids = new IdGenerator(SystemClock(), SystemRandom());
  return *ids;
}

const std::string& PersonOf(const Suite& suite, std::int64_t n) {
  return suite.persons()[static_cast<std::size_t>(n * 7919) % suite.persons().size()];
}

std::string IdBytes(const std::string& name) { return Id::Parse(name.substr(name.find('/') + 1))->bytes(); }

// The same access check as in common/access (MaySeePerson).
constexpr char kMaySeePerson[] =
    "SELECT 1 FROM access_relation c WHERE c.organization_id = ? AND c.resource_id = ? AND c.kind = 1 "
    "AND c.subject_id = ? AND c.revoke_time IS NULL AND c.valid_from <= ? AND (c.valid_to IS NULL OR c.valid_to > ?) "
    "UNION ALL SELECT 1 FROM access_relation m JOIN access_relation l ON l.organization_id = m.organization_id "
    "AND l.resource_id = m.subject_id AND l.kind = 3 AND l.subject_id = ? AND l.revoke_time IS NULL AND "
    "l.valid_from <= ? AND (l.valid_to IS NULL OR l.valid_to > ?) WHERE m.organization_id = ? AND m.resource_id = ? "
    "AND m.kind = 2 AND m.revoke_time IS NULL AND m.valid_from <= ? AND (m.valid_to IS NULL OR m.valid_to > ?) LIMIT 1";

class AccessCheck {
 public:
  AccessCheck(const Suite& suite, SqlConnection& connection)
      : organization_(suite.organization().bytes()), user_(suite.coordinator().bytes()), check_(connection,
          kMaySeePerson) {}

  void Run(const std::string& person) {
    const std::string now = SqlTime(absl::Now());
    if (check_.Execute({organization_, person, user_, now, now, user_, now, now, organization_, person, now,
        now}) != 1) {
      Die("a person may not be seen");
    }
  }

 private:
  const std::string organization_;
  const std::string user_;
  SqlStatement check_;
};

// --- RecordAssessment ------------------------------------------------------------------------------------------------

constexpr char kBareSchema[] = "bare_assessment";

// What one recording writes, taken from one that the service made.
struct Recorded {
  std::vector<SqlRow> outcomes;  // code, position
  std::string answers;
  std::string event_type;
  std::string event;
  std::string response;
};

Recorded LastRecorded(Suite& suite) {
  SqlConnection& sql = suite.sql();
  sql.Text("USE trellis_assessment");
  const SqlRow last = sql.Query("SELECT HEX(id), answers FROM assessment ORDER BY id DESC LIMIT 1").at(0);
  Recorded out;
  out.answers = last[1];
  out.outcomes = sql.Query(absl::StrCat("SELECT outcome, position FROM assessment_outcome WHERE assessment_id = X'",
                                        last[0], "'"));
  const SqlRow event = sql.Query("SELECT type, payload FROM event ORDER BY position DESC LIMIT 1").at(0);
  out.event_type = event[0];
  out.event = event[1];
  out.response = sql.Query("SELECT response FROM idempotency ORDER BY create_time DESC LIMIT 1").at(0)[0];
  return out;
}

std::string EarlierSql(std::size_t outcomes) {
  const std::string values =
      " AS which, outcome, effective_time, assessment_id, instrument_version, position FROM assessment_outcome "
      "WHERE organization_id = ? AND person_id = ? AND instrument = ? AND outcome = ? AND position IS NOT NULL "
      "AND effective_time <= ? AND (effective_time < ? OR assessment_id < ?) ORDER BY effective_time";
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < outcomes; ++i) {
    parts.push_back(absl::StrCat("(SELECT 0", values, " ASC, assessment_id ASC LIMIT 1)"));
    parts.push_back(absl::StrCat("(SELECT 1", values, " DESC, assessment_id DESC LIMIT 1)"));
  }
  return absl::StrJoin(parts, " UNION ALL ");
}

std::string OutcomesSql(std::size_t outcomes) {
  std::string sql =
      "INSERT INTO assessment_outcome (organization_id, person_id, instrument, outcome, effective_time, assessment_id, "
      "instrument_version, position, incomplete) VALUES ";
  for (std::size_t i = 0; i < outcomes; ++i) absl::StrAppend(&sql, i == 0 ? "" : ", ", "(?, ?, ?, ?, ?, ?, ?, ?, ?)");
  return sql;
}

class BareRecording {
 public:
  BareRecording(Suite& suite, Recorded recorded)
      : suite_(suite),
        recorded_(std::move(recorded)),
        organization_(suite.organization().bytes()),
        user_(suite.coordinator().bytes()),
        connection_(suite.Connect(kBareSchema)),
        access_(suite, *connection_),
        claim_(*connection_,
               "INSERT INTO idempotency (organization_id, principal_id, method, request_id, request_hash, create_time) "
               "VALUES (?, ?, ?, ?, ?, ?)"),
        lock_(*connection_,
              "INSERT INTO assessment_series (organization_id, person_id, instrument, recorded) VALUES (?, ?, ?, 1) "
              "ON DUPLICATE KEY UPDATE recorded = recorded + 1"),
        earlier_(*connection_, EarlierSql(recorded_.outcomes.size())),
        later_(*connection_,
               "SELECT 1 FROM assessment WHERE organization_id = ? AND person_id = ? AND instrument = ? AND "
               "effective_time >= ? AND (effective_time > ? OR id > ?) LIMIT 1"),
        insert_(*connection_,
                "INSERT INTO assessment (organization_id, id, person_id, instrument, "
                "instrument_version, effective_time, "
                "method, state, recorder_id, answers, revision, create_time, update_time) VALUES "
                "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
        outcomes_(*connection_, OutcomesSql(recorded_.outcomes.size())),
        event_(*connection_,
               "INSERT INTO event (event_id, organization_id, position, write_time, occur_time, "
               "type, trace_id, payload) "
               "VALUES (?, ?, NULL, UTC_TIMESTAMP(6), ?, ?, ?, ?)"),
        store_(*connection_,
               "UPDATE idempotency SET response = ? WHERE organization_id = ? AND principal_id = ? AND method = ? AND "
               "request_id = ?") {}

  void Run(std::int64_t n) {
    const std::string person = IdBytes(PersonOf(suite_, n));
    access_.Run(person);
    connection_->Text("START TRANSACTION");
    const std::string now = SqlTime(absl::Now());
    const std::string method = "trellis.assessment.v1.Assessments.RecordAssessment";
    const std::string request = Ids().Next().bytes();
    const std::string id = Ids().Next().bytes();
    const std::string instrument = "phq-9";
    claim_.Execute({organization_, user_, method, request, std::string(32, 'h'), now});
    lock_.Execute({organization_, person, instrument});
    std::vector<SqlValue> range;
    std::vector<SqlValue> rows;
    for (const SqlRow& outcome : recorded_.outcomes) {
      for (int which = 0; which < 2; ++which) {
        range.insert(range.end(), {organization_, person, instrument, outcome[0], now, now, id});
      }
      rows.insert(rows.end(), {organization_, person, instrument, outcome[0], now, id, std::int64_t{1},
                               std::strtod(outcome[1].c_str(), nullptr), std::int64_t{0}});
    }
    earlier_.Execute(range);
    later_.Execute({organization_, person, instrument, now, now, id});
    insert_.Execute({organization_, id, person, instrument, std::int64_t{1}, now, std::int64_t{1}, std::int64_t{1},
        user_,
                     recorded_.answers, std::int64_t{1}, now, now});
    outcomes_.Execute(rows);
    event_.Execute({Ids().Next().bytes(), organization_, now, recorded_.event_type, std::string(32, 't'),
                    recorded_.event});
    store_.Execute({recorded_.response, organization_, user_, method, request});
    connection_->Text("COMMIT");
  }

 private:
  Suite& suite_;
  const Recorded recorded_;
  const std::string organization_;
  const std::string user_;
  const std::unique_ptr<SqlConnection> connection_;
  AccessCheck access_;
  SqlStatement claim_;
  SqlStatement lock_;
  SqlStatement earlier_;
  SqlStatement later_;
  SqlStatement insert_;
  SqlStatement outcomes_;
  SqlStatement event_;
  SqlStatement store_;
};

// A schema of its own for the bare client, so that nobody tells others of what it writes.
void CopyAssessments(Suite& suite) {
  suite.MakeSchema("assessment", kBareSchema);
  for (const char* table : {"access_relation", "assessment", "assessment_outcome", "assessment_series"}) {
    suite.sql().Text(absl::StrCat("INSERT INTO ", kBareSchema, ".", table, " SELECT * FROM trellis_assessment.",
        table));
  }
}

// --- ListWorklist ----------------------------------------------------------------------------------------------------

class BareWorklist {
 public:
  BareWorklist(const Suite& suite)
      : organization_(suite.organization().bytes()),
        user_(suite.coordinator().bytes()),
        connection_(suite.Connect("trellis_caseload")),
        led_(*connection_,
             "SELECT resource_id FROM access_relation WHERE organization_id = ? AND subject_id = ?"
             " AND kind = ? AND revoke_time IS NULL AND valid_from <= ?"
             " AND (valid_to IS NULL OR valid_to > ?) ORDER BY resource_id LIMIT ?"),
        page_(*connection_,
              absl::StrCat("SELECT STRAIGHT_JOIN w.sort_key, e.entry FROM worklist_line w FORCE INDEX (worklist_order)"
                           " JOIN worklist_entry e ON e.organization_id = w.organization_id"
                           " AND e.person_id = w.person_id"
                           " WHERE w.organization_id = ? AND w.subject_id = ? AND w.sort_key > ? AND (",
                           access::AllowedPersonCondition("w.person_id", Id(), Id(), absl::Now()).sql,
                           ") ORDER BY w.sort_key LIMIT ?")) {}

  void Run() {
    const std::string now = SqlTime(absl::Now());
    led_.Execute({organization_, user_, std::int64_t{3}, now, now, std::int64_t{1000}});
    const int rows = page_.Execute({organization_, user_, std::string(), organization_, user_, now, now, user_, now,
        now,
                                    organization_, now, now, std::int64_t{51}});
    if (rows != 51) Die(absl::StrCat("the worklist's first page has ", rows, " rows"));
  }

 private:
  const std::string organization_;
  const std::string user_;
  const std::unique_ptr<SqlConnection> connection_;
  SqlStatement led_;
  SqlStatement page_;
};

// What the service answers to the first request.
std::string Answer(Suite& suite, const Workload& work) {
  std::string answer;
  Load load;
  load.method = work.path;
  load.token = suite.SignIn();
  load.request = work.request;
  load.on_response = [&](absl::string_view bytes) { answer = std::string(bytes); };
  load.count = 1;
  const Sample sample = Run(suite.channel(work.service), load);
  if (sample.failed > 0) Die(sample.first_failure);
  return answer;
}

}  // namespace

std::string RecordRequest(const std::string& person, std::int64_t n, bool critical) {
  static constexpr const char* kItems[] = {"44250-9", "44255-8", "44259-0", "44254-1", "44251-7",
                                           "44258-2", "44252-5", "44253-3"};
  static constexpr const char* kOptions[] = {"not-at-all", "several-days", "more-than-half", "nearly-every-day"};
  assessment::v1::RecordAssessmentRequest request;
  assessment::v1::Assessment& assessment = *request.mutable_assessment();
  assessment.set_person(person);
  assessment.set_instrument("instruments/phq-9");
  assessment.set_method(assessment::v1::Assessment::METHOD_SELF_REPORT);
  const auto answer = [&](const char* item, const char* option) {
    assessment::v1::Answer& one = *assessment.add_answers();
    one.set_item(item);
    one.set_option(option);
  };
  for (int i = 0; i < 8; ++i) answer(kItems[i], kOptions[(n + i) % 4]);
  answer("44260-8", kOptions[critical ? 1 : 0]);
  request.set_request_id(Ids().Next().ToString());
  return request.SerializeAsString();
}

Workload GetPerson(Suite& suite) {
  Workload work;
  work.service = "identity";
  work.method = "trellis.identity.v1.Persons.GetPerson";
  work.path = "/trellis.identity.v1.Persons/GetPerson";
  work.request = [&suite](std::int64_t n) {
    identity::v1::GetPersonRequest request;
    request.set_name(PersonOf(suite, n));
    return request.SerializeAsString();
  };
  work.response = Answer(suite, work);
  work.sql = [&suite](int i) -> SqlWork {
    struct State {
      std::unique_ptr<SqlConnection> connection;
      AccessCheck access;
      SqlStatement find;
      explicit State(Suite& of)
          : connection(of.Connect("trellis_identity")),
            access(of, *connection),
            find(*connection,
                 "SELECT id, version, profile, create_time, update_time FROM person WHERE "
                 "organization_id = ? AND id = ?") {}
    };
    auto state = std::make_shared<State>(suite);
    return [&suite, i, state, organization = suite.organization().bytes()](std::int64_t n) {
      const std::string person = IdBytes(PersonOf(suite, n + 1000 * i));
      state->access.Run(person);
      state->find.Execute({organization, person});
    };
  };
  return work;
}

Workload RecordAssessment(Suite& suite) {
  Workload work;
  work.service = "assessment";
  work.method = "trellis.assessment.v1.Assessments.RecordAssessment";
  work.path = "/trellis.assessment.v1.Assessments/RecordAssessment";
  work.request = [&suite](std::int64_t n) { return RecordRequest(PersonOf(suite, n), n, false); };
  work.response = Answer(suite, work);
  CopyAssessments(suite);
  work.sql = [&suite, recorded = LastRecorded(suite)](int i) -> SqlWork {
    auto recording = std::make_shared<BareRecording>(suite, recorded);
    return [recording, i](std::int64_t n) { recording->Run(n + 1000 * i); };
  };
  return work;
}

Workload ListWorklist(Suite& suite) {
  Workload work;
  work.service = "caseload";
  work.method = "trellis.caseload.v1.Worklist.ListWorklist";
  work.path = "/trellis.caseload.v1.Worklist/ListWorklist";
  work.request = [](std::int64_t) { return caseload::v1::ListWorklistRequest().SerializeAsString(); };
  work.response = Answer(suite, work);
  work.sql = [&suite](int) -> SqlWork {
    auto worklist = std::make_shared<BareWorklist>(suite);
    return [worklist](std::int64_t) { worklist->Run(); };
  };
  return work;
}

}  // namespace trellis::bench
