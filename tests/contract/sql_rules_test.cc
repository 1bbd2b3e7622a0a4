// SQL that only one of MySQL and MariaDB accepts, or that breaks on a cluster, is found here and not by an operator.
#include <algorithm>
#include <regex>

#include "gtest/gtest.h"
#include "tests/contract/source_files.h"

namespace trellis::contract {
namespace {

struct Forbidden {
  const char* pattern;
  const char* why;
};

constexpr Forbidden kForbidden[] = {
    {"\\bRETURNING\\b", "MySQL refuses it"},
    {"utf8mb4_0900", "MariaDB refuses it"},
    {"uca1400|nopad_bin", "MySQL refuses it"},
    {"UUID_TO_BIN|BIN_TO_UUID", "MariaDB refuses it"},
    {"\\bMEMBER\\s+OF\\b", "MariaDB refuses it"},
    {"\\bFOR\\s+SHARE\\b|\\bFOR\\s+UPDATE\\s+OF\\b", "MariaDB refuses it"},
    {"\\bLATERAL\\b", "MariaDB refuses it"},
    {"IF\\s+NOT\\s+EXISTS\\s+[a-z_]+\\s+(VARCHAR|BINARY|INT)", "MySQL refuses ADD COLUMN IF NOT EXISTS"},
    {"\\bCREATE\\s+(UNIQUE\\s+)?INDEX\\s+IF\\b", "MySQL refuses it"},
    {"\\bAUTO_INCREMENT\\b", "ids are UUIDv7; positions come from the sequencer"},
    {"\\bGET_LOCK\\s*\\(", "two Galera nodes grant it at once"},
    {"\\bLOCK\\s+TABLES\\b", "not replicated"},
    {"\\bCREATE\\s+(TRIGGER|PROCEDURE|FUNCTION|EVENT)\\b", "logic lives in the services"},
    {"\\bON\\s+(DELETE|UPDATE)\\s+CASCADE\\b", "no change happens unseen"},
    {"\\bTEMPORARY\\s+TABLE\\b", "not for a cluster"},
    {"\\bTIMESTAMP\\s*(\\(|NOT|NULL|,)", "ends in 2038: DATETIME(6)"},
    {"\\bFULLTEXT\\b|\\bSPATIAL\\b", "not common ground"},
    {"\\bENUM\\s*\\(", "adding a value rebuilds the table"},
    {"\\bJSON\\s+(NOT|NULL|,)", "a JSON column breaks prepared results on MySQL: TEXT"},
};

// String literals of the C++ sources that look like SQL, and the migrations without their comments.
std::vector<SourceFile> Statements() {
  std::vector<SourceFile> out;
  static const std::regex comment("--[^\n]*");
  for (const char* folder : {"common", "services"}) {
    for (const SourceFile& file : FilesBelow(folder, {".sql"})) {
      out.push_back({file.path, std::regex_replace(file.text, comment, "")});
    }
    static const std::regex literal("\"(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|SET) [^;]*;");
    for (const SourceFile& file : FilesBelow(folder, {".cc"})) {
      if (file.path.rfind("common/testing", 0) == 0) continue;
      std::string found;
      for (auto it = std::sregex_iterator(file.text.begin(), file.text.end(), literal); it != std::sregex_iterator();
           ++it) {
        found += it->str() + "\n";
      }
      if (!found.empty()) out.push_back({file.path, found});
    }
  }
  return out;
}

TEST(SqlRules, OnlyTheCommonGroundIsUsed) {
  for (const SourceFile& file : Statements()) {
    for (const Forbidden& rule : kForbidden) {
      EXPECT_FALSE(std::regex_search(file.text, std::regex(rule.pattern, std::regex::icase)))
          << file.path << " uses " << rule.pattern << ": " << rule.why;
    }
  }
}

// A value that goes into the text of a statement needs a quote before it or a number made into text; parameters need
// neither.
TEST(SqlRules, ValuesAreParametersNeverText) {
  static const std::regex statement("\"(SELECT|INSERT|UPDATE|DELETE|REPLACE) ");
  static const std::regex literal("\"(([^\"\\\\]|\\\\.)*)\"");
  static const std::regex formatted(
      "\\bStrFormat\\b|\\bSubstitute\\b|\\bsnprintf\\b|\\bto_string\\b|\\bExecuteText\\b|\\bEscapeString\\b|"
      "\\bLIKE\\b(?! \\? ESCAPE)|ORDER BY \", ");
  int files = 0;
  for (const char* const folder : {"services", "common/feed", "common/access", "common/audit", "common/seal"}) {
    for (const SourceFile& file : FilesBelow(folder, {".cc"})) {
      if (!std::regex_search(file.text, statement)) continue;
      ++files;
      std::smatch found;
      EXPECT_FALSE(std::regex_search(file.text, found, formatted)) << file.path << " uses " << found.str();
      for (auto it = std::sregex_iterator(file.text.begin(), file.text.end(), literal); it != std::sregex_iterator();
           ++it) {
        const std::string text = (*it)[1];
        if (!std::regex_search(text, std::regex("=|\\bVALUES\\b|\\bIN\\b|\\bLIKE\\b"))) continue;  // no SQL: a message
        EXPECT_EQ(std::count(text.begin(), text.end(), '\'') % 2, 0)
            << file.path << " opens a quote in SQL that something else must close: " << text;
      }
    }
  }
  EXPECT_GT(files, 15);
}

TEST(SqlRules, EveryTableHasAPrimaryKeyAnEngineAndACollation) {
  static const std::regex table("CREATE\\s+TABLE[^;]*;", std::regex::icase);
  int tables = 0;
  for (const SourceFile& file : Statements()) {
    if (file.path.find("/migrations/") == std::string::npos) continue;
    for (auto it = std::sregex_iterator(file.text.begin(), file.text.end(), table); it != std::sregex_iterator();
         ++it) {
      const std::string text = it->str();
      ++tables;
      for (const char* part : {"PRIMARY KEY", "ENGINE=InnoDB", "COLLATE"}) {
        EXPECT_NE(text.find(part), std::string::npos) << file.path << " lacks " << part << ":\n" << text.substr(0, 60);
      }
    }
  }
  EXPECT_GT(tables, 3);
}

}  // namespace
}  // namespace trellis::contract
