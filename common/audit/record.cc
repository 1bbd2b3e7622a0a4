#include "common/audit/record.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/audit/names.h"

namespace trellis::audit {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// As many as the largest answer can hold, and a bound for whoever sends lists of them.
constexpr int kMostPersons = 5000;
constexpr int kMostResources = 200;

std::string TextOf(const Message& message, const std::string& field) {
  const FieldDescriptor* const found = field.empty() ? nullptr : message.GetDescriptor()->FindFieldByName(field);
  return found == nullptr ? "" : message.GetReflection()->GetString(message, found);
}

// Calls `visit` for each message that the path leads to.
void ForEachAt(const Message& message, const std::vector<std::string>& path, std::size_t depth,
               const std::function<void(const Message&)>& visit) {
  if (depth == path.size()) return visit(message);
  const FieldDescriptor* const field = message.GetDescriptor()->FindFieldByName(path[depth]);
  if (field == nullptr || field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return;
  const auto& reflection = *message.GetReflection();
  if (!field->is_repeated()) {
    if (reflection.HasField(message, field)) ForEachAt(reflection.GetMessage(message, field), path, depth + 1, visit);
    return;
  }
  for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
    ForEachAt(reflection.GetRepeatedMessage(message, field, i), path, depth + 1, visit);
  }
}

}  // namespace

void SetNames(std::vector<std::string> names, v1::AuditRecord* record) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  for (std::string& name : names) {
    const bool person = absl::StartsWith(name, "persons/");
    auto& list = person ? *record->mutable_persons() : *record->mutable_resources();
    if (list.size() < (person ? kMostPersons : kMostResources)) {
      list.Add(std::move(name));
    } else {
      record->set_omitted_count(record->omitted_count() + 1);
    }
  }
}

std::vector<Disclosed> DisclosuresIn(const Message& response, const options::v1::Disclosure& where,
                                     NameCollector& collector) {
  std::vector<Disclosed> all;
  const std::vector<std::string> path = absl::StrSplit(where.resource(), '.', absl::SkipEmpty());
  ForEachAt(response, path, 0, [&](const Message& resource) {
    Disclosed found;
    found.owner = TextOf(resource, where.owner());
    found.recipient = TextOf(resource, where.recipient());
    found.consent = TextOf(resource, where.consent());
    if (!IsResourceName(found.owner) || !IsResourceName(found.recipient) || found.owner == found.recipient) return;
    auto same = std::find_if(all.begin(), all.end(), [&](const Disclosed& other) {
      return other.owner == found.owner && other.recipient == found.recipient && other.consent == found.consent;
    });
    if (same == all.end()) same = all.insert(all.end(), std::move(found));
    collector.Collect(resource, &same->mentioned);
  });
  return all;
}

Id IdOf(absl::string_view name) {
  const absl::StatusOr<Id> id = IsResourceName(name) ? Id::Parse(name.substr(name.find('/') + 1)) : Id();
  return id.ok() ? *id : Id();
}

std::string NameOf(absl::string_view collection, const Id& id) {
  return id.is_nil() ? "" : absl::StrCat(collection, "/", id.ToString());
}

absl::Time TimeOf(const v1::AuditRecord& record) {
  return absl::FromUnixSeconds(record.record_time().seconds()) + absl::Nanoseconds(record.record_time().nanos());
}

void SetMentioned(Mentioned mentioned, v1::AuditRecord* record) {
  SetNames(std::move(mentioned.names), record);
  record->clear_labels();
  for (int label = 0; label <= LabelSet::kLargest; ++label) {
    if (mentioned.labels.Has(label)) record->add_labels(static_cast<options::v1::SecurityLabel>(label));
  }
  record->set_withheld(mentioned.withheld);
}

JournalRow ToRow(const Id& id, const Id& organization, v1::AuditRecord record) {
  record.set_name(NameOf("auditRecords", id));
  record.set_organization(NameOf("organizations", organization));
  return {id, organization, record.SerializeAsString()};
}

}  // namespace trellis::audit
