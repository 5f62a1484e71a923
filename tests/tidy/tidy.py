"""The rules of this repository that a compiler does not check. Usage: tidy.py ROOT

Each rule is a function from a Tree to complaints (path, line or 0, what is wrong and what to do).
tidy_test.py runs every rule over small broken trees.
"""

import pathlib
import re
import sys

MAX_LINES = 600
BANNED_NAMES = {"utils", "util", "common", "manager", "helper", "helpers"}
PURE = ("base", "domain", "pubsub", "matching", "history", "audit", "market")

# What each library may include besides itself: base <- domain <- {..} <- market <- {xmpp|storage}.
MAY_INCLUDE = {
    "base": (),
    "domain": ("base",),
    "pubsub": ("base", "domain"),
    "matching": ("base", "domain"),
    "history": ("base", "domain"),
    "audit": ("base", "domain"),
    "market": ("base", "domain", "pubsub", "matching", "history", "audit"),
    "xmpp": ("base", "domain", "pubsub", "matching", "history", "audit", "market"),
    "storage": ("base", "domain", "pubsub", "matching", "history", "audit", "market"),
}
# Agent and CLI stand on the client side of xmpp and never on the database.
PROGRAM_MAY_NOT = {"agent": ("storage",), "cli": ("storage",)}
# A header of a foreign library, and the one folder that may know it.
FOREIGN = {"gloox/": "xmpp", "pqxx/": "storage"}
# What would make a decision depend on more than its arguments. base owns the interfaces: its clock and
# random sources are listed by file.
IMPURE = re.compile(
    r"(?:system_clock|steady_clock|high_resolution_clock)::now|\bgetenv\s*\(|\bsecure_getenv\s*\(|"
    r"\brandom_device\b|\b(?:std::)?s?rand\s*\(\s*\)|\bRAND_bytes\b|\bclock_gettime\b|\bgettimeofday\b|"
    r"\bstd::time\s*\(|\b(?:std::)?[io]?fstream\b")
BASE_EDGES = re.compile(r"^(?:clock|system_clock|random|log|logging|config|settings|files?|ed25519|key_file)\w*\.(?:h|cc)$")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')


class Tree:
    """The files of a checkout, build and private data left out."""

    def __init__(self, root):
        self.root = pathlib.Path(root)

    def files(self, *suffixes):
        for top in ("services", "tests", "proto", "migrations", "schema", "ops", "cmake"):
            base = self.root / top
            for path in sorted(base.rglob("*")) if base.is_dir() else ():
                if path.is_file() and path.suffix in suffixes and "fixtures" not in path.parts \
                        and "__pycache__" not in path.parts:
                    yield path

    def cxx(self):
        return self.files(".cc", ".h")

    def where(self, path):
        return path.relative_to(self.root).as_posix()

    def library(self, path):
        parts = path.relative_to(self.root).parts
        return parts[2] if len(parts) > 3 and parts[:2] == ("services", "lib") else None

    def program(self, path):
        parts = path.relative_to(self.root).parts
        return parts[1] if len(parts) > 2 and parts[0] == "services" and parts[1] != "lib" else None


def text(path):
    return path.read_text(encoding="utf-8", errors="replace")


def include_direction(tree):
    for path in tree.cxx():
        library, program = tree.library(path), tree.program(path)
        for number, line in enumerate(text(path).splitlines(), 1):
            found = INCLUDE.match(line)
            if not found:
                continue
            target = found[2].split("/")[0]
            if library and target in MAY_INCLUDE and target != library and found[1] == '"' \
                    and target not in MAY_INCLUDE.get(library, ()):
                yield path, number, f"{library}/ may not include {target}/ (services/README.md says who may use whom)"
            if program and target in PROGRAM_MAY_NOT.get(program, ()):
                yield path, number, f"the program in {program}/ may not use {target}/"
            for prefix, owner in FOREIGN.items():
                if found[2].startswith(prefix) and library != owner and (library or program):
                    yield path, number, f"<{prefix}…> belongs to services/lib/{owner} alone"


def known_libraries(tree):
    base = tree.root / "services" / "lib"
    for path in sorted(base.iterdir()) if base.is_dir() else ():
        if path.is_dir() and path.name not in MAY_INCLUDE:
            yield path, 0, "a new library: add to MAY_INCLUDE in tests/tidy/tidy.py what it may use"


def pure_folders(tree):
    for path in tree.cxx():
        library = tree.library(path)
        if library not in PURE or (library == "base" and BASE_EDGES.match(path.name)):
            continue
        for number, line in enumerate(text(path).splitlines(), 1):
            found = IMPURE.search(line.split("//")[0])
            if found:
                yield path, number, f"{found[0].strip()} in {library}/, which reads no clock, environment, file or randomness; pass the value in"


def file_length(tree):
    for path in tree.files(".cc", ".h", ".py", ".sh", ".cmake", ".proto"):
        count = len(text(path).splitlines())
        if count > MAX_LINES:
            yield path, 0, f"{count} lines; at most {MAX_LINES}: split it by concept"


def file_names(tree):
    for path in tree.files(".cc", ".h", ".py", ".sh", ".cmake", ".proto", ".sql"):
        for part in path.relative_to(tree.root).parts:
            for word in re.split(r"[_.\-]", part.lower()):
                if word in BANNED_NAMES:
                    yield path, 0, f"the name '{part}' says nothing; name it by what it does"


def header_comment(tree):
    for path in tree.files(".h"):
        if not re.match(r"// Purpose: ", text(path)):
            yield path, 1, "a header begins with `// Purpose: … Lifetime: … Threads: …`"


def orphan_sources(tree):
    for path in tree.files(".cc"):
        folder = path.parent
        while True:
            lists = folder / "CMakeLists.txt"
            if lists.is_file():
                name = re.escape(path.relative_to(folder).as_posix())
                if re.search(rf"(?<![\w/.-]){name}(?![\w.-])", text(lists)):
                    break
            if folder == tree.root:
                yield path, 0, "no CMakeLists.txt lists it"
                break
            folder = folder.parent


def migrations(tree):
    found = {}
    base = tree.root / "migrations"
    for path in sorted(base.glob("*.sql")) if base.is_dir() else ():
        name = re.fullmatch(r"(\d{4})_[a-z0-9_]+\.sql", path.name)
        if not name:
            yield path, 0, "a migration is named NNNN_name.sql"
        elif int(name[1]) in found:
            yield path, 0, f"number {name[1]} is taken by {found[int(name[1])]}"
        else:
            found[int(name[1])] = path.name
    for expected, number in enumerate(sorted(found), 1):
        if number != expected:
            yield base / found[number], 0, f"migrations are numbered from 0001 without gaps: {expected:04} is missing"
            break


RULES = (include_direction, known_libraries, pure_folders, file_length, file_names, header_comment,
         orphan_sources, migrations)


def main():
    tree = Tree(sys.argv[1])
    complaints = [(rule.__name__, *one) for rule in RULES for one in rule(tree)]
    for rule, path, line, what in complaints:
        print(f"{tree.where(path)}{f':{line}' if line else ''}: {what} [{rule}]")
    print(f"tidy: {len(RULES)} rules, {sum(1 for _ in tree.cxx())} C++ files, {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
