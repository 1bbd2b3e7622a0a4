// Settings of the whole process that libraries leave to the program.
#ifndef TRELLIS_COMMON_RUNTIME_PROCESS_H_
#define TRELLIS_COMMON_RUNTIME_PROCESS_H_

namespace trellis::runtime {

// Call once, after the log is configured and before other threads start:
// - gRPC's and protobuf's own messages become lines of our log (they may tell of peers' addresses and of fields' names,
//   never of what is in a call);
// - no core dumps: they would hold whatever the process knew;
// - as many descriptors as the machine allows: a listener of gRPC 1.51 that once ran out of them accepts nobody any
//   more (below 65,536 the log says so);
// - Abseil's search for lock cycles, on in Debian's build, stays to the tests: it costs every lock of a busy server.
void PrepareProcess();

}  // namespace trellis::runtime

#endif  // TRELLIS_COMMON_RUNTIME_PROCESS_H_
