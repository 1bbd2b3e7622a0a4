// IN lists of few lengths, so that a connection prepares few statements.
#ifndef TRELLIS_SERVICES_DIRECTORY_STORAGE_IN_LIST_H_
#define TRELLIS_SERVICES_DIRECTORY_STORAGE_IN_LIST_H_

#include <bit>
#include <vector>

namespace trellis::directory {

// Repeats the last element until the length is a power of two. Not for empty lists.
template <class T>
std::vector<T> Padded(std::vector<T> list) {
  list.resize(std::bit_ceil(list.size()), list.back());
  return list;
}

}  // namespace trellis::directory

#endif  // TRELLIS_SERVICES_DIRECTORY_STORAGE_IN_LIST_H_
