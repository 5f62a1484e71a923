// TLS against a server of OpenSSL's in the same process; the wire is two strings, certificates are made here.
#include "xmpp/tls_client.h"

#include <gloox/tlshandler.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "xmpp/client_errors.h"

namespace bourse::xmpp {
namespace {

using testing::HasSubstr;

template <class T, void (*kFree)(T*)>
struct Freed {
  void operator()(T* object) const { kFree(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509, X509_free>>;
using Ssl = std::unique_ptr<SSL, Freed<SSL, SSL_free>>;
using Context = std::unique_ptr<SSL_CTX, Freed<SSL_CTX, SSL_CTX_free>>;

constexpr long kDay = 24 * 60 * 60;

struct Identity {
  Key key;
  Certificate certificate;
};

struct Wanted {
  std::string name = "localhost";       // the subject's
  std::string names = "DNS:localhost";  // subjectAltName; empty: an authority
  long from = -kDay;                    // seconds from now
  long to = kDay;
  bool may_sign = true;  // of an authority
};

void extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  ASSERT_NE(extension, nullptr) << value;
  EXPECT_EQ(X509_add_ext(certificate, extension, -1), 1);
  X509_EXTENSION_free(extension);
}

Identity make_identity(const Wanted& wanted, const Identity* issuer) {
  static long serial = 0;
  Identity made{Key(EVP_EC_gen("P-256")), Certificate(X509_new())};
  X509* certificate = made.certificate.get();
  EXPECT_EQ(X509_set_version(certificate, X509_VERSION_3), 1);
  EXPECT_EQ(ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial), 1);
  EXPECT_NE(X509_gmtime_adj(X509_getm_notBefore(certificate), wanted.from), nullptr);
  EXPECT_NE(X509_gmtime_adj(X509_getm_notAfter(certificate), wanted.to), nullptr);
  EXPECT_EQ(X509_set_pubkey(certificate, made.key.get()), 1);
  EXPECT_EQ(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                       reinterpret_cast<const unsigned char*>(wanted.name.c_str()), -1, -1, 0),
            1);
  X509* signer = issuer != nullptr ? issuer->certificate.get() : certificate;
  EXPECT_EQ(X509_set_issuer_name(certificate, X509_get_subject_name(signer)), 1);
  if (wanted.names.empty()) {
    extend(certificate, signer, NID_basic_constraints, wanted.may_sign ? "critical,CA:TRUE" : "critical,CA:FALSE");
  } else {
    extend(certificate, signer, NID_subject_alt_name, wanted.names);
  }
  EXPECT_GT(X509_sign(certificate, issuer != nullptr ? issuer->key.get() : made.key.get(), EVP_sha256()), 0);
  return made;
}

Identity make_authority(const std::string& name = "Test authority") {
  return make_identity({.name = name, .names = {}}, nullptr);
}

class PemFile {
 public:
  explicit PemFile(const X509* certificate) {
    const int fd = ::mkstemp(path_.data());
    EXPECT_GE(fd, 0);
    FILE* file = ::fdopen(fd, "w");
    if (certificate != nullptr) {
      EXPECT_EQ(PEM_write_X509(file, certificate), 1);
    }
    std::fclose(file);
  }
  ~PemFile() { std::filesystem::remove(path_); }
  PemFile(const PemFile&) = delete;
  PemFile& operator=(const PemFile&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/bourse-tls-XXXXXX";
};

// gloox's side of the client.
struct Application final : gloox::TLSHandler {
  void handleEncryptedData(const gloox::TLSBase*, const std::string& data) override { to_server += data; }
  void handleDecryptedData(const gloox::TLSBase*, const std::string& data) override {
    received += data;
    if (on_data) on_data();
  }
  void handleHandshakeResult(const gloox::TLSBase*, bool success, gloox::CertInfo& info) override {
    results.push_back(success);
    certificate = info;
    if (on_result) on_result();
  }

