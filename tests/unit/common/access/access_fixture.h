// A schema with relations, ids, and calls that are made by somebody.
#ifndef TRELLIS_TESTS_UNIT_COMMON_ACCESS_ACCESS_FIXTURE_H_
#define TRELLIS_TESTS_UNIT_COMMON_ACCESS_ACCESS_FIXTURE_H_

#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "common/access/relations.h"
#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/db/pool.h"
#include "common/rpc/call_context.h"
#include "common/testing/scratch_database.h"
#include "gtest/gtest.h"
#include "trellis/options/v1/options.pb.h"

namespace trellis::access {

absl::Time Soon();  // a deadline that only a hanging test reaches

rpc::Caller UserOf(const Id& organization, const Id& user, std::vector<options::v1::Role> roles = {});

// A call by `caller` of a method with the given policy, which reads or changes.
class TestCall {
 public:
  enum class Kind { kRead, kChange };
  explicit TestCall(rpc::Caller caller, options::v1::MethodPolicy policy = {}, Kind kind = Kind::kRead);
  rpc::CallContext& operator*() { return *context_; }

 private:
  const options::v1::MethodPolicy policy_;
  std::unique_ptr<rpc::CallContext> context_;
};

class RelationTest : public ::testing::Test {
 protected:
  RelationTest();

  db::Pool& pool() { return database_.pool(); }
  Id NewId() { return ids_.Next(); }

  void Put(RelationKind kind, const Id& resource, const Id& subject) {
    Put(Relation{.key = {organization_, resource, kind, subject}});
  }
  void Put(const Relation& relation);
  bool Revoke(RelationKind kind, const Id& resource, const Id& subject);

  testing::ScratchDatabase database_;
  ManualClock clock_{absl::FromUnixSeconds(1790000000)};
  IdGenerator ids_{SystemClock(), SystemRandom()};
  const Id organization_ = NewId();
  const Id user_ = NewId();
  const Id person_ = NewId();
  const Id population_ = NewId();
};

}  // namespace trellis::access

#endif  // TRELLIS_TESTS_UNIT_COMMON_ACCESS_ACCESS_FIXTURE_H_
