#include "tests/bench/suite/workload.h"

#include <openssl/sha.h>
#include <sodium.h>

#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/access/relations.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "tests/bench/suite/background.h"
#include "tests/bench/suite/load.h"
#include "trellis/assessment/v1/assessments.pb.h"
#include "trellis/caseload/v1/worklists.pb.h"
#include "trellis/identity/v1/persons.pb.h"

namespace trellis::bench {
namespace {

absl::Duration ThreadCpu() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return absl::DurationFromTimespec(time);
}

IdGenerator& Ids() {
  static IdGenerator* const ids = new IdGenerator(SystemClock(), SystemRandom());
  return *ids;
}

const std::string& PersonOf(const Suite& suite, std::int64_t n) {
  return suite.persons()[static_cast<std::size_t>(n * 7919) % suite.persons().size()];
}

// The same access check as in common/access (MaySeePerson).
constexpr char kInCareTeam[] =
    "SELECT 1 FROM access_relation c WHERE c.organization_id = ? AND c.resource_id = ? AND c.kind = 1 "
    "AND c.subject_id = ? AND c.revoke_time IS NULL AND ? BETWEEN c.valid_from AND "
    "COALESCE(c.valid_to - INTERVAL 1 MICROSECOND, TIMESTAMP'9999-12-31 23:59:59.999999') LIMIT 1";

// The record that the service's audit has made of such a call.
BareRecord RecordOf(Suite& suite, const Workload& work) {
  const std::string schema = absl::StrCat("trellis_", work.service);
  const std::string sql =
      absl::StrCat("SELECT r.body, (SELECT COUNT(*) FROM ", schema,
                   ".audit_person p WHERE p.organization_id = r.organization_id AND ", "p.sequence = r.sequence) FROM ",
                   schema, ".audit_record r WHERE r.method = '", work.method, "' AND r.code = 0 LIMIT 1");
  while (true) {  // the chainer comes by every tenth of a second
    const std::vector<SqlRow> rows = suite.sql().Query(sql);
    if (!rows.empty()) return {rows[0][0], std::strtoll(rows[0][1].c_str(), nullptr, 10)};
    absl::SleepFor(absl::Milliseconds(50));
  }
}

// A schema of its own for the bare client, so that no service works on what it writes.
std::string BareSchema(const std::string& service) { return absl::StrCat("bare_", service); }

// Leaf and node of the chain.
void AddChain(std::size_t body, Crypto& crypto) { crypto.hashed.insert(crypto.hashed.end(), {1 + body, 1 + 32 + 32}); }

class AccessCheck {
 public:
  AccessCheck(const Suite& suite, SqlConnection& connection)
      : organization_(suite.organization().bytes()),
        user_(suite.coordinator().bytes()),
        check_(connection, kInCareTeam) {}

  void Run(const std::string& person) {
    const std::string now = SqlTime(absl::Now());
    if (check_.Execute({organization_, person, user_, now}) != 1) {
      Die("a person may not be seen");
    }
  }

 private:
  const std::string organization_;
  const std::string user_;
  SqlStatement check_;
};

// --- GetPerson -------------------------------------------------------------------------------------------------------

class BarePersons {
 public:
  explicit BarePersons(const Suite& suite)
      : organization_(suite.organization().bytes()),
        user_(suite.coordinator().bytes()),
        connection_(suite.Connect("trellis_identity")),
        access_(suite, *connection_),
        find_(*connection_,
              absl::StrCat(
                  "SELECT p.id, p.version, p.profile, p.create_time, p.update_time, COALESCE(k.master_key, ''), "
                  "COALESCE(k.wrapped_key, ''), p.merged_into, (SELECT 1 FROM person d FORCE INDEX "
                  "(person_merged_into) WHERE d.organization_id = p.organization_id AND d.merged_into = p.id LIMIT 1) "
                  "IS NOT NULL FROM person p LEFT JOIN data_key k ON k.organization_id = p.organization_id AND "
                  "k.person_id = p.id WHERE p.organization_id = ? AND p.id IN (?) AND ",
                  access::AllowedPersonCondition("p.id", Id(), Id(), absl::Now()).sql, " LIMIT ?")) {}

  void Run(const std::string& person) {
    access_.Run(person);
    const std::string now = SqlTime(absl::Now());
    const int rows = find_.Execute(
        {organization_, person, organization_, user_, now, user_, now, organization_, now, std::int64_t{1}});
    if (rows != 1) Die("a person is not there");
  }

