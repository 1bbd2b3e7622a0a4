#include "common/feed/feed_service.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"

namespace trellis::feed {
namespace {

constexpr int kDefaultLimit = 100;
constexpr absl::Duration kLongestWait = absl::Seconds(30);
// What is kept of the caller's time for reading and answering.
constexpr absl::Duration kMargin = absl::Milliseconds(250);

}  // namespace

absl::StatusOr<events::v1::ReadEventsResponse> FeedService::ReadEvents(rpc::CallContext& call,
                                                                       const events::v1::ReadEventsRequest& request) {
  if (request.after() < 0) return InvalidField("after", "must not be negative");
  if (request.limit() < 0) return InvalidField("limit", "must not be negative");
  const absl::Duration asked = absl::Seconds(request.wait().seconds()) + absl::Nanoseconds(request.wait().nanos());
  if (asked < absl::ZeroDuration()) return InvalidField("wait", "must not be negative");
  const absl::Duration wait =
      std::max(absl::ZeroDuration(), std::min({asked, kLongestWait, call.deadline() - absl::Now() - kMargin}));
  const int limit = request.limit() == 0 ? kDefaultLimit : std::min(request.limit(), Reader::kMaxEvents);

  TRELLIS_ASSIGN_OR_RETURN(EventBatch batch, reader_->Read(request.after(), limit, wait, call.deadline(),
                                                           [&call] { return call.cancelled(); }));
  events::v1::ReadEventsResponse response;
  response.set_head(batch.head);
  for (events::v1::Event& event : batch.events) *response.add_events() = std::move(event);
  return response;
}

absl::StatusOr<events::v1::GetHeadResponse> FeedService::GetHead(rpc::CallContext& call,
                                                                 const events::v1::GetHeadRequest& /*request*/) {
  events::v1::GetHeadResponse response;
  TRELLIS_ASSIGN_OR_RETURN(const std::int64_t head, sequencer_->SequenceAll(call.deadline()));
  response.set_head(head);
  return response;
}

}  // namespace trellis::feed
