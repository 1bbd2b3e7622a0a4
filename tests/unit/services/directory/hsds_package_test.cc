#include "services/directory/domain/hsds_package.h"

#include <fstream>
#include <random>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trellis::directory {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kOrganizationId[] = "6f7a0c1e-0000-4000-8000-000000000001";
constexpr char kServiceId[] = "6f7a0c1e-0000-4000-8000-000000000002";
constexpr char kLocationId[] = "6f7a0c1e-0000-4000-8000-000000000003";

PackageOptions Options() {
  PackageOptions options;
  options.source = "test";
  options.derive_id = [](absl::string_view table, absl::string_view identifier) {
    std::string bytes = absl::StrCat(table, ":", identifier, "................");
    bytes.resize(16);
    return *Id::FromBytes(bytes);
  };
  return options;
}

// {"A": 1} with 'A' for '"', so that tests can be read.
std::string Json(std::string text) { return absl::StrReplaceAll(text, {{"'", "\""}}); }

Package Parse(const std::string& text) {
  absl::StatusOr<Package> package = ParsePackage(Json(text), Options());
  EXPECT_TRUE(package.ok()) << package.status();
  return package.ok() ? *std::move(package) : Package();
}

std::string Service(const std::string& more) {
  return absl::StrCat("{'id':'", kServiceId, "','name':'Talk','status':'active','organization':{'id':'",
                      kOrganizationId, "','name':'Org'}", more.empty() ? "" : ",", more, "}");
}

std::vector<std::string> Lines(const Package& package) {
  std::vector<std::string> lines;
  for (const Problem& problem : package.problems.kept()) {
    lines.push_back(absl::StrCat(problem.table, " ", problem.path, " ", problem.reason));
  }
  return lines;
}

TEST(HsdsPackage, ReadsAService) {
  const Package package = Parse(Service(absl::StrCat(
      "'minimum_age':12,'maximum_age':25,'languages':[{'name':'Urdu'},{'code':'en'}],"
      "'attributes':[{'taxonomy_term':{'taxonomy':'trellis-kinds','code':'psychotherapy','name':'x'}},"
      "{'taxonomy_term':{'taxonomy':'ICD-10','code':'F32','name':'Depressive episode'}}],"
      "'capacities':[{'id':'1','available':3,'maximum':8,'unit':{'id':'u','name':'Bed'},'updated':'2024-01-01'}],"
      "'schedules':[{'freq':'WEEKLY','byday':'MO,FR','opens_at':'10:00:00'}],"
      "'cost_options':[{'option':'adults','currency':'gbp','amount':35.5}],"
      "'service_at_locations':[{'id':'s','location':{'id':'",
      kLocationId,
      "','name':'Hall','latitude':51.5,"
      "'longitude':-0.25,'location_type':'physical','addresses':[{'address_1':'1 Mill Lane','city':'Ostham'}]}}]")));
  EXPECT_THAT(Lines(package), IsEmpty());
  ASSERT_THAT(package.providers, SizeIs(1));
  ASSERT_THAT(package.services, SizeIs(1));
  ASSERT_THAT(package.locations, SizeIs(1));
  const HealthcareService& service = package.services[0].service;
  EXPECT_EQ(service.id.ToString(), kServiceId);
  EXPECT_EQ(service.provider, package.providers[0].id);
  EXPECT_EQ(service.minimum_age, 12);
  EXPECT_EQ(service.maximum_age, 25);
  EXPECT_THAT(service.kinds, ElementsAre("psychotherapy"));
  EXPECT_THAT(service.languages, ElementsAre("ur", "en"));
  ASSERT_THAT(service.needs, SizeIs(1));
  EXPECT_EQ(service.cost_options[0].currency, "GBP");
  EXPECT_EQ(service.schedules[0].opens_at, "10:00");
  ASSERT_TRUE(package.services[0].capacity.has_value());
  EXPECT_EQ(package.services[0].capacity->unit, "bed");
  EXPECT_EQ(package.services[0].capacity->available, 3);
  ASSERT_THAT(package.services[0].location_references, SizeIs(1));
  EXPECT_EQ(package.services[0].location_references[0].id, package.locations[0].id);
  EXPECT_EQ(package.locations[0].position, (Position{51.5, -0.25}));
  EXPECT_EQ(package.locations[0].address->city, "Ostham");
}

