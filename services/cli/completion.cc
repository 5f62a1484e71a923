#include "cli/completion.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <vector>

#include "cli/commands.h"

namespace bourse::cli {
namespace {

std::vector<const CLI::App*> subcommands(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

struct Flag {
  std::string name;  // "--cpu" or "-o"
  std::string help;
  bool takes_value = false;
  bool takes_file = false;
};

std::vector<Flag> flags(const CLI::App& app) {
  std::vector<Flag> found;
  for (const auto* option : app.get_options([](const CLI::Option*) { return true; })) {
    const bool file = option->get_type_name() == "FILE";
    const bool value = option->get_expected_max() > 0;
    for (const auto& name : option->get_lnames())
      found.push_back({"--" + name, option->get_description(), value, file});
    for (const auto& name : option->get_snames()) found.push_back({"-" + name, option->get_description(), value, file});
  }
  return found;
}

// Words that may follow: subcommands, or else the flags here and those of every command.
std::vector<std::string> words_after(const CLI::App& app, const CLI::App& root) {
  std::vector<std::string> words;
  for (const auto* sub : subcommands(app)) words.push_back(sub->get_name());
  for (const auto& flag : flags(app)) words.push_back(flag.name);
  if (&app == &root) return words;
  for (const auto& flag : flags(root)) {
    if (std::find(words.begin(), words.end(), flag.name) == words.end()) words.push_back(flag.name);
  }
  return words;
}

// Every command with its path: "", "offer", "offer publish".
void each_command(const CLI::App& app, const std::string& path,
                  const std::function<void(const CLI::App&, const std::string&)>& visit) {
  visit(app, path);
  for (const auto* sub : subcommands(app)) {
    each_command(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), visit);
  }
}

std::string value_flags(const CLI::App& app, bool files) {
  std::vector<std::string> names;
  each_command(app, "", [&](const CLI::App& command, const std::string&) {
    for (const auto& flag : flags(command)) {
      if (flag.takes_value && (!files || flag.takes_file) &&
          std::find(names.begin(), names.end(), flag.name) == names.end()) {
        names.push_back(flag.name);
      }
    }
  });
  return fmt::format("{}", fmt::join(names, "|"));
}

std::string nouns(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* sub : subcommands(app)) names.push_back(sub->get_name());
  return fmt::format("{}", fmt::join(names, "|"));
}

std::string single_quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string zsh_text(std::string text) {
  for (std::size_t at = 0; (at = text.find_first_of(":\\", at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return text;
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  std::string cases;
  each_command(app, "", [&](const CLI::App& command, const std::string& path) {
    cases += fmt::format("    '{}') words='{}' ;;\n", path, fmt::join(words_after(command, app), " "));
  });
  return fmt::format(R"(# bash completion for bourse: source it, or save it as
# ~/.local/share/bash-completion/completions/bourse
_bourse() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}" path='' words='' i word
  COMPREPLY=()
  case "$previous" in
    -o|--output) COMPREPLY=($(compgen -W 'table wide json csv fta' -- "$current")); return ;;
    {}) compopt -o default; return ;;
    {}) return ;;
  esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="${{COMP_WORDS[i]}}"
    case "${{COMP_WORDS[i-1]}}" in {}) continue ;; esac
    case "$path" in
      '') case "$word" in {}) path="$word" ;; esac ;;
      *' '*) ;;
      *) case "$word" in -*) ;; *) path="$path $word" ;; esac ;;
    esac
  done
  case "$path" in
{}    *) return ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [[ ${{#COMPREPLY[@]}} -gt 0 || "$current" == -* ]] || compopt -o default
}}
complete -F _bourse bourse
)",
                     value_flags(app, true), value_flags(app, false), value_flags(app, false), nouns(app), cases);
}

