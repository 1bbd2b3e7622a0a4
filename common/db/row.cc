#include "common/db/row.h"

#include <cppconn/datatype.h>
#include <cppconn/resultset.h>
#include <cppconn/resultset_metadata.h>

#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/error.h"

namespace trellis::db {
namespace {

absl::Status Misread(int column, absl::string_view why) {
  return Error(absl::StatusCode::kInternal, "DATABASE_ERROR", absl::StrCat("column ", column, " ", why));
}

bool IsInteger(int type) {
  switch (type) {
    case sql::DataType::BIT:
    case sql::DataType::TINYINT:
    case sql::DataType::SMALLINT:
    case sql::DataType::MEDIUMINT:
    case sql::DataType::INTEGER:
    case sql::DataType::BIGINT:
    case sql::DataType::YEAR:
      return true;
    default:
      return false;
  }
}

bool IsDecimal(int type) { return type == sql::DataType::DECIMAL || type == sql::DataType::NUMERIC; }

bool IsBytes(int type) {
  switch (type) {
    case sql::DataType::CHAR:
    case sql::DataType::BINARY:
    case sql::DataType::VARCHAR:
    case sql::DataType::VARBINARY:
    case sql::DataType::LONGVARCHAR:
    case sql::DataType::LONGVARBINARY:
    case sql::DataType::ENUM:
    case sql::DataType::SET:
    case sql::DataType::JSON:
      return true;
    default:
      return false;
  }
}

// Reads exactly `digits` digits and what follows them.
bool TakeNumber(absl::string_view& text, std::size_t digits, char after, int& out) {
  if (text.size() < digits) return false;
  out = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    out = out * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  if (after == '\0') return true;
  if (text.empty() || text.front() != after) return false;
  text.remove_prefix(1);
  return true;
}

// The connector writes years before 1000 without their leading zeros.
bool TakeYear(absl::string_view& text, int& out) {
  const std::size_t digits = text.find('-');
  return digits >= 1 && digits <= 4 && TakeNumber(text, digits, '-', out);
}

bool TakeDay(absl::string_view& text, char after, absl::CivilDay& out) {
  int year = 0;
  int month = 0;
  int day = 0;
  if (!TakeYear(text, year) || !TakeNumber(text, 2, '-', month) || !TakeNumber(text, 2, after, day)) {
    return false;
  }
  out = absl::CivilDay(year, month, day);
  return out.year() == year && out.month() == month && out.day() == day;  // '0000-00-00' and the like are no days
}

// ".5", ".500000" or nothing.
bool TakeMicroseconds(absl::string_view text, int& out) {
  out = 0;
  if (text.empty()) return true;
  if (text.front() != '.' || text.size() < 2 || text.size() > 7) return false;
  std::string digits(text.substr(1));
  digits.resize(6, '0');
  absl::string_view rest = digits;
  return TakeNumber(rest, 6, '\0', out);
}

bool ParseTime(absl::string_view text, absl::Time& out) {
  absl::CivilDay day;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int micros = 0;
  if (!TakeDay(text, ' ', day) || !TakeNumber(text, 2, ':', hour) || !TakeNumber(text, 2, ':', minute) ||
      !TakeNumber(text, 2, '\0', second) || !TakeMicroseconds(text, micros)) {
    return false;
  }
  const absl::CivilSecond civil(day.year(), day.month(), day.day(), hour, minute, second);
  out = absl::FromCivil(civil, absl::UTCTimeZone()) + absl::Microseconds(micros);
  return true;
}

std::string Text(sql::ResultSet& result, int column) {
  return result.getString(static_cast<std::uint32_t>(column + 1)).asStdString();
}

}  // namespace

bool Row::IsNull(int column) const { return result_.isNull(static_cast<std::uint32_t>(column + 1)); }

absl::Status Row::RequireValue(int column) const {
  return IsNull(column) ? Misread(column, "is NULL where a value is needed") : absl::OkStatus();
}

int Row::TypeOf(int column) const { return types_.getColumnType(static_cast<unsigned>(column + 1)); }

absl::Status Row::Get(int column, std::int64_t* out) const {
  TRELLIS_RETURN_IF_ERROR(RequireValue(column));
  const int type = TypeOf(column);
  if (IsInteger(type)) {
    const bool is_signed = types_.isSigned(static_cast<unsigned>(column + 1));
    if (!is_signed && result_.getUInt64(static_cast<std::uint32_t>(column + 1)) >
                          static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return Misread(column, "holds a number beyond int64");
    }
    *out = result_.getInt64(static_cast<std::uint32_t>(column + 1));
    return absl::OkStatus();
  }
  // SUM() of integers is a DECIMAL.
  if (IsDecimal(type) && absl::SimpleAtoi(Text(result_, column), out)) return absl::OkStatus();
  return Misread(column, "is no integer");
}

absl::Status Row::Get(int column, int* out) const {
  std::int64_t wide = 0;
  TRELLIS_RETURN_IF_ERROR(Get(column, &wide));
  if (wide < std::numeric_limits<int>::min() || wide > std::numeric_limits<int>::max()) {
    return Misread(column, "holds a number beyond int");
  }
  *out = static_cast<int>(wide);
  return absl::OkStatus();
}

absl::Status Row::Get(int column, bool* out) const {
  std::int64_t number = 0;
  TRELLIS_RETURN_IF_ERROR(Get(column, &number));
  if (number != 0 && number != 1) return Misread(column, "is neither 0 nor 1");
  *out = number == 1;
  return absl::OkStatus();
}

absl::Status Row::Get(int column, double* out) const {
  TRELLIS_RETURN_IF_ERROR(RequireValue(column));
  const int type = TypeOf(column);
  if (type == sql::DataType::DOUBLE || type == sql::DataType::REAL) {
    *out = static_cast<double>(result_.getDouble(static_cast<std::uint32_t>(column + 1)));
    return absl::OkStatus();
  }
  if (IsDecimal(type) && absl::SimpleAtod(Text(result_, column), out)) return absl::OkStatus();
  if (!IsInteger(type)) return Misread(column, "is no number");
  std::int64_t number = 0;
  TRELLIS_RETURN_IF_ERROR(Get(column, &number));
  *out = static_cast<double>(number);
  return absl::OkStatus();
}

absl::Status Row::Get(int column, std::string* out) const {
  TRELLIS_RETURN_IF_ERROR(RequireValue(column));
  const int type = TypeOf(column);
  if (!IsBytes(type) && !IsDecimal(type)) return Misread(column, "is no text");
  *out = Text(result_, column);
  return absl::OkStatus();
}

absl::Status Row::Get(int column, Id* out) const {
  std::string bytes;
  TRELLIS_RETURN_IF_ERROR(Get(column, &bytes));
  absl::StatusOr<Id> id = Id::FromBytes(bytes);
  if (!id.ok()) return Misread(column, "is no id");
  *out = *id;
  return absl::OkStatus();
}

absl::Status Row::Get(int column, absl::Time* out) const {
  TRELLIS_RETURN_IF_ERROR(RequireValue(column));
  if (TypeOf(column) != sql::DataType::TIMESTAMP || !ParseTime(Text(result_, column), *out)) {
    return Misread(column, "is no time");
  }
  return absl::OkStatus();
}

absl::Status Row::Get(int column, absl::CivilDay* out) const {
  TRELLIS_RETURN_IF_ERROR(RequireValue(column));
  const std::string text = TypeOf(column) == sql::DataType::DATE ? Text(result_, column) : "";
  absl::string_view rest = text;
  if (!TakeDay(rest, '\0', *out) || !rest.empty()) return Misread(column, "is no day");
  return absl::OkStatus();
}

}  // namespace trellis::db
