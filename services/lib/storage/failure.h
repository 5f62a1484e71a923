// Purpose: what went wrong with the database, from libpqxx exceptions and SQLSTATEs, mapped in one place.
// Lifetime: value. Threads: none.
#pragma once

#include <string>

#include "base/result.h"
#include "market/store.h"

namespace bourse::storage {

enum class FailureKind {
  kFenced,       // the pool is another process's now
  kRejected,     // a constraint or a value the database cannot hold
  kUnavailable,  // certainly not done: no connection, shutting down, full, misconfigured
  kBroken,       // the connection went while a statement was under way: done or not
};

struct Failure {
  FailureKind kind = FailureKind::kUnavailable;
  std::string text;
};

// Of the exception being handled: to be called in a catch block only. Programmer errors pass through.
[[nodiscard]] Failure current_failure();
[[nodiscard]] FailureKind failure_kind(const std::string& sqlstate);

// For a statement that commits by itself: broken means in doubt.
[[nodiscard]] market::CommitResult as_commit_result(Failure failure);
// For everything that writes nothing: `doing` begins the sentence.
[[nodiscard]] base::Error as_error(Failure failure, const std::string& doing);

}  // namespace bourse::storage
