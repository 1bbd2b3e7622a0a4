#include "common/audit/checkpoint.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "common/crypto/digest.h"

namespace trellis::audit {
namespace {

constexpr absl::string_view kDash = "\xE2\x80\x94 ";  // "— "
constexpr std::size_t kKeyHashSize = 4;
constexpr std::size_t kLinesOfANote = 5;

std::string TextOf(const Checkpoint& checkpoint) {
  return absl::StrCat(checkpoint.origin, "\n", checkpoint.size, "\n", absl::Base64Escape(checkpoint.head), "\n");
}

// Which key signed, so that a reader with several tries the right one.
std::string KeyHash(absl::string_view name, absl::string_view public_key) {
  return crypto::Sha256(absl::StrCat(name, "\n", "\x01", public_key)).substr(0, kKeyHashSize);
}

absl::Status Invalid(absl::string_view what) { return absl::InvalidArgumentError(what); }

absl::Status FromErrno(absl::string_view what, absl::string_view path) {
  return absl::UnavailableError(absl::StrCat(what, " ", path, ": ", std::strerror(errno)));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

bool EndsInALine(int fd) {
  struct stat info = {};
  char last = '\n';
  if (fstat(fd, &info) != 0 || info.st_size == 0) return true;
  return pread(fd, &last, 1, info.st_size - 1) == 1 && last == '\n';
}

}  // namespace

std::string OriginOf(absl::string_view trust_domain, absl::string_view service, const Id& organization) {
  return absl::StrCat(trust_domain, "/", service, "/", organization.ToString());
}

absl::StatusOr<std::string> Sign(const Checkpoint& checkpoint, const crypto::SigningKey& key) {
  const std::string text = TextOf(checkpoint);
  TRELLIS_ASSIGN_OR_RETURN(const std::string signature, key.Sign(text));
  return absl::StrCat(text, "\n", kDash, checkpoint.origin, " ",
                      absl::Base64Escape(absl::StrCat(KeyHash(checkpoint.origin, key.PublicKey()), signature)), "\n");
}

absl::StatusOr<Checkpoint> Open(absl::string_view note, absl::string_view public_key) {
  const std::vector<absl::string_view> lines = absl::StrSplit(note, '\n');
  if (lines.size() != kLinesOfANote + 1 || !lines[3].empty() || !lines[5].empty()) return Invalid("not a checkpoint");
  Checkpoint checkpoint;
  checkpoint.origin = std::string(lines[0]);
  std::string signature;
  absl::string_view signed_by = lines[4];
  if (!absl::SimpleAtoi(lines[1], &checkpoint.size) || checkpoint.size < 0 ||
      !absl::Base64Unescape(lines[2], &checkpoint.head) || checkpoint.head.size() != 32 ||
      !absl::ConsumePrefix(&signed_by, absl::StrCat(kDash, checkpoint.origin, " ")) ||
      !absl::Base64Unescape(signed_by, &signature) || absl::Base64Escape(signature) != signed_by ||
      signature.size() <= kKeyHashSize) {
    return Invalid("not a checkpoint");
  }
  const std::string text = TextOf(checkpoint);
  if (!absl::StartsWith(note, absl::StrCat(text, "\n")) ||
      signature.substr(0, kKeyHashSize) != KeyHash(checkpoint.origin, public_key) ||
      !crypto::VerifyEd25519(public_key, text, signature.substr(kKeyHashSize))) {
    return Invalid("the checkpoint is not signed with this key");
  }
  return checkpoint;
}

absl::StatusOr<std::string> ParsePublicKey(absl::string_view text) {
  constexpr std::size_t kSize = crypto::SigningKey::kPublicKeySize;
  std::string key;
  if (!absl::Base64Unescape(absl::StripAsciiWhitespace(text), &key) || key.size() != kSize) {
    return Invalid(absl::StrCat("a public key is ", kSize, " bytes in base64"));
  }
  // A copy: at -O2 GCC 12 takes the move of a string of known size for one beyond its end.
  return std::string(key.data(), kSize);
}

std::vector<std::string> SplitNotes(absl::string_view text) {
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  std::vector<std::string> notes;
  for (std::size_t i = 0; i + kLinesOfANote <= lines.size();) {
    if (lines[i].empty() || !lines[i + 3].empty() || !absl::StartsWith(lines[i + 4], kDash)) {
      ++i;
      continue;
    }
    const auto begin = lines.begin() + static_cast<std::ptrdiff_t>(i);
    notes.push_back(absl::StrCat(absl::StrJoin(begin, begin + kLinesOfANote, "\n"), "\n"));
    i += kLinesOfANote;
  }
  return notes;
}

absl::Status CheckpointFile::Append(const std::vector<std::string>& notes) const {
  const Descriptor file(open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR | S_IRGRP));
  if (file.get() < 0) return FromErrno("cannot open", path_);
  const std::string text = absl::StrCat(EndsInALine(file.get()) ? "" : "\n", absl::StrJoin(notes, ""));
  if (write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return FromErrno("cannot write", path_);
  }
  return fsync(file.get()) == 0 ? absl::OkStatus() : FromErrno("cannot write", path_);
}

}  // namespace trellis::audit