TEST(HsdsPackage, TheSameInEveryShape) {
  const std::string organization = absl::StrCat("{'id':'", kOrganizationId, "','name':'Org','services':[{'id':'",
                                                kServiceId, "','name':'Talk','status':'active'}]}");
  const std::string tables =
      absl::StrCat("{'organization':[{'id':'", kOrganizationId, "','name':'Org'}],'service':[{'id':'", kServiceId,
                   "','name':'Talk','status':'active','organization_id':'", kOrganizationId, "'}]}");
  for (const std::string& text : {Service(""), "[" + Service("") + "]", "{'contents':[" + Service("") + "]}",
                                  organization, "[" + organization + "]", tables}) {
    const Package package = Parse(text);
    EXPECT_THAT(Lines(package), IsEmpty()) << text;
    ASSERT_THAT(package.providers, SizeIs(1)) << text;
    ASSERT_THAT(package.services, SizeIs(1)) << text;
    EXPECT_EQ(package.services[0].service.provider, package.providers[0].id) << text;
  }
}

TEST(HsdsPackage, TablesFindTheirParents) {
  const Package package = Parse(absl::StrCat(
      "{'organizations':[{'id':'o','name':'Org'}],'services':[{'id':'s','name':'Bed','organization_id':'o',"
      "'status':'inactive'}],'locations':[{'id':'l','name':'House','latitude':1,'longitude':2}],"
      "'service_at_locations':[{'id':'sl','service_id':'s','location_id':'l'}],"
      "'language':[{'id':'1','service_id':'s','code':'cy'},{'id':'2','service_id':'gone','code':'en'}],"
      "'phone':[{'id':'3','location_id':'l','number':'1'},{'id':'4','service_id':'s','number':5}],"
      "'unit':[{'id':'u','name':'bed'}],"
      "'service_capacity':[{'id':'c','service_id':'s','unit_id':'u','available':2,'maximum':4}],"
      "'taxonomy_term':[{'id':'t','taxonomy':'trellis-kinds','code':'residential_care','name':'x'}],"
      "'attribute':[{'id':'a','link_entity':'service','link_id':'s','taxonomy_term_id':'t'}]}"));
  EXPECT_THAT(Lines(package),
              ElementsAre("language /language/1/service_id UNKNOWN_REFERENCE", "phone /phone/1/number WRONG_TYPE"));
  ASSERT_THAT(package.services, SizeIs(1));
  const ParsedService& parsed = package.services[0];
  EXPECT_THAT(parsed.service.kinds, ElementsAre("residential_care"));
  EXPECT_THAT(parsed.service.languages, ElementsAre("cy"));
  EXPECT_EQ(parsed.service.external_id, "s");
  EXPECT_EQ(parsed.service.state, ServiceState::kInactive);
  EXPECT_EQ(parsed.capacity->unit, "bed");
  ASSERT_THAT(parsed.location_references, SizeIs(1));
  EXPECT_EQ(parsed.location_references[0].id, package.locations[0].id);
  EXPECT_THAT(package.locations[0].phones, ElementsAre("1"));
}

