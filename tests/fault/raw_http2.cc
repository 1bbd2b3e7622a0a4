#include "tests/fault/raw_http2.h"

#include <poll.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "tests/fault/loopback.h"

namespace trellis::fault {
namespace {

constexpr char kPreface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr unsigned char kAlpn[] = {2, 'h', '2'};

SSL_CTX* Context() {
  static SSL_CTX* const context = [] {
    SSL_CTX* made = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_alpn_protos(made, kAlpn, sizeof(kAlpn));
    return made;
  }();
  return context;
}

// HPACK's integers (RFC 7541, section 5.1) with a prefix of `bits`.
std::string Number(std::uint8_t first, int bits, std::uint64_t value) {
  const std::uint64_t most = (1U << bits) - 1;
  if (value < most) return std::string(1, static_cast<char>(first | value));
  std::string out(1, static_cast<char>(first | most));
  for (value -= most; value >= 128; value /= 128) out.push_back(static_cast<char>(value % 128 + 128));
  out.push_back(static_cast<char>(value));
  return out;
}

std::string Text(absl::string_view text) { return absl::StrCat(Number(0, 7, text.size()), text); }

}  // namespace

std::string Frame(FrameType type, std::uint8_t flags, std::uint32_t stream, absl::string_view payload) {
  std::string out;
  for (int shift = 16; shift >= 0; shift -= 8) out.push_back(static_cast<char>(payload.size() >> shift));
  out.push_back(static_cast<char>(type));
  out.push_back(static_cast<char>(flags));
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(stream >> shift));
  return absl::StrCat(out, payload);
}

std::string Header(absl::string_view name, absl::string_view value) {
  return std::string(1, '\0') + Text(name) + Text(value);
}

std::string EndlessHeader(absl::string_view name, std::uint64_t length) {
  return std::string(1, '\0') + Text(name) + Number(0, 7, length);
}

std::string CallHeaders(absl::string_view path, absl::string_view more) {
  // Of the static table: 3 is ":method: POST", 7 is ":scheme: https", 4 is ":path", 1 is ":authority".
  return std::string("\x83\x87\x04") + Text(path) + "\x01" + Text("localhost") +
         Header("content-type", "application/grpc") + Header("te", "trailers") + std::string(more);
}

std::unique_ptr<RawHttp2> RawHttp2::Connect(unsigned host, int port, absl::Duration patience) {
  const int socket = ConnectFrom(host, port, patience);
  if (socket < 0) return nullptr;
  SSL* const tls = SSL_new(Context());
  SSL_set_fd(tls, socket);
  std::unique_ptr<RawHttp2> connection(new RawHttp2(socket, tls));
  if (SSL_connect(tls) != 1 || !connection->Send(kPreface + Frame(kSettings, 0, 0, ""))) return nullptr;
  return connection;
}

RawHttp2::~RawHttp2() {
  SSL_free(tls_);
  close(socket_);
}

bool RawHttp2::Send(absl::string_view bytes) {
  return SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size());
}

bool RawHttp2::Discard() {
  char buffer[16384];
  pollfd waiter = {socket_, POLLIN, 0};
  while (SSL_pending(tls_) > 0 || poll(&waiter, 1, 0) == 1) {
    if (SSL_read(tls_, buffer, sizeof(buffer)) <= 0) return false;
  }
  return true;
}

}  // namespace trellis::fault
