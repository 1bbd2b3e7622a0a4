#include <filesystem>
#include <fstream>

#include "tests/integration/assessment/fixture.h"

namespace trellis::assessment {
namespace {

TEST_F(AssessmentTest, ListsTheInstrumentsPageByPage) {
  const TestUser administrator = TestUser::Make({options::v1::ROLE_ORGANIZATION_ADMINISTRATOR});
  v1::ListInstrumentsRequest request;
  request.set_page_size(3);
  std::vector<std::string> names;
  v1::ListInstrumentsResponse response;
  do {
    ASSERT_TRUE(instruments_->ListInstruments(Service().As(administrator).get(), request, &response).ok());
    for (const v1::Instrument& instrument : response.instruments()) names.push_back(instrument.name());
    request.set_page_token(response.next_page_token());
  } while (!response.next_page_token().empty());
  EXPECT_THAT(names, ::testing::ElementsAre("instruments/barthel", "instruments/c-ssrs-screener", "instruments/fast",
                                            "instruments/gad-7", "instruments/phq-9", "instruments/pss-10",
                                            "instruments/wsas"));
}

TEST_F(AssessmentTest, ShowsAnInstrument) {
  v1::GetInstrumentRequest request;
  request.set_name("instruments/c-ssrs-screener");
  v1::GetInstrumentResponse response;
  ASSERT_TRUE(instruments_->GetInstrument(Service().As(coordinator_).get(), request, &response).ok());
  const v1::Instrument& screener = response.instrument();
  EXPECT_EQ(screener.version(), 1);
  ASSERT_EQ(screener.items_size(), 7);
  EXPECT_TRUE(screener.items(3).conditional());
  EXPECT_EQ(screener.items(3).condition(), "asked when item 2 is answered with yes");
  EXPECT_FALSE(screener.items(3).options(0).has_weight());
  EXPECT_EQ(screener.critical_rules_size(), 5);
  EXPECT_EQ(screener.licence().gate(), v1::Licence::GATE_PERMISSION_REQUIRED);
  EXPECT_EQ(screener.items(0).wordings_size(), 0);

  request.set_version(9);
  EXPECT_EQ(instruments_->GetInstrument(Service().As(coordinator_).get(), request, &response).error_code(),
            grpc::StatusCode::NOT_FOUND);
  request.set_name("phq-9");
  EXPECT_EQ(instruments_->GetInstrument(Service().As(coordinator_).get(), request, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

class WordingTest : public ::testing::Test {
 protected:
  WordingTest() { std::filesystem::create_directories(folder_); }
  ~WordingTest() override { std::filesystem::remove_all(folder_); }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / absl::StrCat("wording-", NewId().ToString());
};

TEST_F(WordingTest, ComesFromFilesOfTheInstallation) {
  std::ofstream(folder_ / "gad.json") << R"({"instrument": "gad-7", "version": 1, "language": "en",
      "permission": "letter", "items": {"gad7-1": "Wording of the first item"}})";
  const auto service = TestService::MustStart(Describe(), {.flags = {"--wording-dir=" + folder_.string()}});
  v1::GetInstrumentRequest request;
  request.set_name("instruments/gad-7");
  v1::GetInstrumentResponse response;
  const TestUser user = TestUser::Make({options::v1::ROLE_COORDINATOR});
  ASSERT_TRUE(v1::Instruments::NewStub(service->channel())
                  ->GetInstrument(service->As(user).get(), request, &response).ok());
  ASSERT_EQ(response.instrument().items(0).wordings_size(), 1);
  EXPECT_EQ(response.instrument().items(0).wordings(0).text(), "Wording of the first item");
}

TEST_F(WordingTest, ABadFileKeepsTheServiceFromStartingAndIsNamed) {
  std::ofstream(folder_ / "gad.json") << R"({"instrument": "gad-7", "version": 1, "language": "en", "items": {}})";
  const auto started = TestService::Start(Describe(), {.flags = {"--wording-dir=" + folder_.string()}});
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(std::string(started.status().message()), ::testing::HasSubstr("gad.json: permission: must say"));
}

}  // namespace
}  // namespace trellis::assessment
