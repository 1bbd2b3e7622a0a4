#include "tests/access/cells.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/base/random.h"
#include "common/rpc/channel.h"
#include "google/protobuf/message.h"
#include "google/protobuf/text_format.h"
#include "trellis/referral/v1/referral.pb.h"

namespace trellis::matrix {
namespace {

using testing::TestService;
using testing::TestUser;

[[noreturn]] void Die(const std::string& what) {
  std::cerr << what << std::endl;
  std::abort();
}

std::vector<std::string> SplitTexts(const std::string& joined) {
  return joined.empty() ? std::vector<std::string>() : absl::StrSplit(joined, '|');
}

Cell Parse(const std::string& line) {
  const std::vector<std::string> words = absl::StrSplit(line, '\t');
  if (words.size() != 13) Die(absl::StrCat("the evaluator wrote: ", line));
  Cell cell;
  cell.phase = words[0];
  cell.service = words[1];
  cell.method = words[2];
  cell.caller = words[3];
  cell.label = words[4];
  cell.outcome = words[5];
  cell.shows = SplitTexts(words[6]);
  cell.hides = SplitTexts(words[7]);
  cell.state = words[8];
  cell.revive = !words[9].empty();
  cell.never = !words[10].empty();
  cell.title = words[11];
  cell.request = words[12];
  return cell;
}

options::v1::Role RoleOf(const std::string& word) {
  options::v1::Role role = options::v1::ROLE_UNSPECIFIED;
  if (!options::v1::Role_Parse(absl::StrCat("ROLE_", absl::AsciiStrToUpper(word)), &role)) {
    Die(absl::StrCat("no role ", word));
  }
  return role;
}

const google::protobuf::MethodDescriptor& MethodOf(const Cell& cell) {
  return *google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(cell.method);
}

std::unique_ptr<google::protobuf::Message> New(const google::protobuf::Descriptor& type) {
  return std::unique_ptr<google::protobuf::Message>(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(&type)->New());
}

}  // namespace

std::vector<Cell> AskEvaluator(const World& world) {
  std::string facts = "/tmp/trellis-access.XXXXXX";
  const int file = mkstemp(facts.data());
  if (file < 0) Die("cannot make a file for the facts");
  close(file);
  std::ofstream(facts) << world.Facts();
  const std::string command = absl::StrCat(
      "python3 " TRELLIS_SOURCE_DIR "/tests/access/evaluator.py " TRELLIS_SOURCE_DIR "/tests/access/policy.toml ",
      facts);
  FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) Die("cannot run the evaluator");
  std::string text;
  char buffer[65536];
  for (std::size_t size = 0; (size = std::fread(buffer, 1, sizeof(buffer), pipe)) > 0;) text.append(buffer, size);
  if (pclose(pipe) != 0) Die("the evaluator gave up; what it said stands above");
  std::remove(facts.c_str());
  std::vector<Cell> cells;
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    cells.push_back(Parse(std::string(line)));
  }
  return cells;
}

std::string OutcomeOf(const grpc::Status& status) {
  const std::string reason = testing::ReasonOf(status);
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::ALREADY_EXISTS:
      return reason == "CONSENT_MISSING" ? "consent" : "passed";
    case grpc::StatusCode::UNAUTHENTICATED:
      return absl::StartsWith(reason, "TOKEN_") || absl::StartsWith(reason, "SESSION_") ? "unauthenticated" : "passed";
    case grpc::StatusCode::PERMISSION_DENIED:
      if (reason == "ROLE_MISSING") return "role";
      return reason == "SERVICE_NOT_ALLOWED" ? "service" : "refused";
    case grpc::StatusCode::NOT_FOUND:
      return "hidden";
    default:
      return absl::StrCat("broken: ", status.error_code(), " ", reason, " ", status.error_message());
  }
}

std::string Caller::TokenFor(const TestUser& who, bool expired) {
  const std::string key = absl::StrCat(who.user.ToString(), who.roles.empty() ? 0 : who.roles[0], expired);
  const std::lock_guard lock(mutex_);
  std::string& token = tokens_[key];
  if (token.empty()) token = expired ? world_->ExpiredToken(who) : world_->service("identity").TokenFor(who);
  return token;
}

std::shared_ptr<grpc::Channel> Caller::ChannelOf(const std::string& service, const std::string& callee) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<grpc::Channel>& channel = channels_[absl::StrCat(service, ">", callee)];
  if (channel == nullptr) {
    TestService& running = world_->service(callee);
    channel = service.empty() ? running.channel() : running.ChannelOf(service);
  }
  return channel;
}

