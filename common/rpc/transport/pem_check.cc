#include "common/rpc/transport/pem_check.h"

#include <memory>

#include "openssl/bio.h"
#include "openssl/err.h"
#include "openssl/evp.h"
#include "openssl/pem.h"
#include "openssl/x509.h"

namespace trellis::rpc {
namespace {

template <auto Function>
struct Free {
  template <class T>
  void operator()(T* pointer) const {
    Function(pointer);
  }
};
using Bio = std::unique_ptr<BIO, Free<BIO_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;

Bio Open(const std::string& text) { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

// A protected key would make OpenSSL ask on the terminal.
int NoPassword(char*, int, int, void*) { return -1; }

absl::Status Wrong(const char* what) {
  ERR_clear_error();
  return absl::FailedPreconditionError(what);
}

std::size_t CountBlocks(const std::string& text) {
  constexpr char kBegin[] = "-----BEGIN CERTIFICATE-----";
  std::size_t count = 0;
  for (std::size_t at = text.find(kBegin); at != std::string::npos; at = text.find(kBegin, at + 1)) ++count;
  return count;
}

std::size_t CountReadable(const std::string& text) {
  const Bio bio = Open(text);
  std::size_t count = 0;
  while (Certificate certificate{PEM_read_bio_X509(bio.get(), nullptr, NoPassword, nullptr)}) ++count;
  ERR_clear_error();
  return count;
}

bool AllReadable(const std::string& text) {
  const std::size_t blocks = CountBlocks(text);
  return blocks > 0 && CountReadable(text) == blocks;
}

}  // namespace

absl::Status CheckKeyPair(const std::string& certificates, const std::string& key) {
  if (!AllReadable(certificates)) return Wrong("the certificate file is empty or broken");
  const Bio certificate_bio = Open(certificates);
  const Certificate certificate(PEM_read_bio_X509(certificate_bio.get(), nullptr, NoPassword, nullptr));
  const Bio key_bio = Open(key);
  const Key private_key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, NoPassword, nullptr));
  if (private_key == nullptr) return Wrong("the key file is empty, broken or protected by a password");
  if (X509_check_private_key(certificate.get(), private_key.get()) != 1) {
    return Wrong("the key does not belong to the certificate");
  }
  if (X509_cmp_current_time(X509_get0_notAfter(certificate.get())) <= 0) return Wrong("the certificate has expired");
  return absl::OkStatus();
}

absl::Status CheckAuthorities(const std::string& certificates) {
  if (!AllReadable(certificates)) return Wrong("the file of authorities is empty or broken");
  return absl::OkStatus();
}

}  // namespace trellis::rpc
