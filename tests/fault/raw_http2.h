// HTTP/2 as an attacker speaks it: TLS, then any bytes at all.
#ifndef TRELLIS_TESTS_FAULT_RAW_HTTP2_H_
#define TRELLIS_TESTS_FAULT_RAW_HTTP2_H_

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace trellis::fault {

enum FrameType : std::uint8_t { kData = 0, kHeaders = 1, kResetStream = 3, kSettings = 4, kContinuation = 9 };
inline constexpr std::uint8_t kEndStream = 0x1;
inline constexpr std::uint8_t kEndHeaders = 0x4;

std::string Frame(FrameType type, std::uint8_t flags, std::uint32_t stream, absl::string_view payload);

// The header block of a call (HPACK, no compression): what any gRPC client sends, and `more` behind it.
std::string CallHeaders(absl::string_view path, absl::string_view more = "");
// One header, never entered into the table.
std::string Header(absl::string_view name, absl::string_view value);
// The beginning of a header whose value is said to have `length` bytes.
std::string EndlessHeader(absl::string_view name, std::uint64_t length);

// One connection. Not thread-safe.
class RawHttp2 {
 public:
  // From 127.0.x.y (see Loopback), with the client's preface and empty settings sent; null where it was not let in.
  static std::unique_ptr<RawHttp2> Connect(unsigned host, int port, absl::Duration patience = absl::Milliseconds(500));
  ~RawHttp2();
  RawHttp2(const RawHttp2&) = delete;
  RawHttp2& operator=(const RawHttp2&) = delete;

  // False: the other side has ended the connection, or does not take more.
  bool Send(absl::string_view bytes);
  // Throws away what has come in. False: the other side has ended the connection.
  bool Discard();

 private:
  RawHttp2(int socket, SSL* tls) : socket_(socket), tls_(tls) {}

  const int socket_;
  SSL* const tls_;
};

}  // namespace trellis::fault

#endif  // TRELLIS_TESTS_FAULT_RAW_HTTP2_H_
