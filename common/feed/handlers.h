// Sorts events by what they tell.
//
//   feed::Handlers handlers;
//   handlers.On<assessment::v1::AssessmentRecorded>(
//       [&](db::Session& tx, const events::v1::Event& event, const assessment::v1::AssessmentRecorded& recorded)
//       {...});
//   Follower(..., handlers, ...);
#ifndef TRELLIS_COMMON_FEED_HANDLERS_H_
#define TRELLIS_COMMON_FEED_HANDLERS_H_

#include <functional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/feed/follower.h"
#include "trellis/events/v1/events.pb.h"

namespace trellis::feed {

// A Handler: skips types that it does not know. Set up first, then only called; thread-safe from then on.
class Handlers {
 public:
  template <class Payload, class Effect>
  Handlers& On(Effect effect) {
    by_type_[Payload::descriptor()->full_name()] =
        [effect = std::move(effect)](db::Session& tx, const events::v1::Event& event) -> absl::Status {
      Payload payload;
      if (!event.payload().UnpackTo(&payload)) {
        return absl::DataLossError(absl::StrCat("event ", event.position(), " cannot be read"));
      }
      return effect(tx, event, payload);
    };
    return *this;
  }

  absl::Status operator()(db::Session& tx, const events::v1::Event& event) const {
    const std::string& url = event.payload().type_url();
    const auto found = by_type_.find(absl::string_view(url).substr(url.rfind('/') + 1));
    return found == by_type_.end() ? absl::OkStatus() : found->second(tx, event);
  }

 private:
  absl::flat_hash_map<std::string, Handler> by_type_;
};

// "organizations/{id}" of an event; nil where it belongs to all. Error: INVALID_ARGUMENT.
absl::StatusOr<Id> OrganizationOf(const events::v1::Event& event);

}  // namespace trellis::feed

#endif  // TRELLIS_COMMON_FEED_HANDLERS_H_
