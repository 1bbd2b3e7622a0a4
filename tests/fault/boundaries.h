// For every field of a request, values on and beside each of its limits, with what the declared rules say of them. It
// reads the declarations by itself: nothing here is shared with the checks of the pipeline.
#ifndef TRELLIS_TESTS_FAULT_BOUNDARIES_H_
#define TRELLIS_TESTS_FAULT_BOUNDARIES_H_

#include <functional>
#include <memory>
#include <string>

#include "google/protobuf/message.h"
#include "tests/fault/samples.h"

namespace trellis::fault {

// A right request with one field changed.
struct Boundary {
  std::string field;        // "person.names[0].family"
  std::string what;         // "one character too many"
  bool is_allowed = false;  // by the rules; a handler may still have a reason to refuse
  bool is_message = true;   // false: it cannot be parsed (text that is not UTF-8), so nobody can name the field
  std::unique_ptr<google::protobuf::Message> request;
};

// Makes one after another; what would be too large for a request is left out. Returns the number of fields, each with
// the same name at the same place counted once.
int ForEachBoundary(const google::protobuf::Message& prototype, const Names& names,
                    const std::function<void(const Boundary&)>& visit);

}  // namespace trellis::fault

#endif  // TRELLIS_TESTS_FAULT_BOUNDARIES_H_
