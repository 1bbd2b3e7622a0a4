// The flags of one subcommand: "--name value", "--name=value", or "--name" alone for switches. The first words that are
// not flags are positional.
#ifndef TRELLIS_SERVICES_CLI_ARGS_H_
#define TRELLIS_SERVICES_CLI_ARGS_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace trellis::cli {

struct Flag {
  std::string name;
  std::string help;
  bool required = false;
  bool is_switch = false;
};

class Args {
 public:
  // Errors: INVALID_ARGUMENT naming every unknown, repeated-by-mistake or missing flag at once.
  static absl::StatusOr<Args> Parse(const std::vector<std::string>& words, const std::vector<Flag>& flags,
                                    const std::string& positional);

  bool Has(const std::string& name) const { return values_.count(name) > 0; }
  std::string Get(const std::string& name, const std::string& otherwise = "") const;
  std::vector<std::string> All(const std::string& name) const;  // a flag may be given several times, or with commas
  absl::StatusOr<std::optional<int>> Int(const std::string& name) const;
  // The contents of the file, or of standard input for "-", without the line end at its end.
  absl::StatusOr<std::string> File(const std::string& name) const;
  const std::string& positional() const { return positional_; }

 private:
  std::map<std::string, std::vector<std::string>> values_;
  std::string positional_;
};

}  // namespace trellis::cli

#endif  // TRELLIS_SERVICES_CLI_ARGS_H_
