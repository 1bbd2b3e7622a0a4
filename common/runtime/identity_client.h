// What every service asks of identity.
#ifndef TRELLIS_COMMON_RUNTIME_IDENTITY_CLIENT_H_
#define TRELLIS_COMMON_RUNTIME_IDENTITY_CLIENT_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "common/access/access.h"
#include "common/access/key_set.h"
#include "common/access/session_guard.h"
#include "grpcpp/channel.h"

namespace trellis::runtime {

// The keys of access tokens. Anything but an Ed25519 signature key is left out.
access::KeySet::Fetch FetchKeysFrom(std::shared_ptr<grpc::Channel> identity);

// What lets a caller see a person, asked with the caller's own token.
access::AskIdentity AskAccessOf(std::shared_ptr<grpc::Channel> identity);

// Whether a caller's session goes on, with the caller's own token.
access::AskSession AskSessionOf(std::shared_ptr<grpc::Channel> identity);

}  // namespace trellis::runtime

#endif  // TRELLIS_COMMON_RUNTIME_IDENTITY_CLIENT_H_
