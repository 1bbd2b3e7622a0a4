#include "common/seal/file_key_ring.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"

namespace trellis::seal {
namespace {

constexpr std::size_t kLargestRing = 64 * 1024;
constexpr std::size_t kLongestMasterId = 32;

absl::Status Unavailable(absl::string_view what) {
  return Error(absl::StatusCode::kUnavailable, "KEY_RING_UNAVAILABLE", what);
}

absl::Status BadLine(int number, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("line ", number, " ", what));
}

bool IsMasterId(absl::string_view id) {
  if (id.empty() || id.size() > kLongestMasterId) return false;
  return std::all_of(id.begin(), id.end(),
                     [](unsigned char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-'; });
}

absl::StatusOr<SecretKey> ParseMaster(absl::string_view hex, int line) {
  if (hex.size() != 2 * SecretKey::kSize) return BadLine(line, "wants a key of 64 hexadecimal digits");
  bool whole = false;
  TRELLIS_ASSIGN_OR_RETURN(SecretKey key, SecretKey::Make([&](unsigned char* out) {
                             std::size_t size = 0;
                             whole = sodium_hex2bin(out, SecretKey::kSize, hex.data(), hex.size(), nullptr, &size,
                                                    nullptr) == 0 &&
                                     size == SecretKey::kSize;
                           }));
  if (!whole) return BadLine(line, "wants a key of 64 hexadecimal digits");
  return key;
}

absl::Status TakeLine(absl::string_view line, int number, MasterKeys& ring) {
  const std::vector<absl::string_view> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
  if (words.size() == 2 && words[0] == "current") {
    if (!ring.current.empty()) return BadLine(number, "names a second current key");
    ring.current = std::string(words[1]);
    return absl::OkStatus();
  }
  if (words.size() != 3 || words[0] != "key") return BadLine(number, "is neither 'current ID' nor 'key ID DIGITS'");
  if (!IsMasterId(words[1])) return BadLine(number, "wants an id of at most 32 lower-case letters, digits and hyphens");
  TRELLIS_ASSIGN_OR_RETURN(SecretKey key, ParseMaster(words[2], number));
  for (const auto& [id, other] : ring.keys) {
    if (id == words[1]) return BadLine(number, "gives an id a second time");
    if (sodium_memcmp(key.data(), other.data(), SecretKey::kSize) == 0) {
      return BadLine(number, "gives a key a second time");
    }
  }
  ring.keys.emplace(words[1], std::move(key));
  return absl::OkStatus();
}

// A file with secrets: a regular one, not for others.
absl::StatusOr<struct stat> CheckedStatus(int file, const std::string& path) {
  struct stat status = {};
  if (fstat(file, &status) != 0) return Unavailable(absl::StrCat(path, " cannot be looked at"));
  if (!S_ISREG(status.st_mode)) return absl::InvalidArgumentError(absl::StrCat(path, " is not a file"));
  if ((status.st_mode & (S_IRWXO | S_IWGRP)) != 0) {
    return Error(absl::StatusCode::kFailedPrecondition, "KEY_RING_UNSAFE",
                 absl::StrCat(path, " is open to others; it must have mode 600"));
  }
  return status;
}

// The whole of a file, wiped by the caller where it is secret.
absl::StatusOr<std::string> ReadAll(int file, std::size_t size, const std::string& path) {
  std::string text(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = pread(file, text.data() + done, size - done, static_cast<off_t>(done));
    if (got <= 0) return Unavailable(absl::StrCat(path, " cannot be read"));
    done += static_cast<std::size_t>(got);
  }
  return text;
}

std::string LineOf(const KeyOwner& owner, absl::Time time) {
  return absl::StrCat(owner.organization.ToString(), " ", owner.person.ToString(), " ",
                      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone()), "\n");
}

absl::StatusOr<KeyOwner> ParseDestroyed(absl::string_view line) {
  const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
  if (words.size() != 3) return absl::InvalidArgumentError("a line of destroyed keys has three parts");
  KeyOwner owner;
  TRELLIS_ASSIGN_OR_RETURN(owner.organization, Id::Parse(words[0]));
  TRELLIS_ASSIGN_OR_RETURN(owner.person, Id::Parse(words[1]));
  return owner;
}

// Writes the whole line and waits until it is on disk.
absl::Status Append(int file, absl::string_view line, const std::string& path) {
  if (write(file, line.data(), line.size()) != static_cast<ssize_t>(line.size()) || fsync(file) != 0) {
    return Unavailable(absl::StrCat(path, " cannot be written"));
  }
  return absl::OkStatus();
}

// What a crash left of a line that nobody was told of.
absl::Status CutUnfinishedLine(int file, const std::string& path) {
  TRELLIS_ASSIGN_OR_RETURN(const struct stat status, CheckedStatus(file, path));
  TRELLIS_ASSIGN_OR_RETURN(const std::string text, ReadAll(file, static_cast<std::size_t>(status.st_size), path));
  const std::size_t end = text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1;
  if (end == text.size()) return absl::OkStatus();
  return ftruncate(file, static_cast<off_t>(end)) == 0 ? absl::OkStatus() : Unavailable(path);
}

// A new file is there for good only when its folder is on disk, too.
absl::Status SyncFolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const int handle = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle < 0) return Unavailable(folder);
  const bool done = fsync(handle) == 0;
  close(handle);
  return done ? absl::OkStatus() : Unavailable(folder);
}

