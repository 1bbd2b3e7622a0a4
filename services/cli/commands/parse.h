// Pieces of requests that several subcommands read from flags.
#ifndef TRELLIS_SERVICES_CLI_COMMANDS_PARSE_H_
#define TRELLIS_SERVICES_CLI_COMMANDS_PARSE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "services/cli/args.h"
#include "services/cli/enums.h"
#include "trellis/options/v1/options.pb.h"
#include "trellis/types/v1/types.pb.h"

namespace trellis::cli {

inline absl::Status Usage(const std::string& message) {
  return Error(absl::StatusCode::kInvalidArgument, "USAGE", message);
}

// "substance-use,hiv" into the labels of a record or the clearances of a user.
inline absl::Status ReadLabels(const Args& args, const std::string& flag,
                               google::protobuf::RepeatedField<int>* labels) {
  for (const std::string& text : args.All(flag)) {
    TRELLIS_ASSIGN_OR_RETURN(const auto label, ParseEnum<options::v1::SecurityLabel>(flag, text));
    labels->Add(label);
  }
  return absl::OkStatus();
}

// "substance-use, hiv" for people.
inline std::string LabelText(const google::protobuf::RepeatedField<int>& labels) {
  std::string out;
  for (const int label : labels) {
    absl::StrAppend(&out, out.empty() ? "" : ", ", Text(static_cast<options::v1::SecurityLabel>(label)));
  }
  return out;
}

// What stands in place of what the caller may not read.
template <class Record>
std::string OrWithheld(const Record& record, const std::string& text) {
  return record.withheld() ? absl::StrCat("withheld (", LabelText(record.labels()), ")") : text;
}

// "2004-05-17". Unset where the flag is.
inline absl::Status ReadDate(const Args& args, const std::string& flag, types::v1::Date* date) {
  if (!args.Has(flag)) return absl::OkStatus();
  absl::CivilDay day;
  if (!absl::ParseCivilTime(args.Get(flag), &day))
    return Usage(absl::StrCat("--", flag, " wants a day like 2004-05-17"));
  date->set_year(static_cast<std::int32_t>(day.year()));
  date->set_month(day.month());
  date->set_day(day.day());
  return absl::OkStatus();
}

// "51.5072,-0.1276": degrees north and east.
inline absl::Status ReadPosition(const Args& args, const std::string& flag, types::v1::Position* position) {
  const std::vector<std::string> parts = absl::StrSplit(args.Get(flag), ',');
  double latitude = 0;
  double longitude = 0;
  if (parts.size() != 2 || !absl::SimpleAtod(parts[0], &latitude) || !absl::SimpleAtod(parts[1], &longitude)) {
    return Usage(absl::StrCat("--", flag, " wants latitude,longitude like 51.5072,-0.1276"));
  }
  position->set_latitude(latitude);
  position->set_longitude(longitude);
  return absl::OkStatus();
}

// "2026-03-01T09:30:00Z" or "2026-03-01" (midnight UTC).
inline absl::Status ReadTime(const Args& args, const std::string& flag, google::protobuf::Timestamp* time) {
  absl::Time at;
  std::string ignored;
  if (!absl::ParseTime(absl::RFC3339_full, args.Get(flag), &at, &ignored) &&
      !absl::ParseTime("%Y-%m-%d", args.Get(flag), &at, &ignored)) {
    return Usage(absl::StrCat("--", flag, " wants a time like 2026-03-01T09:30:00Z"));
  }
  time->set_seconds(absl::ToUnixSeconds(at));
  return absl::OkStatus();
}

}  // namespace trellis::cli

#endif  // TRELLIS_SERVICES_CLI_COMMANDS_PARSE_H_
