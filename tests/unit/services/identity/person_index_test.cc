#include "services/identity/api/person_index.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "common/base/random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trellis::identity {
namespace {

seal::SecretKey Filled(unsigned char byte) {
  return *seal::SecretKey::Make([byte](unsigned char* out) { std::fill(out, out + 32, byte); });
}

PersonFacts Person(std::string given, std::string family) {
  PersonFacts facts;
  facts.given_names = std::move(given);
  facts.family_names = std::move(family);
  return facts;
}

Id NewId() { return *Id::FromBytes(SystemRandom().Bytes(16)); }

std::set<std::string> HashesOf(const std::vector<storage::StoredKey>& keys) {
  std::set<std::string> out;
  for (const storage::StoredKey& key : keys) out.insert(key.key);
  return out;
}

TEST(PersonIndex, AsksForWhatEverybodyHasWhoIsMeant) {
  const PersonIndex index = *PersonIndex::Make(Filled(1));
  PersonQuery query;
  query.words = {"smith"};
  const storage::WantedKeys wanted = index.Wanted(BestKeys(query));
  EXPECT_EQ(wanted.of_one_person, 2) << "its beginning and its sound";
  EXPECT_EQ(wanted.keys.size(), 2u * PersonIndex::kGroups);
  const std::set<std::string> asked(wanted.keys.begin(), wanted.keys.end());
  for (int i = 0; i < 200; ++i) {
    const std::set<std::string> has = HashesOf(index.KeysOf(NewId(), Person("Ann", "Smith")));
    EXPECT_EQ(std::count_if(has.begin(), has.end(), [&](const auto& hash) { return asked.count(hash) > 0; }), 2);
  }
}

TEST(PersonIndex, HoldsShortHashesThatDifferBetweenOrganizations) {
  const PersonIndex here = *PersonIndex::Make(Filled(1));
  const PersonIndex there = *PersonIndex::Make(Filled(2));
  const Id person = NewId();
  std::vector<std::string> shared;
  const std::set<std::string> a = HashesOf(here.KeysOf(person, Person("Ann", "Smith")));
  const std::set<std::string> b = HashesOf(there.KeysOf(person, Person("Ann", "Smith")));
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(shared));
  EXPECT_TRUE(shared.empty());
  for (const std::string& hash : a) EXPECT_EQ(hash.size(), 6u);
}

TEST(PersonIndex, AnIdentifierHasOneHashInEachOrganizationAndForm) {
  const PersonIndex here = *PersonIndex::Make(Filled(1));
  const PersonIndex there = *PersonIndex::Make(Filled(2));
  const PersonIdentifier number{"urn:nhs", "943 476 5919"};
  EXPECT_EQ(here.OfIdentifier(number).size(), 32u);
  EXPECT_EQ(here.OfIdentifier(number), here.OfIdentifier({"urn:nhs", "9434765919"}));
  EXPECT_NE(here.OfIdentifier(number), there.OfIdentifier(number));
  EXPECT_NE(here.OfIdentifier(number), here.OfIdentifier({"urn:other", "943 476 5919"}));
}

