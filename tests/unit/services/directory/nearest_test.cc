#include "services/directory/domain/nearest.h"

#include <random>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace trellis::directory {
namespace {

// What the database would answer.
class Map {
 public:
  void Add(int number, const Position& position) {
    std::string bytes(16, '\0');
    bytes[14] = static_cast<char>(number >> 8);
    bytes[15] = static_cast<char>(number);
    bytes[0] = 1;
    places_.push_back({*Id::FromBytes(bytes), *Id::FromBytes(bytes), position, absl::StrCat("service ", number)});
  }
  absl::StatusOr<std::vector<Candidate>> Fetch(const std::vector<CellRange>& ranges, int limit) {
    ++fetches_;
    std::vector<Candidate> found;
    for (const Candidate& place : places_) {
      const std::int64_t cell = CellOf(place.position);
      for (const CellRange& range : ranges) {
        if (static_cast<int>(found.size()) < limit && range.first <= cell && cell <= range.last) {
          found.push_back(place);
          break;
        }
      }
    }
    return found;
  }
  std::vector<Near> Sorted(const Position& center, double radius) const {
    std::vector<Near> all;
    for (const Candidate& place : places_) {
      const double distance = DistanceMeters(center, place.position);
      if (radius == 0 || distance <= radius)
        all.push_back({place.service, place.location, distance, place.display_name});
    }
    std::sort(all.begin(), all.end(), ComesBefore);
    return all;
  }
  int fetches() const { return fetches_; }
  std::size_t size() const { return places_.size(); }

 private:
  std::vector<Candidate> places_;
  int fetches_ = 0;
};

// Turns page after page and compares with sorting everything.
void ExpectAllPages(Map& map, const Position& center, double radius, int page) {
  const std::vector<Near> expected = map.Sorted(center, radius);
  std::vector<Near> seen;
  std::optional<Near> after;
  while (true) {
    const auto fetch = [&map](const std::vector<CellRange>& ranges, int limit) { return map.Fetch(ranges, limit); };
    const absl::StatusOr<std::vector<Near>> found = Nearest(center, radius, after, page, fetch);
    ASSERT_TRUE(found.ok());
    seen.insert(seen.end(), found->begin(), found->end());
    if (static_cast<int>(found->size()) < page) break;
    after = found->back();
  }
  ASSERT_EQ(seen.size(), expected.size());
  for (std::size_t i = 0; i < seen.size(); ++i) ASSERT_EQ(seen[i].service, expected[i].service) << i;
}

TEST(Nearest, FindsEverybodyOnceInOrder) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> spread(0, 0.5);
  Map map;
  for (int i = 0; i < 600; ++i) map.Add(i, {52 + spread(random), 0.4 + spread(random)});
  ExpectAllPages(map, {52, 0.4}, 0, 25);
  ExpectAllPages(map, {52, 0.4}, 40'000, 25);
  ExpectAllPages(map, {-33, 151}, 0, 100);  // from the other side of the earth
}

TEST(Nearest, CopesWithManyInOneTownAndFewOutside) {
  std::mt19937_64 random(8);
  std::normal_distribution<double> spread(0, 0.002);
  Map map;
  for (int i = 0; i < 5'000; ++i) map.Add(i, {52 + spread(random), 0.4 + spread(random)});
  for (int i = 5'000; i < 5'020; ++i) map.Add(i, {53 + spread(random), 1.4 + spread(random)});
  ExpectAllPages(map, {52, 0.4}, 0, 500);
}

TEST(Nearest, CopesWithManyAtOneDoor) {
  Map map;
  for (int i = 0; i < 3'000; ++i) map.Add(i, {52, 0.4});
  ExpectAllPages(map, {52, 0.4}, 0, 700);
  ExpectAllPages(map, {52.001, 0.4}, 1'000, 700);
}

TEST(Nearest, TheFirstPageIsCheap) {
  std::mt19937_64 random(9);
  std::uniform_real_distribution<double> spread(-1, 1);
  Map map;
  for (int i = 0; i < 8'000; ++i) map.Add(i, {52 + spread(random), 0.4 + spread(random)});
  const auto fetch = [&map](const std::vector<CellRange>& ranges, int limit) { return map.Fetch(ranges, limit); };
  ASSERT_TRUE(Nearest({52, 0.4}, 0, std::nullopt, 25, fetch).ok());
  EXPECT_LE(map.fetches(), 6);
}

TEST(Nearest, PassesErrorsOn) {
  const auto fetch = [](const std::vector<CellRange>&, int) -> absl::StatusOr<std::vector<Candidate>> {
    return absl::UnavailableError("down");
  };
  EXPECT_EQ(Nearest({0, 0}, 0, std::nullopt, 5, fetch).status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace trellis::directory
