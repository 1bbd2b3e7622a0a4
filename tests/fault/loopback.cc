#include "tests/fault/loopback.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>

#include "absl/strings/str_cat.h"

namespace trellis::fault {
namespace {

bool IsFree(int port) {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(port);
  const bool is_free = bind(probe, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  close(probe);
  return is_free;
}

}  // namespace

sockaddr_in Loopback(int port, unsigned host) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl((INADDR_LOOPBACK & 0xff000000U) + host);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

int FreePort() {
  // Far from those of a program that was started just before: between looking and taking, both would see one as free.
  static int next = 15'000 + static_cast<int>(getpid()) % 150 * 100;
  while (!IsFree(next)) ++next;
  return next++;
}

int ConnectFrom(unsigned host, int port, absl::Duration patience) {
  const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connection < 0) return -1;
  const timeval limit = absl::ToTimeval(patience);
  setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  const sockaddr_in from = Loopback(0, host);
  const sockaddr_in to = Loopback(port);
  if (bind(connection, reinterpret_cast<const sockaddr*>(&from), sizeof(from)) == 0 &&
      connect(connection, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0) {
    return connection;
  }
  close(connection);
  return -1;
}

std::string HttpGet(int port, const std::string& path) {
  const int connection = ConnectFrom(1, port, absl::Seconds(2));
  if (connection < 0) return "";
  const std::string request = absl::StrCat("GET ", path, " HTTP/1.0\r\nHost: localhost\r\n\r\n");
  std::string answer;
  if (send(connection, request.data(), request.size(), MSG_NOSIGNAL) > 0) {
    char buffer[4096];
    for (ssize_t got = 1; got > 0;) {
      got = recv(connection, buffer, sizeof(buffer), 0);
      if (got > 0) answer.append(buffer, static_cast<std::size_t>(got));
    }
  }
  close(connection);
  return answer;
}

}  // namespace trellis::fault
