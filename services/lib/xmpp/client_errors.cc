#include "xmpp/client_errors.h"

#include <fmt/format.h>
#include <gloox/gloox.h>
#include <gloox/tag.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <vector>

#include "xmpp/element.h"
#include "xmpp/payload.h"

namespace bourse::xmpp {
namespace {

using base::Errc;
using base::Error;

constexpr std::string_view kPubsubErrorsNs = "http://jabber.org/protocol/pubsub#errors";
constexpr std::string_view kStanzaErrorsNs = "urn:ietf:params:xml:ns:xmpp-stanzas";

struct Row {
  std::string_view condition;
  Errc code;
};
constexpr std::array kPubsubConditions{
    Row{"invalid-payload", Errc::kInvalidPayload},
    Row{"payload-required", Errc::kPayloadRequired},
    Row{"item-required", Errc::kItemRequired},
    Row{"nodeid-required", Errc::kNodeRequired},
    Row{"invalid-jid", Errc::kInvalidJid},
    Row{"not-subscribed", Errc::kNotSubscribed},
    Row{"payload-too-big", Errc::kPayloadTooBig},
    Row{"closed-node", Errc::kClosedNode},
    Row{"not-in-roster-group", Errc::kNotInRosterGroup},
    Row{"presence-subscription-required", Errc::kPresenceSubscriptionRequired},
    Row{"pending-subscription", Errc::kPendingSubscription},
    Row{"too-many-subscriptions", Errc::kTooManySubscriptions},
    Row{"invalid-options", Errc::kInvalidOptions},
    Row{"invalid-subid", Errc::kInvalidSubid},
    Row{"subid-required", Errc::kSubidRequired},
    Row{"jid-required", Errc::kJidRequired},
    Row{"configuration-required", Errc::kConfigurationRequired},
    Row{"precondition-not-met", Errc::kPreconditionNotMet},
    Row{"max-items-exceeded", Errc::kMaxItemsExceeded},
    Row{"max-nodes-exceeded", Errc::kMaxNodesExceeded},
    Row{"item-forbidden", Errc::kItemForbidden},
    Row{"unsupported-access-model", Errc::kUnsupportedAccessModel},
    Row{"unsupported", Errc::kUnsupported},
};
constexpr std::array kStanzaConditions{
    Row{"bad-request", Errc::kBadRequest},
    Row{"jid-malformed", Errc::kInvalidJid},
    Row{"forbidden", Errc::kForbidden},
    Row{"not-allowed", Errc::kNotAllowed},
    Row{"not-authorized", Errc::kNotAuthorized},
    Row{"registration-required", Errc::kForbidden},
    Row{"item-not-found", Errc::kNotFound},
    Row{"gone", Errc::kGone},
    Row{"conflict", Errc::kConflict},
    Row{"not-acceptable", Errc::kNotAcceptable},
    Row{"policy-violation", Errc::kRateLimited},
    Row{"unexpected-request", Errc::kNotAcceptable},
    Row{"feature-not-implemented", Errc::kUnsupported},
    Row{"resource-constraint", Errc::kResourceConstraint},
    Row{"service-unavailable", Errc::kUnavailable},
    Row{"recipient-unavailable", Errc::kUnavailable},
    Row{"remote-server-not-found", Errc::kUnavailable},
    Row{"remote-server-timeout", Errc::kUnavailable},
    Row{"internal-server-error", Errc::kInternal},
};

template <std::size_t N>
const Row* row_of(const std::array<Row, N>& rows, std::string_view condition) {
  for (const auto& row : rows) {
    if (row.condition == condition) return &row;
  }
  return nullptr;
}

// How long to wait is a hint: what cannot be read says nothing.
std::chrono::seconds parse_retry_after(const gloox::Tag& tag) {
  constexpr unsigned kMost = 86'400;
  const std::string& text = attribute_or_empty(tag, "seconds");
  unsigned seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return std::chrono::seconds(std::min(seconds, kMost));
}

Error authentication_error(int reason, const std::string& account) {
  switch (reason) {
    case gloox::SaslNotAuthorized:
    case gloox::NonSaslNotAuthorized:
      return {Errc::kForbidden,
              fmt::format("the server refused the password of {}: check the account and its password file", account)};
    case gloox::SaslTemporaryAuthFailure:
      return {Errc::kUnavailable, fmt::format("the server cannot check the password of {} now: try again", account)};
    default:
      return {Errc::kForbidden,
              fmt::format("the server did not log {} in: check the account and its password file", account)};
  }
}

}  // namespace

Error error_of_stanza(const gloox::Tag& stanza) {
  const gloox::Tag* error = stanza.findChild("error");
  if (error == nullptr) return {Errc::kInternal, "the reply is an error that does not say which"};
  Errc code = Errc::kInternal;
  std::string condition;
  std::string text;
  std::string feature;
  std::chrono::seconds retry_after{};
  bool from_pubsub = false;
  for (const gloox::Tag* child : error->children()) {
    const std::string ns = namespace_of(*child);
    if (child->name() == "text") {
      text = child->cdata();
    } else if (is(*child, "retry-after", kMarketNs)) {
      retry_after = parse_retry_after(*child);
    } else if (ns == kPubsubErrorsNs) {
      if (const Row* row = row_of(kPubsubConditions, child->name())) {
        code = row->code;
        from_pubsub = true;
        feature = attribute_or_empty(*child, "feature");
      }
    } else if (ns == kStanzaErrorsNs && condition.empty()) {
      condition = child->name();
      const Row* row = row_of(kStanzaConditions, condition);
      if (row != nullptr && !from_pubsub) code = row->code;
    }
  }
  // XEP-0060 says not-subscribed twice: of a subscription that is not there, and of a node that wants one first.
  if (code == Errc::kNotSubscribed && condition == "not-authorized") code = Errc::kNotAuthorized;
  // Only what may be tried again later is about how fast; servers refuse stanzas that are too long with it too.
  if (code == Errc::kRateLimited && attribute_or_empty(*error, "type") != "wait") code = Errc::kNotAcceptable;
  const std::string& from = attribute_or_empty(stanza, "from");
  if (text.empty()) {
    text = fmt::format("{} answered {}", from.empty() ? "the server" : from,
                       condition.empty() ? "with an unnamed error" : condition);
  }
  if (code == Errc::kUnavailable) text += fmt::format(" (is there a market at {}, and is it running?)", from);
  return {code, text, feature, retry_after};
}

std::string certificate_complaint(const gloox::CertInfo& certificate, const std::string& domain) {
  if (certificate.status == gloox::CertOk) return {};
  std::vector<std::string> wrong;
  const auto flagged = [&](int bit) { return (certificate.status & bit) != 0; };
  if (flagged(gloox::CertExpired)) wrong.emplace_back("it has expired");
  if (flagged(gloox::CertNotActive)) wrong.emplace_back("it is not valid yet (is the clock of this machine right?)");
  if (flagged(gloox::CertWrongPeer)) wrong.push_back(fmt::format("it was not issued for {}", domain));
  if (flagged(gloox::CertSignerUnknown)) wrong.emplace_back("its issuer is not known here (name its CA with ca-file)");
  if (flagged(gloox::CertSignerNotCa)) wrong.emplace_back("its issuer is no certificate authority");
  if (flagged(gloox::CertRevoked)) wrong.emplace_back("it has been revoked");
  if (wrong.empty()) wrong.emplace_back("its signature chain does not verify");
  return fmt::format("{}", fmt::join(wrong, "; "));
}

Error error_of_connection(const LostConnection& lost, const std::string& account, const std::string& where) {
  const std::string words = lost.text.empty() ? "" : fmt::format(" ({})", lost.text);
  switch (static_cast<gloox::ConnectionError>(lost.reason)) {
    case gloox::ConnConnectionRefused:
      return {Errc::kUnavailable,
              fmt::format("{} refuses connections: is the XMPP server running there? Check host and port", where)};
    case gloox::ConnDnsError:
      return {Errc::kUnavailable,
              fmt::format("no server found for {}: check the name, or name the server with host", where)};
    case gloox::ConnTlsFailed:
      if (lost.certificate_complaint.empty()) {
        return {Errc::kUnavailable, fmt::format("TLS with {} failed{}", where, words)};
      }
      return {Errc::kForbidden,
              fmt::format("the certificate of {} is not accepted: {}{}", where, lost.certificate_complaint, words)};
    case gloox::ConnTlsNotAvailable:
      return {Errc::kForbidden, fmt::format("{} offers no TLS, and nothing is sent without it: let the server offer "
                                            "it, or on this machine only, set tls to off-on-loopback",
                                            where)};
    case gloox::ConnAuthenticationFailed:
      return authentication_error(lost.authentication, account);
    case gloox::ConnNoSupportedAuth:
      return {Errc::kForbidden, fmt::format("{} offers no log-in method known here (SCRAM-SHA-1 or PLAIN)", where)};
    case gloox::ConnStreamError:
      if (lost.stream_error == gloox::StreamErrorHostUnknown) {
        return {Errc::kNotFound, fmt::format("{} does not serve the domain of {}: check the JID", where, account)};
      }
      if (lost.stream_error == gloox::StreamErrorConflict) {
        return {Errc::kConflict, fmt::format("another session took over the address {}{}", account, words)};
      }
      return {Errc::kUnavailable, fmt::format("{} ended the session{}", where, words)};
    case gloox::ConnParseError:
      return {Errc::kUnavailable,
              fmt::format("{} does not speak XMPP (or sent broken XML): check host and port", where)};
    case gloox::ConnNoError:
    case gloox::ConnStreamVersionError:
    case gloox::ConnStreamClosed:
    case gloox::ConnProxyAuthRequired:
    case gloox::ConnProxyAuthFailed:
    case gloox::ConnProxyNoSupportedAuth:
    case gloox::ConnIoError:
    case gloox::ConnOutOfMemory:
    case gloox::ConnCompressionFailed:
    case gloox::ConnUserDisconnected:
    case gloox::ConnNotConnected:
      break;
  }
  return {Errc::kUnavailable, fmt::format("the connection to {} was lost{}", where, words)};
}

}  // namespace bourse::xmpp