  std::string to_server;
  std::string received;
  std::vector<bool> results;
  gloox::CertInfo certificate{};
  std::function<void()> on_data;
  std::function<void()> on_result;
};

class Server {
 public:
  explicit Server(const Identity& identity, int version = 0, const Identity* intermediate = nullptr)
      : context_(SSL_CTX_new(TLS_server_method())) {
    SSL_CTX* context = context_.get();
    if (version == TLS1_1_VERSION) {
      EXPECT_EQ(SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0"), 1);
      EXPECT_EQ(SSL_CTX_set_min_proto_version(context, TLS1_VERSION), 1);
    }
    if (version != 0) {
      EXPECT_EQ(SSL_CTX_set_max_proto_version(context, version), 1);
    }
    EXPECT_EQ(SSL_CTX_use_certificate(context, identity.certificate.get()), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey(context, identity.key.get()), 1);
    if (intermediate != nullptr) {
      EXPECT_EQ(SSL_CTX_add1_chain_cert(context, intermediate->certificate.get()), 1);
    }
    ssl_.reset(SSL_new(context));
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(ssl_.get());
  }

  // What it answers to these bytes.
  std::string feed(const std::string& bytes) {
    ERR_clear_error();
    if (!bytes.empty()) {
      EXPECT_EQ(BIO_write(SSL_get_rbio(ssl()), bytes.data(), static_cast<int>(bytes.size())),
                static_cast<int>(bytes.size()));
    }
    std::array<char, 20'000> plain{};
    for (int got = 1; got > 0;) {
      got = SSL_read(ssl(), plain.data(), static_cast<int>(plain.size()));
      if (got > 0) received.append(plain.data(), static_cast<std::size_t>(got));
      if (got <= 0 && SSL_get_error(ssl(), got) == SSL_ERROR_SSL && error.empty()) {
        error = ERR_reason_error_string(ERR_peek_error());
      }
    }
    return take();
  }
  // One record each, or more when it is long.
  std::string say(const std::vector<std::string>& texts) {
    for (const auto& text : texts) {
      EXPECT_EQ(SSL_write(ssl(), text.data(), static_cast<int>(text.size())), static_cast<int>(text.size()));
    }
    return take();
  }
  std::string end() {
    EXPECT_GE(SSL_shutdown(ssl()), 0);
    return take();
  }
  std::string take() {
    BIO* out = SSL_get_wbio(ssl());
    std::string bytes(BIO_ctrl_pending(out), '\0');
    std::size_t size = 0;
    if (!bytes.empty()) {
      EXPECT_EQ(BIO_read_ex(out, bytes.data(), bytes.size(), &size), 1);
    }
    EXPECT_EQ(size, bytes.size());
    return bytes;
  }
  [[nodiscard]] SSL* ssl() const { return ssl_.get(); }

  std::string received;
  std::string error;

 private:
  Context context_;
  Ssl ssl_;
};

std::unique_ptr<TlsClient> make_client(Application& application, const std::string& ca_file,
                                       const std::string& domain = "localhost") {
  auto made = TlsClient::make(application, domain, ca_file);
  EXPECT_TRUE(made) << (made ? "" : made.error().text);
  return made ? std::move(*made) : nullptr;
}

// Carries bytes to and fro until nobody says anything.
void talk(TlsClient& client, Application& application, Server& server) {
  while (!application.to_server.empty()) {
    const std::string answer = server.feed(std::exchange(application.to_server, {}));
    if (!answer.empty()) client.decrypt(answer);
  }
}

struct World {
  explicit World(int version = 0, const Wanted& wanted = {}, const std::string& domain = "localhost")
      : identity(make_identity(wanted, &authority)),
        server(identity, version),
        client(make_client(application, file.path(), domain)) {}

  void connect() {
    EXPECT_TRUE(client->handshake());
    talk(*client, application, server);
  }

