// Sensitivity labels of a record, or the labels that somebody is cleared for.
#ifndef TRELLIS_COMMON_BASE_LABEL_SET_H_
#define TRELLIS_COMMON_BASE_LABEL_SET_H_

#include <cstdint>

namespace trellis {

// A set of the numbers of trellis.options.v1.SecurityLabel, stored as bits: bit n is set for label n. A number that has
// no bit here (a label of a later version) takes bit 0, which nobody is cleared for: it restricts, and is never lost.
class LabelSet {
 public:
  LabelSet() = default;
  static LabelSet FromBits(std::int64_t bits) {
    LabelSet out;
    out.bits_ = static_cast<std::uint32_t>(bits) & kAllBits;
    return out;
  }

  void Add(int label) { bits_ |= 0 < label && label <= kLargest ? 1U << label : 1U; }
  bool Has(int label) const { return 0 <= label && label <= kLargest && (bits_ >> label & 1U) != 0; }
  bool empty() const { return bits_ == 0; }
  // Whether whoever is cleared for these may read what has the labels `others`.
  bool Covers(LabelSet others) const { return (others.bits_ & ~bits_) == 0; }
  std::int64_t bits() const { return bits_; }

  friend LabelSet operator|(LabelSet a, LabelSet b) { return FromBits(a.bits() | b.bits()); }
  friend bool operator==(LabelSet a, LabelSet b) { return a.bits_ == b.bits_; }
  friend bool operator!=(LabelSet a, LabelSet b) { return a.bits_ != b.bits_; }

  static constexpr int kLargest = 30;

 private:
  static constexpr std::uint32_t kAllBits = 0x7fffffff;

  std::uint32_t bits_ = 0;
};

}  // namespace trellis

#endif  // TRELLIS_COMMON_BASE_LABEL_SET_H_