// A wrapped key stands in one place only: its owner's.
Place WrappingPlace(const KeyOwner& owner, const std::string& master) { return {owner, "data_key", master, ""}; }

}  // namespace

absl::Status ErasedError() { return Error(absl::StatusCode::kNotFound, "PERSON_ERASED", "what was known was erased"); }

bool IsErased(const absl::Status& status) { return ReasonOf(status) == "PERSON_ERASED"; }

absl::StatusOr<MasterKeys> ParseKeyRing(absl::string_view text) {
  MasterKeys ring;
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    TRELLIS_RETURN_IF_ERROR(TakeLine(line, number, ring));
  }
  if (ring.keys.empty()) return absl::InvalidArgumentError("there is no key in it");
  if (ring.current.empty()) return absl::InvalidArgumentError("no key is named as the current one");
  if (ring.keys.count(ring.current) == 0) return absl::InvalidArgumentError("the current key is not in it");
  return ring;
}

absl::StatusOr<std::unique_ptr<FileKeyRing>> FileKeyRing::Open(Options options, const Clock& clock,
                                                               RandomSource& random) {
  if (options.destroyed_path.empty()) options.destroyed_path = options.path + ".destroyed";
  auto ring = std::unique_ptr<FileKeyRing>(new FileKeyRing(std::move(options), clock, random));
  std::lock_guard lock(ring->mutex_);
  TRELLIS_RETURN_IF_ERROR(ring->Refresh());
  const int made = open(ring->options_.destroyed_path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (made >= 0) {
    close(made);
    TRELLIS_RETURN_IF_ERROR(SyncFolderOf(ring->options_.destroyed_path));
  }
  TRELLIS_RETURN_IF_ERROR(ring->RefreshDestroyed());
  return ring;
}

FileKeyRing::Seen FileKeyRing::SeenOf(const struct stat& status) {
  return {status.st_dev, status.st_ino, status.st_size, absl::ToUnixNanos(absl::TimeFromTimespec(status.st_mtim))};
}

absl::Status FileKeyRing::Refresh() {
  struct stat now = {};
  if (stat(options_.path.c_str(), &now) == 0 && SeenOf(now) == ring_seen_) return absl::OkStatus();
  const int file = open(options_.path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return Unavailable(absl::StrCat("the key ring ", options_.path, " cannot be opened"));
  const absl::Cleanup close_it = [file] { close(file); };
  TRELLIS_ASSIGN_OR_RETURN(const struct stat status, CheckedStatus(file, options_.path));
  if (status.st_size > static_cast<off_t>(kLargestRing)) {
    return absl::InvalidArgumentError(absl::StrCat(options_.path, " is too large for a key ring"));
  }
  TRELLIS_ASSIGN_OR_RETURN(std::string text, ReadAll(file, static_cast<std::size_t>(status.st_size), options_.path));
  absl::StatusOr<MasterKeys> parsed = ParseKeyRing(text);
  sodium_memzero(text.data(), text.size());
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("the key ring ", options_.path, ": ", parsed.status().message()));
  }
  masters_ = *std::move(parsed);
  ring_seen_ = SeenOf(status);
  return absl::OkStatus();
}

absl::Status FileKeyRing::RefreshDestroyed() {
  const std::string& path = options_.destroyed_path;
  struct stat now = {};
  if (stat(path.c_str(), &now) == 0 && SeenOf(now) == destroyed_seen_) return absl::OkStatus();
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return Unavailable(absl::StrCat("the list of destroyed keys ", path, " cannot be opened"));
  const absl::Cleanup close_it = [file] { close(file); };
  TRELLIS_ASSIGN_OR_RETURN(const struct stat status, CheckedStatus(file, path));
  TRELLIS_ASSIGN_OR_RETURN(const std::string text, ReadAll(file, static_cast<std::size_t>(status.st_size), path));
  const std::size_t end = text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n');
  absl::flat_hash_set<KeyOwner> destroyed;
  for (const absl::string_view line : absl::StrSplit(absl::string_view(text).substr(0, end), '\n', absl::SkipEmpty())) {
    TRELLIS_ASSIGN_OR_RETURN(const KeyOwner owner, ParseDestroyed(line));
    destroyed.insert(owner);
  }
  destroyed_ = std::move(destroyed);
  destroyed_seen_ = SeenOf(status);
  return absl::OkStatus();
}

