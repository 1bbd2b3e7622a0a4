// Files that a binary carries inside itself (migrations, data files). See trellis_embed() in common/cmake.
#ifndef TRELLIS_COMMON_BASE_EMBEDDED_H_
#define TRELLIS_COMMON_BASE_EMBEDDED_H_

#include <string>

namespace trellis {

struct EmbeddedFile {
  std::string name;  // base name, for example "0001_person.sql"
  std::string content;
};

}  // namespace trellis

#endif  // TRELLIS_COMMON_BASE_EMBEDDED_H_
