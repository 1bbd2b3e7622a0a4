// Finds the subcommand that the words name and runs it. Exit code: 0 done, 1 refused or failed, 2 wrong usage.
#include <iostream>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/error.h"
#include "services/cli/command.h"
#include "services/cli/problem.h"
#include "services/cli/table.h"

namespace trellis::cli {
namespace {

const std::vector<Flag>& CommonFlags() {
  static const auto* const flags = new std::vector<Flag>{
      {"json", "print the whole answer as JSON", false, true},
      {"get", "print one value of the answer, for example person.name or ranked.0.healthcare_service"},
      {"ca", "file with the certificate authority; otherwise TRELLIS_CA"},
      {"request-id", "a UUID: the same command with the same id changes nothing twice"},
      {"help", "what this command does", false, true},
  };
  return *flags;
}

std::vector<Command> AllCommands() {
  std::vector<Command> all;
  for (auto list :
       {SessionCommands(), CredentialCommands(), StaffCommands(), PersonCommands(), CaseloadCommands(),
        AssessmentCommands(), DirectoryCommands(), ReferralCommands(), AuditCommands(), EmergencyCommands()}) {
    for (Command& command : list) all.push_back(std::move(command));
  }
  return all;
}

int PrintOverview(const std::vector<Command>& commands) {
  std::cout << "trellis: coordinate mental health care from the command line\n\n";
  Table table({"command", "what it does"});
  for (const Command& command : commands) {
    table.Add({absl::StrCat("trellis ", command.name, command.positional.empty() ? "" : " ", command.positional),
               command.summary});
  }
  std::cout << table.ToString() << "\n    trellis COMMAND --help shows a command's flags.\n";
  return 0;
}

int PrintHelp(const Command& command) {
  std::cout << command.summary << "\n\n    trellis " << command.name << " " << command.positional << "\n\n";
  Table table({"flag", "meaning"});
  for (const auto* flags : {&command.flags, &CommonFlags()}) {
    for (const Flag& flag : *flags) {
      table.Add({absl::StrCat("--", flag.name, flag.is_switch ? "" : " VALUE"),
                 absl::StrCat(flag.help, flag.required ? " (required)" : "")});
    }
  }
  std::cout << table.ToString();
  return 0;
}

// The command whose name is the longest beginning of the words.
const Command* Find(const std::vector<Command>& commands, const std::vector<std::string>& words, std::size_t& used) {
  for (std::size_t count = std::min<std::size_t>(2, words.size()); count > 0; --count) {
    const std::string name = absl::StrJoin(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(count), " ");
    for (const Command& command : commands) {
      if (command.name == name) {
        used = count;
        return &command;
      }
    }
  }
  return nullptr;
}

int Run(const std::vector<std::string>& words) {
  const std::vector<Command> commands = AllCommands();
  if (words.empty() || words[0] == "help" || words[0] == "--help" || words[0] == "-h") return PrintOverview(commands);
  std::size_t used = 0;
  const Command* command = Find(commands, words, used);
  if (command == nullptr) {
    std::cerr << "error: there is no command '" << words[0] << "'\n       'trellis help' lists them.\n";
    return 2;
  }
  const std::vector<std::string> rest(words.begin() + static_cast<std::ptrdiff_t>(used), words.end());
  if (std::find(rest.begin(), rest.end(), "--help") != rest.end()) return PrintHelp(*command);

  std::vector<Flag> flags = command->flags;
  flags.insert(flags.end(), CommonFlags().begin(), CommonFlags().end());
  const absl::StatusOr<Args> args = Args::Parse(rest, flags, command->positional);
  if (!args.ok()) {
    std::cerr << Explain(args.status()) << "       'trellis " << command->name << " --help' shows its flags.\n";
    return 2;
  }
  Client client(*args);
  const absl::Status status = command->run(client, *args);
  if (status.ok()) return 0;
  std::cerr << Explain(status);
  return ReasonOf(status) == "USAGE" ? 2 : 1;
}

}  // namespace
}  // namespace trellis::cli

int main(int argc, char** argv) { return trellis::cli::Run(std::vector<std::string>(argv + 1, argv + argc)); }