  Identity authority = make_authority();
  Identity identity;
  PemFile file{authority.certificate.get()};
  Server server;
  Application application;
  std::unique_ptr<TlsClient> client;
};

class Versions : public testing::TestWithParam<int> {};

TEST_P(Versions, TalksToAServerWithAGoodCertificate) {
  World world(GetParam());
  const std::string before = "queued before the handshake is done; ";
  EXPECT_TRUE(world.client->encrypt(before));
  EXPECT_FALSE(world.client->isSecure());
  world.application.on_result = [&] { EXPECT_TRUE(world.client->encrypt("said at once")); };
  world.connect();
  EXPECT_EQ(world.application.results, std::vector<bool>{true});
  EXPECT_TRUE(world.client->isSecure());
  EXPECT_EQ(world.client->failure(), "");
  EXPECT_EQ(world.server.received, before + "said at once");

  const gloox::CertInfo& info = world.application.certificate;
  EXPECT_EQ(info.status, gloox::CertOk);
  EXPECT_TRUE(info.chain);
  EXPECT_EQ(info.server, "CN=localhost");
  EXPECT_EQ(info.issuer, "CN=Test authority");
  EXPECT_NEAR(info.date_from, static_cast<double>(std::time(nullptr) - kDay), 60);
  EXPECT_NEAR(info.date_to, static_cast<double>(std::time(nullptr) + kDay), 60);
  EXPECT_EQ(info.protocol, GetParam() == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3");
  EXPECT_THAT(info.cipher, HasSubstr("AES"));
  EXPECT_FALSE(info.mac.empty());
  EXPECT_FALSE(info.compression.empty());
  EXPECT_EQ(certificate_complaint(info, "localhost"), "");
  EXPECT_STREQ(SSL_get_servername(world.server.ssl(), TLSEXT_NAMETYPE_host_name), "localhost");
}

TEST_P(Versions, DecryptsAllThatArrivedInOneRead) {
  World world(GetParam());
  EXPECT_TRUE(world.client->handshake());
  std::string bytes;  // the last flight of the handshake, session tickets and all records: one read
  while (!SSL_is_init_finished(world.server.ssl())) {
    bytes = world.server.feed(std::exchange(world.application.to_server, {}));
    if (!SSL_is_init_finished(world.server.ssl())) world.client->decrypt(std::exchange(bytes, {}));
  }
  std::string said;
  for (std::size_t number = 1; number < 200; ++number) {
    const std::string record(number * number % 40'000, static_cast<char>('a' + number % 26));
    if (record.empty()) continue;
    said += record;
    bytes += world.server.say({record});
  }
  EXPECT_EQ(world.client->decrypt(bytes), static_cast<int>(bytes.size()));
  EXPECT_TRUE(world.application.received == said);

  world.application.received.clear();  // and a byte at a time
  for (const char byte : world.server.say({"slowly", " but surely"})) {
    EXPECT_EQ(world.client->decrypt(std::string(1, byte)), 1);
  }
  EXPECT_EQ(world.application.received, "slowly but surely");
  EXPECT_EQ(world.application.results, std::vector<bool>{true});
}

TEST_P(Versions, SendsMuchAtOnce) {
  World world(GetParam());
  world.connect();
  const std::string much(1'000'000, 'x');
  EXPECT_TRUE(world.client->encrypt(much));
  EXPECT_TRUE(world.client->encrypt(""));
  talk(*world.client, world.application, world.server);
  EXPECT_TRUE(world.server.received == much);
}

TEST_P(Versions, EndsQuietlyWithTheServer) {
  World world(GetParam());
  world.connect();
  std::string bytes = world.server.say({"good", "bye"});
  bytes += world.server.end();
  world.client->decrypt(bytes);
  EXPECT_EQ(world.application.received, "goodbye");
  EXPECT_EQ(world.application.results, std::vector<bool>{true});
  EXPECT_EQ(world.client->failure(), "");
  talk(*world.client, world.application, world.server);
  EXPECT_NE(SSL_get_shutdown(world.server.ssl()) & SSL_RECEIVED_SHUTDOWN, 0) << "it ended in order as well";
  EXPECT_FALSE(world.client->encrypt("too late"));
  EXPECT_EQ(world.application.to_server, "");
  world.client->decrypt({});
  EXPECT_EQ(world.application.to_server, "");
  EXPECT_EQ(world.application.results, std::vector<bool>{true});
}

TEST_P(Versions, SaysWhenARecordWasForged) {
  World world(GetParam());
  world.connect();
  std::string bytes = world.server.say({"payload"});
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  world.client->decrypt(bytes + world.server.say({"more"}));
  EXPECT_EQ(world.application.received, "");
  EXPECT_EQ(world.application.results, (std::vector<bool>{true, false}));
  EXPECT_THAT(world.client->failure(), HasSubstr("bad record mac"));
  EXPECT_FALSE(world.client->isSecure());
  EXPECT_EQ(world.client->decrypt("more"), 0);
}

TEST_P(Versions, StopsWhenTheHandlerEndsTheConnection) {
  World world(GetParam());
  world.connect();
  world.application.on_data = [&] { world.client->cleanup(); };  // what gloox does on a parse error
  world.client->decrypt(world.server.say({"first", "second"}));
  EXPECT_EQ(world.application.received, "first");

  Server second(world.identity, GetParam());
  world.application.on_data = nullptr;
  world.application.to_server.clear();
  world.application.on_result = [&] { world.client->cleanup(); };
  EXPECT_TRUE(world.client->handshake());
  talk(*world.client, world.application, second);
  EXPECT_FALSE(world.client->isSecure());

  Server third(world.identity, GetParam());
  world.application.on_result = nullptr;
  world.application.received.clear();
  EXPECT_TRUE(world.client->handshake());
  talk(*world.client, world.application, third);
  world.client->decrypt(third.say({"at last"}));
  EXPECT_EQ(world.application.received, "at last");
}

TEST_P(Versions, BeginsAnewAfterTheServerVanished) {
  World world(GetParam());
  for (int flight = 0; flight < 2; ++flight) {
    Server vanishing(world.identity, GetParam());
    EXPECT_TRUE(world.client->handshake());
    const std::string answer = vanishing.feed(std::exchange(world.application.to_server, {}));
    EXPECT_GT(answer.size(), 100U);
    world.client->decrypt(answer.substr(0, flight == 0 ? 0 : answer.size() / 2));
    EXPECT_TRUE(world.client->encrypt("never sent"));
    world.client->cleanup();  // gloox saw the end of the connection
    EXPECT_EQ(world.client->decrypt(answer), 0);
    EXPECT_FALSE(world.client->isSecure());
  }
  EXPECT_TRUE(world.application.results.empty());
  world.connect();
  EXPECT_EQ(world.application.results, std::vector<bool>{true});
  EXPECT_EQ(world.server.received, "");
}

INSTANTIATE_TEST_SUITE_P(TlsClient, Versions, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& about) { return about.param == TLS1_2_VERSION ? "Tls12" : "Tls13"; });

TEST(TlsClient, BindsToTheChannelWhereThatIsSafe) {
  World older(TLS1_2_VERSION);
  EXPECT_FALSE(older.client->hasChannelBinding());
  EXPECT_EQ(older.client->channelBinding(), "");
  older.connect();
  std::array<char, EVP_MAX_MD_SIZE> finished{};
  const std::size_t size = SSL_get_peer_finished(older.server.ssl(), finished.data(), finished.size());
  ASSERT_GT(size, 0U);
  EXPECT_TRUE(older.client->hasChannelBinding());
  EXPECT_EQ(older.client->channelBinding(), std::string(finished.data(), size));

  World newer(TLS1_3_VERSION);
  newer.connect();
  EXPECT_FALSE(newer.client->hasChannelBinding());
  EXPECT_EQ(newer.client->channelBinding(), "");

  World weaker(TLS1_2_VERSION);
  SSL_set_options(weaker.server.ssl(), SSL_OP_NO_EXTENDED_MASTER_SECRET);
  weaker.connect();
  EXPECT_TRUE(weaker.client->isSecure());
  EXPECT_FALSE(weaker.client->hasChannelBinding());
}

struct Refused {
  std::string what;
  Wanted certificate;
  std::string domain;
  int flag;
  std::string complaint;
};

TEST(TlsClient, RefusesCertificatesThatAreNotGood) {
  const std::string other = "it was not issued for localhost";
  const std::vector<Refused> rows{
      {"expired", {.from = -2 * kDay, .to = -kDay}, "localhost", gloox::CertExpired, "it has expired"},
      {"of tomorrow", {.from = kDay, .to = 2 * kDay}, "localhost", gloox::CertNotActive, "it is not valid yet"},
      {"another name", {.names = "DNS:example.org"}, "localhost", gloox::CertWrongPeer, other},
      {"the subject is no name",
       {.names = "DNS:example.org,DNS:localhost.org"},
       "localhost",
       gloox::CertWrongPeer,
       other},
      {"a name below", {.names = "DNS:*.localhost"}, "localhost", gloox::CertWrongPeer, other},
      {"part of a label", {.names = "DNS:local*"}, "localhost", gloox::CertWrongPeer, other},
      {"part of a label below", {.names = "DNS:x*.example.org"}, "xmpp.example.org", gloox::CertWrongPeer, ""},
      {"two labels", {.names = "DNS:*.example.org"}, "a.b.example.org", gloox::CertWrongPeer, ""},
      {"another address", {.names = "IP:127.0.0.2"}, "127.0.0.1", gloox::CertWrongPeer, ""},
      {"an address as a name", {.names = "DNS:127.0.0.1"}, "127.0.0.1", gloox::CertWrongPeer, ""},
  };
  for (const auto& row : rows) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      SCOPED_TRACE(row.what);
      World world(version, row.certificate, row.domain);
      EXPECT_TRUE(world.client->encrypt("secret"));
      world.connect();
      EXPECT_EQ(world.application.results, std::vector<bool>{false});
      EXPECT_FALSE(world.client->isSecure());
      EXPECT_EQ(world.application.certificate.status & row.flag, row.flag);
      EXPECT_FALSE(world.application.certificate.chain);
      EXPECT_THAT(certificate_complaint(world.client->fetchTLSInfo(), row.domain), HasSubstr(row.complaint));
      EXPECT_EQ(world.server.received, "");
      EXPECT_THAT(world.server.error, HasSubstr("alert")) << "the server is told";
    }
  }
}

TEST(TlsClient, AcceptsNamesOfAllKinds) {
  struct Row {
    std::string names;
    std::string domain;
    const char* announced;
  };
  for (const auto& [names, domain, announced] :
       std::vector<Row>{{"DNS:example.org,DNS:*.example.org", "xmpp.example.org", "xmpp.example.org"},
                        {"DNS:EXAMPLE.org", "example.org", "example.org"},
                        {"DNS:xn--mnchen-3ya.example", "m\u00fcnchen.example", "xn--mnchen-3ya.example"},
                        {"IP:127.0.0.1", "127.0.0.1", nullptr},
                        {"IP:::1", "::1", nullptr}}) {
    SCOPED_TRACE(domain);
    World world(0, {.names = names}, domain);
    world.connect();
    EXPECT_EQ(world.application.results, std::vector<bool>{true});
    EXPECT_STREQ(SSL_get_servername(world.server.ssl(), TLSEXT_NAMETYPE_host_name), announced);
  }
  Application application;
  const auto made = TlsClient::make(application, "\xff.example", "");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, base::Errc::kBadRequest);
}

// Who signed: `trusted` is what ca-file names, `sent` comes with the server's certificate.
TEST(TlsClient, TrustsTheNamedAuthoritiesAlone) {
  const Identity authority = make_authority();
  const Identity another = make_authority("Another authority");
  const Identity same_name = make_authority();
  const Identity intermediate = make_identity({.name = "Intermediate", .names = {}}, &authority);
  const Identity no_authority = make_identity({.name = "Nobody", .names = {}, .may_sign = false}, &authority);
  const Identity self_signed = make_identity({}, nullptr);
  const Identity direct = make_identity({}, &authority);
  const Identity indirect = make_identity({}, &intermediate);
  const Identity by_nobody = make_identity({}, &no_authority);
  struct Row {
    std::string what;
    const Identity* trusted;
    const Identity* server;
    const Identity* sent;
    int status;
  };
  const int unknown = gloox::CertInvalid | gloox::CertSignerUnknown;
  for (const auto& row : std::vector<Row>{
           {"its authority", &authority, &direct, nullptr, gloox::CertOk},
           {"another authority", &another, &direct, nullptr, unknown},
           {"another authority of the same name", &same_name, &direct, nullptr, unknown},
           {"a chain", &authority, &indirect, &intermediate, gloox::CertOk},
           {"a chain that is not sent", &authority, &indirect, nullptr, unknown},
           {"an intermediate authority", &intermediate, &indirect, nullptr, gloox::CertOk},
           {"itself, named", &self_signed, &self_signed, nullptr, gloox::CertOk},
           {"itself", &authority, &self_signed, nullptr, unknown},
           {"signed by one who may not", &authority, &by_nobody, &no_authority,
            gloox::CertInvalid | gloox::CertSignerNotCa},
       }) {
    SCOPED_TRACE(row.what);
    const PemFile file(row.trusted->certificate.get());
    Application application;
    const auto client = make_client(application, file.path());
    Server server(*row.server, 0, row.sent);
    EXPECT_TRUE(client->handshake());
    talk(*client, application, server);
    EXPECT_EQ(application.results, std::vector<bool>{row.status == gloox::CertOk});
    EXPECT_EQ(application.certificate.status, row.status);
    EXPECT_EQ(certificate_complaint(application.certificate, "localhost").empty(), row.status == gloox::CertOk);
  }

  Application application;  // the system's authorities do not know ours
  const auto client = make_client(application, "");
  Server server(direct);
  EXPECT_TRUE(client->handshake());
  talk(*client, application, server);
  EXPECT_EQ(application.certificate.status, unknown);
}

TEST(TlsClient, NeedsAUsableFileOfAuthorities) {
  Application application;
  const PemFile empty(nullptr);
  for (const std::string& path : {std::string("/nonexistent/ca.pem"), empty.path(), std::string("/tmp")}) {
    const auto made = TlsClient::make(application, "localhost", path);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, base::Errc::kBadRequest);
    EXPECT_THAT(made.error().text, HasSubstr(path + ": "));
  }
}

TEST(TlsClient, RefusesOlderVersions) {
  World world(TLS1_1_VERSION);
  world.connect();
  EXPECT_EQ(world.application.results, std::vector<bool>{false});
  EXPECT_EQ(world.client->failure(), "the server offers no TLS 1.2 or newer");
  EXPECT_EQ(world.application.certificate.status, gloox::CertOk) << "not the certificate's fault";
}

TEST(TlsClient, SaysWhenTheServerEndsWithinTheHandshake) {
  for (const char level : {'\x01', '\x02'}) {  // close_notify as a warning, internal_error as fatal
    World world;
    EXPECT_TRUE(world.client->handshake());
    world.client->decrypt(std::string("\x15\x03\x03\x00\x02", 5) + level + (level == '\x01' ? '\x00' : '\x50'));
    EXPECT_EQ(world.application.results, std::vector<bool>{false});
    EXPECT_THAT(world.client->failure(), HasSubstr(level == '\x01' ? "the server ended it" : "internal error"));
  }
}

TEST(TlsClient, SaysWhenTheAnswerIsNotTls) {
  const std::vector<std::string> answers{
      "HTTP/1.1 400 Bad Request\r\n\r\n", "<stream:error><policy-violation/></stream:error>", std::string(64, '\0'),
      std::string(100'000, '\xff'), "\x16\x03\x03\xff\xff" + std::string(70'000, 'x'),
      // a record of the handshake that holds none
      std::string("\x16\x03\x03\x00\x04zzzz", 9)};
  for (const auto& answer : answers) {
    SCOPED_TRACE(answer.substr(0, 20));
    World world;
    EXPECT_TRUE(world.client->handshake());
    world.client->decrypt(answer);
    EXPECT_EQ(world.application.results, std::vector<bool>{false});
    EXPECT_NE(world.client->failure(), "");
    EXPECT_FALSE(world.client->isSecure());
    EXPECT_EQ(world.application.received, "");
    EXPECT_EQ(world.client->decrypt(answer), 0);
    EXPECT_EQ(world.application.results.size(), 1U) << "said once";
  }
  World world;
  EXPECT_TRUE(world.client->handshake());
  world.client->decrypt(answers[0]);
  EXPECT_EQ(world.client->failure(), "what the server sent is not TLS");
  EXPECT_EQ(ERR_peek_error(), 0UL);
}

}  // namespace
}  // namespace bourse::xmpp
