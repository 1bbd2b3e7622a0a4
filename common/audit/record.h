// From a call to the records that are kept of it.
#ifndef TRELLIS_COMMON_AUDIT_RECORD_H_
#define TRELLIS_COMMON_AUDIT_RECORD_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/audit/journal.h"
#include "common/audit/names.h"
#include "common/base/id.h"
#include "google/protobuf/message.h"
#include "trellis/audit/v1/audit_record.pb.h"
#include "trellis/options/v1/options.pb.h"

namespace trellis::audit {

// The names into `persons` and `resources`, sorted and once each; too many are counted in `omitted_count`.
void SetNames(std::vector<std::string> names, v1::AuditRecord* record);

// The same, and labels besides.
void SetMentioned(Mentioned mentioned, v1::AuditRecord* record);

// Data of one organization in an answer to another.
struct Disclosed {
  std::string owner;  // "organizations/..."
  std::string recipient;
  std::string consent;  // may be empty
  Mentioned mentioned;
};
// What an answer discloses by the method's declaration; one for each pair of organizations and consent.
std::vector<Disclosed> DisclosuresIn(const google::protobuf::Message& response, const options::v1::Disclosure& where,
                                     NameCollector& collector);

// The nil id for "" and for what is no name.
Id IdOf(absl::string_view name);
std::string NameOf(absl::string_view collection, const Id& id);  // "" for the nil id

absl::Time TimeOf(const v1::AuditRecord& record);

// Gives the record its id and makes a row of it. The record's name and organization must not be changed afterwards.
JournalRow ToRow(const Id& id, const Id& organization, v1::AuditRecord record);

}  // namespace trellis::audit

#endif  // TRELLIS_COMMON_AUDIT_RECORD_H_
