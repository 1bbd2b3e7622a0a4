// Holds the audit in a database against its checkpoints, without asking the service that wrote it.
#ifndef TRELLIS_COMMON_AUDIT_DATABASE_VERIFIER_H_
#define TRELLIS_COMMON_AUDIT_DATABASE_VERIFIER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/audit/chain_verifier.h"
#include "common/audit/checkpoint.h"
#include "common/base/id.h"

namespace trellis::db {
class Pool;
}

namespace trellis::audit {

// Thread-safe.
class DatabaseVerifier {
 public:
  struct Options {
    std::string trust_domain;
    std::string service;
    std::string public_key;                       // 32 bytes; empty: the chains are checked for themselves alone
    absl::Duration patience = absl::Seconds(30);  // for one query
    int batch = 2000;                             // records of one query
  };
  DatabaseVerifier(db::Pool* pool, Options options) : pool_(pool), options_(std::move(options)) {}

  // All organizations that the database or a note knows of.
  absl::StatusOr<std::vector<Id>> Organizations(const std::vector<std::string>& notes) const;

  // One chain, with the notes kept outside and those in the database. Besides the chain it checks that the columns and
  // the table of persons, which look-ups go by, say what the records say.
  absl::StatusOr<Report> Verify(const Id& organization, const std::vector<std::string>& notes) const;

 private:
  class Run;
  absl::StatusOr<std::vector<std::string>> StoredNotes(const Id& organization) const;

  db::Pool* const pool_;
  const Options options_;
};

}  // namespace trellis::audit

#endif  // TRELLIS_COMMON_AUDIT_DATABASE_VERIFIER_H_
