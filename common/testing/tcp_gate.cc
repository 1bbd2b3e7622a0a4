#include "common/testing/tcp_gate.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace trellis::testing {
namespace {

using std::chrono::milliseconds;

sockaddr_in Loopback(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool WriteAll(int socket, absl::string_view data) {
  while (!data.empty()) {
    const ssize_t n = send(socket, data.data(), data.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    data.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// "" at the end of the stream.
std::string ReadSome(int socket) {
  std::string data(64 * 1024, '\0');
  const ssize_t n = recv(socket, data.data(), data.size(), 0);
  data.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return data;
}

// A whole packet: length, number, COM_QUERY, text. The client waits for the answer, so it ends the piece.
bool EndsWithCommit(absl::string_view piece) {
  return absl::EndsWith(piece, absl::string_view("\x07\x00\x00\x00\x03"
                                                 "COMMIT",
                                                 11));
}

void SendAtOnce(int socket) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

}  // namespace

struct TcpGate::Link {
  int client = -1;
  int server = -1;
  std::atomic<bool> closing{false};
  std::atomic<bool> done{false};
  std::thread thread;

  void Shut() {
    closing = true;
    shutdown(client, SHUT_RDWR);
    shutdown(server, SHUT_RDWR);
  }
};

absl::StatusOr<std::unique_ptr<TcpGate>> TcpGate::Open(int target_port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener, 128) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    close(listener);
    return absl::UnavailableError("cannot listen on a port of 127.0.0.1");
  }
  return std::unique_ptr<TcpGate>(new TcpGate(listener, ntohs(address.sin_port), target_port));
}

TcpGate::TcpGate(int listener, int port, int target_port)
    : listener_(listener), port_(port), target_port_(target_port), acceptor_([this] { Accept(); }) {}

TcpGate::~TcpGate() {
  stopping_ = true;
  acceptor_.join();
  CloseAll();
  Reap(/*all=*/true);
  close(listener_);
}

void TcpGate::SetMode(Mode mode) {
  mode_ = mode;
  if (mode == Mode::kClose) CloseAll();
}

void TcpGate::SetDelay(absl::Duration delay) { delay_ms_ = absl::ToInt64Milliseconds(delay); }

void TcpGate::CloseAll() {
  const std::lock_guard lock(mutex_);
  for (const std::unique_ptr<Link>& link : links_) link->Shut();
}

void TcpGate::SpoilCommits(CommitFault fault, int count) {
  const std::lock_guard lock(mutex_);
  commit_fault_ = fault;
  commits_to_spoil_ = count;
}

void TcpGate::Accept() {
  while (!stopping_) {
    pollfd waiting = {listener_, POLLIN, 0};
    if (poll(&waiting, 1, 20) <= 0) continue;
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    Reap(/*all=*/false);
    if (mode_ == Mode::kClose) {
      close(client);
      continue;
    }
    auto link = std::make_unique<Link>();
    link->client = client;
    link->server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    SendAtOnce(client);
    SendAtOnce(link->server);
    const std::lock_guard lock(mutex_);
    Link& started = *links_.emplace_back(std::move(link));
    started.thread = std::thread([this, &started] { Serve(started); });
  }
}

// The descriptors are closed here only, when no thread uses them any more.
void TcpGate::Reap(bool all) {
  const std::lock_guard lock(mutex_);
  for (auto link = links_.begin(); link != links_.end();) {
    if (!all && !(*link)->done) {
      ++link;
      continue;
    }
    (*link)->thread.join();
    close((*link)->client);
    close((*link)->server);
    link = links_.erase(link);
  }
}

void TcpGate::Serve(Link& link) {
  const sockaddr_in target = Loopback(target_port_);
  if (connect(link.server, reinterpret_cast<const sockaddr*>(&target), sizeof(target)) == 0) {
    while (!stopping_ && !link.closing && HandOn(link)) {
    }
  }
  link.Shut();
  link.done = true;
}

bool TcpGate::HandOn(Link& link) {
  if (mode_ == Mode::kBlackHole) {
    std::this_thread::sleep_for(milliseconds(2));
    return true;
  }
  std::array<pollfd, 2> ends = {pollfd{link.client, POLLIN, 0}, pollfd{link.server, POLLIN, 0}};
  if (poll(ends.data(), ends.size(), 10) <= 0 || mode_ == Mode::kBlackHole) return true;
  if (ends[0].revents != 0) {
    const std::string piece = ReadSome(link.client);
    Pause(link);
    if (piece.empty() || !HandRequest(link, piece)) return false;
  }
  if (ends[1].revents != 0) {
    const std::string piece = ReadSome(link.server);
    Pause(link);
    if (piece.empty() || !WriteAll(link.client, piece)) return false;
  }
  return true;
}

bool TcpGate::HandRequest(Link& link, const std::string& piece) {
  switch (EndsWithCommit(piece) ? NextCommitFault() : CommitFault::kNone) {
    case CommitFault::kNone:
      return WriteAll(link.server, piece);
    case CommitFault::kDropAnswer:
      if (WriteAll(link.server, piece)) ReadSome(link.server);
      return false;
    case CommitFault::kDropRequest:
      return false;
  }
  return false;
}

TcpGate::CommitFault TcpGate::NextCommitFault() {
  const std::lock_guard lock(mutex_);
  if (commits_to_spoil_ == 0 || commit_fault_ == CommitFault::kNone) return CommitFault::kNone;
  --commits_to_spoil_;
  ++commits_spoiled_;
  return commit_fault_;
}

void TcpGate::Pause(const Link& link) {
  if (mode_ != Mode::kDelay) return;
  const auto end = std::chrono::steady_clock::now() + milliseconds(delay_ms_.load());
  while (!stopping_ && !link.closing && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(milliseconds(1));
  }
}

}  // namespace trellis::testing
