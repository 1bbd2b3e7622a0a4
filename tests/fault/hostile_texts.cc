#include "tests/fault/hostile_texts.h"

namespace trellis::fault {

const std::vector<std::string>& HostileTexts() {
  static const auto* const texts = new std::vector<std::string>{
      "Robert'); DROP TABLE person;-- ",
      "a' OR '1'='1",
      "b'; SELECT SLEEP(5); #",
      "c' UNION SELECT password_hash FROM user_account -- x",
      "d' \" ` \\ '' \"\" \\\\ \\' \\\" \\0 \\n \\x27 \\",
      "100%_e% _ \\% \\_ %",
      "f\xF0\x9F\x98\x80 \xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7 \xF0\x9D\x94\x98 \xF4\x8F\xBF\xBF",
      "g\xCC\x81\xCC\x82\xCC\x83\xCC\x84\xCC\x85\xCC\x86\xCC\x87\xCC\x88\xCC\x89\xCC\x8A",
      "\xC3\xA9 e\xCC\x81 \xE1\xBA\x9E \xEF\xAC\x81 \xEF\xBD\x88 \xE2\x84\xAB",  // forms that normalizing would change
      "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D \xD9\x85\xD8\xB1\xD8\xAD\xD8\xA8\xD8\xA7 i",
      "NULL",
      "%s%s%n %08x {} {0} ${jndi:ldap://x.invalid/j}",
      "<script>alert('k')</script><img src=x onerror=\"alert(1)\">&amp;",
      "$(reboot) `id`; rm -rf / | cat && echo l > m",
      "n\",\"level\":\"error\",\"message\":\"signed in as root",
      "2026-01-01T00:00:00Z ERROR o \\r\\n next\xE2\x80\xA8line\xE2\x80\xA9paragraph",
      "{\"p\":[1,{\"q\":null}],\"__proto__\":{},\"$gt\":\"\"}",
      "../../../etc/passwd%00..\\..\\r",
      "   s   ",
      "\xEF\xBB\xBFt\xE2\x80\x8B\xEF\xBB\xBF",  // marks of byte order, and a space that is not seen
      "=cmd|' /C calc'!A1,@u,+v,-w",
      "x\n\ty\n2026-01-01 ERROR z\n\xE2\x80\x8F",
  };
  return *texts;
}

}  // namespace trellis::fault
