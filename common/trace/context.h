// W3C Trace Context (https://www.w3.org/TR/trace-context/): which request of the outside world a piece of work belongs
// to. Trellis carries the context from call to call and into logs; it sends no spans anywhere.
#ifndef TRELLIS_COMMON_TRACE_CONTEXT_H_
#define TRELLIS_COMMON_TRACE_CONTEXT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/base/random.h"

namespace trellis::trace {

// A value. Empty ids: there is no trace.
struct Context {
  std::string trace_id;    // 32 lower-case hexadecimal digits, not all zero
  std::string span_id;     // 16 lower-case hexadecimal digits, not all zero
  std::uint8_t flags = 0;  // bit 0: sampled

  bool valid() const { return !trace_id.empty(); }
  // The same trace, a span of its own: what a peer is called with. A new trace where this one is not valid.
  Context Child(RandomSource& random = SystemRandom()) const;

  friend bool operator==(const Context&, const Context&) = default;
};

// A trace that begins here.
Context NewRoot(RandomSource& random = SystemRandom());

// "00-<trace_id>-<span_id>-<flags>"; nothing where the text is malformed (the trace then begins anew).
std::optional<Context> ParseTraceparent(absl::string_view header);
std::string ToTraceparent(const Context& context);

// The context of the work that this thread is doing; not valid outside of any.
const Context& Current();

// Makes `context` current on this thread until the end of the scope. Scopes nest.
class Scope {
 public:
  explicit Scope(const Context& context);
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  const Context* previous_;
};

}  // namespace trellis::trace

#endif  // TRELLIS_COMMON_TRACE_CONTEXT_H_
