#include "services/cli/problem.h"

#include "absl/strings/str_cat.h"
#include "common/base/error.h"

namespace trellis::cli {
namespace {

std::string NextStep(const absl::Status& status, const std::string& reason) {
  if (reason == "SIGN_IN_REFUSED") return "Check the login and the password; after many failures wait a while.";
  if (reason == "CONSENT_MISSING") return "Record the person's consent first: trellis consent record --help";
  if (reason == "SUBSTANCE_USE_CONSENT_MISSING") {
    return "Record a consent that names substance use and has an end first: trellis consent record --help";
  }
  if (reason == "LABEL_NOT_CLEARED") return "Ask your organization's administrator: trellis user clear --help";
  if (reason == "REQUEST_ID_REUSED") return "Leave --request-id out, or give one that was not used before.";
  if (reason == "ETAG_MISMATCH") return "Somebody changed it in the meantime: look at it again and repeat your change.";
  if (reason == "CODE_REQUIRED") return "Give the code that your authenticator shows: --code CODE.";
  if (reason == "CODE_REFUSED") return "Wait for the next code: each works once. After many failures wait a while.";
  if (reason == "PASSKEY_REQUIRED") return "Sign in with your app in the browser, where your passkey can be shown.";
  if (reason == "PASSWORD_REFUSED") return "Check the password; after many failures wait a while.";
  if (reason == "SECOND_FACTOR_REQUIRED") return "Show a code first: trellis step-up CODE.";
  switch (status.code()) {
    case absl::StatusCode::kUnauthenticated:
      return "Sign in (again): trellis sign-in --login LOGIN. A session that is not used ends after thirty minutes.";
    case absl::StatusCode::kUnavailable:
      return "The service cannot be reached or is starting. Are all services running? (services/up)";
    case absl::StatusCode::kDeadlineExceeded:
      return "The service did not answer in time. Repeat the command; with the same --request-id nothing happens "
             "twice.";
    case absl::StatusCode::kResourceExhausted:
      return "The service is busy. Repeat the command in a moment.";
    case absl::StatusCode::kPermissionDenied:
      return "Your roles do not allow this. 'trellis whoami' shows who is signed in.";
    default:
      return "";
  }
}

}  // namespace

std::string Explain(const absl::Status& status) {
  const auto details = DetailsOf(status);
  std::string out = absl::StrCat("error: ", status.message(), "\n");
  if (!details.has_value()) return out;
  for (const FieldError& field : details->fields) {
    absl::StrAppend(&out, "       ", field.field, ": ", field.description, "\n");
  }
  if (details->reason == "USAGE") return out;
  if (const std::string next = NextStep(status, details->reason); !next.empty())
    absl::StrAppend(&out, "       ", next, "\n");
  absl::StrAppend(&out, "       (", absl::StatusCodeToString(status.code()), " ", details->reason, ")\n");
  return out;
}

}  // namespace trellis::cli
