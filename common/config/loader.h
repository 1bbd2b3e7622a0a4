// A program's settings: from flags, from the environment and, for secrets, from files. Every mistake is reported at
// once, so that nobody has to start a service seven times to find seven of them.
#ifndef TRELLIS_COMMON_CONFIG_LOADER_H_
#define TRELLIS_COMMON_CONFIG_LOADER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace trellis::config {

// Usage:
//   config::Loader loader("trellis-identity serve", argc, argv);
//   loader.String("listen", &options.listen, "0.0.0.0:7101", "address of the gRPC port");
//   loader.Secret("db-password", &options.password, "the database account's password");
//   if (loader.help_wanted()) { std::cout << loader.Help(); return 0; }
//   TRELLIS_RETURN_IF_ERROR(loader.Finish());
//
// Where a value comes from, strongest first:
//   --name=value, --name value; for a Bool also --name and --no-name
//   the environment: TRELLIS_NAME, hyphens written as underscores (TRELLIS_DB_POOL_SIZE); empty counts as not set
//   the fallback
// A Secret is never taken from the command line, where every user of the machine could read it: the flag is
// --name-file=PATH (or TRELLIS_NAME_FILE); TRELLIS_NAME gives the value itself. One final newline is cut off.
//
// Each function below settles its value at once; a mistake leaves the fallback and is kept for Finish().
// Not thread-safe.
class Loader {
 public:
  using Environment = std::function<std::optional<std::string>(const std::string& name)>;

  // `program` is only printed. argv[0] is skipped. The environment is the process's own.
  Loader(absl::string_view program, int argc, const char* const* argv);
  // `arguments` without the program's name.
  Loader(absl::string_view program, std::vector<std::string> arguments, Environment environment);

  void String(absl::string_view name, std::string* out, absl::string_view fallback, absl::string_view help);
  // Must be set and not empty.
  void RequiredString(absl::string_view name, std::string* out, absl::string_view help);
  // One of `choices`.
  void Choice(absl::string_view name, std::string* out, const std::vector<std::string>& choices,
              absl::string_view fallback, absl::string_view help);
  // Comma-separated; blanks around an element are cut off, empty elements left out.
  void List(absl::string_view name, std::vector<std::string>* out, absl::string_view fallback, absl::string_view help);
  // A whole number in [min, max].
  void Int(absl::string_view name, int* out, int fallback, int min, int max, absl::string_view help);
  // true/false, yes/no, on/off, 1/0.
  void Bool(absl::string_view name, bool* out, bool fallback, absl::string_view help);
  // With a unit: "250ms", "5s", "8m", "1h30m"; never negative.
  void Duration(absl::string_view name, absl::Duration* out, absl::Duration fallback, absl::string_view help);
  void Secret(absl::string_view name, std::string* out, absl::string_view help);
  void RequiredSecret(absl::string_view name, std::string* out, absl::string_view help);

  // A mistake that only shows when values are held together.
  void AddMistake(absl::string_view description);

  // True where --help or -h was given.
  bool help_wanted() const { return help_wanted_; }
  // A table of every flag that was declared: name, environment variable, fallback, meaning.
  std::string Help() const;

  // Call after the last declaration. Error: INVALID_ARGUMENT, one line for each mistake, unknown flags included
  // (with the nearest known one). A secret's value is never part of the text.
  absl::Status Finish();

 private:
  struct Declared {
    std::string name;
    std::string fallback;
    std::string help;
    bool secret;
  };
  struct Found {
    std::string value;
    std::string source;  // "--listen" or "TRELLIS_LISTEN", for messages
  };

  void Declare(absl::string_view name, absl::string_view fallback, absl::string_view help, bool secret = false);
  std::optional<Found> Find(absl::string_view name, bool is_bool);
  std::optional<Found> FindFlag(absl::string_view name, bool is_bool);
  std::optional<Found> FindInEnvironment(absl::string_view name);
  void LoadSecret(absl::string_view name, std::string* out, absl::string_view help, bool required);
  std::optional<Found> FindSecret(absl::string_view name);
  std::string Nearest(absl::string_view unknown) const;

  std::string program_;
  std::vector<std::string> arguments_;
  std::vector<bool> used_;  // beside arguments_
  Environment environment_;
  std::vector<Declared> declared_;
  std::vector<std::string> mistakes_;
  bool help_wanted_ = false;
};

// TRELLIS_DB_POOL_SIZE for "db-pool-size".
std::string EnvironmentName(absl::string_view flag);

}  // namespace trellis::config

#endif  // TRELLIS_COMMON_CONFIG_LOADER_H_
