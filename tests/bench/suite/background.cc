#include "tests/bench/suite/background.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/clock.h"
#include "common/base/random.h"

namespace trellis::bench {
namespace {

constexpr std::size_t kSizes[] = {64, 32, 16, 8, 4, 2, 1};
constexpr std::size_t kBatch = 64;
constexpr int kWriters = 2;
constexpr std::size_t kChained = 500;
constexpr auto kChainInterval = std::chrono::milliseconds(100);
constexpr absl::Duration kGather = absl::Milliseconds(2);
constexpr absl::Duration kSequencePause = absl::Milliseconds(20);

std::string Repeat(const std::string& part, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) absl::StrAppend(&out, i == 0 ? "" : ", ", part);
  return out;
}

std::function<std::string(std::size_t)> Insert(const std::string& into, std::size_t columns) {
  return [=](std::size_t rows) {
    return absl::StrCat(into, " VALUES ", Repeat(absl::StrCat("(", Repeat("?", columns), ")"), rows));
  };
}

}  // namespace

void BareRows::Execute(const std::vector<SqlValue>& values) {
  std::size_t left = values.size() / columns_;
  auto next = values.begin();
  while (left > 0) {
    const std::size_t rows = *std::find_if(std::begin(kSizes), std::end(kSizes), [=](auto n) { return n <= left; });
    std::unique_ptr<SqlStatement>& statement = statements_[rows];
    if (statement == nullptr) statement = std::make_unique<SqlStatement>(connection_, sql_(rows));
    const auto end = next + static_cast<std::ptrdiff_t>(rows * columns_);
    statement->Execute({next, end});
    next = end;
    left -= rows;
  }
}

std::unique_ptr<BareRows> BareJournal(SqlConnection& connection) {
  return std::make_unique<BareRows>(connection,
                                    Insert("INSERT INTO audit_journal (record_id, organization_id, body)", 3), 3);
}

struct BareAudit::ChainTables {
  explicit ChainTables(SqlConnection& connection)
      : records(connection,
                Insert("INSERT INTO audit_record (organization_id, sequence, record_id, record_time, "
                       "user_id, method, code, hash, body)",
                       9),
                9),
        persons(connection,
                Insert("INSERT INTO audit_person (organization_id, person_id, record_time, sequence, disclosed)", 5),
                5),
        journal(
            connection,
            [](std::size_t rows) {
              return absl::StrCat("DELETE FROM audit_journal WHERE record_id IN (", Repeat("?", rows), ")");
            },
            1),
        lock_head(connection,
                  "SELECT size, hash, signed_size, due_time FROM audit_head WHERE organization_id = ? FOR UPDATE"),
        store_head(connection,
                   "INSERT INTO audit_head (organization_id, size, hash, signed_size, due_time) VALUES (?, ?, ?, 0, ?) "
                   "ON DUPLICATE KEY UPDATE size = VALUES(size), hash = VALUES(hash), due_time = VALUES(due_time)") {}

  BareRows records;
  BareRows persons;
  BareRows journal;
  SqlStatement lock_head;
  SqlStatement store_head;
};

BareAudit::BareAudit(const Suite& suite, const std::string& schema, BareRecord record)
    : suite_(suite),
      schema_(schema),
      organization_(suite.organization().bytes()),
      user_(suite.coordinator().bytes()),
      record_(std::move(record)) {
  for (int i = 0; i < kWriters; ++i) threads_.emplace_back([this] { Write(); });
  threads_.emplace_back([this] { Chain(); });
}

BareAudit::~BareAudit() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  ended_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void BareAudit::Submit(std::function<void()> done) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(done));
  }
  wake_.notify_one();
}

std::vector<SqlValue> BareAudit::NewRow() const {
  static IdGenerator* const ids = new IdGenerator(SystemClock(), SystemRandom());
  return {ids->Next().bytes(), organization_, record_.body};
}