// The attack that equal hashes invite: whoever has the table and knows how often each name occurs sorts both by
// frequency and lays them side by side. 100,000 persons, names as unevenly spread as in a census (Zipf), and an
// attacker who knows the distribution exactly and which hashes come from which part of a name.
class FrequencyAttack {
 public:
  FrequencyAttack() {
    for (int rank = 0; rank < kNames; ++rank) {
      given_.push_back(NameOf(rank, 'a'));
      family_.push_back(NameOf(rank, 'o'));
    }
    std::vector<double> sums;
    double sum = 0;
    for (int rank = 0; rank < kNames; ++rank) sums.push_back(sum += 1.0 / (rank + 8));
    const auto pick = [&] {
      const double at = static_cast<double>(SystemRandom().Below(1'000'000'000)) / 1e9 * sum;
      return static_cast<int>(std::lower_bound(sums.begin(), sums.end(), at) - sums.begin());
    };
    for (int i = 0; i < kPersons; ++i) persons_.push_back({pick(), pick()});
  }

  // Which part of the persons gets its whole name right. `hash`: what the table shows of one word of person number i.
  double Recovered(absl::FunctionRef<std::string(int i, const std::string& word)> hash) const {
    const std::vector<int> given = Guess(given_, hash, [](const Known& known) { return known.given; });
    const std::vector<int> family = Guess(family_, hash, [](const Known& known) { return known.family; });
    int right = 0;
    for (int i = 0; i < kPersons; ++i) right += given[i] == persons_[i].given && family[i] == persons_[i].family;
    return static_cast<double>(right) / kPersons;
  }

  // The same by somebody who has found out which persons are in one group: in a group each name has one hash.
  double RecoveredByGroup(const std::vector<std::string>& groups) const {
    std::map<std::string, std::vector<Known>> members;
    for (int i = 0; i < kPersons; ++i) {
      members[groups[static_cast<std::size_t>(i)]].push_back(persons_[static_cast<std::size_t>(i)]);
    }
    int right = 0;
    for (const auto& [group, known] : members) {
      const std::map<int, int> given = GuessInGroup(known, [](const Known& one) { return one.given; });
      const std::map<int, int> family = GuessInGroup(known, [](const Known& one) { return one.family; });
      for (const Known& one : known) right += given.at(one.given) == one.given && family.at(one.family) == one.family;
    }
    return static_cast<double>(right) / kPersons;
  }

 private:
  static constexpr int kPersons = 100'000;
  static constexpr int kNames = 3000;
  struct Known {
    int given;
    int family;
  };

  // What each name is taken for: the most frequent in the group for the most frequent of all. Names of equal counts
  // come in the order of their hashes, which is none.
  static std::map<int, int> GuessInGroup(const std::vector<Known>& known, int (*part)(const Known&)) {
    std::map<int, int> counts;
    for (const Known& one : known) ++counts[part(one)];
    std::vector<std::tuple<int, std::uint64_t, int>> order;
    for (const auto& [name, count] : counts) order.emplace_back(-count, SystemRandom().Below(1u << 30), name);
    std::sort(order.begin(), order.end());
    std::map<int, int> guess;
    for (std::size_t rank = 0; rank < order.size(); ++rank) guess[std::get<2>(order[rank])] = static_cast<int>(rank);
    return guess;
  }

  static std::string NameOf(int rank, char vowel) {
    std::string name;
    for (int i = 0; i < 5; ++i, rank /= 5) name += {"btlmr"[rank % 5], vowel};
    return name;
  }

  std::vector<int> Guess(const std::vector<std::string>& names,
                         absl::FunctionRef<std::string(int, const std::string&)> hash,
                         int (*part)(const Known&)) const {
    std::vector<std::string> shown;
    std::map<std::string, int> hashes, truth;
    for (int i = 0; i < kPersons; ++i) {
      const std::string& word = names[static_cast<std::size_t>(part(persons_[static_cast<std::size_t>(i)]))];
      shown.push_back(hash(i, word));
      ++hashes[shown.back()];
      ++truth[word];
    }
    const std::vector<std::string> by_count = Sorted(hashes);
    const std::vector<std::string> most_frequent = Sorted(truth);
    std::map<std::string, int> rank_of_name, guess_of_hash;
    for (std::size_t i = 0; i < names.size(); ++i) rank_of_name[names[i]] = static_cast<int>(i);
    // Each name takes as many of the hashes, the fullest first, as it would fill.
    std::size_t next = 0;
    for (const std::string& name : most_frequent) {
      for (int filled = 0; next < by_count.size() && (filled == 0 || 2 * filled < truth[name]); ++next) {
        guess_of_hash[by_count[next]] = rank_of_name[name];
        filled += hashes[by_count[next]];
      }
    }
    std::vector<int> guesses;
    for (const std::string& one : shown) guesses.push_back(guess_of_hash.count(one) > 0 ? guess_of_hash[one] : -1);
    return guesses;
  }

  static std::vector<std::string> Sorted(const std::map<std::string, int>& counts) {
    std::vector<std::pair<int, std::string>> order;
    for (const auto& [key, count] : counts) order.push_back({-count, key});
    std::sort(order.begin(), order.end());
    std::vector<std::string> keys;
    for (auto& [count, key] : order) keys.push_back(std::move(key));
    return keys;
  }

  std::vector<std::string> given_;
  std::vector<std::string> family_;
  std::vector<Known> persons_;
};

TEST(PersonIndex, WithstandsCountingNames) {
  const FrequencyAttack attack;
  const double plain = attack.Recovered([](int, const std::string& word) { return word; });
  EXPECT_GT(plain, 0.05) << "the attack must be worth something: an index without groups falls to it";

  const PersonIndex index = *PersonIndex::Make(Filled(1));
  std::map<std::pair<std::string, std::string>, std::string> made;  // by word and group
  std::vector<Id> ids;
  std::vector<std::string> groups;
  for (int i = 0; i < 100'000; ++i) {
    ids.push_back(NewId());
    groups.push_back(index.KeysOf(ids.back(), Person("aaa", ""))[0].key);  // tells groups apart
  }
  const double grouped = attack.Recovered([&](int i, const std::string& word) {
    std::string& hash = made[{word, groups[static_cast<std::size_t>(i)]}];
    // The longest beginning of the word: the hash that tells most.
    if (hash.empty()) {
      std::string all;
      for (const storage::StoredKey& key : index.KeysOf(ids[static_cast<std::size_t>(i)], Person(word, ""))) {
        absl::StrAppend(&all, key.key);
      }
      hash = all;
    }
    return hash;
  });
  std::cout << "whole names recovered: " << 100 * plain << " % without groups, " << 100 * grouped << " % with them\n";
  EXPECT_LT(grouped, 0.01);
  const double by_group = attack.RecoveredByGroup(groups);
  std::cout << "whole names recovered by somebody who knows the groups: " << 100 * by_group << " %\n";
  EXPECT_LT(by_group, 0.01);
}

}  // namespace
}  // namespace trellis::identity
