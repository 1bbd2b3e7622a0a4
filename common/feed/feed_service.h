// trellis.events.v1.EventFeed: a service's events for those who follow it.
//   router.Unary("trellis.events.v1.EventFeed.ReadEvents", &feed_service, &FeedService::ReadEvents);
#ifndef TRELLIS_COMMON_FEED_FEED_SERVICE_H_
#define TRELLIS_COMMON_FEED_FEED_SERVICE_H_

#include "absl/status/statusor.h"
#include "common/feed/reader.h"
#include "common/feed/sequencer.h"
#include "common/rpc/call_context.h"
#include "trellis/events/v1/events.pb.h"

namespace trellis::feed {

// Thread-safe. Close the reader's HeadSignal before draining the server: it ends the long polls.
class FeedService {
 public:
  FeedService(const Reader* reader, Sequencer* sequencer) : reader_(reader), sequencer_(sequencer) {}

  absl::StatusOr<events::v1::ReadEventsResponse> ReadEvents(rpc::CallContext& call,
                                                            const events::v1::ReadEventsRequest& request);
  absl::StatusOr<events::v1::GetHeadResponse> GetHead(rpc::CallContext& call,
                                                      const events::v1::GetHeadRequest& request);

 private:
  const Reader* const reader_;
  Sequencer* const sequencer_;
};

}  // namespace trellis::feed

#endif  // TRELLIS_COMMON_FEED_FEED_SERVICE_H_
