// The tables that every service has: migrations/*.sql of this folder, component "runtime".
#ifndef TRELLIS_COMMON_RUNTIME_MIGRATIONS_H_
#define TRELLIS_COMMON_RUNTIME_MIGRATIONS_H_

#include <vector>

#include "common/base/embedded.h"

namespace trellis::runtime::migrations {

const std::vector<EmbeddedFile>& Files();

}  // namespace trellis::runtime::migrations

#endif  // TRELLIS_COMMON_RUNTIME_MIGRATIONS_H_
