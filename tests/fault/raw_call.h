// Calls without a stub: any bytes to any method.
#ifndef TRELLIS_TESTS_FAULT_RAW_CALL_H_
#define TRELLIS_TESTS_FAULT_RAW_CALL_H_

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"

namespace trellis::fault {

struct RawAnswer {
  grpc::Status status;
  std::string response;  // bytes of the first response message
};

// Sends one message and the end of the stream; path: "/trellis.identity.v1.Persons/GetPerson".
RawAnswer RawCall(const std::shared_ptr<grpc::Channel>& channel, const std::string& path, absl::string_view bytes,
                  grpc::ClientContext& context);

// Nothing where the status is an error as this suite promises them: a code that says something, one ErrorInfo with
// reason and domain that agrees with it, nothing of what is inside the service. Otherwise what is wrong.
std::string WrongWithRefusal(const grpc::Status& status);

}  // namespace trellis::fault

#endif  // TRELLIS_TESTS_FAULT_RAW_CALL_H_
