// The hash chain of one organization's records.
//
//   head of an empty chain   SHA-256("")
//   leaf of a record         SHA-256(0x00 || the record's bytes)
//   head after it            SHA-256(0x01 || the head before || leaf)
//
// The prefixes are those of RFC 6962, so that a leaf can never be taken for a head. The bytes of a record are
// protobuf's wire format of trellis.audit.v1.AuditRecord: known fields in the order of their numbers, empty ones left
// out.
#ifndef TRELLIS_COMMON_AUDIT_CHAIN_H_
#define TRELLIS_COMMON_AUDIT_CHAIN_H_

#include <string>

#include "absl/strings/string_view.h"

namespace trellis::audit {

std::string EmptyHead();
std::string Extend(absl::string_view head, absl::string_view body);  // 32 bytes

}  // namespace trellis::audit

#endif  // TRELLIS_COMMON_AUDIT_CHAIN_H_
