// The least that a gRPC server can do with a message: read it, parse it, serialize an answer, send it.
#ifndef TRELLIS_TESTS_BENCH_SUITE_ECHO_SERVER_H_
#define TRELLIS_TESTS_BENCH_SUITE_ECHO_SERVER_H_

#include <string>
#include <vector>

#include "common/rpc/tls_files.h"

namespace trellis::bench {

// Serves until it is killed. Generic and asynchronous as Trellis's own transport, over TLS, but with one thread that
// does everything: no workers to hand calls to, no pipeline. methods: full names ("trellis.x.v1.Things.GetThing"); the
// answer to each is the message in the file folder/<full name>.
void ServeEcho(int port, const rpc::TlsFiles& tls, const std::string& folder, const std::vector<std::string>& methods);

}  // namespace trellis::bench

#endif  // TRELLIS_TESTS_BENCH_SUITE_ECHO_SERVER_H_