std::string zsh_completion(const CLI::App& app) {
  std::string cases;
  each_command(app, "", [&](const CLI::App& command, const std::string& path) {
    std::string entries;
    const auto add = [&](const std::string& name, const std::string& help) {
      entries += " " + single_quoted(zsh_text(name) + ":" + zsh_text(help));
    };
    for (const auto* sub : subcommands(command)) add(sub->get_name(), sub->get_description());
    for (const auto& flag : flags(command)) add(flag.name, flag.help);
    if (&command != &app) {
      for (const auto& flag : flags(app)) {
        if (flag.name != "--help" && flag.name != "-h" && flag.name != "--version") add(flag.name, flag.help);
      }
    }
    cases += fmt::format("    '{}') entries=({}) ;;\n", path, entries);
  });
  return fmt::format(R"(#compdef bourse
# zsh completion for bourse: save it as _bourse in a folder of $fpath
_bourse() {{
  local previous="${{words[CURRENT-1]}}" command='' i
  local -a entries
  case "$previous" in
    -o|--output) compadd table wide json csv fta; return ;;
    {}) _files; return ;;
    {}) return ;;
  esac
  for ((i = 2; i < CURRENT; i++)); do
    case "${{words[i-1]}}" in {}) continue ;; esac
    case "$command" in
      '') case "${{words[i]}}" in {}) command="${{words[i]}}" ;; esac ;;
      *' '*) ;;
      *) case "${{words[i]}}" in -*) ;; *) command="$command ${{words[i]}}" ;; esac ;;
    esac
  done
  case "$command" in
{}    *) _files; return ;;
  esac
  _describe -o 'bourse' entries || _files
}}
if [[ "$funcstack[1]" == _bourse ]]; then _bourse "$@"; else compdef _bourse bourse; fi
)",
                     value_flags(app, true), value_flags(app, false), value_flags(app, false), nouns(app), cases);
}

std::string fish_completion(const CLI::App& app) {
  std::string out =
      "# fish completion for bourse: save it as ~/.config/fish/completions/bourse.fish\n"
      "complete -c bourse -f\n";
  each_command(app, "", [&](const CLI::App& command, const std::string& path) {
    const auto space = path.find(' ');
    std::string condition;
    if (path.empty()) {
      condition = "";
    } else if (space == std::string::npos) {
      condition = fmt::format(" -n '__fish_seen_subcommand_from {}'", path);
    } else {
      condition = fmt::format(" -n '__fish_seen_subcommand_from {}; and __fish_seen_subcommand_from {}'",
                              path.substr(0, space), path.substr(space + 1));
    }
    for (const auto* sub : subcommands(command)) {
      const std::string where = path.empty() ? std::string(" -n __fish_use_subcommand") : condition;
      out += fmt::format("complete -c bourse{} -a {} -d {}\n", where, sub->get_name(),
                         single_quoted(sub->get_description()));
    }
    for (const auto& flag : flags(command)) {
      const bool is_long = flag.name.starts_with("--");
      const std::string name = flag.name.substr(is_long ? 2 : 1);
      if (!path.empty() && (name == "help" || name == "h")) continue;
      const bool output = name == "output" || name == "o";
      out += fmt::format("complete -c bourse{} -{} {}{} -d {}\n", condition, is_long ? "l" : "s", name,
                         output             ? " -x -a 'table wide json csv fta'"
                         : flag.takes_file  ? " -r -F"
                         : flag.takes_value ? " -x"
                                            : "",
                         single_quoted(flag.help));
    }
  });
  return out;
}

void add_completion_command(CLI::App& app) {
  auto* noun = app.add_subcommand("completion", "Print shell completions");
  noun->require_subcommand(1);
  noun->footer(
      "\nExamples:\n  source <(bourse completion bash)\n  bourse completion zsh > ~/.zfunc/_bourse\n"
      "  bourse completion fish > ~/.config/fish/completions/bourse.fish");
  const auto add = [&](const char* shell, std::string (*make)(const CLI::App&)) {
    auto* verb = noun->add_subcommand(shell, fmt::format("for {}", shell));
    verb->footer(fmt::format("\nExamples:\n  bourse completion {}", shell));
    // Printed while parsing: no settings are needed for it.
    verb->callback([&app, make] {
      const std::string text = make(app);
      std::fwrite(text.data(), 1, text.size(), stdout);
    });
  };
  add("bash", &bash_completion);
  add("zsh", &zsh_completion);
  add("fish", &fish_completion);
}

}  // namespace bourse::cli
