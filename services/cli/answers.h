// Answers to an instrument, from a file or typed at the terminal.
#ifndef TRELLIS_SERVICES_CLI_ANSWERS_H_
#define TRELLIS_SERVICES_CLI_ANSWERS_H_

#include <iosfwd>
#include <string>

#include "absl/status/status.h"
#include "trellis/assessment/v1/assessment.pb.h"
#include "trellis/assessment/v1/instrument.pb.h"

namespace trellis::cli {

// Lines "item=answer"; '#' begins a comment. The item by its code or its number, a choice by its code or its weight.
// Items that the instrument does not have are passed on as they stand: the service names them in its answer.
absl::Status ReadAnswers(const std::string& text, const assessment::v1::Instrument& instrument,
                         assessment::v1::Assessment& assessment);

// Asks item by item. An empty line leaves an item out.
void AskAnswers(std::istream& in, std::ostream& out, const assessment::v1::Instrument& instrument,
                assessment::v1::Assessment& assessment);

}  // namespace trellis::cli

#endif  // TRELLIS_SERVICES_CLI_ANSWERS_H_
