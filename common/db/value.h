// One value on its way into a statement. A value is bound as what it is (integer, double or bytes), so that the type of
// a marker never depends on what an earlier call bound there.
#ifndef TRELLIS_COMMON_DB_VALUE_H_
#define TRELLIS_COMMON_DB_VALUE_H_

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/base/id.h"

namespace trellis::db {

// A value type. What a column cannot hold (an unsigned number beyond int64, an infinite time, NaN) becomes an unusable
// value: the statement that gets it fails with INTERNAL before it reaches the server.
class Value {
 public:
  struct Null {
    friend bool operator==(const Null&, const Null&) = default;
  };
  struct Unusable {
    friend bool operator==(const Unusable&, const Unusable&) = default;
  };
  using Content = std::variant<Null, std::int64_t, double, std::string, Unusable>;

  Value() = default;  // NULL
  Value(std::nullopt_t) {}
  template <std::integral T>
  Value(T number)
      : content_(std::in_range<std::int64_t>(WithoutBool(number)) ? Content(static_cast<std::int64_t>(number))
                                                                  : Content(Unusable())) {}
  template <std::floating_point T>
  Value(T number) : content_(FromDouble(number)) {}
  Value(absl::string_view text) : content_(std::string(text)) {}
  Value(const char* text) : content_(std::string(text)) {}
  Value(std::string text) : content_(std::move(text)) {}
  Value(const Id& id) : content_(id.bytes()) {}
  Value(absl::Time time);     // 'YYYY-MM-DD HH:MM:SS.ffffff', UTC, years 1 to 9999; finer than a microsecond is cut
  Value(absl::CivilDay day);  // 'YYYY-MM-DD', years 1 to 9999
  template <typename T>
  Value(const std::optional<T>& optional) : Value(optional.has_value() ? Value(*optional) : Value()) {}

  const Content& content() const { return content_; }
  friend bool operator==(const Value&, const Value&) = default;

 private:
  template <std::integral T>
  static constexpr auto WithoutBool(T number) {
    if constexpr (std::same_as<T, bool> || std::same_as<T, char>) {
      return static_cast<int>(number);
    } else {
      return number;
    }
  }
  static Content FromDouble(double number);

  Content content_;
};

// The arguments of a statement: one value each; a vector stands for as many arguments as it has elements.
template <typename T>
void AppendArgument(std::vector<Value>& out, const T& argument) {
  out.emplace_back(argument);
}
template <typename T>
void AppendArgument(std::vector<Value>& out, const std::vector<T>& arguments) {
  for (const auto& argument : arguments) out.emplace_back(argument);
}

// "?,?,?" for the IN list of n elements; n must not be 0 (an empty IN list is not SQL).
std::string Placeholders(std::size_t n);

// Text to be found as it is by LIKE: '%' and '_' lose their meaning.
std::string EscapeLike(absl::string_view text);

}  // namespace trellis::db

#endif  // TRELLIS_COMMON_DB_VALUE_H_
