// Checks on text that comes from outside.
#ifndef TRELLIS_COMMON_BASE_TEXT_H_
#define TRELLIS_COMMON_BASE_TEXT_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace trellis {

// The number of code points of well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates); otherwise nothing.
std::optional<std::size_t> CountCodePoints(absl::string_view text);

// True where the text holds a control character other than newline and tab, or one that turns the reading
// direction (U+202A..U+202E, U+2066..U+2069), which could make one name look like another.
bool HasUnsafeCharacter(absl::string_view text);

// True where well-formed text holds one of the invisible marks that say in which direction to read (U+061C, U+200E,
// U+200F). Text of several lines in more than one script may need them; a name does not.
bool HasReadingMark(absl::string_view text);

// "persons/0190...": the part after `collection` + "/"; nothing where the name has another shape.
std::optional<absl::string_view> StripCollection(absl::string_view name, absl::string_view collection);

}  // namespace trellis

#endif  // TRELLIS_COMMON_BASE_TEXT_H_
