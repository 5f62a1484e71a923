#include "market/ticket_key.h"

#include <spdlog/spdlog.h>

#include "xmpp/secret_file.h"

namespace bourse::boursed {

base::Result<base::SigningKey> load_or_create_ticket_key(const std::string& path) {
  auto pem = xmpp::read_secret_file(path);
  if (pem) {
    auto key = base::SigningKey::from_pem(*pem);
    if (!key) return {key.error().code, path + ": " + key.error().text};
    return key;
  }
  if (pem.error().code != base::Errc::kNotFound) return pem.error();
  auto key = base::SigningKey::generate();
  if (const auto written = xmpp::write_secret_file(path, key.pem()); !written) return written.error();
  spdlog::info("created the key that signs tickets: {}", path);
  return key;
}

}  // namespace bourse::boursed
