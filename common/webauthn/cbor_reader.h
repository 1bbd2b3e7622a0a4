// CBOR (RFC 8949) as authenticators write it (CTAP2's canonical form): definite lengths, shortest heads, no tags, no
// floats. The JSON library of this project reads no maps with whole numbers as keys, which are all that COSE has.
#ifndef TRELLIS_COMMON_WEBAUTHN_CBOR_READER_H_
#define TRELLIS_COMMON_WEBAUTHN_CBOR_READER_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace trellis::webauthn {

// Reads one item after the other. Nothing is copied and nothing allocated, so no length that is claimed costs anything.
// After a refusal the place is not defined.
class CborReader {
 public:
  explicit CborReader(absl::string_view data) : rest_(data) {}

  std::optional<std::int64_t> Integer();
  std::optional<absl::string_view> Bytes();
  std::optional<absl::string_view> Text();  // not checked to be UTF-8
  std::optional<std::uint64_t> Map();       // how many pairs follow
  // Passes over any one item, at most four levels deep.
  bool Skip() { return Skip(4); }

  bool AtEnd() const { return rest_.empty(); }

 private:
  struct Head {
    int type;
    std::uint64_t value;
  };
  std::optional<Head> ReadHead();
  std::optional<absl::string_view> Take(std::uint64_t size);
  std::optional<absl::string_view> String(int type);
  bool Skip(int levels);

  absl::string_view rest_;
};

}  // namespace trellis::webauthn

#endif  // TRELLIS_COMMON_WEBAUTHN_CBOR_READER_H_