bool FileKeyRing::IsDestroyed(const KeyOwner& owner) const {
  return destroyed_.contains(owner) || destroyed_.contains(KeyOwner{owner.organization});
}

absl::StatusOr<SecretKey> FileKeyRing::OrganizationKey(absl::string_view master, const Id& organization) {
  const auto found = masters_.keys.find(std::string(master));
  if (found == masters_.keys.end()) {
    return Error(absl::StatusCode::kFailedPrecondition, "MASTER_KEY_MISSING",
                 absl::StrCat("the key ring does not hold the master key ", master));
  }
  const std::string label = absl::StrCat("trellis organization key 1", organization.bytes());
  return SecretKey::Make([&](unsigned char* out) {
    crypto_generichash(out, SecretKey::kSize, reinterpret_cast<const unsigned char*>(label.data()), label.size(),
                       found->second.data(), SecretKey::kSize);
  });
}

absl::StatusOr<std::vector<std::string>> FileKeyRing::Masters() {
  std::lock_guard lock(mutex_);
  TRELLIS_RETURN_IF_ERROR(Refresh());
  std::vector<std::string> ids = {masters_.current};
  for (const auto& [id, key] : masters_.keys) {
    if (id != masters_.current) ids.push_back(id);
  }
  return ids;
}

absl::StatusOr<WrappedKey> FileKeyRing::Wrap(const KeyOwner& owner, const SecretKey& key) {
  std::lock_guard lock(mutex_);
  TRELLIS_RETURN_IF_ERROR(Refresh());
  TRELLIS_RETURN_IF_ERROR(RefreshDestroyed());
  if (IsDestroyed(owner)) return ErasedError();
  TRELLIS_ASSIGN_OR_RETURN(const SecretKey wrapping, OrganizationKey(masters_.current, owner.organization));
  const absl::string_view bytes(reinterpret_cast<const char*>(key.data()), SecretKey::kSize);
  return WrappedKey{masters_.current, SealWith(wrapping, WrappingPlace(owner, masters_.current), bytes, random_)};
}

absl::StatusOr<SecretKey> FileKeyRing::Unwrap(const KeyOwner& owner, const WrappedKey& wrapped) {
  std::lock_guard lock(mutex_);
  TRELLIS_RETURN_IF_ERROR(Refresh());
  TRELLIS_RETURN_IF_ERROR(RefreshDestroyed());
  if (IsDestroyed(owner)) return ErasedError();
  TRELLIS_ASSIGN_OR_RETURN(const SecretKey wrapping, OrganizationKey(wrapped.master, owner.organization));
  TRELLIS_ASSIGN_OR_RETURN(std::string bytes, OpenWith(wrapping, WrappingPlace(owner, wrapped.master), wrapped.bytes));
  absl::StatusOr<SecretKey> key = absl::DataLossError("a wrapped key has a wrong length");
  if (bytes.size() == SecretKey::kSize) {
    key = SecretKey::Make([&](unsigned char* out) { bytes.copy(reinterpret_cast<char*>(out), SecretKey::kSize); });
  }
  sodium_memzero(bytes.data(), bytes.size());
  return key;
}

absl::Status FileKeyRing::Destroy(const KeyOwner& owner) {
  std::lock_guard lock(mutex_);
  TRELLIS_RETURN_IF_ERROR(RefreshDestroyed());
  if (IsDestroyed(owner)) return absl::OkStatus();
  const std::string& path = options_.destroyed_path;
  const int file = open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC);
  if (file < 0) return Unavailable(absl::StrCat("the list of destroyed keys ", path, " cannot be written"));
  const absl::Cleanup close_it = [file] { close(file); };
  if (flock(file, LOCK_EX) != 0) return Unavailable(path);
  TRELLIS_RETURN_IF_ERROR(CutUnfinishedLine(file, path));
  TRELLIS_RETURN_IF_ERROR(Append(file, LineOf(owner, clock_.Now()), path));
  destroyed_.insert(owner);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<KeyOwner>> FileKeyRing::Destroyed() {
  std::lock_guard lock(mutex_);
  TRELLIS_RETURN_IF_ERROR(RefreshDestroyed());
  return std::vector<KeyOwner>(destroyed_.begin(), destroyed_.end());
}

}  // namespace trellis::seal
