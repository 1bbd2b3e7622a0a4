// Sockets of this machine alone.
#ifndef TRELLIS_TESTS_FAULT_LOOPBACK_H_
#define TRELLIS_TESTS_FAULT_LOOPBACK_H_

#include <netinet/in.h>

#include <string>

#include "absl/time/time.h"

namespace trellis::fault {

// `host` is the last part of 127.0.x.y as a number: 1 is 127.0.0.1, 258 is 127.0.1.2.
sockaddr_in Loopback(int port, unsigned host = 1);

// Below the ports that the kernel gives to outgoing connections: while a service is down, nobody may take its port.
int FreePort();

// A TCP connection from 127.0.x.y, whose reads and writes give up after `patience`; -1 where there is none.
int ConnectFrom(unsigned host, int port, absl::Duration patience);

// The whole answer to an HTTP GET; "" where there is none within two seconds.
std::string HttpGet(int port, const std::string& path);

}  // namespace trellis::fault

#endif  // TRELLIS_TESTS_FAULT_LOOPBACK_H_
