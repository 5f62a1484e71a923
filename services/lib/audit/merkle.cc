#include "audit/merkle.h"

#include <algorithm>
#include <cstring>

#include "base/base64.h"

namespace bourse::audit {
namespace {

// One a thread: making a context costs several hashes.
base::Sha256& sha256() {
  thread_local base::Sha256 hasher;
  return hasher;
}

}  // namespace

Hash empty_root() { return sha256().hash({}); }

Hash leaf_hash(std::string_view entry) { return sha256().hash(std::string_view("\0", 1), entry); }

Hash node_hash(const Hash& left, const Hash& right) {
  std::array<char, 1 + 2 * sizeof(Hash)> bytes;
  bytes[0] = 1;
  std::memcpy(bytes.data() + 1, left.data(), left.size());
  std::memcpy(bytes.data() + 1 + left.size(), right.data(), right.size());
  return sha256().hash({bytes.data(), bytes.size()});
}

std::string_view bytes_of(const Hash& hash) { return {reinterpret_cast<const char*>(hash.data()), hash.size()}; }

Hash hash_of_bytes(std::string_view bytes) {
  Hash hash;
  BOURSE_CHECK(bytes.size() == hash.size());
  std::memcpy(hash.data(), bytes.data(), hash.size());
  return hash;
}

std::string hash_text(const Hash& hash) { return base::base64_encode(bytes_of(hash)); }

base::Result<Hash> parse_hash(std::string_view text) {
  // 32 bytes are 44 characters: anything else is refused before it is decoded.
  if (text.size() != 44) return {base::Errc::kCorrupt, "a hash is 32 bytes in base64"};
  const auto bytes = base::base64_decode(text);
  if (!bytes || bytes->size() != sizeof(Hash)) return {base::Errc::kCorrupt, "a hash is 32 bytes in base64"};
  return hash_of_bytes(*bytes);
}

Hash Frontier::root() const {
  if (size_ == 0) return empty_root();
  auto level = static_cast<unsigned>(std::countr_zero(size_));
  Hash root = subtrees_[level];
  for (++level; level < 64; ++level) {
    if ((size_ >> level & 1U) != 0) root = node_hash(subtrees_[level], root);
  }
  return root;
}

void Frontier::append_subtree(unsigned level, const Hash& root) {
  BOURSE_CHECK(level < 63 && (size_ & ((std::uint64_t{2} << level) - 1)) == 0);
  subtrees_[level] = root;
  size_ += std::uint64_t{1} << level;
}

}  // namespace bourse::audit
