// How a name sounds, roughly: spellings that people take for the same name have one key. Names that were written down
// by ear, or brought from another script, are found by it.
#ifndef TRELLIS_SERVICES_IDENTITY_DOMAIN_NAME_SOUND_H_
#define TRELLIS_SERVICES_IDENTITY_DOMAIN_NAME_SOUND_H_

#include <string>

#include "absl/strings/string_view.h"

namespace trellis::identity {

// The sound of one folded word (text_forms.h); "" where it has none: fewer than three letters, or letters other than
// a to z. Two parts:
// - the first vowel, in three classes: a e, i y, o u;
// - the consonants in their order, in classes after the Cologne phonetics (H. J. Postel, 1969), kept apart where
// English,
//   Arabic and Slavic names need it (b from p, m from n): t d th; f v w ph; k c q ch ck kh; s z sh sch ts, and c before
//   e, i, y; x is k and s. Doubled ones count once, h only at the beginning, j and y only at the beginning.
// jon = john; muller = mueller; mohammed = muhammad = mohamed; katherine = catherine; steven = stephen; meyer = maier.
std::string SoundOf(absl::string_view word);

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_DOMAIN_NAME_SOUND_H_
