#include "common/trace/context.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trellis::trace {
namespace {

constexpr char kHeader[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(TraceContextTest, ReadsAndWritesTheHeader) {
  const std::optional<Context> context = ParseTraceparent(kHeader);
  ASSERT_TRUE(context.has_value());
  EXPECT_EQ(context->trace_id, "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(context->span_id, "b7ad6b7169203331");
  EXPECT_EQ(context->flags, 1);
  EXPECT_EQ(ToTraceparent(*context), kHeader);
}

TEST(TraceContextTest, TakesLaterVersionsWithMoreParts) {
  EXPECT_TRUE(ParseTraceparent("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more").has_value());
}

TEST(TraceContextTest, RefusesWhatTheStandardRefuses) {
  for (const char* header : {
           "",
           "00",
           "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",          // no flags
           "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",  // version 00 has four parts
           "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01more",   // not a further part
           "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",       // forbidden version
           "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",       // upper case
           "00-00000000000000000000000000000000-b7ad6b7169203331-01",       // no trace
           "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",       // no span
           "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",       // not hexadecimal
           "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
       }) {
    EXPECT_FALSE(ParseTraceparent(header).has_value()) << header;
  }
}

TEST(TraceContextTest, AChildStaysInItsTraceWithASpanOfItsOwn) {
  const Context parent = *ParseTraceparent(kHeader);
  const Context child = parent.Child();
  EXPECT_EQ(child.trace_id, parent.trace_id);
  EXPECT_NE(child.span_id, parent.span_id);
  EXPECT_EQ(child.flags, parent.flags);
  EXPECT_TRUE(ParseTraceparent(ToTraceparent(child)).has_value());
}

TEST(TraceContextTest, WithoutAParentATraceBegins) {
  const Context child = Context().Child();
  EXPECT_TRUE(child.valid());
  EXPECT_NE(child.trace_id, NewRoot().trace_id);
}

TEST(TraceContextTest, ScopesNestAndEnd) {
  EXPECT_FALSE(Current().valid());
  const Context outer_context = NewRoot();
  {
    const Scope outer(outer_context);
    const Context inner_context = outer_context.Child();
    {
      const Scope inner(inner_context);
      EXPECT_EQ(Current(), inner_context);
    }
    EXPECT_EQ(Current(), outer_context);
  }
  EXPECT_FALSE(Current().valid());
}

}  // namespace
}  // namespace trellis::trace
