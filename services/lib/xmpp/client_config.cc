#include "xmpp/client_config.h"

#include <fmt/format.h>

#include "xmpp/payload.h"
#include "xmpp/secret_file.h"

namespace bourse::xmpp {
namespace {

using base::Config;
using base::Error;
using base::Result;

Result<domain::Jid> required_jid(const Config& config, const std::string& key) {
  const auto text = config.required(key);
  if (!text) return text.error();
  auto jid = domain::Jid::parse(*text);
  if (!jid) return Error{jid.error().code, fmt::format("{}: {}", config.where(key), jid.error().text)};
  return jid;
}

}  // namespace

Result<ConnectOptions> connect_options(const Config& config) {
  ConnectOptions options;
  auto jid = required_jid(config, "xmpp.jid");
  if (!jid) return jid.error();
  options.jid = std::move(*jid);
  const auto host = config.text("xmpp.host");
  if (!host) return host.error();
  options.host = *host;
  const auto port = config.number("xmpp.port", -1, 1, 65535);
  if (!port) return port.error();
  options.port = static_cast<int>(*port);
  const auto tls = config.choice("xmpp.tls", {"required", "off-on-loopback"}, "required");
  if (!tls) return tls.error();
  options.plain_on_loopback = *tls == "off-on-loopback";
  const auto ca_file = config.text("xmpp.ca-file");
  if (!ca_file) return ca_file.error();
  options.ca_file = *ca_file;
  const auto timeout = config.duration("xmpp.timeout", options.timeout);
  if (!timeout) return timeout.error();
  options.timeout = *timeout;
  const auto password_file = config.required("xmpp.password-file");
  if (!password_file) return password_file.error();
  auto password = read_secret_file(*password_file);
  if (!password) return password.error();
  options.password = std::move(*password);
  return options;
}

Result<MarketAddress> market_address(const Config& config) {
  auto service = required_jid(config, "market.service");
  if (!service) return service.error();
  auto pool = config.text("market.pool", kDefaultPool);
  if (!pool) return pool.error();
  return MarketAddress{std::move(*service), {std::move(*pool)}};
}

}  // namespace bourse::xmpp
