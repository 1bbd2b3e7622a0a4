// Parts the text of a migration into its statements.
#include "absl/strings/ascii.h"
#include "common/db/migrate.h"

namespace trellis::db {
namespace {

// The end of what begins at `at` and is one whole for the splitter: a comment, a quoted text or a single character.
class Scanner {
 public:
  explicit Scanner(absl::string_view sql) : sql_(sql) {}

  bool IsComment(std::size_t at) const {
    return At(at) == '#' || (At(at) == '/' && At(at + 1) == '*') ||
           (At(at) == '-' && At(at + 1) == '-' && (At(at + 2) == '\0' || absl::ascii_isspace(At(at + 2))));
  }
  std::size_t EndOf(std::size_t at) const {
    if (IsComment(at)) return At(at) == '/' ? After(sql_.find("*/", at + 2), 2) : After(sql_.find('\n', at), 1);
    const char c = At(at);
    return c == '\'' || c == '"' || c == '`' ? EndOfQuoted(at, c) : at + 1;
  }

 private:
  char At(std::size_t at) const { return at < sql_.size() ? sql_[at] : '\0'; }
  std::size_t After(std::size_t found, std::size_t size) const {
    return found == absl::string_view::npos ? sql_.size() : found + size;
  }
  std::size_t EndOfQuoted(std::size_t at, char quote) const {
    for (std::size_t i = at + 1; i < sql_.size(); ++i) {
      if (sql_[i] == '\\' && quote != '`') {
        ++i;
      } else if (sql_[i] == quote) {
        if (At(i + 1) != quote) return i + 1;
        ++i;  // doubled: stands for itself
      }
    }
    return sql_.size();
  }

  const absl::string_view sql_;
};

}  // namespace

std::vector<std::string> SplitStatements(absl::string_view sql) {
  const Scanner scanner(sql);
  std::vector<std::string> out;
  std::string statement;
  const auto finish = [&] {
    absl::StripAsciiWhitespace(&statement);
    if (!statement.empty()) out.push_back(statement);
    statement.clear();
  };
  for (std::size_t at = 0; at < sql.size();) {
    const std::size_t end = scanner.EndOf(at);
    if (scanner.IsComment(at)) {
      statement += ' ';
    } else if (sql[at] == ';') {
      finish();
    } else {
      statement.append(sql.data() + at, end - at);
    }
    at = end;
  }
  finish();
  return out;
}

}  // namespace trellis::db
