#include "common/crypto/signing_key.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace trellis::crypto {
namespace {

constexpr std::size_t kMaxPemBytes = 4096;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

const unsigned char* Bytes(absl::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

// Keys have no pass phrase; without this OpenSSL would ask for one on the terminal.
int NoPassPhrase(char*, int, int, void*) { return -1; }

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

absl::Status FromErrno(absl::StatusCode code, absl::string_view what, absl::string_view path) {
  return absl::Status(code, absl::StrCat(what, " ", path, ": ", std::strerror(errno)));
}

}  // namespace

void SigningKey::Free::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

absl::StatusOr<SigningKey> SigningKey::FromHandle(Handle key) {
  if (key == nullptr || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_ED25519) {
    return absl::InvalidArgumentError("not an Ed25519 private key");
  }
  std::string public_key(kPublicKeySize, '\0');
  std::size_t size = public_key.size();
  if (EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(public_key.data()), &size) != 1 ||
      size != kPublicKeySize) {
    return absl::InvalidArgumentError("the key has no public part");
  }
  return SigningKey(std::move(key), std::move(public_key));
}

absl::StatusOr<SigningKey> SigningKey::Generate() {
  return FromHandle(Handle(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")));
}

absl::StatusOr<SigningKey> SigningKey::FromPem(absl::string_view pem) {
  if (pem.size() > kMaxPemBytes) return absl::InvalidArgumentError("too long for a key");
  const std::unique_ptr<BIO, FreeBio> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (bio == nullptr) return absl::ResourceExhaustedError("no memory for the key");
  return FromHandle(Handle(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassPhrase, nullptr)));
}

absl::StatusOr<SigningKey> SigningKey::Load(const std::string& path) {
  const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd() < 0) {
    return FromErrno(errno == ENOENT ? absl::StatusCode::kNotFound : absl::StatusCode::kFailedPrecondition,
                     "cannot open the key", path);
  }
  struct stat info = {};
  if (fstat(file.fd(), &info) != 0) return FromErrno(absl::StatusCode::kInternal, "cannot look at", path);
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return absl::FailedPreconditionError(absl::StrCat(path, ": others may read this key; chmod 600 first"));
  }
  std::string pem(kMaxPemBytes + 1, '\0');
  const ssize_t got = read(file.fd(), pem.data(), pem.size());
  if (got < 0) return FromErrno(absl::StatusCode::kInternal, "cannot read", path);
  pem.resize(static_cast<std::size_t>(got));
  return FromPem(pem);
}

absl::StatusOr<std::string> SigningKey::ToPem() const {
  const std::unique_ptr<BIO, FreeBio> bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr ||
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return absl::InternalError("cannot write the key as PEM");
  }
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

absl::Status SigningKey::Save(const std::string& path) const {
  TRELLIS_ASSIGN_OR_RETURN(const std::string pem, ToPem());
  const File file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (file.fd() < 0) {
    return FromErrno(errno == EEXIST ? absl::StatusCode::kAlreadyExists : absl::StatusCode::kFailedPrecondition,
                     "cannot make the key file", path);
  }
  if (write(file.fd(), pem.data(), pem.size()) != static_cast<ssize_t>(pem.size()) || fsync(file.fd()) != 0) {
    const absl::Status status = FromErrno(absl::StatusCode::kInternal, "cannot write", path);
    unlink(path.c_str());
    return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> SigningKey::Sign(absl::string_view message) const {
  const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  std::string signature(kSignatureSize, '\0');
  std::size_t size = signature.size();
  if (context == nullptr || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, Bytes(message),
                     message.size()) != 1 ||
      size != kSignatureSize) {
    return absl::InternalError("cannot sign");
  }
  return signature;
}

bool VerifyEd25519(absl::string_view public_key, absl::string_view message, absl::string_view signature) {
  if (public_key.size() != SigningKey::kPublicKeySize || signature.size() != SigningKey::kSignatureSize) return false;
  const std::unique_ptr<EVP_PKEY, FreeKey> key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(public_key), public_key.size()));
  const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  return key != nullptr && context != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(message), message.size()) == 1;
}

}  // namespace trellis::crypto
