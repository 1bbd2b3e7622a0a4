#include "common/audit/database_verifier.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/audit/record.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"

namespace trellis::audit {
namespace {

constexpr int kMostOrganizations = 100'000;
constexpr int kNotesAtOnce = 1000;

// A sum over (person, record), in which the order does not matter.
std::uint64_t Mark(const Id& person, std::int64_t sequence, absl::Time time, bool disclosed) {
  return absl::HashOf(person, sequence, absl::ToUnixMicros(time), disclosed);
}

}  // namespace

// The verification of one chain.
class DatabaseVerifier::Run {
 public:
  Run(db::Pool& pool, const Options& options, const Id& organization, const std::vector<Checkpoint>& checkpoints)
      : pool_(pool),
        options_(options),
        organization_(organization),
        chain_(organization, OriginOf(options.trust_domain, options.service, organization), checkpoints) {}

  absl::StatusOr<Report> Do() {
    TRELLIS_RETURN_IF_ERROR(ReadRecords());
    TRELLIS_RETURN_IF_ERROR(ReadPersons());
    TRELLIS_RETURN_IF_ERROR(ReadHead());
    if (named_ != indexed_) chain_.report().Add("the table of persons does not say what the records say");
    return chain_.Finish();
  }

 private:
  using RecordRow = std::tuple<std::int64_t, Id, absl::Time, Id, std::string, std::int64_t, std::string, std::string>;

  absl::Status Read(absl::FunctionRef<absl::Status(db::Session&)> body) {
    return pool_.Read(absl::Now() + options_.patience, body);
  }

  absl::Status ReadRecords() {
    while (true) {
      std::vector<RecordRow> rows;
      TRELLIS_RETURN_IF_ERROR(Read([&](db::Session& session) -> absl::Status {
        TRELLIS_ASSIGN_OR_RETURN(
            rows, (session.Query<std::int64_t, Id, absl::Time, Id, std::string, std::int64_t, std::string, std::string>(
                      "SELECT sequence, record_id, record_time, user_id, method, code, hash, body FROM audit_record "
                      "WHERE organization_id = ? AND sequence > ? ORDER BY sequence LIMIT ?",
                      organization_, last_, options_.batch)));
        return absl::OkStatus();
      }));
      if (rows.empty()) return absl::OkStatus();
      for (const RecordRow& row : rows) Take(row);
      last_ = std::get<0>(rows.back());
    }
  }

  void Take(const RecordRow& row) {
    const auto& [sequence, id, time, user, method, code, hash, body] = row;
    v1::AuditRecord record;
    chain_.Add(sequence, body, hash, &record);
    if (record.name() != NameOf("auditRecords", id) || TimeOf(record) != time || IdOf(record.user()) != user ||
        record.method() != method || record.code() != code) {
      chain_.report().Add(absl::StrCat("the columns of record ", sequence, " do not say what the record says"));
    }
    for (const std::string& person : record.persons()) {
      named_ += Mark(IdOf(person), sequence, time, !record.recipient().empty());
    }
  }

  absl::Status ReadPersons() {
    Id person;
    absl::Time time = absl::FromUnixSeconds(0);
    std::int64_t sequence = 0;
    while (true) {
      std::size_t count = 0;
      TRELLIS_RETURN_IF_ERROR(Read([&](db::Session& session) -> absl::Status {
        TRELLIS_ASSIGN_OR_RETURN(
            const auto rows,
            (session.Query<Id, absl::Time, std::int64_t, bool>(
                "SELECT person_id, record_time, sequence, disclosed FROM audit_person WHERE organization_id = ? AND "
                "person_id >= ? AND (person_id > ? OR record_time > ? OR (record_time = ? AND sequence > ?)) "
                "ORDER BY person_id, record_time, sequence LIMIT ?",
                organization_, person, person, time, time, sequence, options_.batch)));
        count = rows.size();
        for (const auto& [one, at, number, disclosed] : rows) indexed_ += Mark(one, number, at, disclosed);
        if (!rows.empty()) std::tie(person, time, sequence, std::ignore) = rows.back();
        return absl::OkStatus();
      }));
      if (count == 0) return absl::OkStatus();
    }
  }