 private:
  const std::string organization_;
  const std::string user_;
  const std::unique_ptr<SqlConnection> connection_;
  AccessCheck access_;
  SqlStatement find_;
};

// --- RecordAssessment ------------------------------------------------------------------------------------------------

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
  out.outcomes = sql.Query(
      absl::StrCat("SELECT outcome, position FROM assessment_outcome WHERE assessment_id = X'", last[0], "'"));
  const SqlRow event = sql.Query("SELECT type, payload FROM event ORDER BY position DESC LIMIT 1").at(0);
  out.event_type = event[0];
  out.event = event[1];
  out.response = sql.Query("SELECT response FROM idempotency ORDER BY create_time DESC LIMIT 1").at(0)[0];
  return out;
}

std::string EarlierSql(std::size_t outcomes) {
  const std::string values =
      " AS which, outcome, effective_time, assessment_id, instrument_version, position, labels FROM assessment_outcome "
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
      "instrument_version, position, incomplete, labels) VALUES ";
  for (std::size_t i = 0; i < outcomes; ++i)
    absl::StrAppend(&sql, i == 0 ? "" : ", ", "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  return sql;
}

class BareRecording {
 public:
  BareRecording(Suite& suite, Recorded recorded, std::shared_ptr<BareAudit> audit)
      : suite_(suite),
        audit_(std::move(audit)),
        recorded_(std::move(recorded)),
        organization_(suite.organization().bytes()),
        user_(suite.coordinator().bytes()),
        connection_(suite.Connect(BareSchema("assessment"))),
        journal_(BareJournal(*connection_)),
        access_(suite, *connection_),
        claim_(*connection_,
               "INSERT INTO idempotency (organization_id, principal_id, method, request_id, request_hash, create_time) "
               "VALUES (?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE create_time = create_time + INTERVAL 1 MICROSECOND"),
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
                "method, state, recorder_id, answers, revision, create_time, update_time, labels) VALUES "
                "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
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
                               std::strtod(outcome[1].c_str(), nullptr), std::int64_t{0}, std::int64_t{0}});
    }
    earlier_.Execute(range);
    later_.Execute({organization_, person, instrument, now, now, id});
    insert_.Execute({organization_, id, person, instrument, std::int64_t{1}, now, std::int64_t{1}, std::int64_t{1},
                     user_, recorded_.answers, std::int64_t{1}, now, now, std::int64_t{0}});
    outcomes_.Execute(rows);
    event_.Execute(
        {Ids().Next().bytes(), organization_, now, recorded_.event_type, std::string(32, 't'), recorded_.event});
    journal_->Execute(audit_->NewRow());
    store_.Execute({recorded_.response, organization_, user_, method, request});
    connection_->Text("COMMIT");
  }

 private:
  Suite& suite_;
  const std::shared_ptr<BareAudit> audit_;
  const Recorded recorded_;
  const std::string organization_;
  const std::string user_;
  const std::unique_ptr<SqlConnection> connection_;
  const std::unique_ptr<BareRows> journal_;
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