fault::RawAnswer Caller::Call(const Cell& cell, const std::string& bytes) {
  const std::vector<std::string> words = absl::StrSplit(cell.caller, ':');
  std::string token;
  std::string certificate;
  if (words[0] == "user" || words[0] == "through") {
    TestUser who = world_->cases().at(words[1]).caller;
    who.roles = {RoleOf(words[2])};
    token = TokenFor(who);
    if (words[0] == "through") certificate = "caseload";
  } else if (words[0] == "service") {
    certificate = words[1];
  } else if (words[0] == "garbage") {
    token = "eyJhbGciOiJub25lIn0.e30.";
  } else if (words[0] == "expired") {
    token = TokenFor(world_->cases().at(cell.label).caller, /*expired=*/true);
  }
  const auto context = TestService::AsNobody();
  if (!token.empty()) context->AddMetadata("authorization", absl::StrCat("Bearer ", token));
  const std::size_t dot = cell.method.rfind('.');
  const std::string path = absl::StrCat("/", cell.method.substr(0, dot), "/", cell.method.substr(dot + 1));
  return fault::RawCall(ChannelOf(certificate, cell.service), path, bytes, *context);
}

std::unique_ptr<google::protobuf::Message> RequestOf(const Cell& cell) {
  std::unique_ptr<google::protobuf::Message> request = New(*MethodOf(cell).input_type());
  if (!google::protobuf::TextFormat::ParseFromString(cell.request, request.get())) {
    Die(absl::StrCat(cell.title, ": no request: ", cell.request));
  }
  return request;
}

std::unique_ptr<google::protobuf::Message> ResponseOf(const Cell& cell) { return New(*MethodOf(cell).output_type()); }

std::string Caller::BytesOf(const Cell& cell) {
  const std::unique_ptr<google::protobuf::Message> request = RequestOf(cell);
  const auto* const id = request->GetDescriptor()->FindFieldByName("request_id");
  if (id != nullptr) {
    static IdGenerator& ids = *new IdGenerator(SystemClock(), SystemRandom());
    request->GetReflection()->SetString(request.get(), id, ids.Next().ToString());
  }
  return request->SerializeAsString();
}

void Caller::Prepare(const Cell& cell) {
  const Case& about = world_->cases().at(cell.label);
  if (!cell.state.empty()) {
    referral::v1::Referral::State state = referral::v1::Referral::STATE_UNSPECIFIED;
    if (!referral::v1::Referral::State_Parse(absl::StrCat("STATE_", cell.state), &state)) Die("no such state");
    world_->SetReferralState(about, state);
  }
  if (!cell.revive) return;
  const Id person = IdOf(about.names.at("person"));
  world_->Revive({about.organization, person, access::RelationKind::kCareTeam, world_->colleague().user});
}

std::string Mismatch(const Cell& cell, const fault::RawAnswer& answer) {
  const std::string outcome = OutcomeOf(answer.status);
  const bool nothing = cell.outcome == "nothing" && (outcome == "hidden" || outcome == "passed");
  // What a never-succeeding request is refused for, once the caller has passed, is not this test's business.
  const grpc::StatusCode code = answer.status.error_code();
  const bool passed = cell.never && cell.outcome == "passed" &&
                      (code == grpc::StatusCode::INVALID_ARGUMENT || code == grpc::StatusCode::FAILED_PRECONDITION);
  if (outcome != cell.outcome && !nothing && !passed) {
    return absl::StrCat("is ", outcome, " (", testing::ReasonOf(answer.status), ") instead of ", cell.outcome);
  }
  if (answer.status.ok()) {
    for (const std::string& text : cell.shows) {
      if (!absl::StrContains(answer.response, text)) return absl::StrCat("does not show ", text);
    }
  }
  for (const std::string& text : cell.hides) {
    if (absl::StrContains(answer.response, text)) return absl::StrCat("shows ", text);
  }
  return "";
}

std::string WithUnknownIds(const Case& about, const std::string& mentioned, std::string text) {
  for (const auto& [placeholder, name] : about.names) {
    if (!absl::StrContains(name, '/') || !absl::StrContains(mentioned, name)) continue;
    std::string other = name;
    for (std::size_t i = other.size() - 12; i < other.size(); ++i) other[i] = other[i] == 'a' ? 'b' : 'a';
    text = absl::StrReplaceAll(text, {{name, other}});
  }
  return text;
}

}  // namespace trellis::matrix
