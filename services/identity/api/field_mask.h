// Update masks over the fields of one resource (AIP-134).
#ifndef TRELLIS_SERVICES_IDENTITY_API_FIELD_MASK_H_
#define TRELLIS_SERVICES_IDENTITY_API_FIELD_MASK_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/message.h"

namespace trellis::identity {

// The fields to change: those that the mask names, each once, all of `changeable` for "*", and without a mask every
// changeable field that is not empty in `resource`. Error: INVALID_ARGUMENT on update_mask for any other path.
absl::StatusOr<std::vector<std::string>> ResolveMask(const google::protobuf::FieldMask& mask,
                                                     absl::Span<const absl::string_view> changeable,
                                                     const google::protobuf::Message& resource);

// Makes these fields of `to` equal to those of `from`, a message of the same type. Returns those that really changed.
std::vector<std::string> CopyFields(const std::vector<std::string>& fields, const google::protobuf::Message& from,
                                    google::protobuf::Message& to);

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_FIELD_MASK_H_