void CopyAssessments(Suite& suite) {
  for (const char* table : {"access_relation", "assessment", "assessment_outcome", "assessment_series"}) {
    suite.sql().Text(absl::StrCat("INSERT INTO bare_assessment.", table, " SELECT * FROM trellis_assessment.", table));
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
    const int rows = page_.Execute({organization_, user_, std::string(), organization_, user_, now, user_, now,
                                    organization_, now, std::int64_t{51}});
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
  static constexpr const char* kItems[] = {"44250-9", "44255-8", "44259-0", "44254-1",
                                           "44251-7", "44258-2", "44252-5", "44253-3"};
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

Workload GetPersonCalls(Suite& suite) {
  Workload work;
  work.service = "identity";
  work.method = "trellis.identity.v1.Persons.GetPerson";
  work.path = "/trellis.identity.v1.Persons/GetPerson";
  work.request = [&suite](std::int64_t n) {
    identity::v1::GetPersonRequest request;
    request.set_name(PersonOf(suite, n));
    return request.SerializeAsString();
  };
  return work;
}

Workload GetPerson(Suite& suite) {
  Workload work = GetPersonCalls(suite);
  work.response = Answer(suite, work);
  suite.MakeSchema(work.service, BareSchema(work.service));
  const BareRecord record = RecordOf(suite, work);
  work.sql = [&suite, record](int connections) {
    const auto audit = std::make_shared<BareAudit>(suite, BareSchema("identity"), record);
    std::vector<SqlWork> works;
    for (int i = 0; i < connections; ++i) {
      works.push_back([&suite, audit, i, reader = std::make_shared<BarePersons>(suite)](std::int64_t n, auto done) {
        reader->Run(IdBytes(PersonOf(suite, n + 1000 * i)));
        audit->Submit(std::move(done));
      });
    }
    return works;
  };
  work.crypto = {.hashed = {suite.SignIn().size()}, .sealed = {}, .opened = {work.response.size()}};
  AddChain(record.body.size(), work.crypto);
  return work;
}

Workload RecordAssessment(Suite& suite) {
  Workload work;
  work.service = "assessment";
  work.method = "trellis.assessment.v1.Assessments.RecordAssessment";
  work.path = "/trellis.assessment.v1.Assessments/RecordAssessment";
  work.request = [&suite](std::int64_t n) { return RecordRequest(PersonOf(suite, n), n, false); };
  work.response = Answer(suite, work);
  // As on any day but a person's first: keys younger than the longest transaction are read anew each time.
  suite.sql().Text("UPDATE trellis_assessment.data_key SET create_time = create_time - INTERVAL 1 HOUR");
  suite.MakeSchema(work.service, BareSchema(work.service));
  CopyAssessments(suite);
  const BareRecord record = RecordOf(suite, work);
  const Recorded recorded = LastRecorded(suite);
  work.sql = [&suite, recorded, record](int connections) {
    const auto audit = std::make_shared<BareAudit>(suite, BareSchema("assessment"), record);
    const auto sequencer = std::make_shared<BareSequencer>(suite, BareSchema("assessment"));
    std::vector<SqlWork> works;
    for (int i = 0; i < connections; ++i) {
      works.push_back([i, sequencer, recording = std::make_shared<BareRecording>(suite, recorded, audit)](
                          std::int64_t n, auto done) {
        recording->Run(n + 1000 * i);
        done();
      });
    }
    return works;
  };
  work.crypto = {.hashed = {suite.SignIn().size(), work.request(0).size()},
                 .sealed = {recorded.answers.size(), recorded.response.size()},
                 .opened = {}};
  AddChain(record.body.size(), work.crypto);
  work.peer = {.service = "identity", .method = "GetHead", .path = "/trellis.events.v1.EventFeed/GetHead"};
  return work;
}

Workload ListWorklist(Suite& suite) {
  Workload work;
  work.service = "caseload";
  work.method = "trellis.caseload.v1.Worklist.ListWorklist";
  work.path = "/trellis.caseload.v1.Worklist/ListWorklist";
  work.request = [](std::int64_t) { return caseload::v1::ListWorklistRequest().SerializeAsString(); };
  work.response = Answer(suite, work);
  suite.MakeSchema(work.service, BareSchema(work.service));
  const BareRecord record = RecordOf(suite, work);
  work.sql = [&suite, record](int connections) {
    const auto audit = std::make_shared<BareAudit>(suite, BareSchema("caseload"), record);
    std::vector<SqlWork> works;
    for (int i = 0; i < connections; ++i) {
      works.push_back([audit, reader = std::make_shared<BareWorklist>(suite)](std::int64_t, auto done) {
        reader->Run();
        audit->Submit(std::move(done));
      });
    }
    return works;
  };
  work.crypto = {.hashed = {suite.SignIn().size()}, .sealed = {}, .opened = {}};
  AddChain(record.body.size(), work.crypto);
  return work;
}

absl::Duration CpuOf(const Crypto& crypto) {
  constexpr int kTimes = 5000;
  const std::string text(16 * 1024, 't');
  const auto* const plain = reinterpret_cast<const unsigned char*>(text.data());
  std::vector<unsigned char> sealed(text.size() + crypto_aead_xchacha20poly1305_ietf_ABYTES);
  const unsigned char key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES] = {};
  unsigned char nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES] = {};
  unsigned char digest[SHA256_DIGEST_LENGTH];
  const auto seal = [&](std::size_t size) {
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data(), nullptr, plain, size, nullptr, 0, nullptr, nonce, key);
  };
  const absl::Duration before = ThreadCpu();
  for (int i = 0; i < kTimes; ++i) {
    for (const std::size_t size : crypto.hashed) SHA256(plain, size, digest);
    for (const std::size_t size : crypto.sealed) {
      randombytes_buf(nonce, sizeof(nonce));
      seal(size);
    }
    for (const std::size_t size : crypto.opened) seal(size);  // opening is the same work
  }
  return (ThreadCpu() - before) / kTimes;
}

}  // namespace trellis::bench
