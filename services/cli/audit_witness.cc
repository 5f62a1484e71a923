#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include "base/ed25519.h"
#include "cli/audit_commands.h"
#include "cli/log_memory.h"
#include "cli/witness.h"
#include "xmpp/secret_file.h"

extern char** environ;  // NOLINT: POSIX's name

namespace bourse::cli {
namespace {

using base::Errc;
using base::Result;
using Steady = std::chrono::steady_clock;

constexpr auto kPoll = std::chrono::seconds(60);  // even when no event tells of a checkpoint

struct WitnessFlags {
  std::string key_file;
  std::string log_key;
  std::string state_file;
  std::string on_alarm;
  bool once = false;
};

Result<Witness> make_witness(const WitnessFlags& flags) {
  const auto text = xmpp::read_secret_file(flags.key_file);
  if (!text) return text.error();
  auto signer = audit::NoteSigner::parse(*text);
  if (!signer) return {Errc::kBadRequest, fmt::format("{}: {}", flags.key_file, signer.error().text)};
  if (signer->verifier().type() != audit::SignatureType::kCosignature) {
    return {Errc::kBadRequest, flags.key_file + ": is not a witness's key: `bourse audit keygen-witness` makes one"};
  }
  auto log = read_key(flags.log_key);
  if (!log) return log.error();
  if (log->type() != audit::SignatureType::kEd25519) {
    return {Errc::kBadRequest, fmt::format("--log: {} is not a log's key", log->text())};
  }
  return Witness(std::move(*signer), std::move(*log), flags.state_file);
}

// PROGRAM MESSAGE FILE; its own failure changes nothing.
void run_hook(const Session& session, std::string program, Witnessing found) {
  std::array<char*, 4> arguments{program.data(), found.alarm.data(), found.evidence.data(), nullptr};
  pid_t pid = -1;
  const int failure = ::posix_spawnp(&pid, program.c_str(), nullptr, nullptr, arguments.data(), environ);
  if (failure != 0) {
    session.say(fmt::format("cannot start {}: {}", program, std::strerror(failure)));
    return;
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
}

ExitCode tell(const Session& session, const WitnessFlags& flags, const Witnessing& found) {
  if (!found.alarm.empty()) {
    std::fprintf(stderr, "bourse: ALARM: %s\nbourse: what was signed is in %s\n", printable(found.alarm).c_str(),
                 found.evidence.c_str());
    if (!flags.on_alarm.empty()) run_hook(session, flags.on_alarm, found);
    return kAuditFailed;
  }
  if (!found.growth) session.say("the first checkpoint seen of this log is trusted");
  if (found.growth != Growth::kSame) session.say(fmt::format("cosigned: {} entries", found.size));
  return kOk;
}

std::uint64_t seconds_of(base::Timestamp at) {
  return static_cast<std::uint64_t>(std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
}

ExitCode witness(Session& session, const WitnessFlags& flags) {
  auto witness = make_witness(flags);
  if (!witness) return session.fail(witness.error());
  const auto market = session.market(!flags.once);
  if (!market) return session.fail(market.error());
  xmpp::LogClient log(**market);
  bool news = true;
  bool nothing_said = false;
  if (!flags.once) {
    (*market)->on_event([&](const xmpp::MarketEvent& event) {
      news = news || std::holds_alternative<xmpp::CheckpointPublished>(event);
    });
    // Without a subscription it still looks every minute.
    if (const auto told = (*market)->subscribe((*market)->node("audit")); !told) session.say(told.error().text);
  }
  watch_for_interrupts();
  auto next = Steady::now();
  while (!interrupted()) {
    if (news || Steady::now() >= next) {
      news = false;
      next = Steady::now() + kPoll;
      const auto found = witness->look(log, seconds_of(session.now()));
      const bool nothing_yet = !found && found.error().code == Errc::kNotFound;
      if (!found && !(nothing_yet && !flags.once)) return session.fail(found.error());
      if (nothing_yet && !std::exchange(nothing_said, true)) {
        session.say(found.error().text + "; it is waited for");
      }
      if (found) {
        const auto code = tell(session, flags, *found);
        if (code != kOk || flags.once) return code;
      }
    }
    if (const auto pumped = (*market)->session().pump(std::chrono::milliseconds(250)); !pumped) {
      return session.fail(pumped.error());
    }
  }
  return kOk;
}

ExitCode generate_key(const Session& session, const std::string& name, const std::string& file) {
  const auto signer = audit::NoteSigner::make(name, audit::SignatureType::kCosignature, base::SigningKey::generate());
  if (!signer) return session.fail(signer.error());
  const auto written = xmpp::write_secret_file(file, signer->text() + "\n");
  if (!written) return session.fail(written.error());
  std::printf("%s\n", signer->verifier().text().c_str());
  session.say(fmt::format("the private key is in {}; above is what others verify with", file));
  return kOk;
}

void add_keygen(CLI::App& noun, Action& action) {
  auto name = std::make_shared<std::string>();
  auto file = std::make_shared<std::string>();
  auto* verb = noun.add_subcommand("keygen-witness", "Make a witness's key, and print what others verify with");
  verb->add_option("NAME", *name, "of the witness, such as witness.example.net/1")->required();
  verb->add_option("--key", *file, "where the private key goes; must not exist")->type_name("FILE")->required();
  verb->footer("\nExamples:\n  bourse audit keygen-witness witness.example.net/1 --key witness.key");
  verb->callback(
      [name, file, &action] { action = [name, file](Session& each) { return generate_key(each, *name, *file); }; });
}

}  // namespace

void add_audit_witness(CLI::App& noun, Action& action) {
  add_keygen(noun, action);
  auto flags = std::make_shared<WitnessFlags>();
  auto* verb = noun.add_subcommand("witness", "Follow the log, cosign what follows from what was seen, else alarm");
  verb->add_option("--key", flags->key_file, "the witness's private key")->type_name("FILE")->required();
  verb->add_option("--log", flags->log_key, "the log's key, or a file with it")->type_name("VKEY")->required();
  verb->add_option("--state", flags->state_file, "where the last cosigned checkpoint is kept")
      ->type_name("FILE")
      ->required();
  verb->add_option("--on-alarm", flags->on_alarm, "run with two arguments: what is wrong, and the file that shows it")
      ->type_name("PROGRAM");
  verb->add_flag("--once", flags->once, "look once and end");
  verb->footer(
      "\nExamples:\n  bourse audit witness --key witness.key --log log.vkey --state witness.checkpoint\n"
      "  bourse audit witness --key witness.key --log log.vkey --state witness.checkpoint --once\n\n"
      "Exit code 6: an alarm; 75: the market cannot be asked, try again.");
  verb->callback([flags, &action] { action = [flags](Session& session) { return witness(session, *flags); }; });
}

}  // namespace bourse::cli