TEST(HsdsPackage, LeavesOutWhatIsBrokenAndSaysWhere) {
  struct Case {
    std::string more;
    std::string problem;
    bool service_stays;
  };
  const Case cases[] = {
      {"'minimum_age':30,'maximum_age':20", "service /minimum_age INCONSISTENT", false},
      {"'minimum_age':'12'", "service /minimum_age WRONG_TYPE", false},
      {"'minimum_age':-1", "service /minimum_age OUT_OF_RANGE", false},
      {"'minimum_age':12.5", "service /minimum_age WRONG_TYPE", false},
      {"'assured_date':'2023-02-30'", "service /assured_date BAD_DATE", false},
      {"'description':7", "service /description WRONG_TYPE", false},
      {"'description':'a\\u0000b'", "service /description BAD_TEXT", false},
      {"'languages':{}", "service /languages WRONG_TYPE", false},
      {"'languages':[7]", "language /languages/0 WRONG_TYPE", true},
      {"'languages':[{'code':'?!'}]", "language /languages/0/code UNKNOWN_VALUE", true},
      {"'schedules':[{'valid_from':'2024-01-02','valid_to':'2024-01-01'}]",
       "schedule /schedules/0/valid_from INCONSISTENT", true},
      {"'cost_options':[{'amount':-1}]", "cost_option /cost_options/0/amount OUT_OF_RANGE", true},
      {"'capacities':[{'available':5,'maximum':4}]", "service_capacity /capacities/0/available INCONSISTENT", true},
      {"'capacities':[{'maximum':4}]", "service_capacity /capacities/0/available MISSING", true},
      {"'service_at_locations':[{'id':'1'}]", "service_at_location /service_at_locations/0/location MISSING", true},
      {"'service_at_locations':[{'location':{'id':'l','latitude':100,'longitude':1}}]",
       "location /service_at_locations/0/location/latitude OUT_OF_RANGE", true},
      {"'service_at_locations':[{'location':{'id':'l','latitude':10}}]",
       "location /service_at_locations/0/location/longitude MISSING", true},
      {"'service_at_locations':[{'location':{'latitude':10}}]", "location /service_at_locations/0/location/id MISSING",
       true},
  };
  for (const Case& c : cases) {
    const Package package = Parse(Service(c.more));
    EXPECT_THAT(Lines(package), ElementsAre(c.problem));
    EXPECT_EQ(package.services.size(), c.service_stays ? 1u : 0u) << c.more;
    EXPECT_THAT(package.providers, SizeIs(1));
  }
}

TEST(HsdsPackage, TheRestGoesIn) {
  const Package package = Parse(absl::StrCat("[7, {'id':'x'}, {'status':'active','id':'a'}, ", Service(""),
                                             ", {'id':'b','name':'B','status':'dreaming','organization_id':'o'},"
                                             " {'id':'c','name':'C','status':'active'}, null]"));
  EXPECT_THAT(Lines(package),
              ElementsAre(" /0 WRONG_TYPE", " /1 WRONG_TYPE", "service /2/organization MISSING",
                          "service /4/status UNKNOWN_VALUE", "service /5/organization MISSING", " /6 WRONG_TYPE"));
  EXPECT_THAT(package.services, SizeIs(1));
}

TEST(HsdsPackage, ReportsARepeatedRowOnce) {
  const std::string location = "{'id':'l','latitude':100,'longitude':1}";
  const Package package = Parse(absl::StrCat(
      "[", Service(absl::StrCat("'service_at_locations':[{'location':", location, "},{'location':", location, "}]")),
      ",", Service(""), ",{'id':'o','name':'O','locations':[", location, "]}]"));
  EXPECT_THAT(Lines(package), ElementsAre("location /0/service_at_locations/0/location/latitude OUT_OF_RANGE"));
  EXPECT_THAT(package.services, SizeIs(1));
  EXPECT_THAT(package.locations, IsEmpty());
  EXPECT_TRUE(package.services[0].location_references[1].broken);
}

TEST(HsdsPackage, NilAndForeignIdsAreMadeIntoIds) {
  const Package package = Parse("{'id':'00000000-0000-0000-0000-000000000000','name':'N','services':[]}");
  ASSERT_THAT(package.providers, SizeIs(1));
  EXPECT_FALSE(package.providers[0].id.is_nil());
}

TEST(HsdsPackage, RefusesWhatIsNoPackage) {
  for (const char* bad : {"7", "'x'", "{}", "{'foo':[]}", "null", "{'id':[]}"}) {
    EXPECT_EQ(ReasonOf(ParsePackage(Json(bad), Options()).status()), "MALFORMED_PACKAGE") << bad;
  }
  EXPECT_TRUE(ParsePackage("[]", Options()).ok());
}

