#include "services/cli/table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "common/base/text.h"

namespace trellis::cli {
namespace {

bool StartsCodePoint(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

}  // namespace

std::size_t DisplayWidth(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), StartsCodePoint));
}

std::string Shorten(const std::string& text, std::size_t width) {
  if (DisplayWidth(text) <= width) return text;
  std::size_t seen = 0;
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    if (StartsCodePoint(text[end]) && ++seen == width) break;
  }
  return text.substr(0, end) + "…";
}

std::string Table::ToString() const {
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
  }
  std::string out;
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    std::string line = "    ";
    for (std::size_t i = 0; i < rows_[r].size(); ++i) {
      const bool last = i + 1 == rows_[r].size();
      absl::StrAppend(&line, rows_[r][i], last ? "" : std::string(widths[i] - DisplayWidth(rows_[r][i]) + 2, ' '));
    }
    absl::StrAppend(&out, line, "\n");
    if (r == 0) {
      std::size_t total = 0;
      for (const std::size_t width : widths) total += width + 2;
      out += "    ";
      for (std::size_t i = 2; i < total; ++i) out += "─";
      out += "\n";
    }
  }
  return out;
}

std::string FormatTime(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0 && time.nanos() == 0) return "";
  return absl::FormatTime("%Y-%m-%d %H:%M", absl::FromUnixSeconds(time.seconds()), absl::UTCTimeZone());
}

std::string FormatDate(const types::v1::Date& date) {
  if (date.year() == 0) return "";
  return absl::StrFormat("%04d-%02d-%02d", date.year(), date.month(), date.day());
}

std::string FormatNumber(double value) {
  if (value == static_cast<double>(static_cast<long long>(value))) return absl::StrFormat("%.0f", value);
  return absl::StrFormat("%.1f", value);
}

}  // namespace trellis::cli
