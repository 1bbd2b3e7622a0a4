#include "common/db/server_settings.h"

#include <array>
#include <string>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"

namespace trellis::db {
namespace {

enum class On { kBoth, kMariaDb, kMySql };

struct Rule {
  absl::string_view name;
  On servers;
  bool of_session;  // what our connections use; otherwise the server's own value
  bool (*is_safe)(absl::string_view value);
  absl::string_view wanted;
};

bool IsOn(absl::string_view value) { return value == "ON" || value == "1"; }
bool IsOff(absl::string_view value) { return value == "OFF" || value == "0"; }
bool IsOne(absl::string_view value) { return value == "1"; }
bool IsUtf8(absl::string_view value) { return value == "utf8mb4"; }

bool IsBetween(absl::string_view value, double least, double most) {
  double number = 0;
  return absl::SimpleAtod(value, &number) && number >= least && number <= most;
}

bool IsStrict(absl::string_view value) {
  for (absl::string_view mode : absl::StrSplit(value, ',')) {
    if (mode == "STRICT_TRANS_TABLES" || mode == "STRICT_ALL_TABLES") return true;
  }
  return false;
}

// MySQL's DETECT_ONLY keeps no copy of a page from which a torn one could be restored.
bool IsDoublewrite(absl::string_view value) { return !IsOff(value) && value != "DETECT_ONLY"; }

bool IsReadCommitted(absl::string_view value) { return value == "READ-COMMITTED"; }

constexpr Rule kRules[] = {
    {"innodb_flush_log_at_trx_commit", On::kBoth, false, IsOne, "1"},
    {"sync_binlog", On::kBoth, false, IsOne, "1"},
    {"innodb_doublewrite", On::kBoth, false, IsDoublewrite, "ON"},
    {"innodb_rollback_on_timeout", On::kBoth, false, IsOn, "ON"},
    {"local_infile", On::kBoth, false, IsOff, "OFF"},
    {"character_set_server", On::kBoth, false, IsUtf8, "utf8mb4"},
    {"sql_mode", On::kBoth, false, IsStrict, "with STRICT_TRANS_TABLES"},
    {"sql_mode", On::kBoth, true, IsStrict, "with STRICT_TRANS_TABLES"},
    {"character_set_connection", On::kBoth, true, IsUtf8, "utf8mb4"},
    {"innodb_lock_wait_timeout", On::kBoth, true, [](absl::string_view v) { return IsBetween(v, 1, 5); }, "1 to 5"},
    {"max_statement_time", On::kMariaDb, true, [](absl::string_view v) { return IsBetween(v, 0.001, 10); },
     "above 0, at most 10"},
    {"max_execution_time", On::kMySql, true, [](absl::string_view v) { return IsBetween(v, 1, 10000); }, "1 to 10000"},
    {"innodb_snapshot_isolation", On::kMariaDb, true, IsOn, "ON"},
    {"tx_isolation", On::kMariaDb, true, IsReadCommitted, "READ-COMMITTED"},
    {"transaction_isolation", On::kMySql, true, IsReadCommitted, "READ-COMMITTED"},
};

constexpr Rule kSecureTransport = {"require_secure_transport", On::kBoth, false, IsOn, "ON"};

using Variables = absl::flat_hash_map<std::string, std::string>;

absl::StatusOr<Variables> Load(Session& session, bool of_session) {
  std::vector<std::string> names = {std::string(kSecureTransport.name)};
  for (const Rule& rule : kRules) {
    if (rule.of_session == of_session) names.emplace_back(rule.name);
  }
  const std::string sql = absl::StrCat("SHOW ", of_session ? "SESSION" : "GLOBAL",
                                       " VARIABLES WHERE Variable_name IN (", Placeholders(names.size()), ")");
  TRELLIS_ASSIGN_OR_RETURN(const auto rows, (session.Query<std::string, std::string>(sql, names)));
  Variables out;
  for (const auto& [name, value] : rows) out[absl::AsciiStrToLower(name)] = value;
  return out;
}

void Apply(const Rule& rule, const Variables& variables, std::vector<std::string>& problems) {
  const auto found = variables.find(rule.name);
  const std::string value = found == variables.end() ? "(unknown to this server)" : found->second;
  if (found != variables.end() && rule.is_safe(value)) return;
  problems.push_back(
      absl::StrCat(rule.of_session ? "session " : "", rule.name, " is ", value, ", must be ", rule.wanted));
}

}  // namespace

absl::Status CheckServerSettings(Session& session) {
  TRELLIS_ASSIGN_OR_RETURN(const Variables of_server, Load(session, /*of_session=*/false));
  TRELLIS_ASSIGN_OR_RETURN(const Variables of_session, Load(session, /*of_session=*/true));
  const On here = session.is_mariadb() ? On::kMariaDb : On::kMySql;
  std::vector<std::string> problems;
  for (const Rule& rule : kRules) {
    if (rule.servers != On::kBoth && rule.servers != here) continue;
    Apply(rule, rule.of_session ? of_session : of_server, problems);
  }
  if (session.tls_required()) Apply(kSecureTransport, of_server, problems);
  if (problems.empty()) return absl::OkStatus();
  return Error(absl::StatusCode::kFailedPrecondition, "UNSAFE_DATABASE",
               absl::StrCat("the database server is not safe for records: ", absl::StrJoin(problems, "; ")));
}

}  // namespace trellis::db