void BareAudit::Write() {
  const std::unique_ptr<SqlConnection> connection = suite_.Connect(schema_);
  const std::unique_ptr<BareRows> journal = BareJournal(*connection);
  while (true) {
    std::vector<std::function<void()>> batch;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(kBatch, waiting_.size()));
      batch.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
      waiting_.erase(waiting_.begin(), end);
    }
    std::vector<SqlValue> values;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      for (SqlValue& value : NewRow()) values.push_back(std::move(value));
    }
    connection->Text("START TRANSACTION");
    journal->Execute(values);
    connection->Text("COMMIT");
    NoteSqlCpu();
    for (const auto& done : batch) done();
  }
}

void BareAudit::Chain() {
  const std::unique_ptr<SqlConnection> connection = suite_.Connect(schema_);
  ChainTables tables(*connection);
  sequence_ = connection->Number("SELECT COALESCE(MAX(sequence), 0) FROM audit_record");
  bool stopping = false;
  while (!stopping) {
    while (ChainSome(*connection, tables)) NoteSqlCpu();
    NoteSqlCpu();
    std::unique_lock lock(mutex_);
    stopping = ended_.wait_for(lock, kChainInterval, [this] { return stopping_; });
  }
}

// Whether there may be more.
bool BareAudit::ChainSome(SqlConnection& connection, ChainTables& tables) {
  if (connection.Query("SELECT record_id FROM audit_journal LIMIT 1").empty()) return false;
  connection.Text("START TRANSACTION");
  connection.Query("SELECT id FROM audit_turn WHERE id = 1 FOR UPDATE");
  const std::vector<SqlRow> waiting = connection.Query(
      absl::StrCat("SELECT record_id, organization_id, body FROM audit_journal ORDER BY record_id LIMIT ", kChained));
  tables.lock_head.Execute({organization_});
  const std::string now = SqlTime(absl::Now());
  std::vector<SqlValue> to_records;
  std::vector<SqlValue> to_persons;
  std::vector<SqlValue> from_journal;
  for (const SqlRow& row : waiting) {
    ++sequence_;
    to_records.insert(to_records.end(), {organization_, sequence_, row[0], now, user_,
                                         std::string("trellis.identity.v1.Persons.GetPerson"), std::int64_t{0},
                                         std::string(32, 'h'), row[2]});
    for (std::int64_t i = 0; i < record_.persons; ++i) {
      const auto person = static_cast<std::size_t>(sequence_ * 7919 + i) % suite_.persons().size();
      to_persons.insert(to_persons.end(),
                        {organization_, IdBytes(suite_.persons()[person]), now, sequence_, std::int64_t{0}});
    }
    from_journal.emplace_back(row[0]);
  }
  tables.records.Execute(to_records);
  tables.persons.Execute(to_persons);
  tables.journal.Execute(from_journal);
  tables.store_head.Execute({organization_, sequence_, std::string(32, 'h'), now});
  connection.Text("COMMIT");
  return waiting.size() == kChained;
}

BareSequencer::BareSequencer(const Suite& suite, const std::string& schema)
    : connection_(suite.Connect(schema)),
      place_(*connection_, "UPDATE event SET position = ? WHERE event_id = ? AND position IS NULL"),
      thread_([this] { Run(); }) {}

BareSequencer::~BareSequencer() {
  stopping_ = true;
  thread_.join();
}

void BareSequencer::Run() {
  while (!stopping_) {
    absl::SleepFor(kGather);
    const SqlRow look = connection_->Query(
        "SELECT h.position, EXISTS (SELECT 1 FROM event e WHERE e.position IS NULL) FROM feed_head h WHERE h.id = 1")
                            [0];
    if (look[1] == "1") {
      connection_->Text("START TRANSACTION");
      std::int64_t head = connection_->Number("SELECT position FROM feed_head WHERE id = 1 FOR UPDATE");
      for (const SqlRow& event : connection_->Query(absl::StrCat(
               "SELECT event_id FROM event WHERE position IS NULL ORDER BY write_time, event_id LIMIT ", kChained))) {
        place_.Execute({++head, event[0]});
      }
      connection_->Text(absl::StrCat("UPDATE feed_head SET position = ", head, " WHERE id = 1"));
      connection_->Text("COMMIT");
    }
    NoteSqlCpu();
    absl::SleepFor(kSequencePause);
  }
}

}  // namespace trellis::bench
