# Messages to the person at the terminal: all on stderr, coloured only there and only if wanted.
# shellcheck shell=bash

if [[ -t 2 && -z ${NO_COLOR-} ]]; then
  bold=$'\e[1m' plain=$'\e[0m'
else
  bold='' plain=''
fi

say() { printf '%s\n' "$*" >&2; }
heading() { printf '%s%s%s\n' "$bold" "$*" "$plain" >&2; }
die() {
  printf '%s: %s\n' "${program:-ops}" "$*" >&2
  exit 1
}

# One line that is rewritten in place; nothing at all when stderr is not a terminal.
progress() { [[ ! -t 2 ]] || printf '\r\e[K%s' "$*" >&2; }
progress_end() { [[ ! -t 2 ]] || printf '\r\e[K' >&2; }
