#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.h"
#include "cli/content_flags.h"
#include "cli/import.h"
#include "cli/item_commands.h"
#include "xmpp/client_xml.h"
#include "xmpp/config_files.h"

namespace bourse::cli {
namespace {

using base::Error;
using base::Result;

struct PublishFlags {
  OfferFlags content;
  std::string id;
  std::string file;
  ImportOptions import;
};

Result<domain::Offer> offer_of(const PublishFlags& flags, base::Timestamp now) {
  if (flags.file.empty()) return flags.content.offer(now);
  const auto text = xmpp::read_text_file(flags.file);
  if (!text) return text.error();
  auto offer = xmpp::offer_from_xml(*text);
  if (!offer) return Error{offer.error().code, fmt::format("{}: {}", flags.file, offer.error().text)};
  return offer;
}

ExitCode publish(Session& session, const PublishFlags& flags) {
  if (!flags.import.csv_file.empty()) return import_csv(session, flags.import, true);
  const auto offer = offer_of(flags, session.now());
  if (!offer) return session.fail(offer.error());
  if (const auto valid = domain::validate(*offer, session.now()); !valid) return session.fail(valid.error());
  const auto market = session.market();
  if (!market) return session.fail(market.error());
  const auto id = (*market)->publish(domain::OfferId{flags.id}, *offer);
  if (!id) return session.fail(id.error());
  print_record(session.format(), {{"id", *id}});
  return kOk;
}

std::string attributes_text(const domain::Offer& offer) {
  std::string text;
  for (const auto& attribute : offer.attributes) {
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", attribute.name, attribute.text);
  }
  return text;
}

std::string opening_times(const domain::Schedule& schedule) {
  return schedule.zone.empty() ? schedule.text : schedule.text + " " + schedule.zone;
}

ExitCode list(Session& session, const std::string& provider, std::size_t limit) {
  const auto market = session.market();
  if (!market) return session.fail(market.error());
  auto offers = (*market)->offers(limit);
  if (!offers) return session.fail(offers.error());
  Table table({{"ID"},
               {"PROVIDER"},
               {"RESOURCES"},
               {"SOFTWARE"},
               {"MAX LEASE"},
               {"SCHEDULE", true},
               {"CONFIRM", true},
               {"SERVES", true},
               {"ATTRIBUTES", true}});
  xmpp::Json json = xmpp::Json::array();
  for (const auto& [id, publisher, offer] : *offers) {
    if (!provider.empty() && !publisher.starts_with(provider)) continue;
    const auto lease = offer.terms.max_lease;
    table.add({id.value, publisher, summary(offer.resources, offer.gpu_model), software_text(offer.services),
               lease ? base::format_duration(*lease) : "-", opening_times(offer.schedule),
               offer.terms.confirm == domain::Confirm::kManual ? "manual" : "auto", offer.serves.text(),
               attributes_text(offer)});
    json.push_back(xmpp::to_json(xmpp::ListedOffer{id, publisher, offer}));
  }
  if (table.empty()) session.say("no open offers");
  print_list(session.format(), table, json);
  if (offers->size() >= limit) session.say(fmt::format("(the first {}; --limit shows more)", limit));
  return kOk;
}

ExitCode show(Session& session, const std::string& id) {
  const auto market = session.market();
  if (!market) return session.fail(market.error());
  const auto offer = (*market)->offer({id});
  if (!offer) return session.fail(offer.error());
  print_record(session.format(), xmpp::to_json(*offer));
  return kOk;
}

ExitCode withdraw(Session& session, const std::string& id) {
  return retract_item(session, "offers", id,
                      fmt::format("offer '{}' is withdrawn; its grants end, after its grace period if it has one", id));
}

void add_publish(CLI::App& noun, Action& action) {
  auto flags = std::make_shared<PublishFlags>();
  auto* verb = noun.add_subcommand("publish", "Offer resources: from flags, from an XML file, or one offer a CSV row");
  flags->content.add_to(*verb);
  verb->add_option("--id", flags->id, "the offer's name; publishing it again replaces it")->type_name("ID");
  verb->add_option("FILE", flags->file, "an <offer/> as XML");
  auto* csv = verb->add_option("--from-csv", flags->import.csv_file, "publish every row")->type_name("FILE");
  instead_of_flags(*verb, {"FILE", "--from-csv"}, {"--id"});
  verb->add_option("--mapping", flags->import.mapping_file, "which column feeds what")->type_name("FILE")->needs(csv);
  csv->needs("--mapping");
  verb->add_flag("--keep-going", flags->import.keep_going, "pass over rows that fail")->needs(csv);
  verb->add_option("--window", flags->import.window, "rows under way at once")->check(CLI::Range(1, 1024))->needs(csv);
  verb->footer(
      "\nExamples:\n"
      "  bourse offer publish --id desk --cpu 4 --memory 16Gi --max-lease 8h\n"
      "  bourse offer publish --id lab --cpu 32 --gpu 2 --gpu-model T4 --attribute arch=x86_64 --service blast=2.14:4\n"
      "  bourse offer publish --id lab --cpu 16 --schedule 'Mon-Fri 18:00-08:00, Sat-Sun' --tz Europe/Berlin\n"
      "  bourse offer publish --id desk --cpu 4 --confirm manual --grace 5m --expires 7d\n"
      "  bourse offer publish --id matlab --service matlab=9.14:2\n"
      "  bourse offer publish --id lab offer.xml\n"
      "  bourse offer publish --from-csv nodes.csv --mapping ops/import/openb_nodes.toml");
  verb->callback([flags, &action] { action = [flags](Session& session) { return publish(session, *flags); }; });
}

}  // namespace

void add_offer_commands(CLI::App& app, Action& action) {
  auto* noun = app.add_subcommand("offer", "What is lent: publish, list, show, withdraw");
  noun->require_subcommand(1);
  noun->footer("\nExamples:\n  bourse offer list\n  bourse offer publish --id desk --cpu 4 --memory 16Gi");
  add_publish(*noun, action);

  struct ListFlags {
    std::string provider;
    std::size_t limit = 1000;
  };
  auto flags = std::make_shared<ListFlags>();
  auto* list_verb = noun->add_subcommand("list", "Open offers, oldest first");
  list_verb->add_option("--provider", flags->provider, "of this provider only")->type_name("JID");
  list_verb->add_option("--limit", flags->limit, "at most so many")->capture_default_str()->check(CLI::PositiveNumber);
  list_verb->footer("\nExamples:\n  bourse offer list -o wide\n  bourse offer list --provider lab@example.org -o json");
  list_verb->callback([flags, &action] {
    action = [flags](Session& session) { return list(session, flags->provider, flags->limit); };
  });

  add_item_verb(*noun, action, "show", "All of one offer", "the offer's name",
                "bourse offer show desk\nbourse offer show desk -o json", show);
  add_item_verb(*noun, action, "withdraw", "Take an offer back; its grants end, after its grace period if it has one",
                "the offer's name", "bourse offer withdraw desk", withdraw);
}

}  // namespace bourse::cli
