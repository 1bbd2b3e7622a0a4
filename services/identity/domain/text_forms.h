// Canonical forms: what is compared and searched, never what is shown. Two spellings that people take for the same
// have one form.
#ifndef TRELLIS_SERVICES_IDENTITY_DOMAIN_TEXT_FORMS_H_
#define TRELLIS_SERVICES_IDENTITY_DOMAIN_TEXT_FORMS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace trellis::identity {

// Case, accents, width and compatibility forms removed (Unicode NFKD, full case folding, marks dropped), and letters
// that Unicode does not take apart written as their base: "Łukasz" -> "lukasz", "Straße" -> "strasse". The text must be
// well-formed UTF-8; anything else gives "".
std::string FoldText(absl::string_view text);

// The words of a name in folded form, without repetitions, in their order: letters and digits of any script; all else
// parts words ("Marie-Ann O'Neil" -> marie, ann, o, neil). Apostrophes inside a word also give the joined word (oneil).
std::vector<std::string> NameWords(absl::string_view name);

// The number of code points of a folded text.
int CodePoints(absl::string_view text);
// The first `count` code points.
std::string FirstCodePoints(absl::string_view text, int count);

// A login name: the ASCII letters in lower case, surrounding spaces removed. Nothing else changes: what is not a login
// name becomes none (see ValidateLogin).
std::string CanonicalLogin(absl::string_view login);

// An identifier's system as it is, its value folded and without spaces, hyphens, dots and slashes.
std::string CanonicalIdentifier(absl::string_view system, absl::string_view value);

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_DOMAIN_TEXT_FORMS_H_