TEST(HsdsPackage, KeepsOnlyTheFirstProblemsButCountsAll) {
  std::string text = "[0";
  for (int i = 1; i < 3000; ++i) text += ",0";
  const Package package = Parse(text + "]");
  EXPECT_EQ(package.problems.count(), 3000);
  EXPECT_THAT(package.problems.kept(), SizeIs(Problems::kKept));
}

std::string Demonstration() {
  std::stringstream text;
  text << std::ifstream(TRELLIS_DEMONSTRATION_FILE).rdbuf();
  return text.str();
}

void ForEachValue(nlohmann::json& value, const std::function<void(nlohmann::json&)>& visit) {
  visit(value);
  if (!value.is_structured()) return;
  for (nlohmann::json& child : value) ForEachValue(child, visit);
}

// Values of the wrong kind anywhere: whatever goes in is whole, whatever does not is reported.
TEST(HsdsPackage, SurvivesAnythingAnywhere) {
  const nlohmann::json good = nlohmann::json::parse(Demonstration());
  const nlohmann::json junk[] = {nullptr,
                                 true,
                                 -1,
                                 1e300,
                                 1u << 31,
                                 "",
                                 "\u202e",
                                 std::string(70'000, 'x'),
                                 "2024-02-31",
                                 nlohmann::json::array(),
                                 nlohmann::json::object(),
                                 nlohmann::json::array({1, "x", {}})};
  std::mt19937_64 random(3);
  for (int round = 0; round < 200; ++round) {
    nlohmann::json bad = good;
    std::vector<nlohmann::json*> values;
    ForEachValue(bad, [&values](nlohmann::json& value) { values.push_back(&value); });
    // From the last to the first, so that no replaced value is visited again.
    for (std::size_t i = values.size(); i-- > 1;) {
      if (random() % 150 == 0) *values[i] = junk[random() % std::size(junk)];
    }
    const absl::StatusOr<Package> package = ParsePackage(bad.dump(), Options());
    ASSERT_TRUE(package.ok()) << package.status();
    for (const ParsedService& parsed : package->services) {
      EXPECT_FALSE(parsed.service.id.is_nil());
      EXPECT_FALSE(parsed.service.provider.is_nil());
      EXPECT_FALSE(parsed.service.display_name.empty());
      EXPECT_FALSE(parsed.service.kinds.empty());
      EXPECT_LE(parsed.service.minimum_age.value_or(0), parsed.service.maximum_age.value_or(150));
    }
    for (const Problem& problem : package->problems.kept()) EXPECT_FALSE(problem.reason.empty());
  }
}

TEST(HsdsPackage, SurvivesBytesOutOfPlace) {
  const std::string good = Demonstration().substr(0, 9'000);
  std::mt19937_64 random(4);
  for (int round = 0; round < 500; ++round) {
    std::string bad = good;
    for (int i = 0; i < 4; ++i) bad[random() % bad.size()] = static_cast<char>(random());
    if (round % 3 == 0) bad.resize(random() % bad.size());
    const absl::StatusOr<Package> package = ParsePackage(bad, Options());
    if (!package.ok()) {
      EXPECT_EQ(ReasonOf(package.status()), "MALFORMED_PACKAGE");
    }
  }
}

TEST(HsdsPackage, TheDemonstrationIsWithoutFault) {
  const absl::StatusOr<Package> package = ParsePackage(Demonstration(), Options());
  ASSERT_TRUE(package.ok()) << package.status();
  EXPECT_THAT(Lines(*package), IsEmpty());
  EXPECT_GE(package->providers.size(), 5u);
  EXPECT_GE(package->services.size(), 14u);
  std::set<std::string> kinds;
  for (const ParsedService& parsed : package->services) {
    kinds.insert(parsed.service.kinds.begin(), parsed.service.kinds.end());
    EXPECT_FALSE(parsed.location_references.empty()) << parsed.service.display_name;
    EXPECT_FALSE(parsed.service.languages.empty()) << parsed.service.display_name;
  }
  EXPECT_GE(kinds.size(), 7u);
}

}  // namespace
}  // namespace trellis::directory
