#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "common/db/server_settings.h"
#include "common/testing/private_mariadb.h"
#include "tests/unit/common/db/support.h"

namespace trellis::db {
namespace {

using absl::StatusCode;

// Two certificate authorities; the server's certificate is from the first and names 127.0.0.1.
class Certificates {
 public:
  Certificates() {
    folder_ = ::testing::TempDir() + "trellis-tls-XXXXXX";
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
    Authority("ca");
    Authority("other-ca");
    Server("server", "IP:127.0.0.1");
    Server("elsewhere", "DNS:db.example.org");
    std::filesystem::permissions(folder_, std::filesystem::perms(0755));
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      std::filesystem::permissions(entry.path(), std::filesystem::perms(0644));
    }
  }
  ~Certificates() { std::filesystem::remove_all(folder_); }

  std::string File(absl::string_view name) const { return absl::StrCat(folder_, "/", name, ".pem"); }

 private:
  static void Run(const std::string& command) {
    EXPECT_EQ(std::system((command + " >/dev/null 2>&1").c_str()), 0) << command;
  }
  void Authority(absl::string_view name) {
    Run(absl::StrCat("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=", name,
                     " -keyout ", File(absl::StrCat(name, "-key")), " -out ", File(name)));
  }
  void Server(absl::string_view name, absl::string_view host) {
    Run(absl::StrCat("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=", name,
                     " -addext subjectAltName=", host, " -CA ", File("ca"), " -CAkey ", File("ca-key"), " -keyout ",
                     File(absl::StrCat(name, "-key")), " -out ", File(name)));
  }

  std::string folder_;
};

std::vector<std::string> ServerArguments(const Certificates& certificates, absl::string_view name) {
  return {"--ssl-ca=" + certificates.File("ca"), "--ssl-cert=" + certificates.File(name),
          "--ssl-key=" + certificates.File(absl::StrCat(name, "-key")), "--require-secure-transport=ON"};
}

absl::Status Connect(const Settings& settings) {
  return (*Pool::Open(settings, {}, nullptr))->Read(Soon(), [](Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const auto row,
                             (session.QueryOne<std::string, std::string>("SHOW SESSION STATUS LIKE 'Ssl_version'")));
    EXPECT_TRUE(std::get<1>(*row) == "TLSv1.3" || std::get<1>(*row) == "TLSv1.2") << std::get<1>(*row);
    return CheckServerSettings(session);
  });
}

TEST(TlsTest, OnlyTheRightAuthorityAndHostWillDo) {
  const Certificates certificates;
  const auto server = testing::PrivateMariaDb::Start(ServerArguments(certificates, "server"));
  ASSERT_THAT(server.status(), IsOk());
  Settings settings = (*server)->OverTcp();
  settings.tls_required = true;

  settings.tls_ca = certificates.File("ca");
  EXPECT_THAT(Connect(settings), IsOk());

  settings.tls_ca = certificates.File("other-ca");
  EXPECT_THAT(Connect(settings), Fails(StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"));

  settings.tls_ca = certificates.File("there-is-no-such-file");
  EXPECT_THAT(Connect(settings), Fails(StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"));

  settings.tls_ca.clear();
  settings.tls_required = false;  // the server itself insists
  EXPECT_THAT(Connect(settings), Fails(StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"));
}

TEST(TlsTest, CertificateOfAnotherHostIsRefused) {
  const Certificates certificates;
  const auto server = testing::PrivateMariaDb::Start(ServerArguments(certificates, "elsewhere"));
  ASSERT_THAT(server.status(), IsOk());
  Settings settings = (*server)->OverTcp();
  settings.tls_required = true;
  settings.tls_ca = certificates.File("ca");
  EXPECT_THAT(Connect(settings), Fails(StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"));
}

TEST(TlsTest, ServerWithoutTlsIsRefused) {
  const Certificates certificates;
  const auto server = testing::PrivateMariaDb::Start({"--skip-ssl"});
  ASSERT_THAT(server.status(), IsOk());
  Settings settings = (*server)->OverTcp();
  settings.tls_ca = certificates.File("ca");
  for (bool required : {true, false}) {
    settings.tls_required = required;
    EXPECT_THAT(Connect(settings), Fails(StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"));
  }
}

}  // namespace
}  // namespace trellis::db
