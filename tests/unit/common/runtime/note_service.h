// The smallest service there can be, and one that follows it.
#ifndef TRELLIS_TESTS_UNIT_COMMON_RUNTIME_NOTE_SERVICE_H_
#define TRELLIS_TESTS_UNIT_COMMON_RUNTIME_NOTE_SERVICE_H_

#include <atomic>

#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "common/runtime/service.h"
#include "trellis/notetest/v1/notetest.pb.h"

namespace trellis::runtime {

class NotesApi {
 public:
  explicit NotesApi(Runtime& runtime) : runtime_(runtime) {}

  absl::StatusOr<notetest::v1::CreateNoteResponse> CreateNote(rpc::CallContext& call,
                                                              const notetest::v1::CreateNoteRequest& request);
  absl::StatusOr<notetest::v1::CountNotesResponse> CountNotes(rpc::CallContext& call,
                                                              const notetest::v1::CountNotesRequest& request);

  // How often a change ran in this process.
  static inline std::atomic<int> changes{0};

 private:
  Runtime& runtime_;
};

Service DescribeNotes();
// Called "caseload", because only services of the suite may read feeds. Copies each note of the feed into its own table
// and publishes an event of its own for it.
Service DescribeFollower();

}  // namespace trellis::runtime

#endif  // TRELLIS_TESTS_UNIT_COMMON_RUNTIME_NOTE_SERVICE_H_
