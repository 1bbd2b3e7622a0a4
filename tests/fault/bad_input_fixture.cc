#include "tests/fault/bad_input_fixture.h"

#include <algorithm>
#include <iostream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/rpc/channel.h"

namespace trellis::fault {
namespace {

std::unique_ptr<BadInputWorld>& Slot() {
  static auto& slot = *new std::unique_ptr<BadInputWorld>();
  return slot;
}

// Ends the services before the process does, so that their databases are dropped.
class EndWorld : public ::testing::Environment {
 public:
  void TearDown() override { Slot().reset(); }
};
const auto* const kEndWorld = ::testing::AddGlobalTestEnvironment(new EndWorld);

}  // namespace

BadInputWorld& BadInput::world() {
  if (Slot() == nullptr) Slot() = std::make_unique<BadInputWorld>();
  return *Slot();
}

void BadInput::TearDown() {
  std::cout << "  " << calls_ << " requests\n";
  if (may_write_) return;
  EXPECT_EQ(world().Rows(), before_) << "something was written";
}

std::string BadInput::GoodBytes(const Method& method) {
  return Sample(method.prototype(), world().names())->SerializeAsString();
}

std::string BadInput::ReasonOf(const grpc::Status& status) { return ::trellis::ReasonOf(rpc::FromGrpc(status)); }

std::vector<std::string> BadInput::FieldsOf(const grpc::Status& status) {
  std::vector<std::string> fields;
  const auto details = DetailsOf(rpc::FromGrpc(status));
  if (!details.has_value()) return fields;
  for (const FieldError& error : details->fields) fields.push_back(error.field);
  return fields;
}

void BadInput::Complain(const Method& method, const std::string& what, const std::string& complaint,
                        const grpc::Status& status) {
  if (++failures_[method.path] > 5) return;
  ADD_FAILURE() << method.service << " " << method.path << " with " << what << ": the answer " << complaint << " ("
                << status.error_code() << " " << ReasonOf(status) << ": " << status.error_message() << ")";
}

void BadInput::ExpectRefused(const Method& method, const std::string& what, const grpc::Status& status,
                             std::initializer_list<grpc::StatusCode> codes) {
  ++calls_;
  std::string wrong = WrongWithRefusal(status);
  const bool is_any = codes.size() == 0;
  if (wrong.empty() && !is_any && std::find(codes.begin(), codes.end(), status.error_code()) == codes.end()) {
    wrong = absl::StrCat("has the code ", status.error_code());
  }
  if (!wrong.empty()) Complain(method, what, wrong, status);
}

void BadInput::ExpectRefusedOrOk(const Method& method, const std::string& what, const grpc::Status& status) {
  if (!status.ok()) return ExpectRefused(method, what, status);
  ++calls_;
}

void BadInput::ExpectRefusedOrRead(const Method& method, const std::string& what, const grpc::Status& status) {
  if (method.IsRead()) return ExpectRefusedOrOk(method, what, status);
  ExpectRefused(method, what, status);
}

}  // namespace trellis::fault