  absl::Status ReadHead() {
    return Read([&](db::Session& session) -> absl::Status {
      TRELLIS_ASSIGN_OR_RETURN(const auto head,
                               (session.QueryOne<std::int64_t, std::string>(
                                   "SELECT size, hash FROM audit_head WHERE organization_id = ?", organization_)));
      const std::int64_t size = head.has_value() ? std::get<0>(*head) : 0;
      // While the service runs the chain may have grown since it was read.
      if (size < last_ || (size == last_ && head.has_value() && std::get<1>(*head) != chain_.head())) {
        chain_.report().Add("the head of the chain is not that of its last record");
      }
      if (size > last_) {
        TRELLIS_ASSIGN_OR_RETURN(
            const auto next, session.QueryOne<std::int64_t>("SELECT sequence FROM audit_record WHERE organization_id = "
                                                            "? AND sequence > ? ORDER BY sequence LIMIT 1",
                                                            organization_, last_));
        if (!next.has_value()) chain_.report().Add("the head tells of records that are not there: the end is cut off");
      }
      return absl::OkStatus();
    });
  }

  db::Pool& pool_;
  const Options& options_;
  const Id organization_;
  ChainVerifier chain_;
  std::int64_t last_ = 0;
  std::uint64_t named_ = 0;    // by the records
  std::uint64_t indexed_ = 0;  // by the table of persons
};

absl::StatusOr<std::vector<Id>> DatabaseVerifier::Organizations(const std::vector<std::string>& notes) const {
  std::set<Id> all;
  TRELLIS_RETURN_IF_ERROR(pool_->Read(absl::Now() + options_.patience, [&](db::Session& session) -> absl::Status {
    for (const char* const sql : {"SELECT organization_id FROM audit_head LIMIT ?",
                                  "SELECT DISTINCT organization_id FROM audit_record LIMIT ?"}) {
      TRELLIS_ASSIGN_OR_RETURN(const auto rows, session.Query<Id>(sql, kMostOrganizations));
      for (const auto& [organization] : rows) all.insert(organization);
    }
    return absl::OkStatus();
  }));
  const std::string prefix = absl::StrCat(options_.trust_domain, "/", options_.service, "/");
  for (const std::string& note : notes) {
    const absl::StatusOr<Checkpoint> checkpoint = Open(note, options_.public_key);
    if (!checkpoint.ok() || checkpoint->origin.rfind(prefix, 0) != 0) continue;
    const absl::StatusOr<Id> organization = Id::Parse(checkpoint->origin.substr(prefix.size()));
    if (organization.ok()) all.insert(*organization);
  }
  return std::vector<Id>(all.begin(), all.end());
}

namespace {

// What the notes say. Those that are not good are problems.
void OpenAll(const std::vector<std::string>& notes, absl::string_view where, absl::string_view public_key,
             std::vector<Checkpoint>& checkpoints, std::vector<std::string>& problems) {
  for (const std::string& note : notes) {
    absl::StatusOr<Checkpoint> checkpoint = Open(note, public_key);
    if (checkpoint.ok()) {
      checkpoints.push_back(*std::move(checkpoint));
    } else {
      problems.push_back(absl::StrCat("a checkpoint ", where, " is not good: ", checkpoint.status().message()));
    }
  }
}

}  // namespace

absl::StatusOr<std::vector<std::string>> DatabaseVerifier::StoredNotes(const Id& organization) const {
  std::vector<std::string> notes;
  std::int64_t last = 0;
  for (std::size_t count = 1; count > 0;) {
    TRELLIS_RETURN_IF_ERROR(pool_->Read(absl::Now() + options_.patience, [&](db::Session& session) -> absl::Status {
      TRELLIS_ASSIGN_OR_RETURN(const auto rows, (session.Query<std::int64_t, std::string>(
                                                    "SELECT size, note FROM audit_checkpoint WHERE organization_id = ? "
                                                    "AND size > ? ORDER BY size LIMIT ?",
                                                    organization, last, kNotesAtOnce)));
      count = rows.size();
      for (const auto& [size, note] : rows) notes.push_back(note);
      if (!rows.empty()) last = std::get<0>(rows.back());
      return absl::OkStatus();
    }));
  }
  return notes;
}

absl::StatusOr<Report> DatabaseVerifier::Verify(const Id& organization, const std::vector<std::string>& notes) const {
  std::vector<Checkpoint> checkpoints;
  std::vector<std::string> problems;
  if (!options_.public_key.empty()) {
    TRELLIS_ASSIGN_OR_RETURN(const std::vector<std::string> stored, StoredNotes(organization));
    OpenAll(notes, "outside of the database", options_.public_key, checkpoints, problems);
    OpenAll(stored, "in the database", options_.public_key, checkpoints, problems);
  }
  TRELLIS_ASSIGN_OR_RETURN(Report report, Run(*pool_, options_, organization, checkpoints).Do());
  for (std::string& problem : problems) report.Add(std::move(problem));
  return report;
}

}  // namespace trellis::audit
