#include "tests/bench/suite/suite.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/testing/test_certificates.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "tests/bench/suite/load.h"
#include "trellis/caseload/v1/cases.pb.h"
#include "trellis/identity/v1/organizations.pb.h"
#include "trellis/identity/v1/persons.pb.h"
#include "trellis/identity/v1/sessions.pb.h"
#include "trellis/identity/v1/users.pb.h"

namespace trellis::bench {
namespace {

const std::vector<std::string>& Names() {
  static const auto* const names =
      new std::vector<std::string>{"identity", "directory", "assessment", "referral", "caseload"};
  return *names;
}

constexpr char kPassword[] = "correct horse battery staple";
constexpr char kAdministrator[] = "admin@trellis.example";
constexpr char kOffice[] = "office@school.example";
constexpr char kCoordinator[] = "coordinator@school.example";
constexpr char kOtherOffice[] = "office@clinic.example";
constexpr char kStranger[] = "coordinator@clinic.example";

// What http://127.0.0.1:port answers, head and all; "" where nobody listens.
std::string Get(int port, absl::string_view path) {
  const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const std::string request = absl::StrCat("GET ", path, " HTTP/1.0\r\n\r\n");
  std::string answer;
  if (connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 &&
      write(connection, request.data(), request.size()) > 0) {
    char some[4096];
    for (ssize_t got = 0; (got = read(connection, some, sizeof(some))) > 0;) answer.append(some, some + got);
  }
  close(connection);
  return answer;
}

bool IsReady(int port) {
  const std::string answer = Get(port, "/readyz");
  return answer.size() > 12 && answer.compare(9, 3, "200") == 0;
}

Id IdOf(absl::string_view name) {
  const absl::StatusOr<Id> id = Id::Parse(name.substr(name.find('/') + 1));
  if (!id.ok()) Die(absl::StrCat("no name: ", name));
  return *id;
}

void Progress(absl::string_view what) {
  std::fprintf(stderr, "%s %.*s\n", absl::FormatTime("%H:%M:%S", absl::Now(), absl::UTCTimeZone()).c_str(),
               static_cast<int>(what.size()), what.data());
}

std::string RegisterRequest(std::int64_t n) {
  static constexpr const char* kGiven[] = {"Maya", "Jonas", "Amal", "Ines", "Tom", "Aisha", "Luka", "Wren"};
  static constexpr const char* kFamily[] = {"Okafor", "Lind", "Haddad", "Almeida", "Reyes", "Khan", "Novak"};
  identity::v1::RegisterPersonRequest request;
  identity::v1::Person& person = *request.mutable_person();
  person.set_given_names(kGiven[n % 8]);
  person.set_family_names(absl::StrCat(kFamily[n % 7], " ", n));
  person.mutable_birth_date()->set_year(static_cast<int>(1950 + n % 60));
  person.mutable_birth_date()->set_month(static_cast<int>(1 + n % 12));
  person.mutable_birth_date()->set_day(static_cast<int>(1 + n % 28));
  person.set_gender(identity::v1::Person::GENDER_FEMALE);
  person.add_languages("en");
  person.add_phones("+44 1632 960000");
  person.add_emails(absl::StrCat("person", n, "@mail.example"));
  person.mutable_address()->add_lines(absl::StrCat(n, " Harbour Street"));
  person.mutable_address()->set_city("Kingsmouth");
  person.mutable_address()->set_postal_code("KM1 2AB");
  person.mutable_address()->set_country("GB");
  identity::v1::PersonIdentifier& identifier = *person.add_identifiers();
  identifier.set_system("https://school.example/pupil");
  identifier.set_value(absl::StrCat("P", n));
  return request.SerializeAsString();
}

}  // namespace

std::string IdBytes(const std::string& name) { return IdOf(name).bytes(); }

Suite::Suite(std::string binaries, std::string folder) : binaries_(std::move(binaries)), folder_(std::move(folder)) {
  Progress("starting a database");
  auto database = testing::PrivateMariaDb::Start({"--innodb-buffer-pool-size=256M"});
  if (!database.ok()) Die(database.status().ToString());
  database_ = *std::move(database);
  sql_ = Connect("");
  std::ofstream(folder_ + "/db-password") << "trellis";
  std::ofstream(folder_ + "/password") << kPassword;
  for (const std::string& name : Names()) {
    sql_->Text(absl::StrCat("CREATE DATABASE trellis_", name));
    ports_[name] = FreePort();
    http_ports_[name] = FreePort();
  }
  Progress("starting the five services");
  for (const std::string& name : Names()) Start(name, {absl::StrCat(binaries_, "/trellis-", name), "serve"}, name);
  for (const std::string& name : Names()) AwaitReady(name);
  MakeAdministrator();
  std::tie(organization_, coordinator_) = MakeOrganization("Harbour College", kOffice, kCoordinator);
  MakeOrganization("Hill Clinic", kOtherOffice, kStranger);
}

std::unique_ptr<SqlConnection> Suite::Connect(absl::string_view schema) const {
  return std::make_unique<SqlConnection>(database_->folder() + "/s.sock", std::string(schema));
}

std::vector<std::string> Suite::DatabaseFlags(absl::string_view schema) const {
  return {absl::StrCat("--db-socket=", database_->folder(), "/s.sock"), "--db-user=trellis",
          absl::StrCat("--db-password-file=", folder_, "/db-password"), absl::StrCat("--db-schema=", schema)};
}

void Suite::StartUnaudited(const std::string& program) {
  const std::string name = "unaudited";
  ports_[name] = FreePort();
  http_ports_[name] = FreePort();
  Start(name, {program}, "identity");
  AwaitReady(name);
}

void Suite::Start(const std::string& name, const std::vector<std::string>& program, const std::string& service) {
  static const std::map<std::string, std::vector<std::string>> kPeers = {
      {"identity", {}},
      {"directory", {"identity"}},
      {"assessment", {"identity"}},
      {"referral", {"identity", "directory"}},
      {"caseload", {"identity", "assessment", "referral"}}};
  const rpc::TlsFiles tls = testing::CertificateOf(service);
  const std::vector<std::string> flags = {"--migrate-on-start",
                                          absl::StrCat("--listen=127.0.0.1:", ports_[name]),
                                          absl::StrCat("--http-listen=127.0.0.1:", http_ports_[name]),
                                          "--tls-cert=" + tls.certificate,
                                          "--tls-key=" + tls.key,
                                          "--tls-ca=" + tls.ca,
                                          "--key-ring=" + key_rings_[service].path(),
                                          "--issuer=https://identity.example",
                                          "--audience=trellis",
                                          absl::StrCat("--db-pool-size=", kConnections),
                                          absl::StrCat("--workers=", kConnections),
                                          "--max-in-flight=64"};
  std::vector<std::string> command = program;
  command.insert(command.end(), flags.begin(), flags.end());
  for (const std::string& flag : DatabaseFlags("trellis_" + service)) command.push_back(flag);
  for (const std::string& peer : kPeers.at(service)) {
    command.push_back(absl::StrCat("--peer-", peer, "=127.0.0.1:", ports_[peer]));
  }
  services_[name] = std::make_unique<Process>(command, absl::StrCat(folder_, "/", name, ".log"));
  channels_[name] = ChannelAs("door", name);
}

void Suite::AwaitReady(const std::string& name) {
  const absl::Time limit = absl::Now() + absl::Seconds(60);
  while (!IsReady(http_ports_[name])) {
    Process& process = *services_[name];
    if (!process.running() || absl::Now() > limit) Die(absl::StrCat(name, " is not ready:\n", process.LastOutput()));
    absl::SleepFor(absl::Milliseconds(50));
  }
}

void Suite::MakeAdministrator() {
  std::vector<std::string> command = {
      absl::StrCat(binaries_, "/trellis-identity"), "bootstrap", absl::StrCat("--login=", kAdministrator),
      absl::StrCat("--password-file=", folder_, "/password"), "--key-ring=" + key_rings_["identity"].path()};
  for (const std::string& flag : DatabaseFlags("trellis_identity")) command.push_back(flag);
  Process(command, folder_ + "/bootstrap.log").MustSucceed();
}

std::pair<Id, Id> Suite::MakeOrganization(absl::string_view title, const std::string& office,
                                          const std::string& coordinator) {
  identity::v1::CreateOrganizationRequest organization;
  organization.mutable_organization()->set_display_name(std::string(title));
  organization.mutable_organization()->set_kind(identity::v1::Organization::KIND_SCHOOL);
  organization.mutable_administrator()->set_login(office);
  organization.mutable_administrator()->set_display_name("Office");
  organization.set_administrator_password(kPassword);
  identity::v1::CreateOrganizationResponse created;
  Call("identity", "/trellis.identity.v1.Organizations/CreateOrganization", SignInAs(kAdministrator), organization,
       &created);

  identity::v1::CreateUserRequest user;
  user.mutable_user()->set_login(coordinator);
  user.mutable_user()->set_display_name("Ines Almeida");
  user.mutable_user()->add_roles(options::v1::ROLE_COORDINATOR);
  user.set_password(kPassword);
  identity::v1::CreateUserResponse made;
  Call("identity", "/trellis.identity.v1.Users/CreateUser", SignInAs(office), user, &made);
  return {IdOf(created.organization().name()), IdOf(made.user().name())};
}

std::string Suite::SignInAs(const std::string& login) {
  identity::v1::SignInRequest request;
  request.set_login(login);
  request.set_password(kPassword);
  identity::v1::SignInResponse response;
  Call("identity", "/trellis.identity.v1.Sessions/SignIn", "", request, &response);
  return response.access_token();
}

std::string Suite::SignIn() { return SignInAs(kCoordinator); }
std::string Suite::SignInStranger() { return SignInAs(kStranger); }

identity::v1::SignInRequest Suite::OfficeCredentials() {
  identity::v1::SignInRequest request;
  request.set_login(kOffice);
  request.set_password(kPassword);
  return request;
}

std::shared_ptr<grpc::Channel> Suite::ChannelAs(absl::string_view caller, absl::string_view service) const {
  return grpc::CreateChannel(absl::StrCat("127.0.0.1:", ports_.at(std::string(service))),
                             grpc::SslCredentials(testing::Showing(testing::CertificateOf(caller))));
}

const std::shared_ptr<grpc::Channel>& Suite::channel(absl::string_view service) const {
  return channels_.at(std::string(service));
}

void Suite::Call(absl::string_view service, const std::string& method, const std::string& token,
                 const google::protobuf::Message& request, google::protobuf::Message* response) {
  Load load;
  load.method = method;
  load.token = token;
  load.request = [&](std::int64_t) { return request.SerializeAsString(); };
  load.on_response = [&](absl::string_view bytes) {
    response->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  };
  load.count = 1;
  const Sample sample = Run(channel(service), load);
  if (sample.failed > 0) Die(sample.first_failure);
}

void Suite::RunAll(absl::string_view what, absl::string_view service, const std::string& method,
                   const std::function<std::string(std::int64_t)>& request,
                   const std::function<void(absl::string_view)>& on_response, std::int64_t count) {
  Load load;
  load.method = method;
  load.token = SignIn();
  load.in_flight = 16;
  load.repeat_refused = true;
  std::int64_t answers = 0;
  load.request = request;
  load.on_response = [&](absl::string_view bytes) {
    on_response(bytes);
    if (++answers % 2500 == 0) Progress(absl::StrCat("  ", what, ": ", answers));
  };
  load.count = count;
  const Sample sample = Run(channel(service), load);
  if (sample.failed > 0) Die(absl::StrCat(sample.failed, " calls failed, the first: ", sample.first_failure));
}

void Suite::Fill(int persons) {
  RunAll(
      "persons registered", "identity", "/trellis.identity.v1.Persons/RegisterPerson", RegisterRequest,
      [&](absl::string_view bytes) {
        identity::v1::RegisterPersonResponse response;
        response.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
        persons_.push_back(response.person().name());
      },
      persons);
  Progress("  waiting for the feeds");
  Settle();
  RunAll(
      "cases opened", "caseload", "/trellis.caseload.v1.Cases/OpenCase",
      [&](std::int64_t n) {
        caseload::v1::OpenCaseRequest request;
        request.mutable_case_record()->set_person(persons_[static_cast<std::size_t>(n)]);
        return request.SerializeAsString();
      },
      [](absl::string_view) {}, persons);
}

// Every feed has given all its events a position, and every follower has come to the end.
bool Suite::Settled() {
  for (const std::string& source : Names()) {
    if (sql_->Number(absl::StrCat("SELECT COUNT(*) FROM trellis_", source, ".event WHERE position IS NULL")) > 0) {
      return false;
    }
    const std::int64_t head = sql_->Number(absl::StrCat("SELECT position FROM trellis_", source, ".feed_head"));
    for (const std::string& follower : Names()) {
      const std::int64_t behind =
          sql_->Number(absl::StrCat("SELECT COUNT(*) FROM trellis_", follower, ".feed_follower WHERE feed LIKE '",
                                    source, "%' AND position < ", head));
      if (behind > 0) return false;
    }
  }
  return true;
}

absl::Duration Suite::Settle() {
  const absl::Time start = absl::Now();
  while (!Settled()) {
    if (absl::Now() - start > absl::Minutes(5)) Die("the feeds do not come to their end");
    absl::SleepFor(absl::Milliseconds(50));
  }
  return absl::Now() - start;
}

std::int64_t Suite::CallsMade(absl::string_view service, absl::string_view method) const {
  const std::string metrics = Get(http_ports_.at(std::string(service)), "/metrics");
  const std::string of_method = absl::StrCat("grpc_method=\"", method, "\"");
  for (const absl::string_view line : absl::StrSplit(metrics, '\n')) {
    double calls = 0;
    if (absl::StartsWith(line, "grpc_client_started_total{") && absl::StrContains(line, of_method) &&
        absl::SimpleAtod(line.substr(line.rfind(' ') + 1), &calls)) {
      return static_cast<std::int64_t>(calls);
    }
  }
  return 0;
}

void Suite::PauseAllBut(absl::string_view name) {
  for (auto& [service, process] : services_) {
    if (service != name && service != "identity") process->Pause();
  }
}

void Suite::ResumeAll() {
  for (auto& [service, process] : services_) process->Resume();
}

std::vector<pid_t> Suite::processes() const {
  std::vector<pid_t> out = {database_->pid()};
  for (const auto& [name, process] : services_) out.push_back(process->pid());
  return out;
}

void Suite::MakeSchema(absl::string_view service, const std::string& schema) {
  sql_->Text(absl::StrCat("CREATE DATABASE ", schema));
  std::vector<std::string> command = {absl::StrCat(binaries_, "/trellis-", service), "migrate"};
  for (const std::string& flag : DatabaseFlags(schema)) command.push_back(flag);
  Process(command, absl::StrCat(folder_, "/", schema, ".log")).MustSucceed();
}

}  // namespace trellis::bench
