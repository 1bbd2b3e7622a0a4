#include "services/identity/domain/search_keys.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trellis::identity {
namespace {

using ::testing::ElementsAre;

PersonFacts Person(std::string given, std::string family) {
  PersonFacts person;
  person.given_names = std::move(given);
  person.family_names = std::move(family);
  return person;
}

std::vector<std::string> NameKeys(const PersonFacts& person) {
  std::vector<std::string> keys;
  for (const SearchKey& key : SearchKeysOf(person)) {
    if (key.kind == SearchKind::kName) keys.push_back(key.key);
  }
  return keys;
}

// Whether the database would find the person and the record would confirm it.
bool Finds(absl::string_view name_query, const PersonFacts& person) {
  PersonQuery query;
  query.words = ParseNameQuery(name_query).value();
  const std::vector<SearchKey> best = BestKeys(query);
  const std::vector<SearchKey> keys = SearchKeysOf(person);
  return std::find_first_of(keys.begin(), keys.end(), best.begin(), best.end()) != keys.end() && Matches(query, person);
}

TEST(SearchKeys, AreSomeBeginningsOfEachWordAndItsSound) {
  EXPECT_THAT(NameKeys(Person("Józef", "")), ElementsAre("p:jo", "p:joz", "p:jozef", "s:oJSF"));
  EXPECT_THAT(NameKeys(Person("", "Featherstonehaugh")), ElementsAre("p:fe", "p:fea", "p:feath", "s:aFTRSTNG"));
  EXPECT_THAT(NameKeys(Person("", "王小明")), ElementsAre("p:王", "p:王小", "p:王小明"));
  EXPECT_THAT(NameKeys(Person("J", "")), ElementsAre("p:j"));
}

TEST(SearchKeys, FitTheirColumn) {
  for (const SearchKey& key : SearchKeysOf(Person("𐐨𐐨𐐨𐐨𐐨𐐨𐐨𐐨", "ﷺﷺﷺ"))) EXPECT_LE(key.key.size(), 64u);
}

TEST(SearchKeys, FindByBeginningsInAnyOrder) {
  const PersonFacts person = Person("Marie-Ann", "O'Neil Featherstonehaugh");
  for (const char* query :
       {"ma", "MARIE", "ann mar", "neil", "oneil", "o'neil", "feather", "Featherstonehaugh", "m feath"}) {
    EXPECT_TRUE(Finds(query, person)) << query;
  }
  for (const char* query : {"arie", "ann smith", "feathers x", "featherstonehaughs"}) {
    EXPECT_FALSE(Finds(query, person)) << query;
  }
  EXPECT_TRUE(Finds("王", Person("", "王小明")));
  EXPECT_TRUE(Finds("lukasz", Person("Łukasz", "")));
}

TEST(SearchKeys, RefuseAQueryThatNarrowsNothing) {
  for (const char* query : {"", "  ", "a", "j k", "--"}) EXPECT_FALSE(ParseNameQuery(query).ok()) << query;
  EXPECT_FALSE(ParseNameQuery("aa bb cc dd ee ff gg hh ii").ok());
}

TEST(SearchKeys, PreferTheBirthDate) {
  PersonQuery query;
  query.words = {"anna"};
  query.birth_date = absl::CivilDay(1990, 5, 7);
  EXPECT_THAT(BestKeys(query), ElementsAre(SearchKey{SearchKind::kBirthDate, "1990-05-07"}));
  PersonFacts person = Person("Anna", "");
  EXPECT_FALSE(Matches(query, person));
  person.birth_date = absl::CivilDay(1990, 5, 7);
  EXPECT_TRUE(Matches(query, person));
  EXPECT_THAT(SearchKeysOf(person), ::testing::Contains(BestKeys(query)[0]));
}

TEST(SearchKeys, ConfirmAnIdentifier) {
  PersonFacts person = Person("Anna", "");
  person.identifiers = {{"urn:nhs", "943 476 5919"}};
  PersonQuery query;
  query.identifier = PersonIdentifier{"urn:nhs", "9434765919"};
  EXPECT_TRUE(Matches(query, person));
  query.identifier->system = "urn:other";
  EXPECT_FALSE(Matches(query, person));
  EXPECT_TRUE(BestKeys(query).empty());
}

// Whoever writes a name down by ear, or from another script, finds the person who spells it otherwise.
TEST(SearchKeys, FindCommonVariants) {
  constexpr std::pair<const char*, const char*> kPairs[] = {
      {"Jon", "John"},          {"Mueller", "Müller"},      {"Muller", "Mueller"},      {"Mohammed", "Muhammad"},
      {"Mohamed", "Mohammed"},  {"Katherine", "Catherine"}, {"Steven", "Stephen"},      {"Stefan", "Stephan"},
      {"Meyer", "Maier"},       {"Meier", "Meyer"},         {"Philip", "Filip"},        {"Phillip", "Philip"},
      {"Sara", "Sarah"},        {"Ahmad", "Ahmed"},         {"Yusuf", "Youssef"},       {"Jusuf", "Yusuf"},
      {"Hussein", "Husain"},    {"Schmidt", "Schmitt"},     {"Aleksandr", "Alexander"}, {"Khalid", "Chalid"},
      {"Wladimir", "Vladimir"}, {"Maja", "Maya"},           {"Erik", "Eric"},           {"Smyth", "Smith"},
      {"Clarke", "Clark"},      {"Omar", "Umar"},           {"Dmitry", "Dimitri"},      {"Weiss", "Weiß"},
  };
  for (const auto& [query, name] : kPairs) {
    EXPECT_TRUE(Finds(query, Person("Someone", name))) << query << " / " << name;
    EXPECT_TRUE(Finds(name, Person(query, "Else"))) << name << " / " << query;
  }
}

TEST(SearchKeys, DoNotFindWhatSoundsOtherwise) {
  constexpr std::pair<const char*, const char*> kPairs[] = {
      {"Jon", "Jane"}, {"Anna", "Jonna"}, {"Mark", "Martin"}, {"Hanna", "Anna"}, {"Paul", "Saul"}, {"Ben", "Dan"},
  };
  for (const auto& [query, name] : kPairs) {
    EXPECT_FALSE(Finds(query, Person(name, ""))) << query << " / " << name;
  }
}

}  // namespace
}  // namespace trellis::identity
