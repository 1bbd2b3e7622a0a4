#include "common/db/session.h"

#include <limits>

#include "common/db/errors.h"
#include "common/testing/scratch_database.h"
#include "tests/unit/common/db/support.h"

namespace trellis::db {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::FieldsAre;
using ::testing::Optional;

class SessionTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    database_ = new testing::ScratchDatabase();
    MustRun(database_->pool(),
            "CREATE TABLE item (id BINARY(16) NOT NULL PRIMARY KEY, number BIGINT NULL, ratio DOUBLE NULL,"
            " title VARCHAR(200) NULL, code VARBINARY(50) NULL, time DATETIME(6) NULL, day DATE NULL,"
            " body MEDIUMTEXT NULL, amount DECIMAL(20,2) NULL, big BIGINT UNSIGNED NULL,"
            " UNIQUE KEY item_code (code), CONSTRAINT number_small CHECK (number < 1000000000000000000)) "
            "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci");
    MakeLines();
  }
  // 3000 rows: more than fit into one packet.
  static void MakeLines() {
    std::string insert = "INSERT INTO line (n) VALUES (0)";
    for (int n = 1; n < 3000; ++n) absl::StrAppend(&insert, ",(", n, ")");
    MustRun(database_->pool(), "CREATE TABLE line (n INT NOT NULL PRIMARY KEY)");
    MustRun(database_->pool(), insert);
  }
  static void TearDownTestSuite() {
    delete database_;
    database_ = nullptr;
  }
  void SetUp() override { MustRun(pool(), "DELETE FROM item"); }

  static Pool& pool() { return database_->pool(); }
  static void Run(absl::FunctionRef<absl::Status(Session&)> body) { MustRead(pool(), body); }

  // Writes a value to a column and reads it back.
  template <typename T>
  static absl::StatusOr<T> RoundTrip(const std::string& column, const Value& value) {
    T out{};
    const absl::Status status = pool().Read(Soon(), [&](Session& session) -> absl::Status {
      const Id id = NewId();
      TRELLIS_RETURN_IF_ERROR(
          session.Execute("INSERT INTO item (id, " + column + ") VALUES (?, ?)", id, std::vector<Value>{value})
              .status());
      TRELLIS_ASSIGN_OR_RETURN(const auto row, session.QueryOne<T>("SELECT " + column + " FROM item WHERE id = ?", id));
      if (!row.has_value()) return absl::NotFoundError("the row is not there");
      out = std::get<0>(*row);
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return out;
  }

  static testing::ScratchDatabase* database_;
};
testing::ScratchDatabase* SessionTest::database_ = nullptr;

TEST_F(SessionTest, ReadsBackEveryType) {
  Run([](Session& session) -> absl::Status {
    const Id id = NewId();
    const absl::Time time = absl::FromUnixMicros(1'700'000'000'123'456);
    const absl::CivilDay day(1931, 2, 28);
    TRELLIS_ASSIGN_OR_RETURN(
        const std::int64_t inserted,
        session.Execute("INSERT INTO item (id, number, ratio, title, code, time, day) VALUES (?, ?, ?, ?, ?, ?, ?)", id,
                        -7, 0.1, "Zoë 🙂", std::string("\0\xff\x80", 3), time, day));
    EXPECT_EQ(inserted, 1);
    TRELLIS_ASSIGN_OR_RETURN(
        const auto rows,
        (session.Query<Id, int, double, std::string, std::string, absl::Time, absl::CivilDay, bool>(
            "SELECT id, number, ratio, title, code, time, day, number < 0 FROM item WHERE id = ?", id)));
    EXPECT_THAT(rows, ElementsAre(FieldsAre(id, -7, 0.1, "Zoë 🙂", std::string("\0\xff\x80", 3), time, day, true)));
    return absl::OkStatus();
  });
}

TEST_F(SessionTest, KeepsEveryByteOfAnId) {
  for (char byte : {'\0', ' ', '\x80', '\xff', '\'', '\\'}) {
    const absl::StatusOr<Id> id = Id::FromBytes(std::string(15, byte) + byte);
    EXPECT_EQ(*RoundTrip<Id>("code", *id), *id);
  }
}

TEST_F(SessionTest, KeepsTheSignOfReusedMarkers) {
  constexpr std::int64_t kBig = 999'999'999'999'999'999;
  EXPECT_EQ(*RoundTrip<std::int64_t>("number", kBig), kBig);
  EXPECT_EQ(*RoundTrip<std::int64_t>("number", -5), -5);
  EXPECT_EQ(*RoundTrip<std::int64_t>("number", std::numeric_limits<std::uint32_t>::max()), 4294967295);
  EXPECT_EQ(*RoundTrip<std::int64_t>("number", std::numeric_limits<std::int64_t>::min()),
            std::numeric_limits<std::int64_t>::min());
}

TEST_F(SessionTest, MarkersChangeTheirTypeFreely) {
  EXPECT_EQ(*RoundTrip<std::string>("title", 12), "12");
  EXPECT_EQ(*RoundTrip<std::optional<std::string>>("title", std::nullopt), std::nullopt);
  EXPECT_EQ(*RoundTrip<std::string>("title", 0.5), "0.5");
  EXPECT_EQ(*RoundTrip<std::string>("title", "text"), "text");
  EXPECT_EQ(*RoundTrip<std::string>("title", -12), "-12");
  EXPECT_EQ(*RoundTrip<std::string>("title", ""), "");
}

TEST_F(SessionTest, LongTextsThenShortOnes) {
  const std::string longest(3'000'000, 'x');
  EXPECT_EQ(*RoundTrip<std::string>("body", longest), longest);
  EXPECT_EQ(*RoundTrip<std::string>("body", "short"), "short");
  EXPECT_EQ(*RoundTrip<std::optional<std::string>>("body", std::nullopt), std::nullopt);
  EXPECT_EQ(*RoundTrip<std::string>("body", longest), longest);
}

TEST_F(SessionTest, NullIsNeverZero) {
  EXPECT_THAT(RoundTrip<std::int64_t>("number", std::nullopt).status(), Fails(StatusCode::kInternal, "DATABASE_ERROR"));
  EXPECT_THAT(RoundTrip<std::string>("title", std::nullopt).status(), Fails(StatusCode::kInternal, "DATABASE_ERROR"));
  EXPECT_THAT(RoundTrip<absl::Time>("time", std::nullopt).status(), Fails(StatusCode::kInternal, "DATABASE_ERROR"));
  EXPECT_EQ(*RoundTrip<std::optional<std::int64_t>>("number", std::nullopt), std::nullopt);
  EXPECT_EQ(*RoundTrip<std::optional<std::int64_t>>("number", 0), 0);
  EXPECT_EQ(*RoundTrip<std::optional<std::string>>("title", ""), "");
  EXPECT_EQ(*RoundTrip<std::optional<absl::Time>>("time", std::nullopt), std::nullopt);
  EXPECT_EQ(*RoundTrip<std::optional<absl::CivilDay>>("day", std::nullopt), std::nullopt);
  EXPECT_EQ(*RoundTrip<std::optional<double>>("ratio", 0.0), 0.0);
}

TEST_F(SessionTest, YearsOfFewDigits) {
  for (const int year : {1, 42, 999, 1000}) {
    const absl::CivilDay day(year, 2, 3);
    EXPECT_EQ(*RoundTrip<absl::CivilDay>("day", day), day) << day;
    const absl::Time time = absl::FromCivil(day, absl::UTCTimeZone());
    EXPECT_EQ(*RoundTrip<absl::Time>("time", time), time) << time;
  }
}

TEST_F(SessionTest, TimesWithAndWithoutFraction) {
  for (std::int64_t micros : {1'700'000'000'000'000LL, 1'700'000'000'000'001LL, 1'700'000'000'500'000LL, -1LL, 0LL,
                              -2'000'000'000'000'000LL, 4'000'000'000'000'000LL}) {
    const absl::Time time = absl::FromUnixMicros(micros);
    EXPECT_EQ(*RoundTrip<absl::Time>("time", time), time) << time;
  }
  Run([](Session& session) -> absl::Status {  // a type without a fraction
    TRELLIS_ASSIGN_OR_RETURN(const auto row,
                             session.QueryOne<absl::Time>("SELECT CAST('2024-02-29 01:02:03' AS DATETIME)"));
    EXPECT_EQ(std::get<0>(*row), absl::FromCivil(absl::CivilSecond(2024, 2, 29, 1, 2, 3), absl::UTCTimeZone()));
    return absl::OkStatus();
  });
}

TEST_F(SessionTest, ServerAgreesOnUtc) {
  Run([](Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const auto row,
                             (session.QueryOne<absl::Time, absl::Time>("SELECT NOW(6), UTC_TIMESTAMP(6)")));
    EXPECT_LT(absl::AbsDuration(std::get<0>(*row) - absl::Now()), absl::Seconds(5));
    EXPECT_EQ(std::get<0>(*row), std::get<1>(*row));
    return absl::OkStatus();
  });
}

TEST_F(SessionTest, RefusesValuesBeyondTheirType) {
  EXPECT_THAT(RoundTrip<int>("number", 3'000'000'000).status(), Fails(StatusCode::kInternal, "DATABASE_ERROR"));
  EXPECT_THAT(RoundTrip<bool>("number", 2).status(), Fails(StatusCode::kInternal, "DATABASE_ERROR"));
  EXPECT_THAT(RoundTrip<Id>("code", "short").status(), Fails(StatusCode::kInternal, "DATABASE_ERROR"));
  EXPECT_THAT(RoundTrip<std::int64_t>("number", std::numeric_limits<std::uint64_t>::max()).status(),
              Fails(StatusCode::kInternal, "DATABASE_ERROR"));
  EXPECT_THAT(RoundTrip<std::int64_t>("title", "12").status(), Fails(StatusCode::kInternal, "DATABASE_ERROR"));
  EXPECT_THAT(RoundTrip<std::string>("number", 12).status(), Fails(StatusCode::kInternal, "DATABASE_ERROR"));
  EXPECT_THAT(RoundTrip<absl::Time>("title", "2024-01-01 00:00:00").status(),
              Fails(StatusCode::kInternal, "DATABASE_ERROR"));
  Run([](Session& session) -> absl::Status {
    EXPECT_THAT(session.QueryOne<std::int64_t>("SELECT CAST(18446744073709551615 AS UNSIGNED)").status(),
                Fails(StatusCode::kInternal, "DATABASE_ERROR"));
    EXPECT_THAT((session.QueryOne<int, int>("SELECT 1").status()), Fails(StatusCode::kInternal, "DATABASE_ERROR"));
    EXPECT_THAT(session.QueryOne<int>("SELECT 1 UNION ALL SELECT 2").status(),
                Fails(StatusCode::kInternal, "DATABASE_ERROR"));
    return absl::OkStatus();
  });
}

TEST_F(SessionTest, ReadsSumsAndDecimals) {
  Run([](Session& session) -> absl::Status {
    for (int i = 1; i <= 3; ++i) {
      TRELLIS_RETURN_IF_ERROR(
          session.Execute("INSERT INTO item (id, number, amount) VALUES (?, ?, ?)", NewId(), i, "10.25").status());
    }
    TRELLIS_ASSIGN_OR_RETURN(const auto row, (session.QueryOne<std::int64_t, std::int64_t, double, std::string, double>(
                                                 "SELECT COUNT(*), SUM(number), AVG(number), SUM(amount), SUM(amount) "
                                                 "FROM item")));
    EXPECT_THAT(row, Optional(FieldsAre(3, 6, 2.0, "30.75", 30.75)));
    return absl::OkStatus();
  });
}

TEST_F(SessionTest, QueryOneTellsNothingFromNull) {
  Run([](Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(const auto none, session.QueryOne<int>("SELECT 1 FROM item WHERE id = ?", NewId()));
    EXPECT_FALSE(none.has_value());
    TRELLIS_ASSIGN_OR_RETURN(const auto null, session.QueryOne<std::optional<int>>("SELECT NULL"));
    EXPECT_THAT(null, Optional(FieldsAre(std::nullopt)));
    return absl::OkStatus();
  });
}

TEST_F(SessionTest, ExecuteCountsMatchedRows) {
  Run([](Session& session) -> absl::Status {
    const Id id = NewId();
    TRELLIS_RETURN_IF_ERROR(session.Execute("INSERT INTO item (id, number) VALUES (?, 1)", id).status());
    TRELLIS_ASSIGN_OR_RETURN(const std::int64_t same, session.Execute("UPDATE item SET number = 1 WHERE id = ?", id));
    EXPECT_EQ(same, 1);
    TRELLIS_ASSIGN_OR_RETURN(const std::int64_t none,
                             session.Execute("UPDATE item SET number = 1 WHERE id = ?", NewId()));
    EXPECT_EQ(none, 0);
    return absl::OkStatus();
  });
}

TEST_F(SessionTest, WrongNumberOfArgumentsIsOurMistake) {
  int runs = 0;
  EXPECT_THAT(pool().Transact(Soon(),
                              [&](Session& session) {
                                ++runs;
                                return session.QueryOne<int>("SELECT ? + ?", 1).status();
                              }),
              Fails(StatusCode::kInternal, "DATABASE_ERROR"));
  EXPECT_EQ(runs, 1);
  Run([](Session& session) -> absl::Status {
    EXPECT_THAT(session.QueryOne<int>("SELECT ?", 1, 2).status(), Fails(StatusCode::kInternal, "DATABASE_ERROR"));
    TRELLIS_ASSIGN_OR_RETURN(const auto row, session.QueryOne<int>("SELECT ?", 3));
    EXPECT_THAT(row, Optional(FieldsAre(3)));
    return absl::OkStatus();
  });
}

TEST_F(SessionTest, OneTextIsOneStatement) {
  const auto refused = [](absl::FunctionRef<absl::Status(Session&)> body) { return !pool().Read(Soon(), body).ok(); };
  EXPECT_TRUE(refused([](Session& session) { return session.ExecuteText("DO 1; DO 2"); }));
  EXPECT_TRUE(refused([](Session& session) { return session.Execute("DO 1; DO 2").status(); }));
  EXPECT_FALSE(refused([](Session& session) { return session.ExecuteText("DO 1"); }));
}

TEST_F(SessionTest, EscapedPatternsMatchThemselves) {
  Run([](Session& session) -> absl::Status {
    for (absl::string_view text : {"50%", "a_b", "back\\slash", "'; DROP TABLE item; --", "%", ""}) {
      TRELLIS_RETURN_IF_ERROR(
          session.Execute("INSERT INTO item (id, title) VALUES (?, ?)", NewId(), absl::StrCat("x", text)).status());
      TRELLIS_ASSIGN_OR_RETURN(const auto rows,
                               session.Query<std::string>("SELECT title FROM item WHERE title LIKE ? LIMIT 10",
                                                          absl::StrCat("x", EscapeLike(text))));
      EXPECT_THAT(rows, ElementsAre(FieldsAre(absl::StrCat("x", text))));
    }
    return absl::OkStatus();
  });
}

TEST_F(SessionTest, TakesListsOfAnyLength) {
  Run([](Session& session) -> absl::Status {
    std::vector<Id> ids;
    for (int i = 0; i < 5; ++i) {
      ids.push_back(NewId());
      TRELLIS_RETURN_IF_ERROR(session.Execute("INSERT INTO item (id, number) VALUES (?, ?)", ids.back(), i).status());
    }
    TRELLIS_ASSIGN_OR_RETURN(const auto rows,
                             session.Query<int>("SELECT number FROM item WHERE id IN (" + Placeholders(ids.size()) +
                                                    ") AND number >= ? ORDER BY number LIMIT ?",
                                                ids, 1, 3));
    EXPECT_THAT(rows, ElementsAre(FieldsAre(1), FieldsAre(2), FieldsAre(3)));
    return absl::OkStatus();
  });
}

TEST_F(SessionTest, NamesTheRuleThatRefusedARow) {
  Run([](Session& session) -> absl::Status {
    const Id id = NewId();
    const auto insert = [&](const Id& key, absl::string_view code, std::int64_t number) {
      return session.Execute("INSERT INTO item (id, code, number) VALUES (?, ?, ?)", key, code, number).status();
    };
    TRELLIS_RETURN_IF_ERROR(insert(id, "a", 1));
    EXPECT_TRUE(IsDuplicateKey(insert(id, "b", 1), "PRIMARY"));
    EXPECT_TRUE(IsDuplicateKey(insert(NewId(), "a", 1), "item_code"));
    const absl::Status refused = insert(NewId(), "c", std::numeric_limits<std::int64_t>::max());
    EXPECT_THAT(refused, Fails(StatusCode::kFailedPrecondition, "CONSTRAINT_VIOLATED"));
    EXPECT_EQ(DetailsOf(refused)->metadata[0].second, "number_small");
    return absl::OkStatus();
  });
}

TEST_F(SessionTest, NothingIsCutOrBent) {
  EXPECT_THAT(RoundTrip<std::string>("title", std::string(201, 'x')).status(),
              Fails(StatusCode::kInternal, "DATABASE_ERROR"));
  EXPECT_THAT(RoundTrip<std::string>("title", std::string("\xff\xfe")).status(),
              Fails(StatusCode::kInternal, "DATABASE_ERROR"));
  EXPECT_THAT(RoundTrip<absl::CivilDay>("day", "2023-02-30").status(), Fails(StatusCode::kInternal, "DATABASE_ERROR"));
  EXPECT_THAT(RoundTrip<absl::CivilDay>("day", "0000-00-00").status(), Fails(StatusCode::kInternal, "DATABASE_ERROR"));
}

TEST_F(SessionTest, PreparesAStatementOnce) {
  Run([](Session& session) -> absl::Status {
    for (int i = 0; i < 2; ++i) {  // those of the counting itself
      TRELLIS_RETURN_IF_ERROR(session.QueryOne<int>("SELECT ?", i).status());
      ServerCounter(session, "Com_stmt_prepare");
    }
    const std::int64_t prepared = ServerCounter(session, "Com_stmt_prepare");
    for (int i = 0; i < 100; ++i) TRELLIS_RETURN_IF_ERROR(session.QueryOne<int>("SELECT ?", i).status());
    EXPECT_EQ(ServerCounter(session, "Com_stmt_prepare"), prepared);
    return absl::OkStatus();
  });
}

TEST_F(SessionTest, ClosesTheStatementsUsedLeast) {
  const std::unique_ptr<Pool> own = database_->NewPool();
  MustRead(*own, [](Session& session) -> absl::Status {
    for (int i = 0; i < 300; ++i) {
      TRELLIS_RETURN_IF_ERROR(session.QueryOne<int>(absl::StrCat("SELECT ", i, " + ?"), i).status());
      TRELLIS_ASSIGN_OR_RETURN(const auto row, session.QueryOne<int>("SELECT ?", i));  // stays
      EXPECT_THAT(row, Optional(FieldsAre(i)));
    }
    const std::int64_t open = ServerCounter(session, "Com_stmt_prepare") - ServerCounter(session, "Com_stmt_close");
    EXPECT_LE(open, 97);
    EXPECT_GE(open, 90);
    return absl::OkStatus();
  });
}

TEST_F(SessionTest, SurvivesAChangedTable) {
  Run([](Session& session) -> absl::Status {
    TRELLIS_RETURN_IF_ERROR(session.ExecuteText("CREATE TABLE changing (a INT NOT NULL PRIMARY KEY, b INT NULL)"));
    const auto read = [&] {
      return session.Query<int, std::optional<int>>("SELECT * FROM changing LIMIT 10").status();
    };
    TRELLIS_RETURN_IF_ERROR(read());
    TRELLIS_RETURN_IF_ERROR(session.ExecuteText("ALTER TABLE changing ADD COLUMN c INT NULL"));
    EXPECT_FALSE(read().ok());
    TRELLIS_RETURN_IF_ERROR(session.ExecuteText("ALTER TABLE changing DROP COLUMN c"));
    EXPECT_THAT(read(), IsOk());
    return session.ExecuteText("DROP TABLE changing");
  });
}

// The server finds out only after it has sent rows.
TEST_F(SessionTest, ErrorInTheMiddleOfAResultIsNoShortResult) {
  Run([](Session& session) -> absl::Status {
    const auto rows = session.Query<int, int>(
        "SELECT n, IF(n = ?, (SELECT b.n FROM line b WHERE b.n >= a.n), 0) FROM line a ORDER BY n LIMIT 5000", 2500);
    EXPECT_THAT(rows.status(), Fails(StatusCode::kInternal, "DATABASE_ERROR"));
    EXPECT_EQ(ErrnoOf(rows.status()), 1242);
    const auto all = session.Query<int>("SELECT n FROM line ORDER BY n LIMIT 5000");
    EXPECT_EQ(all.value().size(), 3000u);
    return absl::OkStatus();
  });
}

TEST_F(SessionTest, StopsAStatementNearTheDeadline) {
  const absl::Time start = absl::Now();
  const absl::Status status = pool().Read(In(absl::Milliseconds(300)), [](Session& session) {
    return session.QueryOne<int>("SELECT COUNT(*) FROM line a, line b, line c WHERE a.n + b.n + c.n = 4567").status();
  });
  EXPECT_LT(absl::Now() - start, absl::Seconds(5));
  EXPECT_THAT(status, Fails(StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED"));
}

TEST_F(SessionTest, SendsNothingAfterTheDeadline) {
  const absl::Status status = pool().Read(In(absl::Milliseconds(50)), [](Session& session) {
    absl::SleepFor(absl::Milliseconds(60));
    return session.QueryOne<int>("SELECT 1").status();
  });
  EXPECT_THAT(status, Fails(StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED"));
}

TEST_F(SessionTest, StatementLimitCostsNoRoundTripNormally) {
  const std::unique_ptr<Pool> own = database_->NewPool();
  std::vector<std::int64_t> sets;
  for (int seconds : {30, 5, 4, 60, 5}) {
    EXPECT_THAT(own->Read(In(absl::Seconds(seconds)),
                          [&](Session& session) {
                            sets.push_back(ServerCounter(session, "Com_set_option"));
                            return absl::OkStatus();
                          }),
                IsOk());
  }
  EXPECT_EQ(sets.front(), sets.back());
  for (double seconds : {2.0, 2.0, 30.0}) {  // a change of step costs one
    EXPECT_THAT(own->Read(In(absl::Seconds(seconds)),
                          [&](Session& session) {
                            sets.push_back(ServerCounter(session, "Com_set_option"));
                            return absl::OkStatus();
                          }),
                IsOk());
  }
  EXPECT_EQ(sets.back(), sets.front() + 2);
}

TEST_F(SessionTest, SessionStateIsTheOneWeRelyOn) {
  Run([](Session& session) -> absl::Status {
    TRELLIS_ASSIGN_OR_RETURN(
        const auto row,
        (session.QueryOne<std::string, std::string, std::string, int>(
            "SELECT @@SESSION.time_zone, @@SESSION.collation_connection, @@SESSION.character_set_client, "
            "@@SESSION.innodb_lock_wait_timeout")));
    EXPECT_THAT(row, Optional(FieldsAre("+00:00", "utf8mb4_unicode_520_ci", "utf8mb4", 3)));
    const std::string isolation = session.is_mariadb() ? "tx_isolation" : "transaction_isolation";
    TRELLIS_ASSIGN_OR_RETURN(const auto level, session.QueryOne<std::string>("SELECT @@SESSION." + isolation));
    EXPECT_THAT(level, Optional(FieldsAre("READ-COMMITTED")));
    return absl::OkStatus();
  });
}

}  // namespace
}  // namespace trellis::db
