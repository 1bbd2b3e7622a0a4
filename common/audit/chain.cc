#include "common/audit/chain.h"

#include "absl/strings/str_cat.h"
#include "common/crypto/digest.h"

namespace trellis::audit {

std::string EmptyHead() { return crypto::Sha256(""); }

std::string Extend(absl::string_view head, absl::string_view body) {
  static constexpr absl::string_view kLeaf("\x00", 1);
  static constexpr absl::string_view kNode("\x01", 1);
  return crypto::Sha256(absl::StrCat(kNode, head, crypto::Sha256(absl::StrCat(kLeaf, body))));
}

}  // namespace trellis::audit
