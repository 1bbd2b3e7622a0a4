#include "common/audit/spool_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/crypto/digest.h"

namespace trellis::audit {
namespace {

constexpr absl::string_view kMagic = "trellis audit spool 1\n";
constexpr std::size_t kLengthBytes = 4;
constexpr std::size_t kDigestBytes = 32;
constexpr std::size_t kHeadBytes = kLengthBytes + kDigestBytes;
constexpr std::uint32_t kMostBytes = 16U << 20;  // of one record: as many as its column holds

absl::Status FromErrno(absl::string_view what, absl::string_view path) {
  return absl::UnavailableError(absl::StrCat(what, " ", path, ": ", std::strerror(errno)));
}

void AddFrame(const JournalRow& row, std::string& out) {
  const std::string payload = absl::StrCat(row.record.bytes(), row.organization.bytes(), row.body);
  const auto size = static_cast<std::uint32_t>(payload.size());
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(size >> shift & 0xFF));
  absl::StrAppend(&out, crypto::Sha256(payload), payload);
}

bool WriteAll(int fd, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// A new name is there after a crash only once its folder is on disk.
bool SyncFolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool synced = fsync(fd) == 0;
  close(fd);
  return synced;
}

// Nothing where no whole record stands there.
bool ReadFrame(std::istream& in, std::int64_t left, JournalRow& row, std::int64_t& size) {
  char head[kHeadBytes];
  if (left < static_cast<std::int64_t>(kHeadBytes) || !in.read(head, kHeadBytes)) return false;
  std::uint32_t length = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i) length = length << 8 | static_cast<unsigned char>(head[i]);
  size = static_cast<std::int64_t>(kHeadBytes) + length;
  if (length < 2 * Id::kSize || length > kMostBytes || size > left) return false;
  std::string payload(length, '\0');
  if (!in.read(payload.data(), length)) return false;
  if (crypto::Sha256(payload) != absl::string_view(head + kLengthBytes, kDigestBytes)) return false;
  const absl::string_view text = payload;
  row.record = *Id::FromBytes(text.substr(0, Id::kSize));
  row.organization = *Id::FromBytes(text.substr(Id::kSize, Id::kSize));
  row.body = std::string(text.substr(2 * Id::kSize));
  return true;
}

}  // namespace

absl::StatusOr<SpoolFile> SpoolFile::Create(const std::string& path) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return FromErrno("cannot make", path);
  SpoolFile file(fd, static_cast<std::int64_t>(kMagic.size()));
  if (!WriteAll(fd, kMagic) || fdatasync(fd) != 0 || !SyncFolderOf(path)) return FromErrno("cannot write", path);
  return file;
}

SpoolFile::SpoolFile(SpoolFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)), size_(other.size_) {}

SpoolFile::~SpoolFile() {
  if (fd_ >= 0) close(fd_);
}

absl::Status SpoolFile::Append(absl::Span<const JournalRow> rows) {
  if (fd_ < 0) return absl::UnavailableError("the file takes no more");
  std::string text;
  for (const JournalRow& row : rows) AddFrame(row, text);
  if (!WriteAll(fd_, text) || fdatasync(fd_) != 0) {
    const absl::Status status = FromErrno("cannot write", "an audit spool");
    // After a failure nobody knows what the disk holds of it.
    close(std::exchange(fd_, -1));
    return status;
  }
  size_ += static_cast<std::int64_t>(text.size());
  return absl::OkStatus();
}

absl::StatusOr<SpoolPart> ReadSpool(const std::string& path, std::int64_t offset, std::int64_t end, std::size_t most) {
  if (end < offset) return absl::InvalidArgumentError(absl::StrCat(path, " ends before it begins"));
  std::ifstream in(path, std::ios::binary);
  if (!in) return FromErrno("cannot read", path);
  SpoolPart part;
  if (offset == 0) {
    std::string magic(kMagic.size(), '\0');
    part.torn = !in.read(magic.data(), static_cast<std::streamsize>(magic.size())) || magic != kMagic;
    if (part.torn) return part;
    offset = static_cast<std::int64_t>(kMagic.size());
  }
  in.seekg(offset);
  part.next = offset;
  while (part.next < end && part.rows.size() < most) {
    JournalRow row;
    std::int64_t size = 0;
    part.torn = !ReadFrame(in, end - part.next, row, size);
    if (part.torn) break;
    part.rows.push_back(std::move(row));
    part.next += size;
  }
  return part;
}

}  // namespace trellis::audit
