#include "services/identity/api/field_mask.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "trellis/identity/v1/person.pb.h"

namespace trellis::identity {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr absl::string_view kChangeable[] = {"given_names", "phones", "address", "deceased"};

google::protobuf::FieldMask Mask(std::initializer_list<const char*> paths) {
  google::protobuf::FieldMask mask;
  for (const char* path : paths) mask.add_paths(path);
  return mask;
}

TEST(ResolveMask, TakesNamedFieldsAllOrThoseThatAreSet) {
  v1::Person person;
  person.add_phones("123");
  person.set_family_names("not changeable here");
  EXPECT_THAT(*ResolveMask(Mask({"address", "deceased", "address"}), kChangeable, person),
              ElementsAre("address", "deceased"));
  EXPECT_THAT(*ResolveMask(Mask({"*"}), kChangeable, person),
              ElementsAre("given_names", "phones", "address", "deceased"));
  EXPECT_THAT(*ResolveMask(Mask({}), kChangeable, person), ElementsAre("phones"));
}

TEST(ResolveMask, RefusesOtherPaths) {
  for (const char* path : {"name", "etag", "address.city", "nonsense", "", "family_names"}) {
    EXPECT_FALSE(ResolveMask(Mask({path}), kChangeable, v1::Person()).ok()) << path;
  }
  EXPECT_FALSE(ResolveMask(Mask({"*", "deceased"}), kChangeable, v1::Person()).ok());
}

TEST(CopyFields, ReplacesAndClearsAndTellsWhatChanged) {
  v1::Person before;
  before.set_given_names("Anna");
  before.add_phones("1");
  before.add_phones("2");
  before.mutable_address()->set_city("Leeds");
  before.set_deceased(true);
  v1::Person wanted;
  wanted.set_given_names("Anna");
  wanted.add_phones("3");
  EXPECT_THAT(CopyFields({"given_names", "phones", "address"}, wanted, before), ElementsAre("phones", "address"));
  EXPECT_THAT(before.phones(), ElementsAre("3"));
  EXPECT_FALSE(before.has_address());
  EXPECT_TRUE(before.deceased());
  EXPECT_THAT(CopyFields({"given_names", "phones", "address"}, wanted, before), IsEmpty());
}

}  // namespace
}  // namespace trellis::identity
