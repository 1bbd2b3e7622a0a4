// A subcommand, and the lists that main.cc joins.
#ifndef TRELLIS_SERVICES_CLI_COMMAND_H_
#define TRELLIS_SERVICES_CLI_COMMAND_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "services/cli/args.h"
#include "services/cli/client.h"

namespace trellis::cli {

struct Command {
  std::string name;        // "person register"
  std::string positional;  // "PERSON", "[PERSON]" where it may be left out, "" for none
  std::string summary;
  std::vector<Flag> flags;
  std::function<absl::Status(Client&, const Args&)> run;
};

std::vector<Command> SessionCommands();
std::vector<Command> CredentialCommands();
std::vector<Command> StaffCommands();
std::vector<Command> PersonCommands();
std::vector<Command> DirectoryCommands();
std::vector<Command> AssessmentCommands();
std::vector<Command> ReferralCommands();
std::vector<Command> CaseloadCommands();
std::vector<Command> AuditCommands();
std::vector<Command> EmergencyCommands();

}  // namespace trellis::cli

#endif  // TRELLIS_SERVICES_CLI_COMMAND_H_
