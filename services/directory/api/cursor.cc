#include "services/directory/api/cursor.h"

#include <bit>
#include <cmath>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/base/text.h"

namespace trellis::directory {
namespace {

constexpr char kByDistance = 'd';
constexpr char kByName = 'n';

absl::Status BadToken() { return InvalidField("page_token", "is no token of this list"); }

std::string EncodeDouble(double number) {
  const auto bits = std::bit_cast<std::uint64_t>(number);
  std::string bytes(8, '\0');
  for (int i = 0; i < 8; ++i) bytes[static_cast<std::size_t>(i)] = static_cast<char>(bits >> (8 * i));
  return bytes;
}

double DecodeDouble(absl::string_view bytes) {
  std::uint64_t bits = 0;
  for (int i = 0; i < 8; ++i) {
    bits |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)])) << (8 * i);
  }
  return std::bit_cast<double>(bits);
}

}  // namespace

std::string EncodeCursor(const NameCursor& cursor) { return absl::StrCat(cursor.id.bytes(), cursor.display_name); }

absl::StatusOr<NameCursor> DecodeNameCursor(absl::string_view bytes) {
  NameCursor cursor;
  if (bytes.empty()) return cursor;
  const absl::StatusOr<Id> id = Id::FromBytes(bytes.substr(0, Id::kSize));
  if (!id.ok() || !CountCodePoints(bytes.substr(Id::kSize)).has_value()) return BadToken();
  cursor.id = *id;
  cursor.display_name = std::string(bytes.substr(Id::kSize));
  return cursor;
}

std::string EncodeCursor(const SearchCursor& cursor) {
  if (cursor.name.has_value()) return absl::StrCat(std::string(1, kByName), EncodeCursor(*cursor.name));
  if (!cursor.near.has_value()) return "";
  return absl::StrCat(std::string(1, kByDistance), EncodeDouble(cursor.near->distance),
                      EncodeCursor(NameCursor{cursor.near->display_name, cursor.near->service}));
}

absl::StatusOr<SearchCursor> DecodeSearchCursor(absl::string_view bytes) {
  SearchCursor cursor;
  if (bytes.empty()) return cursor;
  const char kind = bytes[0];
  bytes.remove_prefix(1);
  if (kind == kByName) {
    TRELLIS_ASSIGN_OR_RETURN(cursor.name, DecodeNameCursor(bytes));
    return cursor;
  }
  if (kind != kByDistance || bytes.size() < 8) return BadToken();
  Near near;
  near.distance = DecodeDouble(bytes);
  if (!std::isfinite(near.distance) || near.distance < 0) return BadToken();
  TRELLIS_ASSIGN_OR_RETURN(NameCursor name, DecodeNameCursor(bytes.substr(8)));
  near.service = name.id;
  near.display_name = std::move(name.display_name);
  cursor.near = std::move(near);
  return cursor;
}

}  // namespace trellis::directory
