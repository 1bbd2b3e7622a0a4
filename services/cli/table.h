// Tables for people: columns as wide as their widest cell, headings on top.
#ifndef TRELLIS_SERVICES_CLI_TABLE_H_
#define TRELLIS_SERVICES_CLI_TABLE_H_

#include <string>
#include <vector>

#include "google/protobuf/timestamp.pb.h"
#include "trellis/types/v1/types.pb.h"

namespace trellis::cli {

class Table {
 public:
  explicit Table(std::vector<std::string> headings) : rows_{std::move(headings)} {}
  void Add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.size() == 1; }
  std::string ToString() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

// How many columns of a terminal the text takes: one for each code point.
std::size_t DisplayWidth(const std::string& text);
// Cut to `width` columns, with "…" where something was left out.
std::string Shorten(const std::string& text, std::size_t width);

std::string FormatTime(const google::protobuf::Timestamp& time);  // "2026-03-01 09:30", UTC; "" where unset
std::string FormatDate(const types::v1::Date& date);              // "2026-03-01"
std::string FormatNumber(double value);                           // "12", "7.5"

}  // namespace trellis::cli

#endif  // TRELLIS_SERVICES_CLI_TABLE_H_
