#include "tests/fault/loopback.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "absl/strings/str_cat.h"

namespace trellis::fault {
namespace {

constexpr int kBlocksBegin = 15'000;
constexpr int kBlocks = 150;
constexpr int kPortsOfABlock = 100;

// A socket that holds the port of 127.0.0.1; -1 where somebody else has it.
int Hold(int port) {
  const int holder = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(port);
  if (bind(holder, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return holder;
  close(holder);
  return -1;
}

bool IsFree(int port) {
  const int holder = Hold(port);
  if (holder >= 0) close(holder);
  return holder >= 0;
}

// Programs that run side by side would both see a port as free between looking and taking. So each takes a block, whose
// first port it holds until it ends.
int FirstOfABlockOfOurOwn() {
  for (int tried = 0, block = static_cast<int>(getpid()); tried < kBlocks; ++tried, ++block) {
    const int first = kBlocksBegin + block % kBlocks * kPortsOfABlock;
    if (Hold(first) >= 0) return first;
  }
  std::cerr << "all blocks of ports are taken: end the programs that hold them, from " << kBlocksBegin << " on\n";
  std::abort();
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
  static int next = FirstOfABlockOfOurOwn();
  do ++next;
  while (!IsFree(next));
  return next;
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
