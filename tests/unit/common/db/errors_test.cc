#include "common/db/errors.h"

#include "absl/strings/match.h"
#include "common/base/error.h"
#include "gtest/gtest.h"

namespace trellis::db {
namespace {

std::string Metadata(const absl::Status& status) {
  const auto details = DetailsOf(status);
  return details.has_value() && !details->metadata.empty() ? details->metadata[0].second : "";
}

TEST(ErrorsTest, NamesTheDuplicateKeyOfEitherServer) {
  EXPECT_EQ(Metadata(StatusOf(1062, "Duplicate entry 'x' for key 'person_login'")), "person_login");
  EXPECT_EQ(Metadata(StatusOf(1062, "Duplicate entry 'x' for key 'person.person_login'")), "person_login");
  // The value is the user's and may look like anything.
  EXPECT_EQ(Metadata(StatusOf(1062, "Duplicate entry 'a' for key 'PRIMARY'' for key 'person_login'")), "person_login");
  EXPECT_TRUE(IsDuplicateKey(StatusOf(1062, "Duplicate entry 'x' for key 'PRIMARY'"), "PRIMARY"));
  EXPECT_FALSE(IsDuplicateKey(StatusOf(1062, "Duplicate entry 'x' for key 'PRIMARY'"), "other"));
  EXPECT_FALSE(IsDuplicateKey(StatusOf(1213, "")));
}

TEST(ErrorsTest, NamesTheConstraintOfEitherServer) {
  const absl::Status mariadb = StatusOf(4025, "CONSTRAINT `places_free` failed for `directory`.`capacity`");
  EXPECT_EQ(Metadata(mariadb), "places_free");
  EXPECT_TRUE(IsConstraintViolation(mariadb));
  EXPECT_EQ(Metadata(StatusOf(3819, "Check constraint 'places_free' is violated.")), "places_free");
  EXPECT_EQ(Metadata(StatusOf(1452,
                              "Cannot add or update a child row: a foreign key constraint fails (`d`.`hold`, "
                              "CONSTRAINT `hold_capacity` FOREIGN KEY (`a`) REFERENCES `capacity` (`a`))")),
            "hold_capacity");
}

TEST(ErrorsTest, MessagesHoldNothingOfTheServer) {
  for (int number : {-1, 3, 1045, 1062, 1064, 1114, 1205, 1213, 1366, 1969, 2002, 2013, 4025}) {
    const absl::Status status = StatusOf(number, "Access denied for 'root'@'db.internal' SELECT secret FROM person");
    EXPECT_FALSE(absl::StrContains(status.message(), "SELECT")) << status;
    EXPECT_FALSE(absl::StrContains(status.message(), "db.internal")) << status;
    EXPECT_EQ(ErrnoOf(status), number);
    EXPECT_NE(ReasonOf(status), "");
  }
}

TEST(ErrorsTest, TellsConflictsFromLossAndDoubt) {
  for (int number : {1213, 1205, 1020, 3101, 1047}) {
    EXPECT_TRUE(IsConflict(number)) << number;
    EXPECT_FALSE(IsUnknownAtCommit(number)) << number;
    EXPECT_EQ(StatusOf(number, "").code(), absl::StatusCode::kAborted);
  }
  for (int number : {-1, 2006, 2013, 2014, 2030, 1927, 1053}) {
    EXPECT_TRUE(IsConnectionLost(number)) << number;
    EXPECT_TRUE(IsUnknownAtCommit(number)) << number;
    EXPECT_EQ(StatusOf(number, "").code(), absl::StatusCode::kUnavailable);
  }
  for (int number : {1290, 1836, 1792}) {  // the server has become a replica: certainly not committed
    EXPECT_TRUE(IsConnectionLost(number)) << number;
    EXPECT_FALSE(IsUnknownAtCommit(number)) << number;
  }
  EXPECT_FALSE(IsConnectionLost(1062));
  EXPECT_FALSE(IsConnectionLost(1213));
  EXPECT_FALSE(IsUnknownAtCommit(1180));
  EXPECT_EQ(ErrnoOf(absl::OkStatus()), 0);
}

}  // namespace
}  // namespace trellis::db
