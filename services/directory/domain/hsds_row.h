// Reading one row (JSON object) of a package, value by value. The first value that is wrong breaks the row; it is
// reported once, with its place, however often the package repeats the row.
#ifndef TRELLIS_SERVICES_DIRECTORY_DOMAIN_HSDS_ROW_H_
#define TRELLIS_SERVICES_DIRECTORY_DOMAIN_HSDS_ROW_H_

#include <cstddef>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "nlohmann/json.hpp"

namespace trellis::directory {

// A row that was left out, and why.
struct Problem {
  std::string path;    // JSON Pointer (RFC 6901)
  std::string table;   // HSDS table
  std::string reason;  // MISSING, WRONG_TYPE, OUT_OF_RANGE, BAD_DATE, BAD_TEXT, TOO_LONG, ...
  std::string description;
};

// All problems of one package: each is counted, the first ones are kept. Not thread-safe.
class Problems {
 public:
  static constexpr std::size_t kKept = 1'000;

  // `identity`: what makes the row the same row wherever it is repeated; empty: reported every time.
  void Add(Problem problem, absl::string_view identity);
  const std::vector<Problem>& kept() const { return kept_; }
  int count() const { return count_; }
  int CountOf(const std::string& table) const;

 private:
  std::vector<Problem> kept_;
  int count_ = 0;
  std::map<std::string, int> by_table_;
  std::set<std::pair<std::string, std::string>> seen_;  // table, identity
};

// The member by which the table form keeps the place of a row that was moved below its parent.
inline constexpr char kPathMember[] = "$path";

// Lives as long as the object that it reads. Values that are absent or null read as empty.
class HsdsRow {
 public:
  HsdsRow(const nlohmann::json& object, std::string path, std::string table, Problems& problems);

  bool ok() const { return ok_; }
  const std::string& path() const { return path_; }

  // Trimmed, without carriage returns. Line: white space is joined to single blanks. At most `max` code points.
  std::string Line(const char* key, std::size_t max = 255);
  std::string RequiredLine(const char* key, std::size_t max = 255);
  std::string Text(const char* key, std::size_t max = 10'000);
  std::optional<double> Number(const char* key, double min, double max);
  std::optional<int> Whole(const char* key, int min, int max);
  std::optional<absl::CivilDay> Day(const char* key);
  std::string TimeOfDay(const char* key);
  // One of `allowed` (compared without case, given in lower case), "" where absent.
  std::string OneOf(const char* key, std::initializer_list<absl::string_view> allowed);

  // A row below this one, nothing where it is absent.
  std::optional<HsdsRow> Child(const char* key, const char* table);
  // Rows below this one. An element that is no object is reported and left out.
  std::vector<HsdsRow> Children(const char* key, const char* table);

  bool Has(const char* key) const { return Find(key) != nullptr; }
  // Breaks the row.
  void Fail(absl::string_view key, absl::string_view reason, absl::string_view description);

 private:
  const nlohmann::json* Find(const char* key) const;
  std::string Clean(const char* key, std::size_t max, bool single_line);

  const nlohmann::json* object_;
  std::string path_;
  std::string table_;
  Problems* problems_;
  bool ok_ = true;
};

}  // namespace trellis::directory

#endif  // TRELLIS_SERVICES_DIRECTORY_DOMAIN_HSDS_ROW_H_
