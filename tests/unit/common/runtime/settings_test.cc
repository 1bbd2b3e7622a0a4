#include "common/runtime/settings.h"

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trellis::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SettingsTest : public ::testing::Test {
 protected:
  absl::Status Load(std::vector<std::string> flags) {
    config::Loader loader("test", std::move(flags), nullptr);
    DeclareDatabase(loader, service_, settings_);
    DeclareServing(loader, service_, settings_);
    DeclareLogging(loader, settings_);
    return loader.Finish();
  }

  Service service_ = [] {
    Service service;
    service.name = "referral";
    service.port = 7104;
    service.peers = {"directory"};
    return service;
  }();
  Settings settings_;
};

TEST_F(SettingsTest, DefaultsFitOneMachine) {
  ASSERT_TRUE(Load({"--issuer=i", "--audience=a", "--tls-cert=c", "--tls-key=k", "--tls-ca=ca", "--key-ring=r"}).ok());
  EXPECT_EQ(settings_.listen, "0.0.0.0:7104");
  EXPECT_EQ(settings_.http_listen, "0.0.0.0:8104");
  EXPECT_EQ(settings_.database.schema, "trellis_referral");
  EXPECT_EQ(settings_.peers.at("directory"), "localhost:7102");
  EXPECT_EQ(settings_.peers.at("identity"), "localhost:7101") << "for the keys of tokens";
  EXPECT_EQ(settings_.workers, settings_.pool.size);
  EXPECT_FALSE(settings_.insecure);
  EXPECT_FALSE(settings_.reflection);
  EXPECT_FALSE(settings_.migrate_on_start);
}

TEST_F(SettingsTest, RefusesToStartWithoutIssuerAudienceCertificatesAndKeyRing) {
  const std::string message(Load({}).message());
  for (const char* flag : {"--issuer", "--audience", "--tls-cert", "--tls-key", "--tls-ca", "--key-ring"}) {
    EXPECT_THAT(message, HasSubstr(flag));
  }
  EXPECT_EQ(std::vector<std::string>(absl::StrSplit(message, '\n')).size(), 6u) << message;
}

TEST_F(SettingsTest, EmptyIssuerOrAudienceIsNone) {
  const std::string message(Load({"--insecure", "--issuer=", "--audience="}).message());
  EXPECT_THAT(message, HasSubstr("--issuer"));
  EXPECT_THAT(message, HasSubstr("--audience"));
}

TEST_F(SettingsTest, ADatabaseOnAnotherMachineNeedsTls) {
  const std::string message(Load({"--issuer=i", "--audience=a", "--insecure", "--db-host=db.example"}).message());
  EXPECT_THAT(message, HasSubstr("--db-tls-ca"));
  Settings fresh;
  settings_ = fresh;
  ASSERT_TRUE(Load({"--issuer=i", "--audience=a", "--insecure", "--db-host=db.example", "--db-tls-ca=x"}).ok());
  EXPECT_TRUE(settings_.database.tls_required);
  ASSERT_TRUE(Load({"--issuer=i", "--audience=a", "--insecure", "--db-socket=/run/x"}).ok());
  EXPECT_FALSE(settings_.database.tls_required);
}

TEST_F(SettingsTest, APeerThatIsNoneOfItsOwnIsAnUnknownFlag) {
  EXPECT_THAT(std::string(Load({"--issuer=i", "--audience=a", "--insecure", "--peer-caseload=x"}).message()),
              HasSubstr("--peer-caseload: unknown flag"));
}

TEST_F(SettingsTest, IdentityNeedsNoPeer) {
  Service identity;
  identity.name = "identity";
  EXPECT_THAT(PeersOf(identity), ElementsAre());
  EXPECT_THAT(PeersOf(service_), ElementsAre("directory", "identity"));
}

}  // namespace
}  // namespace trellis::runtime
