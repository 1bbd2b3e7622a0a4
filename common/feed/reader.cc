#include "common/feed/reader.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/base/id.h"
#include "common/base/status_macros.h"
#include "common/db/pool.h"

namespace trellis::feed {
namespace {

constexpr int kRowsAtOnce = 100;
// How often a waiting reader looks whether anybody still waits for it.
constexpr absl::Duration kPatience = absl::Milliseconds(100);

using EventRow = std::tuple<std::int64_t, Id, Id, absl::Time, std::string, std::string, std::string>;

events::v1::Event FromRow(EventRow&& row) {
  auto& [position, id, organization, occur_time, type, trace_id, payload] = row;
  events::v1::Event event;
  event.set_position(position);
  event.set_id(id.ToString());
  if (!organization.is_nil()) event.set_organization(absl::StrCat("organizations/", organization.ToString()));
  event.mutable_payload()->set_type_url(absl::StrCat("type.googleapis.com/", type));
  event.mutable_payload()->set_value(std::move(payload));
  const std::int64_t micros = absl::ToUnixMicros(occur_time);
  event.mutable_occur_time()->set_seconds(micros / 1000000);
  event.mutable_occur_time()->set_nanos(static_cast<std::int32_t>(micros % 1000000) * 1000);
  event.set_trace_id(std::move(trace_id));
  return event;
}

// The head, and whether something was written two seconds ago that has no place yet.
absl::Status ReadHead(db::Session& session, std::int64_t& head, bool& behind) {
  TRELLIS_ASSIGN_OR_RETURN(
      const auto row, (session.QueryOne<std::int64_t, std::int64_t>(
                          "SELECT h.position, EXISTS (SELECT 1 FROM event e WHERE e.position IS NULL AND "
                          "e.write_time < UTC_TIMESTAMP(6) - INTERVAL 2 SECOND) FROM feed_head h WHERE h.id = 1")));
  if (!row.has_value()) return absl::InternalError("feed_head has no row");
  head = std::get<0>(*row);
  behind = std::get<1>(*row) != 0;
  return absl::OkStatus();
}

absl::Status ReadEvents(db::Session& session, std::int64_t after, int limit, EventBatch& batch) {
  std::size_t bytes = 0;
  while (static_cast<int>(batch.events.size()) < limit) {
    const int wanted = std::min(limit - static_cast<int>(batch.events.size()), kRowsAtOnce);
    TRELLIS_ASSIGN_OR_RETURN(
        auto rows, (session.Query<std::int64_t, Id, Id, absl::Time, std::string, std::string, std::string>(
                       "SELECT position, event_id, organization_id, occur_time, type, trace_id, payload FROM event "
                       "WHERE position > ? ORDER BY position LIMIT ?",
                       after, wanted)));
    for (EventRow& row : rows) {
      bytes += std::get<6>(row).size();
      if (bytes > Reader::kMaxBytes && !batch.events.empty()) return absl::OkStatus();
      after = std::get<0>(row);
      batch.events.push_back(FromRow(std::move(row)));
    }
    if (static_cast<int>(rows.size()) < wanted) return absl::OkStatus();
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<EventBatch> Reader::ReadNow(std::int64_t after, int limit, absl::Time deadline) const {
  EventBatch batch;
  bool behind = false;
  TRELLIS_RETURN_IF_ERROR(pool_->Read(deadline, [&](db::Session& session) -> absl::Status {
    batch = EventBatch();
    // The head first: whoever gets an empty answer may conclude that nothing older was on its way.
    TRELLIS_RETURN_IF_ERROR(ReadHead(session, batch.head, behind));
    return ReadEvents(session, after, limit, batch);
  }));
  if (!batch.events.empty()) {
    batch.head = std::max(batch.head, batch.events.back().position());
    if (behind) ++batch.head;  // more is there than has places: nobody is up to date now
  } else if (behind) {
    return Error(absl::StatusCode::kUnavailable, "FEED_BEHIND", "committed events wait for their positions");
  }
  return batch;
}

absl::StatusOr<EventBatch> Reader::Read(std::int64_t after, int limit, absl::Duration wait, absl::Time deadline,
                                        absl::FunctionRef<bool()> given_up) const {
  limit = std::clamp(limit, 1, kMaxEvents);
  const absl::Time until = absl::Now() + wait;
  for (;;) {
    TRELLIS_ASSIGN_OR_RETURN(EventBatch batch, ReadNow(after, limit, deadline));
    if (!batch.events.empty() || absl::Now() >= until || given_up() || signal_->closed()) return batch;
    const std::int64_t known = std::max(after, batch.head);
    while (signal_->WaitBeyond(known, std::min(kPatience, until - absl::Now())) <= known) {
      if (absl::Now() >= until || given_up() || signal_->closed()) break;
    }
  }
}

absl::StatusOr<EventBatch> LocalSource::Read(std::int64_t after, int limit, absl::Duration wait) {
  if (cancelled_) return absl::CancelledError("the source was closed");
  return reader_->Read(after, limit, wait, absl::Now() + wait + absl::Seconds(5), [this] { return cancelled_.load(); });
}

}  // namespace trellis::feed
