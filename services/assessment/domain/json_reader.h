// Strict reading of JSON data files: every mistake is noted with its path, all of them at once, and a key that nobody
// asked for is a mistake too.
#ifndef TRELLIS_SERVICES_ASSESSMENT_DOMAIN_JSON_READER_H_
#define TRELLIS_SERVICES_ASSESSMENT_DOMAIN_JSON_READER_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace trellis::assessment {

// Parses JSON. Errors: INVALID_ARGUMENT for malformed text and for a key that an object has twice.
absl::StatusOr<nlohmann::json> ParseJson(absl::string_view text);

// The mistakes of one file.
class Problems {
 public:
  void Add(absl::string_view path, absl::string_view what);
  bool empty() const { return lines_.empty(); }
  // INVALID_ARGUMENT with one line for each mistake, each beginning with the file's name; OK where there is none.
  absl::Status ToStatus(absl::string_view file) const;

 private:
  std::vector<std::string> lines_;
};

// Reads the members of one object. Finish() must be the last call.
class ObjectReader {
 public:
  ObjectReader(const nlohmann::json& object, std::string path, Problems* problems);

  // Required members: a problem is noted and an empty value returned where the member is missing or of another type.
  std::string Text(const char* key);
  std::string Code(const char* key);  // letters, digits, '.', '_', '-'; at most 64
  double Number(const char* key);
  std::int64_t Integer(const char* key);
  // One of `words`; returns its position, 0 where it is none of them.
  std::size_t OneOf(const char* key, const std::vector<std::string>& words);

  // Members that may be missing.
  std::string OptionalText(const char* key);
  std::optional<double> OptionalNumber(const char* key);
  bool Flag(const char* key);
  const nlohmann::json* Raw(const char* key);  // nullptr where it is missing
  std::vector<std::string> Texts(const char* key);
  // Calls `each` with every element of an array and the element's path.
  void Each(const char* key, absl::FunctionRef<void(const nlohmann::json&, const std::string&)> each);

  // Notes every member that was not asked for.
  void Finish();

  std::string PathOf(absl::string_view key) const;
  void Problem(absl::string_view key, absl::string_view what);

 private:
  const nlohmann::json* Find(const char* key, bool required);

  const nlohmann::json& object_;
  const std::string path_;
  Problems* const problems_;
  std::set<std::string> asked_;
};

// True for text of the form of a code.
bool IsCode(absl::string_view text);

}  // namespace trellis::assessment

#endif  // TRELLIS_SERVICES_ASSESSMENT_DOMAIN_JSON_READER_H_
